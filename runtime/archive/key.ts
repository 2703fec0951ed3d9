/** What every key begins with. */
export const ARCHIVE_PREFIX = 'requests/';

/** What an object's key tells of the request in it, so that a listing alone answers how many events came when. */
export interface ArchiveEntry {
  /** When the bridge received the request, ISO 8601 with milliseconds, in UTC. */
  receivedAt: string;
  /** How many events it holds; 0 for what is no Currents request. */
  events: number;
  /** A UUID: two requests may come in the same millisecond. */
  id: string;
}

/**
 * The key of an archived request, such as
 * `requests/2026/11/25/14/2026-11-25T14:15:03.123Z_100_0c1f….json.gz`. Keys in S3's order are in the order of receipt.
 */
export function archiveKey({ receivedAt, events, id }: ArchiveEntry): string {
  return `${archiveKeyStart(receivedAt)}_${events}_${id}.json.gz`;
}

const KEY = /^requests\/[\d/]+\/([\d-]+T[\d:.]+Z)_(\d+)_([\da-f-]{36})\.json\.gz$/;

/** Reads a key; undefined for one that is none of the archive's. */
export function parseArchiveKey(key: string): ArchiveEntry | undefined {
  const [, receivedAt = '', events = '', id = ''] = KEY.exec(key) ?? [];
  const entry = { receivedAt, events: Number(events), id };
  return isTime(receivedAt) && archiveKey(entry) === key ? entry : undefined;
}

/** What the keys of all requests of that millisecond begin with: it sorts before them, and after all earlier ones. */
export function archiveKeyStart(receivedAt: string): string {
  return `${hourPrefix(new Date(receivedAt))}${receivedAt}`;
}

/** What the keys of an hour (UTC) begin with, such as `requests/2026/11/25/14/`. */
export function hourPrefix(date: Date): string {
  return `${ARCHIVE_PREFIX}${date.toISOString().slice(0, 13).replace(/[-T]/g, '/')}/`;
}

function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}
