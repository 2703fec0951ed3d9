import { isUtf8 } from 'node:buffer';
import { isObject, parseJson } from './json';
import type { RejectionReason } from './reasons';

/**
 * An event of the Custom HTTP connector, as Braze documents it. Any field may be missing or null, and new types
 * and properties come without notice, so nothing here is relied upon.
 */
export interface CurrentsEvent {
  event_type: string;
  id?: unknown;
  /** Unix seconds. */
  time?: unknown;
  user?: {
    user_id?: unknown;
    external_user_id?: unknown;
    device_id?: unknown;
    timezone?: unknown;
  } | null;
  properties?: Record<string, unknown> | null;
}

/** What is no Currents request. The message is a whole sentence for the sender, without any of the content. */
export class NotACurrentsRequest extends Error {
  override readonly name = 'NotACurrentsRequest';
}

/** The largest request body that is accepted, in bytes after decompression. */
export const MAX_REQUEST_BYTES = 6 * 1_024 * 1_024;

/** How deep a request may be nested: beyond anything real, and far from what overflows a JSON writer's stack. */
export const MAX_NESTING = 1_000;

/**
 * The events of a Currents request body: `{"events":[…]}`, or an array of such objects. An empty body, `{}` and
 * no events are valid (Braze's test of the credentials). A byte-order mark is ignored.
 *
 * @returns the entries of `events`, unchecked: see {@link rejectionOf}.
 * @throws NotACurrentsRequest
 */
export function parseCurrentsRequest(body: string | Uint8Array): unknown[] {
  // Takes a byte-order mark away, too.
  const text = (typeof body === 'string' ? body : decoded(body)).trim();
  if (text === '') return [];
  let request: unknown;
  try {
    request = parseJson(text);
  } catch (error) {
    if (error instanceof RangeError) throw nestedTooDeep();
    // The parser's own message quotes the body.
    throw new NotACurrentsRequest(
      'The body is not valid JSON (perhaps it was cut off); send {"events":[…]} as the Currents Custom HTTP connector does.',
    );
  }
  if (isNestedDeeperThan(request, MAX_NESTING)) throw nestedTooDeep();
  const events = (Array.isArray(request) ? request : [request]).flatMap(eventsOf);
  if (events.length > 0 && events.every(hasCloudStorageShape)) throw cloudStorageShape();
  return events;
}

/** What is not UTF-8 is refused, because decoded anyway it would be changed without a word. */
function decoded(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new NotACurrentsRequest('The body is not UTF-8; send JSON in UTF-8.');
  return new TextDecoder().decode(bytes);
}

/** Why an entry of `events` can never become a message, or undefined. */
export function rejectionOf(event: unknown): RejectionReason | undefined {
  if (!isObject(event)) return 'not_an_object';
  if (hasCloudStorageShape(event)) return 'cloud_storage_shape';
  return isEventType(event.event_type) ? undefined : 'no_event_type';
}

/** Text that is not blank. */
export function isEventType(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function eventsOf(part: unknown): unknown[] {
  if (!isObject(part)) {
    throw new NotACurrentsRequest(
      'The body is JSON but not an object with `events`, nor an array of those; send {"events":[…]}.',
    );
  }
  if (Array.isArray(part.events)) return part.events;
  if (hasCloudStorageShape(part)) throw cloudStorageShape();
  if ('events' in part) {
    throw new NotACurrentsRequest('`events` is not an array; send {"events":[…]}, with [] where there are none.');
  }
  if (Object.keys(part).length === 0) return [];
  throw new NotACurrentsRequest(
    'The body has no `events`; wrap single events as {"events":[…]}, as the Custom HTTP connector does.',
  );
}

function nestedTooDeep(): NotACurrentsRequest {
  return new NotACurrentsRequest(
    `The body is nested more than ${MAX_NESTING} levels deep; no Currents event is, so send it flatter.`,
  );
}

function cloudStorageShape(): NotACurrentsRequest {
  return new NotACurrentsRequest(
    'The body has the shape of Currents\' cloud-storage files (Avro, like {"string":"…"}); this endpoint takes the Custom HTTP connector\'s {"events":[…]}.',
  );
}

const AVRO_TYPES = new Set(['string', 'int', 'long', 'float', 'double', 'boolean', 'bytes']);

/** Flat, and with Avro unions such as `"external_user_id": {"string": "…"}` where Custom HTTP has values. */
function hasCloudStorageShape(event: unknown): boolean {
  return (
    isObject(event) &&
    !isObject(event.user) &&
    (!isObject(event.properties) || isAvroUnion(event.properties)) &&
    Object.values(event).some(isAvroUnion)
  );
}

function isAvroUnion(value: unknown): boolean {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && AVRO_TYPES.has(keys[0] as string);
}

function isNestedDeeperThan(value: unknown, levels: number): boolean {
  if (!Array.isArray(value) && !isObject(value)) return false;
  return levels === 0 || Object.values(value).some((item) => isNestedDeeperThan(item, levels - 1));
}
