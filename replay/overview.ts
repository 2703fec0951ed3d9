import { advanced, batchesOf } from './batches';
import { NOTHING_YET, type Progress } from './checkpoint';
import type { SelectedRequest } from './requests';
import { typeOf } from './selection';

/** SQS bills each 64 KB of a call as one request (AWS, August 2026). */
const BILLED_BYTES = 65_536;

/** Messages that one call of SQS can delete. */
const DELETED_AT_ONCE = 10;

/** What a replay would send. */
export interface Overview {
  progress: Progress;
  /** Events by hour of receipt (`2026-11-25T14Z`), in order, and within it by `event_type`. */
  events: Map<string, Map<string, number>>;
  /** As SQS bills them: to send, to receive and to delete. */
  sqsRequests: number;
}

/** Counts what a replay would send, in batches as it would send them. */
export async function overviewOf(requests: AsyncIterable<SelectedRequest>, eventsAtOnce: number): Promise<Overview> {
  const overview: Overview = { progress: NOTHING_YET, events: new Map(), sqsRequests: 0 };
  for await (const batch of batchesOf(counted(requests, overview.events), eventsAtOnce)) {
    const bytes = batch.bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0);
    const calls = Math.ceil(bytes / BILLED_BYTES);
    overview.progress = advanced(overview.progress, batch);
    overview.sqsRequests += calls + calls + Math.ceil(batch.bodies.length / DELETED_AT_ONCE);
  }
  return overview;
}

async function* counted(
  requests: AsyncIterable<SelectedRequest>,
  events: Overview['events'],
): AsyncGenerator<SelectedRequest> {
  for await (const request of requests) {
    const hour = `${request.receivedAt.slice(0, 'YYYY-MM-DDTHH'.length)}Z`;
    for (const event of request.selected) {
      const byType = events.get(hour) ?? new Map<string, number>();
      const type = typeOf(event);
      events.set(hour, byType.set(type, (byType.get(type) ?? 0) + 1));
    }
    yield request;
  }
}
