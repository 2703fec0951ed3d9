import { packEvents } from '../runtime/queue/packing';
import { stringifyJson } from '../runtime/transform/json';
import { NOTHING_YET, type Progress } from './checkpoint';
import type { SelectedRequest } from './requests';

/** Messages that are sent at once: as many as SQS takes in one batch. */
const MESSAGES_AT_ONCE = 10;

/** Requests after which there is a batch even if nothing of them is to be sent, so that the progress shows. */
const REQUESTS_AT_ONCE = 500;

/** The most events in a message: ingest's default, and Braze sends no more than 100 in a request. */
const EVENTS_IN_A_MESSAGE = 250;

/** Whole requests that follow one another, as messages, and how far one has come with them. */
export interface Batch extends Progress {
  bodies: string[];
}

/** @param most events in one batch, but for a request that holds more. */
export async function* batchesOf(requests: AsyncIterable<SelectedRequest>, most: number): AsyncGenerator<Batch> {
  let batch = emptyBatch();
  for await (const { key, receivedAt, events, selected, unusable, hasExpired } of requests) {
    const { bodies, tooLarge } = packEvents(selected.map(stringifyJson), {
      receivedAt,
      maxEvents: EVENTS_IN_A_MESSAGE,
    });
    const isFull = batch.bodies.length + bodies.length > MESSAGES_AT_ONCE || batch.queued + selected.length > most;
    if ((isFull && batch.bodies.length > 0) || batch.requests === REQUESTS_AT_ONCE) {
      yield batch;
      batch = emptyBatch();
    }
    batch.after = key;
    batch.requests += 1;
    batch.events += events;
    batch.messages += bodies.length;
    batch.queued += selected.length - tooLarge;
    batch.unusable += unusable;
    batch.expired += hasExpired ? 1 : 0;
    batch.tooLarge += tooLarge;
    batch.bodies.push(...bodies);
  }
  if (batch.requests > 0) yield batch;
}

function emptyBatch(): Batch {
  return { ...NOTHING_YET, bodies: [] };
}

/** What has been done when a batch is done, too. */
export function advanced(progress: Progress, batch: Batch): Progress {
  return {
    after: batch.after,
    requests: progress.requests + batch.requests,
    events: progress.events + batch.events,
    messages: progress.messages + batch.messages,
    queued: progress.queued + batch.queued,
    unusable: progress.unusable + batch.unusable,
    expired: progress.expired + batch.expired,
    tooLarge: progress.tooLarge + batch.tooLarge,
  };
}
