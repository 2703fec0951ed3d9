import { gzipSync } from 'node:zlib';
import { decodeMessage } from '../../runtime/queue/envelope';

const REQUEST = gzipSync('{"events":[]}');

test.each([
  ['begins as an array', '["v":1,"receivedAt":"2026-11-05T00:00:00.000Z","events":[]}'],
  ['has events that begin as an object', '{"v":1,"receivedAt":"2026-11-05T00:00:00.000Z","events":{]}'],
  [
    'has the bytes of a request in an array',
    JSON.stringify({ v: 1, receivedAt: '2026-11-05T00:00:00.000Z', events: [], request: [...REQUEST] }),
  ],
])('a message that %s is rejected whole', (_what, text) => {
  expect(decodeMessage(text)).toStrictEqual({
    kind: 'rejected',
    reason: 'not_an_envelope',
    receivedAt: undefined,
    body: text,
  });
});
