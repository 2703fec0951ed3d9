import fc from 'fast-check';
import { decodeMessage } from '../../runtime/queue/envelope';
import { packEvents } from '../../runtime/queue/packing';
import { parseCurrentsRequest } from '../../runtime/transform/currents';
import { parseJson, stringifyJson, type ExactNumber } from '../../runtime/transform/json';
import { transformEvents } from '../../runtime/transform/transform';

/** What SQS takes in a message. */
const SQS_ALPHABET = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

const anyText = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 12 });

/** The whole way of one request's events: read, queued, read again, transformed. */
function bridged(request: string): { queued: string; message: string } {
  const texts = parseCurrentsRequest(request).map(stringifyJson);
  const { bodies } = packEvents(texts, { receivedAt: '2026-11-05T00:00:00.000Z', maxEvents: 10 });
  const queued = bodies.join('\n');
  const content = decodeMessage(queued);
  if (content.kind !== 'events') throw new Error('The message was not read.');
  const [outcome] = transformEvents(content.events, content.receivedAt, {
    eventNames: new Map(),
    anonymousUsers: 'skip',
    transform: undefined,
  });
  if (outcome?.outcome !== 'message') throw new Error('The event did not become a message.');
  return { queued, message: outcome.text };
}

const requestOf = (properties: string, topLevel = '') =>
  `{"events":[{${topLevel}"event_type":"t","id":"1","user":{"external_user_id":"u"},"properties":${properties}}]}`;

const propertiesOf = (message: string) => (JSON.parse(message) as { properties: Record<string, unknown> }).properties;

describe('numbers', () => {
  const digit = fc.nat(12).map((n) => String(Math.max(n - 3, 0)));
  const digits = (maxLength: number) => fc.string({ unit: digit, minLength: 1, maxLength });
  const literal = fc
    .record({
      sign: fc.constantFrom('', '-'),
      integer: digits(30).map((text) => text.replace(/^0+(?=\d)/, '')),
      fraction: fc.option(digits(30), { nil: undefined }),
      exponent: fc.option(
        fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.oneof(fc.nat(25), fc.nat(420))),
        { nil: undefined },
      ),
    })
    .map(
      ({ sign, integer, fraction, exponent }) =>
        sign + integer + (fraction === undefined ? '' : `.${fraction}`) + (exponent?.join('') ?? ''),
    );

  /** A decimal as an integer and a power of ten. */
  const decimal = (text: string): [bigint, number] => {
    const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
    const [integer = '', fraction = ''] = mantissa.split('.');
    return [
      BigInt(`${integer}${fraction}`.replace(/^-/, '')) * (integer.startsWith('-') ? -1n : 1n),
      Number(exponent) - fraction.length,
    ];
  };
  const areEqual = (one: string, other: string) => {
    const [a, b] = [decimal(one), decimal(other)];
    const least = Math.min(a[1], b[1]);
    return a[0] * 10n ** BigInt(a[1] - least) === b[0] * 10n ** BigInt(b[1] - least);
  };
  /** The number behind a key; the key's quotation mark is no escaped one, so it is no part of a string. */
  const numberAt = (key: string, text: string) => {
    const found = new RegExp(`(?<!\\\\)"${key}":(-?[0-9][0-9.eE+-]*)`).exec(text)?.[1];
    if (found === undefined) throw new Error(`There is no number at ${key}.`);
    return found;
  };

  it.each([
    '9007199254740993',
    '-12345678901234567890',
    '0.1',
    '0.10000000000000000001',
    '3.141592653589793238462643383279',
    '1234567890.1234567',
    '1e400',
    '-1E+400',
    '1e-400',
    '5e-324',
    '4e-324',
    '123456e-320',
    '1E5',
    '1.50',
    '-0',
    '-0.0e-5',
    '0e999',
    '1e21',
    '1e23',
    '100000000000000000000000',
    '0.000000000000000000000000000001',
    '1.000000000000000e0000000000000000400',
  ])('%s keeps its value', (number) => {
    const { message } = bridged(requestOf(`{"n":${number}}`));
    expect(`${numberAt('n', message)} = ${areEqual(numberAt('n', message), number)}`).toMatch(/ = true$/);
  });

  it('keep their value wherever they are, beside strings that look like numbers', () => {
    const lookAlike = fc.oneof(
      anyText,
      literal,
      literal.map((text) => `,"n0":${text},`),
      literal.map((text) => `exact:${text}:`),
      fc.constantFrom('\\', '"', '\\"', '":1e400,"', '[12345678901234567890]', 'exact:', '{"a": 12345678901234567890}'),
    );
    fc.assert(
      fc.property(
        fc.array(literal, { minLength: 5, maxLength: 5 }),
        fc.array(lookAlike, { minLength: 4, maxLength: 4 }),
        (n, s) => {
          const q = s.map((text) => JSON.stringify(text));
          const request = requestOf(
            `{"s0":${q[0]},"n0":${n[0]},"list":[${q[1]},${n[1]},\n${n[2]} ,{"n3":\t${n[3]}\r\n,"s2":${q[2]}}],"custom_properties":{"a":{"b":[[{"n4":${n[4]}}]]},"s3":${q[3]}}}`,
            `"n5":${n[0]},`,
          );
          const { queued, message } = bridged(request);

          const list = /(?<!\\)"list":\["(?:[^"\\]|\\.)*",([^,]*),([^,]*),\{/.exec(message);
          const found = [
            numberAt('n0', message),
            list?.[1] ?? '',
            list?.[2] ?? '',
            numberAt('n3', message),
            numberAt('n4', message),
          ];
          expect(found.map((text, index) => areEqual(text, n[index] as string))).toStrictEqual([
            true,
            true,
            true,
            true,
            true,
          ]);
          // A field of the event that is not known goes no further than the queue.
          expect(areEqual(numberAt('n5', queued), n[0] as string)).toBe(true);
          const properties = propertiesOf(message) as {
            s0: string;
            list: [string, 0, 0, { s2: string }];
            custom_properties: { s3: string };
          };
          expect([
            properties.s0,
            properties.list[0],
            properties.list[3].s2,
            properties.custom_properties.s3,
          ]).toStrictEqual(s);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each(['', ' ', '\n', '\r\n', '\t', '-', '\n-'])('are found alone behind %j', (before) => {
    for (const number of ['9007199254740993', '1e400']) {
      const { n, list } = parseJson(`{"n":${before}${number},"list":[${before}${number}]}`) as {
        n: ExactNumber;
        list: ExactNumber[];
      };
      expect([n, ...list].every(({ text }) => areEqual(text, before.trim() + number))).toBe(true);
    }
  });

  it('that a JavaScript number holds are ordinary numbers', () => {
    expect(parseJson('{"a":1e5,"b":0.1,"c":[9007199254740991,1.50],"d":123456789012345678901}')).toMatchObject({
      a: 100_000,
      b: 0.1,
      c: [9_007_199_254_740_991, 1.5],
    });
  });

  it('that it does not hold can be calculated with, and are rounded by other writers of JSON', () => {
    const { n } = parseJson('{"n":12345678901234567890}') as { n: number };
    expect(`${n}`).toBe('12345678901234567890');
    expect(n / 10).toBe(1_234_567_890_123_456_800);
    expect(JSON.stringify({ n })).toBe('{"n":12345678901234567000}');
    expect(JSON.stringify(structuredClone({ n }))).toBe('{"n":12345678901234567000}');
  });

  it('are rounded by other writers again after something could not be written', () => {
    const { n } = parseJson('{"n":12345678901234567890}') as { n: number };
    expect(() => stringifyJson({ n, big: 1n })).toThrow(TypeError);
    expect(JSON.stringify(n)).toBe('12345678901234567000');
  });

  it('are written the same each time they are read and written', () => {
    fc.assert(
      fc.property(literal, (number) => {
        const once = stringifyJson(parseJson(`[${number}]`));
        expect(stringifyJson(parseJson(once))).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['zeros inside', `1${'0'.repeat(1_000_000)}1`],
    ['digits', '7'.repeat(1_000_000)],
    ['a fraction', `0.${'0'.repeat(1_000_000)}1`],
  ])('of a million digits (%s) take no quadratic time', (_name, number) => {
    const start = performance.now();
    const text = stringifyJson(parseJson(`[${number}]`));
    expect(text === `[${number}]`).toBe(true);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('strings', () => {
  it('keep every character, and the queue takes them', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.constantFrom('\uFFFE', '\uFFFF', '\\\uFFFF', '\\uffff', '\uD800\uFFFE', '\u0000\u001F\u007F'),
        ),
        (text) => {
          const { queued, message } = bridged(requestOf(JSON.stringify({ text, [`k${text}`]: [text] })));
          expect(queued).toMatch(SQS_ALPHABET);
          expect(propertiesOf(message)).toStrictEqual({ text, [`k${text}`]: [text] });
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('that hold JSON stay strings', () => {
    const properties = {
      tool_arguments: '{"n": 12345678901234567890, "deep": "{\\"a\\":1e400}"}',
      flow_response_json: '[]',
    };
    const { message } = bridged(requestOf(JSON.stringify(properties)));
    expect(propertiesOf(message)).toStrictEqual(properties);
  });

  it.each([
    ['16-digit runs', ',1234567890123456 '.repeat(290_000)],
    ['one run of digits', '1'.repeat(5_000_000)],
    ['escapes', '\\n\\"'.repeat(1_200_000)],
    ['numbers in quotation marks', '\\":1e400,\\"'.repeat(400_000)],
  ])('of 5 MB (%s) are no burden, beside an exact number too', (_name, escaped) => {
    const start = performance.now();
    const text = stringifyJson(parseJson(`{"s":"${escaped}","n":12345678901234567890}`));
    expect(text === `{"s":"${escaped}","n":12345678901234567890}`).toBe(true);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe('keys', () => {
  const HOSTILE = [
    '__proto__',
    'constructor',
    'prototype',
    '',
    '.',
    'a.b',
    'toString',
    'hasOwnProperty',
    'toJSON',
    '0',
    '10',
    '9',
    '-1',
    '1e400',
    'length',
    '💡',
    'platform ',
    '__proto__.polluted',
    'valueOf',
    'text',
  ];
  const key = fc.oneof(fc.constantFrom(...HOSTILE), anyText);
  const value = fc.oneof(fc.integer(), anyText, fc.constant(null), fc.constant({ polluted: 'yes' }), fc.constant([]));
  const object = fc
    .array(fc.tuple(key, value), { maxLength: 12 })
    .map(
      (entries) => `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${JSON.stringify(item)}`).join(',')}}`,
    );

  it.each([
    ['with a number beside them that is kept exactly', '12345678901234567890'],
    ['with ordinary numbers only', '1'],
  ])('are kept verbatim, the last of equal ones, at every level, %s', (_name, number) => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(object, object, (first, second) => {
        const properties = `{"custom_properties":${first},"list":[${second}],"__proto__":${second}}`;
        const { message } = bridged(requestOf(properties, `"extra":${number},"__proto__":{"event_type":"wrong"},`));
        expect(JSON.stringify(propertiesOf(message))).toBe(JSON.stringify(JSON.parse(properties)));
      }),
      { numRuns: 1_000 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toStrictEqual(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
