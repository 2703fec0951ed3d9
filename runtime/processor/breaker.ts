/** Failures in a row that open the breaker. */
const FAILURES_TO_OPEN = 4;

/** Milliseconds until an open breaker lets one request through to see: doubled each time, up to a minute. */
const FIRST_PROBE_AFTER = 1_000;
const LAST_PROBE_AFTER = 60_000;

/** Seconds for which a message is handed back. */
const MIN_HAND_BACK = 5;
const MAX_HAND_BACK = 900;

/** Failures further apart than this, in milliseconds, are not one outage. */
const FORGET_AFTER = 1_200_000;

/**
 * What this process knows of the data plane's health. Closed: deliver. Open: hand messages back without a look at
 * them. Half-open, from time to time: let one request through, whose outcome decides.
 *
 * It also says for how long a message is handed back: never longer than the outage has lasted so far, so that the
 * way back takes no longer than the outage did, and never over 15 minutes. This follows the breaker and not a
 * message's receive count, so that one 429 after the recovery costs seconds.
 */
export class Breaker {
  #failures = 0;
  #failingSince = 0;
  #lastFailure = -Infinity;
  #probeAfter = FIRST_PROBE_AFTER;
  #nextProbe = 0;

  get isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN;
  }

  /** Whether a request may go out now. */
  get mayKnock(): boolean {
    return !this.isOpen || Date.now() >= this.#nextProbe;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#probeAfter = FIRST_PROBE_AFTER;
  }

  /** @param retryAfter milliseconds that the data plane asks to be left alone. */
  failed(retryAfter = 0): void {
    const now = Date.now();
    if (now - this.#lastFailure > FORGET_AFTER) this.succeeded();
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

  /** Seconds until a message that is handed back now should return; different each time, so that they come spread out. */
  handBackSeconds(): number {
    const outage = this.#failures === 0 ? 0 : (Date.now() - this.#failingSince) / 1_000;
    const longest = Math.min(Math.max(outage, MIN_HAND_BACK), MAX_HAND_BACK);
    return Math.floor(longest * (0.5 + Math.random() / 2));
  }
}
