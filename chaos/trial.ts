import { audit, type Breach } from './ledger';
import { PRODUCT, type Product } from './product';
import { Random } from './random';
import { randomSchedule } from './schedule';
import { simulate, type Course } from './simulation';

/** What one seed has shown. */
export interface Trial extends Course {
  seed: number;
  breaches: readonly Breach[];
}

/** A schedule from a seed, lived through, and its books: the same seed gives the same to the last millisecond. */
export async function trial(seed: number, product: Product = PRODUCT): Promise<Trial> {
  const random = new Random(seed);
  const schedule = randomSchedule(random);
  const course = await simulate(schedule, random, product);
  return { seed, ...course, breaches: audit(course.journal, schedule.options) };
}
