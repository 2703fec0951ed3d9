import { MAX_REQUEST_BYTES } from '../transform/currents';
import { encodeEvents, encodeRequest, withinAlphabet, type DeadLetter } from './envelope';

/** SQS's limit for a message and for all messages of one batch, in bytes (AWS, August 2026). */
export const SQS_MAX_BYTES = 1_048_576;

/** SQS bills by 64 KB, so a larger message saves nothing and makes every hand-back dearer. */
const TARGET_BYTES = 262_144;

/** Left free in every message, so that its dead-letter form still fits. */
const DEAD_LETTER_ROOM = 8_192;

const MAX_BYTES = SQS_MAX_BYTES - DEAD_LETTER_ROOM;

/** Around the events: version, time of receipt, brackets. */
const FRAME_BYTES = 128;

/**
 * Packs events into as few messages as their sizes ask for, in order.
 *
 * @param texts events as JSON.
 * @param maxEvents the most events in one message: no more than one delivery takes.
 * @returns the messages' bodies, and how many events are too large for any message even when compressed.
 */
export function packEvents(
  texts: readonly string[],
  { receivedAt, maxEvents, deadLetter }: { receivedAt: string; maxEvents: number; deadLetter?: DeadLetter },
): { bodies: string[]; tooLarge: number } {
  const bodies: string[] = [];
  let tooLarge = 0;
  let pending: string[] = [];
  let pendingBytes = FRAME_BYTES;
  const flush = () => {
    if (pending.length > 0) bodies.push(encodeEvents(receivedAt, pending, deadLetter));
    pending = [];
    pendingBytes = FRAME_BYTES;
  };

  for (const text of texts) {
    const bytes = queuedBytes(text);
    if (pending.length === maxEvents || pendingBytes + bytes > TARGET_BYTES) flush();
    if (FRAME_BYTES + bytes <= MAX_BYTES) {
      pending.push(text);
      pendingBytes += bytes;
      continue;
    }
    const body = packRequest(`{"events":[${text}]}`, { receivedAt, deadLetter });
    if (body === undefined) tooLarge += 1;
    else bodies.push(body);
  }
  flush();
  return { bodies, tooLarge };
}

/** A request body as one message, compressed; undefined where it does not fit even so, or no reader would take it. */
export function packRequest(
  body: string | Uint8Array,
  { receivedAt, deadLetter }: { receivedAt: string; deadLetter?: DeadLetter },
): string | undefined {
  // 1e20 is written out in full, so an event can be larger than the request that it came in.
  if (Buffer.byteLength(body) > MAX_REQUEST_BYTES) return undefined;
  const message = encodeRequest(receivedAt, body, deadLetter);
  return Buffer.byteLength(message) <= (deadLetter === undefined ? MAX_BYTES : SQS_MAX_BYTES) ? message : undefined;
}

/** Bytes of an event inside a message, with its comma. */
function queuedBytes(text: string): number {
  return Buffer.byteLength(withinAlphabet(text)) + 1;
}
