import type { Answer, Passage } from './network';
import type { Random } from './random';

/** A time in which requests to one service are disturbed; moments are Unix milliseconds. */
export interface Fault {
  kind: string;
  from: number;
  until: number;
  /** Of the requests. */
  share: number;
}

/** What a kind of fault does to a request. */
export type Disturbance = (random: Random) => Partial<Omit<Passage, 'fault'>>;

/** How things are for one service from moment to moment. */
export class Weather<Kind extends string> {
  constructor(
    private readonly random: Random,
    private readonly faults: readonly Fault[],
    private readonly disturbances: Readonly<Record<Kind, Disturbance>>,
  ) {}

  /** What the next request meets with. */
  passage(): Passage & { fault: Kind | undefined } {
    const fault = this.#fault();
    return {
      there: this.random.integer(1, 20),
      back: this.random.integer(1, 20),
      arrives: true,
      end: 'answer',
      ...(fault === undefined ? {} : this.disturbances[fault](this.random)),
      fault,
    };
  }

  #fault(): Kind | undefined {
    const now = Date.now();
    for (const { kind, from, until, share } of this.faults) {
      if (now >= from && now < until && this.random.chance(share)) return kind as Kind;
    }
    return undefined;
  }
}

/** What a network does by itself: each may happen before the service has got the request, or after. */
export const NETWORK_FAULTS = {
  reset: (random) => ({ arrives: random.chance(0.5), end: 'reset' }),
  silence: (random) => ({ arrives: random.chance(0.5), end: 'silence' }),
  'half an answer': (random) => ({ arrives: random.chance(0.5), end: 'half an answer' }),
  slow: (random) => ({ there: random.magnitude(10, 4_000), back: random.magnitude(10, 4_000) }),
  'very slow': (random) => ({ there: random.magnitude(10, 30_000), back: random.magnitude(10, 30_000) }),
} satisfies Record<string, Disturbance>;

/** Something in front of a service answers in its place. */
export function insteadOf(answer: Answer, passedOn = 0): Disturbance {
  return (random) => ({ arrives: random.chance(passedOn), instead: answer });
}
