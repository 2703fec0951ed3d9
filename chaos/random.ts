import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { skipN } from 'pure-rand/utils/skipN';

/** Everything that is left to chance, from one seed: the same seed gives the same numbers. */
export class Random {
  readonly #generator;

  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed);
    // The first numbers of neighbouring seeds are much alike.
    skipN(this.#generator, 100);
  }

  /** From 0 up to, and without, 1. */
  readonly fraction = (): number => uniformFloat64(this.#generator);

  /** Whether something happens that does so with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** A whole number; both ends are possible. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** A whole number of which each order of magnitude is as likely as the next. */
  magnitude(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.fraction());
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.fraction() * items.length)] as Item;
  }
}
