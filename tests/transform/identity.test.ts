import fc from 'fast-check';
import { decodeMessage } from '../../runtime/queue/envelope';
import { packEvents } from '../../runtime/queue/packing';
import { parseCurrentsRequest } from '../../runtime/transform/currents';
import { toEventText } from '../../runtime/transform/event-text';
import { cleanId, deriveId } from '../../runtime/transform/identity';
import { ExactNumber, stringifyJson } from '../../runtime/transform/json';
import { transformEvents, type TransformOptions } from '../../runtime/transform/transform';

const FORWARD: TransformOptions = { eventNames: new Map(), anonymousUsers: 'forward', transform: undefined };
const RECEIVED_AT = '2026-11-05T00:00:00.000Z';

describe('an id', () => {
  it.each<[unknown, string]>([
    ['cust-1', 'cust-1'],
    [' cust-1\n', 'cust-1'],
    ['two words', 'two words'],
    ['Jürgen', 'Jürgen'],
    [42, '42'],
    [0, '0'],
    [-0, '0'],
    [new ExactNumber('12345678901234567890'), '12345678901234567890'],
    ['a\u0000b', 'ab'],
    ['a\u200Bb', 'ab'],
    ['\uFEFFab', 'ab'],
    ['a\u00ADb', 'ab'],
    ['\u202Eab\u202C', 'ab'],
    ['a\u2028b', 'ab'],
    ['a\u{E0001}b', 'ab'],
    ['a\uD800', 'a\uFFFD'],
    ['[REDACTED]1', '[REDACTED]1'],
  ])('%j is %j', (value, id) => {
    expect(cleanId(value)).toBe(id);
  });

  it.each([
    undefined,
    null,
    true,
    false,
    {},
    { id: 'x' },
    ['x'],
    '',
    '  ',
    '\t\r\n',
    '\u0000',
    '\u200B\u200C\u200D',
    '\uFEFF',
    '\u00AD',
    '\u00A0\u3000',
    '\u202E',
    '\u2800',
    '\u3164',
    '\uE000',
    '\uFFFF',
    '\uD800',
    '\uDC00 \uD800',
    '[REDACTED]',
    ' [REDACTED]\u00A0',
    '[RED\u200BACTED]',
    '\uFEFF[REDACTED]\u0000',
  ])('%j is none', (value) => {
    expect(cleanId(value)).toBeUndefined();
  });

  it('is never blank, has no control or format character and is the same when cleaned again', () => {
    const unit = fc.oneof(
      fc.nat(0xffff).map((code) => String.fromCharCode(code)),
      fc.constantFrom(' ', '\u0000', '\u200B', '\uFEFF', '\uD83D', 'a'),
    );
    fc.assert(
      fc.property(fc.string({ unit }), (value) => {
        const id = cleanId(value);
        if (id === undefined) return;
        expect(id.trim()).toBe(id);
        expect(id).not.toBe('');
        expect(id).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        expect(cleanId(id)).toBe(id);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('ids of a message', () => {
  const messageOf = (text: string) => {
    const [outcome] = transformEvents(
      parseCurrentsRequest(`{"events":[${text}]}`).map(toEventText),
      RECEIVED_AT,
      FORWARD,
    );
    if (outcome?.outcome !== 'message') throw new Error('The event did not become a message.');
    return JSON.parse(outcome.text) as Record<string, unknown> & { context: Record<string, unknown> };
  };

  it('are strings, with every digit of a number', () => {
    const message = messageOf(
      '{"event_type":"t","id":9007199254740993,"user":{"external_user_id":12345678901234567890,"user_id":7,"device_id":5}}',
    );
    expect(message).toMatchObject({ messageId: '9007199254740993', userId: '12345678901234567890', anonymousId: '7' });
    expect(message.context.device).toStrictEqual({ id: '5' });
    expect(messageOf('{"event_type":"t","id":1,"user":{"external_user_id":1e400}}').userId).toBe('1e400');
  });

  it('that are blank, redacted or no ids are left out, without a stand-in', () => {
    const message = messageOf(
      '{"event_type":"t","id":"1","user":{"external_user_id":"[REDACTED]","user_id":"b","device_id":"\\u200b"}}',
    );
    expect(message).not.toHaveProperty('userId');
    expect(message.context).not.toHaveProperty('device');
  });
});

describe('a derived id', () => {
  const idIn = (requestBody: string, id: string) => {
    const texts = parseCurrentsRequest(requestBody).map(stringifyJson);
    const { bodies } = packEvents(texts, { receivedAt: RECEIVED_AT, maxEvents: 100 });
    const events = bodies.flatMap((body) => {
      const content = decodeMessage(body);
      return content.kind === 'events' ? content.events : [];
    });
    const messages = transformEvents(events, RECEIVED_AT, FORWARD).map((outcome) =>
      outcome.outcome === 'message' ? (JSON.parse(outcome.text) as { messageId: unknown; userId: string }) : undefined,
    );
    return messages.find((message) => message?.userId === id)?.messageId;
  };
  const event = (properties: string, id = '') =>
    `{"event_type":"t",${id}"user":{"external_user_id":"u"},"properties":${properties}}`;
  const NEIGHBOUR = '{"event_type":"t","id":"n","user":{"user_id":"n"},"properties":{"big":12345678901234567890.5e3}}';

  it.each([
    '{}',
    '{"a":1}',
    '{"a":1E5,"b":1.50,"c":-0}',
    '{"a":12345678901234567890}',
    '{"a":1e400}',
    '{"a":"\\ud800"}',
  ])('of %s is the same at each retry, whatever its neighbours', (properties) => {
    const alone = idIn(`{"events":[${event(properties)}]}`, 'u');
    const again = idIn(`[{"events":[]},{"events":[ ${event(properties)} ]}]`, 'u');
    const beside = idIn(`{"events":[${NEIGHBOUR},${event(properties)}]}`, 'u');
    const direct = JSON.parse(deriveId(event(properties))) as string;
    expect(alone).toMatch(/^derived-[0-9a-f]{64}$/);
    expect(new Set([alone, again, beside, direct]).size).toBe(1);
  });

  it('differs for different content', () => {
    const contents = ['{}', '{"a":1}', '{"a":"1"}', '{"a":9007199254740993}', '{"a":9007199254740992}', '{"a":null}'];
    const surrogates = ['{"a":"\\ud800"}', '{"a":"\\ud801"}', '{"a":"\\ufffd"}'];
    const ids = [...contents, ...surrogates].map((properties) => idIn(`{"events":[${event(properties)}]}`, 'u'));
    expect(new Set(ids).size).toBe(contents.length + surrogates.length);
  });

  it.each(['', '"id":null,', '"id":"",', '"id":"\\u200b",', '"id":"[REDACTED]",', '"id":{},', '"id":true,'])(
    'stands in for a missing one (%s)',
    (id) => {
      expect(idIn(`{"events":[${event('{}', id)}]}`, 'u')).toMatch(/^derived-/);
    },
  );
});
