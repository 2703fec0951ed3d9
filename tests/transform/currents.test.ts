import { MAX_NESTING, NotACurrentsRequest, parseCurrentsRequest, rejectionOf } from '../../runtime/transform/currents';
import { stringifyJson } from '../../runtime/transform/json';
import { fixtureOf } from '../fixtures';

/** In each body that is refused, and in no sentence about it. */
const CANARY = 'canary-5550199';

const AVRO = `{"id":"${CANARY}","user_id":"b","external_user_id":{"string":"u"},"time":1793676746,"platform":{"string":"ios"}}`;
const AVRO_CUSTOM_EVENT = `{"id":"1","user_id":"b","name":{"string":"n"},"properties":{"string":"{\\"a\\":\\"${CANARY}\\"}"}}`;

function refusalOf(body: string | Uint8Array): string {
  try {
    parseCurrentsRequest(body);
  } catch (error) {
    if (error instanceof NotACurrentsRequest) return error.message;
    throw error;
  }
  throw new Error('The body was taken for a Currents request.');
}

describe('a Currents request', () => {
  it('is read from bytes, with a byte-order mark or without', () => {
    for (const text of ['{"events":["ü"]}', '\uFEFF{"events":["ü"]}']) {
      expect(parseCurrentsRequest(Buffer.from(text))).toStrictEqual(['ü']);
    }
  });

  it('is refused when its bytes are not UTF-8, instead of being changed', () => {
    expect(refusalOf(Buffer.from('{"events":["ü"]}', 'latin1'))).toMatch(/not UTF-8/);
  });

  it.each(['', ' \r\n', '\uFEFF', '{}', '[]', '[{}]', '{"events":[]}', '[{"events":[]},{"events":[]}]'])(
    '%j is one without events',
    (body) => {
      expect(parseCurrentsRequest(body)).toStrictEqual([]);
    },
  );

  it.each([
    ['{"events":[{"event_type":"a"},{"event_type":"b"}]}'],
    ['\uFEFF{"events":[{"event_type":"a"},{"event_type":"b"}]}'],
    ['\n {"other":1,"events":[{"event_type":"a"},{"event_type":"b"}]}\n'],
    ['[{"events":[{"event_type":"a"}]},{},{"events":[{"event_type":"b"}]}]'],
  ])('%j holds its events in order', (body) => {
    expect(parseCurrentsRequest(body)).toStrictEqual([{ event_type: 'a' }, { event_type: 'b' }]);
  });

  it('may hold anything among its events, for each to be judged alone', () => {
    const events = parseCurrentsRequest(
      `{"events":[1,12345678901234567890,"text",null,[],true,{},{"event_type":7},{"event_type":" "},${AVRO},${AVRO_CUSTOM_EVENT},${fixtureOf('users.messages.email.Click')}]}`,
    );
    expect(events.map(rejectionOf)).toStrictEqual([
      ...Array<string>(6).fill('not_an_object'),
      ...Array<string>(3).fill('no_event_type'),
      'cloud_storage_shape',
      'cloud_storage_shape',
      undefined,
    ]);
  });
});

describe('what is no Currents request is refused with a sentence that quotes nothing of it:', () => {
  it.each([
    [`{"events":[{"id":"${CANARY}"`, 'not valid JSON'],
    [CANARY, 'not valid JSON'],
    [`{"events":["${CANARY}"]} {}`, 'not valid JSON'],
    [`{"events":[12345678901234567890,"${CANARY}]}`, 'not valid JSON'],
    [`"${CANARY}"`, 'not an object with `events`'],
    ['null', 'not an object with `events`'],
    ['12345678901234567890', 'not an object with `events`'],
    [`["${CANARY}"]`, 'not an object with `events`'],
    [`[{"events":[]},null]`, 'not an object with `events`'],
    [`{"events":"${CANARY}"}`, '`events` is not an array'],
    [`{"events":{"id":"${CANARY}"}}`, '`events` is not an array'],
    [`{"events":null}`, '`events` is not an array'],
    [`{"event_type":"t","id":"${CANARY}"}`, 'has no `events`'],
    [`{"__proto__":{"events":["${CANARY}"]}}`, 'has no `events`'],
    [AVRO, 'cloud-storage'],
    [AVRO_CUSTOM_EVENT, 'cloud-storage'],
    [`[${AVRO}]`, 'cloud-storage'],
    [`{"events":[${AVRO},${AVRO_CUSTOM_EVENT}]}`, 'cloud-storage'],
  ])('%s', (body, about) => {
    const sentence = refusalOf(body);
    expect(sentence).toContain(about);
    expect(sentence).not.toContain(CANARY);
    expect(sentence).toMatch(/^(The body|`events`) .*(send|wrap|takes) .*\.$/);
  });
});

it('an event whose own properties look like an Avro type is not taken for the cloud-storage shape', () => {
  const event = (rest: string) => `{"events":[{"event_type":"t",${rest}}]}`;
  const bodies = [
    '"user":{},"properties":{"string":"x"}',
    '"properties":{"name":"n","a":{"string":"x"}}',
    '"new":{"other":1}',
  ];
  expect(bodies.flatMap((rest) => parseCurrentsRequest(event(rest))).map(rejectionOf)).toStrictEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

describe('nesting', () => {
  /** Nested this deep, the body itself being the first level and `events` the second. */
  const nested = (levels: number, innermost: string) =>
    `{"events":[${'['.repeat(levels - 2)}${innermost}${']'.repeat(levels - 2)}]}`;

  it.each(['1', '12345678901234567890'])('of the full depth is written as it came, around %s', (innermost) => {
    const [event] = parseCurrentsRequest(nested(MAX_NESTING, innermost));
    expect(stringifyJson({ events: [event] })).toBe(nested(MAX_NESTING, innermost));
  });

  it.each(['1', '12345678901234567890', '[]'])('of one level more is refused, around %s', (innermost) => {
    expect(refusalOf(nested(MAX_NESTING + (innermost === '[]' ? 0 : 1), innermost))).toContain('1000 levels');
  });

  it.each([
    ['arrays', '['.repeat(1e6), '1', ']'.repeat(1e6)],
    ['objects', '{"a":'.repeat(1e6), '1', '}'.repeat(1e6)],
    ['arrays around an exact number', '['.repeat(1e6), '12345678901234567890', ']'.repeat(1e6)],
  ])('of a million levels is refused without harm: %s', (_name, open, innermost, close) => {
    expect(refusalOf(`${open}${innermost}${close}`)).toContain('1000 levels');
  });
});
