import { gunzipSync, gzipSync } from 'node:zlib';
import { MAX_REQUEST_BYTES, parseCurrentsRequest } from '../transform/currents';
import { readEvent, toEventText, type EventText } from '../transform/event-text';
import { isObject, parseObject, stringifyJson } from '../transform/json';
import { JsonCursor } from '../transform/json-cursor';
import type { RejectionReason } from '../transform/reasons';

/**
 * The message format of the event queue and the dead-letter queue.
 *
 * Readers ship one release before writers: a version is written only when every reader that may still be running
 * understands it. A reader takes every older version and hands back what is newer than itself.
 */
export interface Envelope {
  v: 1;
  /** When the bridge received the request, ISO 8601. */
  receivedAt: string;
  events: unknown[];
  /**
   * A request body, gzip and base64, in place of `events`: what is no Currents request and so has no events, and an
   * event that fits into a message only so.
   */
  request?: string;
  /** Why the bridge put this into the dead-letter queue. A dead letter without it was moved there by SQS. */
  deadLetter?: DeadLetter;
}

export interface DeadLetter {
  reason: RejectionReason;
  /** ISO 8601. */
  at: string;
  /** RudderStack's status code. */
  status?: number;
  /** RudderStack's answer, cut, without the values of the event. */
  answer?: string;
}

const VERSION = 1;

/** A message as text within the alphabet of SQS, from events that are text already. */
export function encodeEvents(receivedAt: string, texts: readonly string[], deadLetter?: DeadLetter): string {
  return envelopeText(receivedAt, `"events":[${texts.join(',')}]`, deadLetter);
}

/** A message that holds a request body, compressed. */
export function encodeRequest(receivedAt: string, body: string | Uint8Array, deadLetter?: DeadLetter): string {
  const request = gzipSync(body).toString('base64');
  return envelopeText(receivedAt, `"events":[],"request":"${request}"`, deadLetter);
}

function envelopeText(receivedAt: string, content: string, deadLetter: DeadLetter | undefined): string {
  const reason = deadLetter === undefined ? '' : `,"deadLetter":${stringifyJson(deadLetter)}`;
  const text = `{"v":${VERSION},"receivedAt":${JSON.stringify(receivedAt)},${content}${reason}}`;
  return withinAlphabet(text);
}

/**
 * JSON with escapes for what SQS may refuse for ever. Its documentation allows U+10000 to U+10FFFF, its own error
 * message does not, and JSON writes U+FFFE and U+FFFF as they are: so all of these are escaped.
 */
export function withinAlphabet(json: string): string {
  return json.replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}

/** What is in a message. */
export type Content =
  | { kind: 'events'; receivedAt: string; events: EventText[] }
  /** Written by a newer release: for that one to read. */
  | { kind: 'unknown_version' }
  /** Has no events and never will; `body` is what to keep of it. */
  | { kind: 'rejected'; reason: RejectionReason; receivedAt: string | undefined; body: string | Uint8Array };

/** Reads a message in any version up to this one, dead letters included. */
export function decodeMessage(text: string): Content {
  const notAnEnvelope: Content = { kind: 'rejected', reason: 'not_an_envelope', receivedAt: undefined, body: text };
  const envelope = readEnvelope(text);
  if (envelope === undefined) return notAnEnvelope;
  const { v, receivedAt, events, request } = envelope;
  if (v === undefined) return notAnEnvelope;
  if (v !== VERSION) return { kind: 'unknown_version' };
  if (typeof receivedAt !== 'string' || events === undefined) return notAnEnvelope;
  if (request === undefined) return { kind: 'events', receivedAt, events };

  if (typeof request !== 'string') return notAnEnvelope;
  let body: Buffer;
  try {
    body = decompressRequest(request);
  } catch {
    return notAnEnvelope;
  }
  try {
    return { kind: 'events', receivedAt, events: parseCurrentsRequest(body).map(toEventText) };
  } catch {
    return { kind: 'rejected', reason: 'not_a_currents_request', receivedAt, body };
  }
}

/** An envelope as it was found: nothing but the JSON is checked. */
interface FoundEnvelope {
  v?: unknown;
  receivedAt?: unknown;
  request?: unknown;
  /** Undefined, too, where it is no array. */
  events?: EventText[];
}

/** @returns undefined for what is not JSON, or no object. */
function readEnvelope(text: string): FoundEnvelope | undefined {
  try {
    const envelope: FoundEnvelope = {};
    const cursor = new JsonCursor(text);
    if (!cursor.isAtObject) return undefined;
    for (let inside = cursor.enterObject(); inside; inside = cursor.nextMember()) readMember(cursor, envelope);
    cursor.end();
    return envelope;
  } catch {
    return undefined;
  }
}

function readMember(cursor: JsonCursor, envelope: FoundEnvelope): void {
  const key = cursor.key();
  switch (key) {
    case 'v':
    case 'receivedAt':
    case 'request':
      envelope[key] = JSON.parse(cursor.value());
      break;
    case 'events':
      envelope.events = readEvents(cursor);
      break;
    default:
      cursor.skip();
  }
}

function readEvents(cursor: JsonCursor): EventText[] | undefined {
  if (!cursor.isAtArray) {
    cursor.skip();
    return undefined;
  }
  const events: EventText[] = [];
  for (let inside = cursor.enterArray(); inside; inside = cursor.nextElement()) events.push(readEvent(cursor));
  return events;
}

/** Why the bridge put a message into the dead-letter queue; undefined for what it did not put there. */
export function decodeDeadLetter(text: string): DeadLetter | undefined {
  const deadLetter = parseObject(text)?.deadLetter;
  if (!isObject(deadLetter) || typeof deadLetter.reason !== 'string') return undefined;
  return deadLetter as unknown as DeadLetter;
}

/** @throws Error for what is no base64 of gzip, or decompresses to more than {@link MAX_REQUEST_BYTES}. */
function decompressRequest(request: string): Buffer {
  return gunzipSync(Buffer.from(request, 'base64'), { maxOutputLength: MAX_REQUEST_BYTES });
}
