import { setTimeout as wait } from 'node:timers/promises';
import axios from 'axios';

/** Events in one request of Currents. */
const EVENTS_PER_REQUEST = 100;

/** Milliseconds before the first repetition, doubled each time up to the second. Braze's own are not documented. */
const FIRST_BACKOFF = 100;
const LAST_BACKOFF = 1_500;

/** What became of events at the endpoint. */
export interface Sent<Event> {
  acknowledged: Event[];
  /** Refused with 400 a second time, alone: Braze drops them. */
  dropped: Event[];
  /** Refused with 401, 403 or 404: Braze does not send them again. */
  lost: Event[];
}

export interface BrazeArgs<Event> {
  endpoint: string;
  /** Asked before each request, as a connector's token can be changed at any time. */
  token: () => string;
  /** An event as JSON: the sender knows things that `JSON.stringify` cannot write. */
  toJson: (event: Event) => string;
}

/** Sends events as the Custom HTTP connector of Braze Currents does, its reaction to each status included. */
export class Braze<Event> {
  requests = 0;
  /** Answers by status. */
  readonly answers = new Map<number, number>();

  constructor(private readonly args: BrazeArgs<Event>) {}

  /** Braze's test of the credentials: a request without events. @returns the status. */
  async testCredentials(body: '' | '{"events":[]}'): Promise<number> {
    return this.#post(body);
  }

  /** Until each event is acknowledged or given up. */
  async send(events: readonly Event[]): Promise<Sent<Event>> {
    const sent: Sent<Event> = { acknowledged: [], dropped: [], lost: [] };
    for (let at = 0; at < events.length; at += EVENTS_PER_REQUEST) {
      await this.#deliver(events.slice(at, at + EVENTS_PER_REQUEST), sent, false);
    }
    return sent;
  }

  async #deliver(events: readonly Event[], sent: Sent<Event>, isSecondTry: boolean): Promise<void> {
    const body = `{"events":[${events.map((event) => this.args.toJson(event)).join(',')}]}`;
    for (let backoff = FIRST_BACKOFF; ; backoff = Math.min(backoff * 2, LAST_BACKOFF)) {
      const status = await this.#post(body);
      if (status >= 200 && status < 300) {
        sent.acknowledged.push(...events);
        return;
      }
      if (status === 401 || status === 403 || status === 404) {
        sent.lost.push(...events);
        return;
      }
      if (status === 400) {
        if (isSecondTry) sent.dropped.push(...events);
        else for (const event of events) await this.#deliver([event], sent, true);
        return;
      }
      if (status === 413 && events.length > 1) {
        const middle = Math.ceil(events.length / 2);
        await this.#deliver(events.slice(0, middle), sent, isSecondTry);
        await this.#deliver(events.slice(middle), sent, isSecondTry);
        return;
      }
      await wait(backoff * (0.5 + Math.random() / 2));
    }
  }

  async #post(body: string): Promise<number> {
    this.requests += 1;
    let status: number;
    try {
      ({ status } = await axios.post(this.args.endpoint, Buffer.from(body), {
        headers: {
          authorization: `Bearer ${this.args.token()}`,
          'braze-currents-version': '1',
          'content-type': 'application/json',
        },
        timeout: 20_000,
        proxy: false,
        validateStatus: () => true,
      }));
    } catch {
      status = 0;
    }
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    return status;
  }
}
