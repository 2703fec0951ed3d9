import { setTimeout as wait } from 'node:timers/promises';

/** The longest nap, in milliseconds: how soon a pause notices that it is to end. */
const NAP = 200;

/** Spreads events over time. */
export class Pace {
  /** When the next events may go, in milliseconds of the clock. */
  #next = 0;

  /**
   * @param eventsPerSecond on average, over any longer time.
   * @param clock milliseconds that only grow.
   */
  constructor(
    private readonly eventsPerSecond: number,
    private readonly clock: () => number = () => performance.now(),
    private readonly sleep: (milliseconds: number) => Promise<unknown> = wait,
  ) {}

  /**
   * Waits until events may go, for as long as what went before takes at this pace.
   *
   * @returns early where it is no longer wanted.
   */
  async before(events: number, isUnwanted: () => boolean): Promise<void> {
    for (let left = this.#left(); left > 0 && !isUnwanted(); left = this.#left()) await this.sleep(Math.min(left, NAP));
    this.#next = Math.max(this.#next, this.clock()) + (events / this.eventsPerSecond) * 1_000;
  }

  #left(): number {
    return this.#next - this.clock();
  }
}
