import { withGlobal, type Clock } from '@sinonjs/fake-timers';
import type { Random } from './random';

/** When each simulation begins, in Unix milliseconds. */
export const START = Date.UTC(2026, 10, 25, 8);

const nextTurn = setImmediate;

/**
 * The time that the product and the models around it live in. It stands still while anything runs, and leaps to the next
 * timer when nothing does: so days take seconds, and the order of things depends on the seed alone. While it runs,
 * `Math.random` comes from the seed, too.
 */
export class SimulatedClock {
  readonly #clock: Clock;
  readonly #real = { random: Math.random, timeout: Object.getOwnPropertyDescriptor(AbortSignal, 'timeout') };

  constructor(random: Random) {
    this.#clock = withGlobal(globalThis).install({
      now: START,
      toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    });
    Math.random = random.fraction;
    // Node.js makes it of timers of its own, which cannot be replaced.
    AbortSignal.timeout = (milliseconds) => {
      const controller = new AbortController();
      setTimeout(() => {
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
      }, milliseconds);
      return controller.signal;
    };
  }

  /** Runs until something is so. Whether it will be must be certain: there is no other end. */
  async runUntil(isOver: () => boolean): Promise<void> {
    for (;;) {
      // All that is not a timer is done by then: nothing here waits for a thread, a disk or a network.
      await new Promise<void>((resolve) => nextTurn(resolve));
      if (isOver()) return;
      this.#clock.next();
    }
  }

  /** Gives the real time back. */
  stop(): void {
    this.#clock.uninstall();
    Math.random = this.#real.random;
    Object.defineProperty(AbortSignal, 'timeout', this.#real.timeout as PropertyDescriptor);
  }
}

/** Resolves after so many simulated milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
