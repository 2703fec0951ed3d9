import { randomBytes } from 'node:crypto';
import { packEvents, packRequest } from '../../runtime/queue/packing';
import { MAX_REQUEST_BYTES } from '../../runtime/transform/currents';

const MIB = 1_048_576;
/** What a message is filled up to, less what stands around its events. */
const TARGET = 262_144 - 128;
/** The same of a message with one event alone, in plain text. */
const PLAIN = MIB - 8_192 - 128;
const RECEIVED_AT = '2026-11-05T00:00:00.000Z';

/** An event of so many bytes in a message, its comma included. */
const eventOf = (bytes: number) => JSON.stringify({ p: 'x'.repeat(bytes - 9) });
const pack = (texts: readonly string[]) => packEvents(texts, { receivedAt: RECEIVED_AT, maxEvents: 250 }).bodies;

test.each([
  [0, 1],
  [1, 2],
])('events that fill a message with %d bytes too many make %d', (more, messages) => {
  expect(pack([eventOf(100_000), eventOf(TARGET - 100_000 + more)])).toHaveLength(messages);
});

test.each([
  [0, 'in plain text'],
  [1, 'compressed'],
])('a single event %d bytes over what fits travels %s', (more, how) => {
  const [body] = pack([eventOf(PLAIN + more)]);
  expect(body?.includes('"request":') === true ? 'compressed' : 'in plain text').toBe(how);
});

test.each([
  [0, true],
  [1, false],
])('a request %d bytes over the largest is packed: %s', (more, isPacked) => {
  const message = packRequest(' '.repeat(MAX_REQUEST_BYTES + more), { receivedAt: RECEIVED_AT });
  expect(message !== undefined).toBe(isPacked);
});

test.each([
  [0, true],
  [1, false],
])('a message %d bytes over what SQS takes is written: %s', (more, isWritten) => {
  const body = randomBytes(700_000);
  const deadLetter = { reason: 'not_a_currents_request', at: RECEIVED_AT } as const;
  const length = Buffer.byteLength(packRequest(body, { receivedAt: RECEIVED_AT, deadLetter }) ?? '');
  const receivedAt = RECEIVED_AT.padEnd(RECEIVED_AT.length + MIB - length + more);
  const message = packRequest(body, { receivedAt, deadLetter });
  expect(message?.length).toBe(isWritten ? MIB : undefined);
});
