import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MAX_NESTING, MAX_REQUEST_BYTES } from '../runtime/transform/currents';
import { CANARY } from './endpoint';

/** A request body: its bytes, and the headers that belong to them. */
export interface Body {
  bytes: Buffer;
  headers: Readonly<Record<string, string>>;
}

type Bytes = fc.Arbitrary<Buffer>;

const anyText = fc.string({ unit: 'binary', maxLength: 20 });
const anyJson = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' });

/** What Braze may send, and what it never would, in the places where ingest or the transform looks. */
const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        event_type: fc.oneof(fc.constant('users.messages.email.Open'), anyText, anyJson),
        id: fc.oneof(fc.uuid(), anyJson),
        time: fc.oneof(fc.nat(), anyJson),
        user: fc.oneof(fc.constant({ external_user_id: `${CANARY}-customer`, user_id: `${CANARY}-braze` }), anyJson),
        properties: fc.oneof(fc.dictionary(anyText, anyJson), anyJson),
        [CANARY]: anyText,
      },
      { requiredKeys: ['event_type', CANARY] },
    ),
  },
  { weight: 1, arbitrary: anyJson },
  { weight: 1, arbitrary: fc.constantFrom({ user_id: { string: CANARY } }, { time: { long: 1 }, properties: null }) },
);

const request = fc.oneof(
  { weight: 6, arbitrary: fc.record({ events: fc.array(event, { maxLength: 6 }) }) },
  { weight: 2, arbitrary: fc.array(fc.record({ events: fc.array(event, { maxLength: 2 }) }), { maxLength: 4 }) },
  { weight: 1, arbitrary: event },
  { weight: 1, arbitrary: fc.record({ events: anyJson }) },
  { weight: 1, arbitrary: anyJson },
);

const requestText = request.map((value) => JSON.stringify(value));

const NUMBERS = ['1e400', '-1e-400', '12345678901234567890', '0.1000000000000000055511151231257827', '-0', '1E+2'];
const NO_NUMBERS = ['01', '.5', '1.', '+1', '1e', '0x10', 'NaN', 'Infinity', '1_000', '--1'];
const number = fc.oneof(
  fc.constantFrom(...NUMBERS, ...NO_NUMBERS),
  fc.nat(3_000).map((digits) => '9'.repeat(digits)),
  fc.nat(3_000).map((zeros) => `1${'0'.repeat(zeros)}.0${'0'.repeat(zeros)}e-${zeros}`),
  fc.nat(3_000).map((digits) => `1e${'9'.repeat(digits)}`),
);

const inEvent = (property: string) => `{"events":[{"event_type":"x","properties":{"p":${property}}}]}`;

const nested = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(1, -1, 0, -3, -4, -5).map((more) => MAX_NESTING + more),
      fc.integer({ min: 1, max: 200_000 }),
    ),
    fc.constantFrom<[open: string, close: string][]>(['[', ']'], ['{"a":', '}'], ['[{"a":', '}]'], [' [\n', ']']),
    fc.constantFrom('1', '1e400', '12345678901234567890', '""', ''),
    fc.boolean(),
  )
  .map(([levels, [open, close], inmost, isClosed]) =>
    inEvent(`${open.repeat(levels)}${inmost}${isClosed ? close.repeat(levels) : ''}`),
  );

/** JSON that is odd, or nearly JSON. */
const oddText = fc.oneof(
  number.map(inEvent),
  nested,
  fc.constantFrom(
    '',
    ' \t\r\n',
    'null',
    '{}',
    '[]',
    '[{}]',
    '{"events":[]}',
    '{"events":null}',
    '{"events":{}}',
    '{"Events":[]}',
    '{"events":[],"events":[{"event_type":"x"}]}',
    '{"events":[{"event_type":"x"}],"events":[]}',
    '{"events":[{"event_type":"x","event_type":7,"user":1,"user":{}}]}',
    '{"__proto__":{"events":[]}}',
    '{"events":[{"event_type":"x","__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}]}',
    '{"events":[{"event_type":"\\ud800","id":"\\udfff\\u0000","properties":{"\\uffff":"\\ufffe"}}]}',
    '{"\\u0065vents":[{"event_type":"x"}]}',
    "{'events':[]}",
    '{"events":[],}',
    '{"events":[/* none */]}',
    '{"events":[]}{"events":[]}',
    '{"events":[undefined]}',
    '"\u0001"',
  ),
  requestText.map((text) => `\uFEFF${text}`),
  requestText.map((text) => `\uFEFF\uFEFF${text}`),
  requestText.map((text) => `${text}\0`),
  fc.array(requestText, { minLength: 2, maxLength: 4 }).map((texts) => texts.join('\n')),
  requestText.map((text) => text.replaceAll('"', '\\"')),
  requestText.map((text) => text.replace(/[\w ]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)),
);

/** Text in no encoding or in another one. */
const misencoded: Bytes = fc.oneof(
  requestText.map((text) => Buffer.from(text, 'utf16le')),
  requestText.map((text) => Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()])),
  requestText.map((text) => Buffer.from(text.replace('{', '{"ü":1,'), 'latin1')),
  fc
    .tuple(
      requestText,
      fc.constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]),
    )
    .map(([text, bytes]) =>
      Buffer.concat([Buffer.from(`${text.slice(0, -1)} "`), Buffer.from(bytes), Buffer.from('"}')]),
    ),
);

const damaged: Bytes = fc
  .tuple(
    requestText,
    fc.nat(),
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom('cut', 'insert', 'overwrite', 'remove'),
  )
  .map(([text, place, bytes, how]) => {
    const whole = Buffer.from(text);
    const at = place % (whole.length + 1);
    const rest = { cut: whole.length, insert: at, overwrite: at + bytes.length, remove: at + 1 }[how];
    return Buffer.concat([
      whole.subarray(0, at),
      ...(how === 'insert' || how === 'overwrite' ? [bytes] : []),
      whole.subarray(rest),
    ]);
  });

/** Around the limits, in bytes: the bridge's 6 MiB, the queue's 1 MiB, API Gateway's 10 MiB. */
const sized: Bytes = fc
  .tuple(
    fc.constantFrom(MAX_REQUEST_BYTES, MAX_REQUEST_BYTES, 1_048_576, 262_144, 10_485_760),
    fc.integer({ min: -2, max: 2 }),
    fc.constantFrom('white space', 'one property', 'small events', 'no events', 'numbers', 'noise'),
  )
  .map(([limit, more, filling]) => {
    const room = limit + more;
    const between = (start: string, piece: string, end: string) => {
      const pieces = piece.repeat(Math.floor((room - start.length - end.length) / piece.length));
      return Buffer.from((start + pieces + end).padEnd(room));
    };
    switch (filling) {
      case 'white space':
        return between('{"events":[', ' ', ']}');
      case 'one property':
        return between('{"events":[{"event_type":"x","properties":{"p":"', 'x', '"}}]}');
      case 'small events':
        return between('{"events":[{"event_type":"x"}', `,{"event_type":"x","id":"${'x'.repeat(200)}"}`, ']}');
      case 'no events':
        return between('{"events":[7', `,"${'7'.repeat(500)}"`, ']}');
      case 'numbers':
        return between('{"events":[{"event_type":"x","properties":[1', ',12345678901234567890', ']}]}');
      case 'noise':
        return noise(room);
    }
  });

/** Text that gzip makes no smaller than three quarters; the same for the same length. */
function noise(length: number): Buffer {
  let state = 1;
  const characters = Uint8Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 48 + ((state >> 16) % 64);
  });
  return Buffer.from(characters);
}

/** What a body says before any encoding. */
const plain: Bytes = fc.oneof(
  { weight: 40, arbitrary: requestText.map((text) => Buffer.from(text)) },
  { weight: 20, arbitrary: oddText.map((text) => Buffer.from(text)) },
  { weight: 15, arbitrary: damaged },
  { weight: 8, arbitrary: misencoded },
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 2, arbitrary: sized },
);

/** Decompressed, each is far over the limit: spaces, an event, gzip in gzip. */
const bombs = lazily(() => {
  const spaces = gzipSync(Buffer.alloc(100_000_000, ' '));
  const oneEvent = gzipSync(`{"events":[{"event_type":"x","properties":{"p":"${'x'.repeat(50_000_000)}"}}]}`);
  const justOver = gzipSync(`{"events":[${' '.repeat(MAX_REQUEST_BYTES)}]}`);
  const members = Buffer.concat(Array<Buffer>(100).fill(gzipSync(Buffer.alloc(1_000_000, ' '))));
  return [spaces, oneEvent, justOver, members, gzipSync(spaces)];
});

const compressed: Bytes = plain.map((bytes) => gzipSync(bytes, { level: 1 }));

const GZIP = { 'content-encoding': 'gzip' };

/** Bodies in every encoding, true, false and broken. */
export const body: fc.Arbitrary<Body> = fc.oneof(
  { weight: 40, arbitrary: plain.map((bytes) => ({ bytes, headers: {} })) },
  {
    weight: 15,
    arbitrary: fc
      .tuple(compressed, fc.constantFrom(GZIP, { 'content-encoding': 'x-gzip' }, { 'content-encoding': ' GZIP ' }, {}))
      .map(([bytes, headers]) => ({ bytes, headers })),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(compressed, fc.nat(), fc.constantFrom('cut', 'flip', 'garbage', 'twice'))
      .map(([whole, at, how]) => ({
        bytes: broken(whole, at % whole.length, how),
        headers: GZIP,
      })),
  },
  {
    weight: 5,
    // Two members that are one text only together.
    arbitrary: fc.tuple(plain, fc.nat()).map(([bytes, place]) => {
      const at = place % (bytes.length + 1);
      return { bytes: Buffer.concat([gzipSync(bytes.subarray(0, at)), gzipSync(bytes.subarray(at))]), headers: GZIP };
    }),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        plain,
        fc.constantFrom('gzip', 'br', 'deflate', 'gzip, gzip', 'gzip, br', 'identity', '', '*', 'GZip;q=1', 'zstd'),
      )
      .map(([bytes, encoding]) => ({ bytes, headers: { 'content-encoding': encoding } })),
  },
  {
    weight: 3,
    arbitrary: plain.map((bytes) => ({ bytes: brotliCompressSync(bytes), headers: { 'content-encoding': 'br' } })),
  },
  {
    weight: 3,
    arbitrary: plain.map((bytes) => ({ bytes: deflateSync(bytes), headers: { 'content-encoding': 'deflate' } })),
  },
  { weight: 2, arbitrary: fc.nat(4).map((index) => ({ bytes: bombs()[index] as Buffer, headers: GZIP })) },
);

function broken(whole: Buffer, at: number, how: 'cut' | 'flip' | 'garbage' | 'twice'): Buffer {
  switch (how) {
    case 'cut':
      return whole.subarray(0, at);
    case 'flip': {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] as number) ^ 0x55;
      return flipped;
    }
    case 'garbage':
      return Buffer.concat([whole, Buffer.from(`garbage ${at}`)]);
    case 'twice':
      return gzipSync(whole);
  }
}

function lazily<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= make());
}
