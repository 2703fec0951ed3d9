import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One realistic event of each of the 93 types, as JSON. */
export const FIXTURES: readonly string[] = readFileSync(
  join(__dirname, '..', 'fixtures', 'currents-events.jsonl'),
  'utf8',
)
  .trim()
  .split('\n');

/** The `event_type` of a fixture. */
export function typeOf(fixture: string): string {
  return (JSON.parse(fixture) as { event_type: string }).event_type;
}

/** The fixture of a type. */
export function fixtureOf(type: string): string {
  const fixture = FIXTURES.find((candidate) => typeOf(candidate) === type);
  if (fixture === undefined) throw new Error(`There is no fixture of ${type}.`);
  return fixture;
}
