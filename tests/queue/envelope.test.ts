import { gzipSync } from 'node:zlib';
import {
  decodeDeadLetter,
  decodeMessage,
  encodeEvents,
  encodeRequest,
  type DeadLetter,
} from '../../runtime/queue/envelope';
import { fixtureOf } from '../fixtures';

const RECEIVED_AT = '2026-11-05T00:00:00.000Z';
const DEAD_LETTER: DeadLetter = { reason: 'refused_by_rudderstack', at: RECEIVED_AT, status: 400, answer: 'no \uFFFE' };
const SQS_ALPHABET = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;
const EVENT = fixtureOf('users.behaviors.CustomEvent');

const compressed = (body: string) => gzipSync(body).toString('base64');
const envelope = (rest: object) => JSON.stringify({ v: 1, receivedAt: RECEIVED_AT, events: [], ...rest });

describe.each([
  ['', undefined],
  [' in its dead-letter form', DEAD_LETTER],
])('a message%s', (_form, deadLetter) => {
  it('of events is read as it was written', () => {
    const text = encodeEvents(RECEIVED_AT, ['{"event_type":"a"}', '"\uFFFF"', '12345678901234567890'], deadLetter);
    expect(text).toMatch(SQS_ALPHABET);
    const content = decodeMessage(text);
    expect(content).toMatchObject({
      kind: 'events',
      receivedAt: RECEIVED_AT,
      events: [
        { text: '{"event_type":"a"}', eventType: '"a"' },
        { text: '"\\uffff"' },
        { text: '12345678901234567890' },
      ],
    });
  });

  it('of a compressed request is read as its events', () => {
    const text = encodeRequest(RECEIVED_AT, `{"events":[${EVENT}]}`, deadLetter);
    expect(text).toMatch(SQS_ALPHABET);
    const content = decodeMessage(text);
    expect(content).toMatchObject({ kind: 'events', receivedAt: RECEIVED_AT });
    expect(content.kind === 'events' && content.events).toHaveLength(1);
  });

  it('of a body that is not UTF-8 stays one, and holds its bytes', () => {
    const bytes = Buffer.from('{"events":[{"event_type":"ü"}]}', 'latin1');
    const content = decodeMessage(encodeRequest(RECEIVED_AT, bytes, deadLetter));
    expect(content).toMatchObject({ kind: 'rejected', reason: 'not_a_currents_request', body: bytes });
  });

  it.each(['{"events":[{', 'canary', '{"event_type":"t"}', '\uFEFF\u0000'])(
    'of a body that is no Currents request holds it whole: %j',
    (body) => {
      const content = decodeMessage(encodeRequest(RECEIVED_AT, body, deadLetter));
      expect(content).toMatchObject({ kind: 'rejected', reason: 'not_a_currents_request', receivedAt: RECEIVED_AT });
      expect(content.kind === 'rejected' && Buffer.from(content.body).toString('utf8')).toBe(body);
    },
  );

  it('that no bridge wrote is taken from the queue whole', () => {
    const text = deadLetter === undefined ? '{"events":[]}' : JSON.stringify({ events: [], deadLetter });
    expect(decodeMessage(text)).toStrictEqual({
      kind: 'rejected',
      reason: 'not_an_envelope',
      receivedAt: undefined,
      body: text,
    });
  });

  it('of a later version is handed back', () => {
    expect(decodeMessage(envelope({ v: 2, deadLetter }))).toStrictEqual({ kind: 'unknown_version' });
  });
});

it('a body of bytes that are no text is kept byte by byte', () => {
  const body = Uint8Array.from([0, 255, 128, 200, 10]);
  const content = decodeMessage(encodeRequest(RECEIVED_AT, body, DEAD_LETTER));
  expect(content.kind === 'rejected' && Uint8Array.from(Buffer.from(content.body))).toStrictEqual(body);
});

it('the dead-letter form says why', () => {
  for (const text of [encodeEvents(RECEIVED_AT, ['{}'], DEAD_LETTER), encodeRequest(RECEIVED_AT, 'x', DEAD_LETTER)]) {
    expect(decodeDeadLetter(text)).toStrictEqual(DEAD_LETTER);
  }
});

it.each([
  encodeEvents(RECEIVED_AT, ['{}']),
  'canary',
  'null',
  '[]',
  '{"deadLetter":"x"}',
  '{"deadLetter":{"reason":1}}',
])('what SQS or another moved to the dead-letter queue says nothing: %s', (text) => {
  expect(decodeDeadLetter(text)).toBeUndefined();
});

it.each(['"1"', '0', '1.5', 'null', 'true', '[1]', '12345678901234567890'])(
  'a message of the unknown version %s is handed back',
  (version) => {
    expect(decodeMessage(`{"v":${version},"receivedAt":"${RECEIVED_AT}","events":[]}`)).toStrictEqual({
      kind: 'unknown_version',
    });
  },
);

it.each([
  ['is no JSON', 'canary'],
  ['is cut off', encodeEvents(RECEIVED_AT, ['{}']).slice(0, -1)],
  ['is no object', '[1]'],
  ['is null', 'null'],
  ['is a number', '12345678901234567890'],
  ['has no version', JSON.stringify({ receivedAt: RECEIVED_AT, events: [] })],
  ['has its version in a prototype', `{"__proto__":{"v":1},"receivedAt":"${RECEIVED_AT}","events":[]}`],
  ['has no time of receipt', JSON.stringify({ v: 1, events: [] })],
  ['has a number for its time of receipt', envelope({ receivedAt: 1 })],
  ['has no events', JSON.stringify({ v: 1, receivedAt: RECEIVED_AT })],
  ['has events that are no array', envelope({ events: {} })],
  ['has a request that is no string', envelope({ request: {} })],
  ['has null for its request', envelope({ request: null })],
  ['has a request that is no gzip', envelope({ request: 'canary' })],
  ['has an empty request', envelope({ request: '' })],
  ['has a request that is cut off', envelope({ request: compressed('{"events":[]}').slice(0, 20) })],
  ['has a gzip bomb', envelope({ request: compressed(' '.repeat(6 * 1_048_576 + 1)) })],
  [
    'is nested too deep for its exact number',
    `{"v":1,"a":${'['.repeat(200_000)}12345678901234567890${']'.repeat(200_000)}}`,
  ],
])('a message that %s is rejected whole', (_name, text) => {
  expect(decodeMessage(text)).toStrictEqual({
    kind: 'rejected',
    reason: 'not_an_envelope',
    receivedAt: undefined,
    body: text,
  });
});

it('a request as large as ingest takes is read', () => {
  expect(decodeMessage(encodeRequest(RECEIVED_AT, '{"events":[]}'.padEnd(6 * 1_048_576)))).toMatchObject({
    kind: 'events',
    events: [],
  });
});
