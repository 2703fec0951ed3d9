import fc from 'fast-check';
import { parseCurrentsRequest } from '../../runtime/transform/currents';
import { toEventText } from '../../runtime/transform/event-text';
import { toTimestamp } from '../../runtime/transform/time';
import { transformEvents } from '../../runtime/transform/transform';

it.each<[unknown, string]>([
  [1_793_676_746, '2026-11-03T03:32:26.000Z'],
  [1_793_676_746.123, '2026-11-03T03:32:26.123Z'],
  [1.001, '1970-01-01T00:00:01.001Z'],
  [1.0009, '1970-01-01T00:00:01.001Z'],
  [1_793_676_746_123, '2026-11-03T03:32:26.123Z'],
  [1_793_676_746_123.9, '2026-11-03T03:32:26.123Z'],
  ['1793676746', '2026-11-03T03:32:26.000Z'],
  [' 1793676746.5 ', '2026-11-03T03:32:26.500Z'],
  ['1793676746123', '2026-11-03T03:32:26.123Z'],
  ['1.793676746e9', '2026-11-03T03:32:26.000Z'],
  [0, '1970-01-01T00:00:00.000Z'],
  [-1, '1969-12-31T23:59:59.000Z'],
  ['2026-11-03', '2026-11-03T00:00:00.000Z'],
  ['2026-11-03T03:32', '2026-11-03T03:32:00.000Z'],
  ['2026-11-03T03:32:26', '2026-11-03T03:32:26.000Z'],
  ['2026-11-03t03:32:26z', '2026-11-03T03:32:26.000Z'],
  ['2026-11-03 03:32:26.1Z', '2026-11-03T03:32:26.100Z'],
  ['2026-11-03T03:32:26,123456Z', '2026-11-03T03:32:26.123Z'],
  ['2026-11-03T03:32:26+05:30', '2026-11-02T22:02:26.000Z'],
  ['2026-11-03T03:32:26-0800', '2026-11-03T11:32:26.000Z'],
  ['2026-11-03T03:32:26+01', '2026-11-03T02:32:26.000Z'],
  ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ['2000-02-29', '2000-02-29T00:00:00.000Z'],
  ['0000-01-01', '0000-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
])('%j is %s', (time, timestamp) => {
  expect(toTimestamp(time)).toBe(timestamp);
});

const UNREADABLE = [
  '',
  '  ',
  'yesterday',
  'Infinity',
  'NaN',
  '0x10',
  '1e400',
  '1_793_676_746',
  '1,793,676,746',
  '[REDACTED]',
  '2026-02-30',
  '2027-02-29',
  '2100-02-29',
  '2026-13-01',
  '2026-00-10',
  '2026-11-03T24:00:00Z',
  '2026-11-03T12:60:00Z',
  '2026-11-03T03:32:26+24:00',
  '2026-11-03T03:32:26+05:60',
  '2026-11-03T03:32:26 UTC',
  '2026-W45-2',
  '03.11.2026',
  'Tue, 03 Nov 2026 03:32:26 GMT',
  '2026-11-03\n2026-11-04',
  '0000-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  1_793_676_746_123_456,
  -1e15,
  Number.NaN,
  Infinity,
  true,
  false,
  {},
  [],
  [1_793_676_746],
];

it.each(UNREADABLE)('%j is no time', (time) => {
  expect(toTimestamp(time)).toBeUndefined();
});

describe('any moment between the years 0 and 9999', () => {
  const moment = (min = '0000-01-01T00:00:00.000Z', max = '9999-12-31T23:59:59.999Z') =>
    fc.date({ min: new Date(min), max: new Date(max), noInvalidDate: true });
  const same = (date: Date, time: unknown) => {
    expect(toTimestamp(time)).toBe(date.toISOString());
  };

  it('is the same from ISO 8601, with any offset', () => {
    const offset = fc.tuple(fc.constantFrom('+', '-'), fc.nat(23), fc.nat(59));
    fc.assert(
      fc.property(moment('0000-01-02T00:00:00.000Z', '9999-12-30T23:59:59.999Z'), offset, (date, [sign, h, m]) => {
        const shift = (h * 60 + m) * 60_000 * (sign === '+' ? 1 : -1);
        const local = new Date(date.getTime() + shift).toISOString().slice(0, -1);
        same(date, date.toISOString());
        same(date, `${local}${sign}${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
      }),
    );
  });

  // Larger numbers of seconds, and smaller ones of milliseconds, would be read as the other.
  it('is the same from seconds with fractions, up to the year 5138', () => {
    fc.assert(
      fc.property(moment(undefined, '5138-01-01T00:00:00.000Z'), (date) => {
        const seconds = date.getTime() / 1_000;
        same(date, seconds);
        same(date, String(seconds));
      }),
    );
  });

  it('is the same from milliseconds, from 1974 on', () => {
    fc.assert(
      fc.property(moment('1974-01-01T00:00:00.000Z'), (date) => {
        same(date, date.getTime());
        same(date, String(date.getTime()));
      }),
    );
  });
});

describe('the timestamp of a message', () => {
  const outcomeOf = (time: string, receivedAt: string | undefined) =>
    transformEvents(
      parseCurrentsRequest(`{"events":[{"event_type":"t","id":"1","user":{"external_user_id":"u"}${time}}]}`).map(
        toEventText,
      ),
      receivedAt,
      { eventNames: new Map(), anonymousUsers: 'skip', transform: undefined },
    )[0];
  const messageOf = (time: string, receivedAt: string | undefined) => {
    const outcome = outcomeOf(time, receivedAt);
    return outcome?.outcome === 'message' ? (JSON.parse(outcome.text) as object) : undefined;
  };
  const RECEIVED_AT = '2026-11-05T01:02:03.004Z';

  it('is the time of the event', () => {
    const timestamp = '2026-11-03T03:32:26.000Z';
    const outcome = outcomeOf(',"time":1793676746', RECEIVED_AT);
    expect(outcome).toMatchObject({ outcome: 'message', timestamp });
    expect(messageOf(',"time":1793676746', RECEIVED_AT)).toMatchObject({ timestamp, originalTimestamp: timestamp });
  });

  it.each(['', ',"time":null'])('is the time of receipt where there is none (%s)', (time) => {
    expect(messageOf(time, RECEIVED_AT)).toMatchObject({ timestamp: RECEIVED_AT, originalTimestamp: RECEIVED_AT });
  });

  it.each(['', ',"time":null'])('is left out where that is not known either (%s)', (time) => {
    const message = messageOf(time, undefined);
    expect(message).toMatchObject({ type: 'track' });
    expect(message).not.toHaveProperty('timestamp');
    expect(message).not.toHaveProperty('originalTimestamp');
  });

  it.each(['""', '"soon"', 'true', '{}', '[]', '1e400', '1793676746123456', '12345678901234567890123'])(
    'that cannot be read (%s) rejects the event',
    (time) => {
      expect(outcomeOf(`,"time":${time}`, RECEIVED_AT)).toStrictEqual({ outcome: 'rejected', reason: 'invalid_time' });
    },
  );
});
