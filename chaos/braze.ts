import { sleep } from './clock';
import type { HttpApi } from './http-api';
import type { Fate, Journal } from './journal';
import type { Random } from './random';

/** Milliseconds of failure after which Braze turns a connector off. */
const PATIENCE = 5 * 24 * 3_600_000;

/** Milliseconds before the first repetition, doubled each time up to the second. Braze's own are not documented. */
const FIRST_BACKOFF = 1_000;
const LAST_BACKOFF = 600_000;

/** An event at Braze, as its JSON. */
export interface SentEvent {
  id: string;
  text: string;
}

/** Braze Currents' Custom HTTP connector, with its documented reaction to each status. */
export class Braze {
  #isOff = false;
  #failingSince: number | undefined;
  #open = 0;

  constructor(
    private readonly api: HttpApi,
    private readonly token: () => string,
    private readonly random: Random,
    private readonly journal: Journal,
  ) {}

  /** Whether each event has its fate. */
  get isDone(): boolean {
    return this.#open === 0;
  }

  /** Sends events at some time from now on, until each is acknowledged or given up. */
  flush(events: readonly SentEvent[], after: number): void {
    this.#open += 1;
    for (const { id, text } of events) this.journal.events.set(id, text);
    void sleep(after)
      .then(() => this.#send(events, false))
      .finally(() => (this.#open -= 1));
  }

  async #send(events: readonly SentEvent[], isSecondTry: boolean): Promise<void> {
    const ids = events.map(({ id }) => id);
    const body = `{"events":[${events.map(({ text }) => text).join(',')}]}`;
    for (let backoff = FIRST_BACKOFF; ; backoff = Math.min(backoff * 2, LAST_BACKOFF)) {
      if (this.#isOff) {
        this.#settle(ids, 'given up');
        return;
      }
      const status = await this.api.post({ ids, token: this.token(), body });
      if (status !== undefined && status >= 200 && status < 300) {
        this.#failingSince = undefined;
        this.#settle(ids, 'acknowledged');
        return;
      }
      this.#failingSince ??= Date.now();
      if (Date.now() - this.#failingSince > PATIENCE) this.#isOff = true;
      if (status === 401 || status === 403 || status === 404) {
        this.#isOff = true;
        this.#settle(ids, 'stopped');
        return;
      }
      if (status === 400) {
        if (isSecondTry) this.#settle(ids, 'dropped');
        else for (const event of events) await this.#send([event], true);
        return;
      }
      if (status === 413 && events.length > 1) {
        const middle = Math.ceil(events.length / 2);
        await this.#send(events.slice(0, middle), isSecondTry);
        await this.#send(events.slice(middle), isSecondTry);
        return;
      }
      await sleep(backoff * (0.5 + this.random.fraction() / 2));
    }
  }

  #settle(ids: readonly string[], fate: Fate): void {
    for (const id of ids) this.journal.fates.set(id, fate);
  }
}
