import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isObject, parseJson } from '../runtime/transform/json';
import { differences, type Difference } from './differences';
import { ReplayStopped } from './stopped';

/** A message in both files that differs in one place. */
export interface Sample extends Difference {
  messageId: string;
}

/** A message in one file only. */
export interface OneSided {
  messageId: string;
  event: unknown;
}

/** What became of the messages of one file in another. */
export interface Comparison {
  unchanged: number;
  changed: number;
  /** For each place in which messages differ, how many do, and some of them. */
  changes: Map<string, { messages: number; samples: Sample[] }>;
  appeared: { messages: number; samples: OneSided[] };
  vanished: { messages: number; samples: OneSided[] };
}

/** Where a message stands in a file, in bytes, and a digest of its text. */
interface Place {
  start: number;
  length: number;
  digest: string;
}

/**
 * Compares two files of RudderStack messages, one a line, by `messageId`. Of the older one only the places of its
 * messages are kept in memory, about 200 bytes each; the newer one is read once. Where an id comes several times, the
 * first is compared with the first, the second with the second.
 *
 * @param samples how many of each kind to keep.
 * @throws ReplayStopped for a file that cannot be read, or a line that is no message.
 */
export async function compare(oldPath: string, newPath: string, samples: number): Promise<Comparison> {
  const places = new Map<string, Place[]>();
  for await (const { messageId, place } of messagesIn(oldPath)) {
    const others = places.get(messageId);
    if (others === undefined) places.set(messageId, [place]);
    else others.push(place);
  }
  const file = await open(oldPath);
  try {
    const comparison = await compareWith(file, places, newPath, samples);
    await countVanished(file, places, comparison.vanished, samples);
    return comparison;
  } finally {
    await file.close();
  }
}

async function compareWith(
  file: FileHandle,
  places: ReadonlyMap<string, Place[]>,
  newPath: string,
  samples: number,
): Promise<Comparison> {
  const comparison: Comparison = {
    unchanged: 0,
    changed: 0,
    changes: new Map(),
    appeared: { messages: 0, samples: [] },
    vanished: { messages: 0, samples: [] },
  };
  for await (const { messageId, message, place } of messagesIn(newPath)) {
    const before = places.get(messageId)?.shift();
    if (before === undefined) {
      add(comparison.appeared, samples, { messageId, event: message.event });
      continue;
    }
    const found = before.digest === place.digest ? [] : differences(await messageAt(file, before), message);
    if (found.length === 0) comparison.unchanged += 1;
    else comparison.changed += 1;
    for (const difference of found) {
      const change = comparison.changes.get(difference.path) ?? { messages: 0, samples: [] };
      comparison.changes.set(difference.path, change);
      add(change, samples, { ...difference, messageId });
    }
  }
  return comparison;
}

/** What is left when every message of the newer file has found its counterpart. */
async function countVanished(
  file: FileHandle,
  places: ReadonlyMap<string, readonly Place[]>,
  vanished: Comparison['vanished'],
  samples: number,
): Promise<void> {
  for (const [messageId, left] of places) {
    for (const place of left) {
      const isShown = vanished.samples.length < samples;
      add(vanished, samples, { messageId, event: isShown ? (await messageAt(file, place)).event : undefined });
    }
  }
}

function add<Item>(to: { messages: number; samples: Item[] }, most: number, sample: Item): void {
  to.messages += 1;
  if (to.samples.length < most) to.samples.push(sample);
}

/** The messages of a file, in order. */
async function* messagesIn(path: string): AsyncGenerator<Message & { place: Place }> {
  let start = 0;
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    const found = messageOf(line);
    if (found === undefined) {
      throw new ReplayStopped(
        `Line ${number} of ${path} is no message with a messageId; name files that --to-file has written.`,
      );
    }
    const digest = createHash('sha256').update(line).digest('base64').slice(0, DIGEST_CHARACTERS);
    yield { ...found, place: { start, length: line.length, digest } };
    start += line.length + 1;
  }
}

interface Message {
  messageId: string;
  message: Record<string, unknown>;
}

/** Of 6 bits each: no two of a billion messages share them. */
const DIGEST_CHARACTERS = 22;

const READ_AT_ONCE = 1_048_576;

/** By bytes, so that each line's place is known. Node's readline would also end lines at U+2028, which JSON may hold. */
async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_AT_ONCE })) {
      const bytes = Buffer.concat([rest, chunk as Buffer]);
      let start = 0;
      for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE, start)) {
        yield bytes.subarray(start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ReplayStopped(`The file ${path} cannot be read (${code ?? message}); name a file of --to-file.`);
  }
  if (rest.length > 0) yield rest;
}

const NEW_LINE = 0x0a;

function messageOf(line: Buffer): Message | undefined {
  try {
    const message = parseJson(line.toString('utf8'));
    if (isObject(message) && typeof message.messageId === 'string') return { messageId: message.messageId, message };
  } catch {
    // No JSON: the parser's own message would quote it.
  }
  return undefined;
}

async function messageAt(file: FileHandle, { start, length }: Place): Promise<Record<string, unknown>> {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
  return parseJson(buffer.toString('utf8')) as Record<string, unknown>;
}
