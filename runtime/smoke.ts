import { randomUUID } from 'node:crypto';

/** The id of the one event that `npm run smoke` sends: such as nothing else has, so that its delivery can be told. */
const SMOKE_ID = /^"(currents-bridge-smoke-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"$/;

export function newSmokeId(): string {
  return `currents-bridge-smoke-${randomUUID()}`;
}

/** What tells the metric of one smoke test's event from the metric of all. */
export function smokeDimension(id: string): { smoke: string } {
  return { smoke: id };
}

/**
 * A smoke test's id; undefined for whatever else an event may have, so that nothing of Braze's gets into a metric.
 *
 * @param id the event's `id` as JSON text.
 */
export function smokeIdOf(id: string | undefined): string | undefined {
  return id === undefined ? undefined : SMOKE_ID.exec(id)?.[1];
}
