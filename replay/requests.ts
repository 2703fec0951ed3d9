import { Readable } from 'node:stream';
import type { ArchivedRequest, ArchiveReader, TimeRange } from '../runtime/archive/reader';
import type { CurrentsEvent } from '../runtime/transform/currents';
import { isSelected, isUsable, type Selection } from './selection';
import { ReplayStopped } from './stopped';

/** Requests that are read at the same time. */
const READ_AT_ONCE = 16;

/** A request of the archive, with those of its events that are meant. */
export interface SelectedRequest extends ArchivedRequest {
  selected: CurrentsEvent[];
  /** Events that can never become a message. */
  unusable: number;
  /** It was listed, but is not there any more. */
  hasExpired: boolean;
}

/**
 * The requests of a time, in the order of their receipt, read ahead of whoever takes them.
 *
 * @param after the key after which to go on.
 */
export function selectedRequests(
  archive: ArchiveReader,
  range: TimeRange,
  selection: Selection,
  after = '',
): AsyncIterable<SelectedRequest> {
  const read = (request: ArchivedRequest) => selectedOf(archive, request, selection);
  return Readable.from(archive.list(range, after)).map(read, { concurrency: READ_AT_ONCE });
}

async function selectedOf(
  archive: ArchiveReader,
  request: ArchivedRequest,
  selection: Selection,
): Promise<SelectedRequest> {
  // What is no Currents request, as its key says.
  if (request.events === 0) return { ...request, selected: [], unusable: 0, hasExpired: false };
  const events = await eventsOf(archive, request);
  if (events === undefined) return { ...request, selected: [], unusable: 0, hasExpired: true };
  const usable = events.filter(isUsable);
  const selected = usable.filter((event) => isSelected(event, request.receivedAt, selection));
  return { ...request, selected, unusable: events.length - usable.length, hasExpired: false };
}

/** Undefined where they have expired since the request was listed, or were all erased. */
async function eventsOf(archive: ArchiveReader, request: ArchivedRequest): Promise<unknown[] | undefined> {
  try {
    const events = await archive.read(request.key);
    if (events !== undefined) return events;
    const rewritten = await archive.findRewritten(request);
    return rewritten && (await archive.read(rewritten.key));
  } catch (error) {
    throw isDamage(error) ? damaged(request.key, error) : error;
  }
}

/** Whether an object is no gzip, or decompresses to more than ingest takes. */
export function isDamage(error: unknown): error is Error & { code: string } {
  return /^(?:Z_|ERR_BUFFER_TOO_LARGE$)/.test(String((error as NodeJS.ErrnoException).code));
}

function damaged(key: string, { code }: { code: string }): ReplayStopped {
  return new ReplayStopped(
    `The object ${key} of the archive is damaged (${code}); move it out of the bucket, then run the same command again.`,
  );
}

/** How much there is to read, from a listing alone. */
export async function totalOf(
  archive: ArchiveReader,
  range: TimeRange,
  after = '',
): Promise<{ requests: number; events: number }> {
  const total = { requests: 0, events: 0 };
  for await (const { events } of archive.list(range, after)) {
    total.requests += 1;
    total.events += events;
  }
  return total;
}
