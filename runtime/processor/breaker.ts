/** Failures in a row that open the breaker. */
const FAILURES_TO_OPEN = 4;

/** Events in a row that are each refused alone, with nothing accepted in between: then it is not about the events. */
const REFUSALS_TO_OPEN = 8;

/** Milliseconds until an open breaker lets one request through to see: doubled each time, up to a minute. */
const FIRST_PROBE_AFTER = 1_000;
const LAST_PROBE_AFTER = 60_000;

/** Seconds for which a message is handed back, at least and at most. */
const MIN_HAND_BACK = 5;
export const MAX_HAND_BACK = 600;

/**
 * What this process knows of the data plane's health. Closed: deliver. Open: hand messages back without a look at
 * them. Half-open, from time to time: let one request through, whose outcome decides.
 *
 * It also says for how long a message is handed back: never longer than the outage has lasted so far, so that the
 * way back takes no longer than the outage did, and never over 10 minutes. This follows the breaker and not a
 * message's receive count, so that one 429 after the recovery costs seconds.
 */
export class Breaker {
  #hasSucceeded = false;
  #failures = 0;
  #refusals = 0;
  #failingSince = 0;
  #lastFailure = 0;
  #probeAfter = FIRST_PROBE_AFTER;
  #nextProbe = 0;

  get isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN;
  }

  /** Whether a request may go out now. */
  get mayKnock(): boolean {
    return !this.isOpen || Date.now() >= this.#nextProbe;
  }

  /** Events were accepted. */
  succeeded(): void {
    this.#hasSucceeded = true;
    this.#refusals = 0;
    this.#forget();
  }

  /** The data plane is up, whatever it thinks of the events. */
  answered(): void {
    if (this.#refusals < REFUSALS_TO_OPEN) this.#forget();
  }

  /** @param retryAfter milliseconds that the data plane asks to be left alone. */
  failed(retryAfter = 0): void {
    const now = Date.now();
    // What was handed back then has long been with another process, so this is another outage.
    if (now > this.#lastFailure + this.#longestHandBack(this.#lastFailure) + LAST_PROBE_AFTER) this.#forget();
    if (this.#failures === 0) this.#failingSince = now;
    this.#failures += 1;
    this.#lastFailure = now;
    if (!this.isOpen) return;
    this.#nextProbe =
      now + Math.max(Math.min(retryAfter, MAX_HAND_BACK * 1_000), this.#probeAfter * (0.5 + Math.random() / 2));
    this.#probeAfter = Math.min(this.#probeAfter * 2, LAST_PROBE_AFTER);
  }

  /** Opens at once: trying again within the invocation would not help. */
  failedForGood(retryAfter?: number): void {
    this.failed(retryAfter);
    while (!this.isOpen) this.failed(retryAfter);
  }

  /** An event was refused alone. */
  refused(): void {
    this.#refusals += 1;
    if (this.#refusals >= REFUSALS_TO_OPEN) this.failedForGood();
  }

  /**
   * Tells a process that is too young to know when the outage began: since this moment, in milliseconds, messages have
   * been coming back. Without it every new process would begin with short hand-backs, and an outage of days with many
   * processes would use up the receives that SQS allows.
   */
  presumeFailingSince(moment: number): void {
    if (this.isOpen && !this.#hasSucceeded) this.#failingSince = Math.min(this.#failingSince, moment);
  }

  /** Seconds until a message that is handed back now should return; different each time, so that they come spread out. */
  handBackSeconds(): number {
    return Math.floor((this.#longestHandBack(Date.now()) / 1_000) * (0.5 + Math.random() / 2));
  }

  /** Milliseconds. */
  #longestHandBack(now: number): number {
    const outage = this.#failures === 0 ? 0 : now - this.#failingSince;
    return Math.min(Math.max(outage, MIN_HAND_BACK * 1_000), MAX_HAND_BACK * 1_000);
  }

  #forget(): void {
    this.#failures = 0;
    this.#probeAfter = FIRST_PROBE_AFTER;
  }
}
