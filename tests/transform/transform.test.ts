import { parseCurrentsRequest, type CurrentsEvent } from '../../runtime/transform/currents';
import { toEventText } from '../../runtime/transform/event-text';
import { REJECTION_REASONS, SKIP_REASONS } from '../../runtime/transform/reasons';
import type { Track } from '../../runtime/transform/track';
import { transformEvents, type TransformOptions, type UserTransform } from '../../runtime/transform/transform';

const RECEIVED_AT = '2026-11-05T00:00:00.000Z';

const OPTIONS: TransformOptions = { eventNames: new Map(), anonymousUsers: 'skip', transform: undefined };

const outcomesOf = (events: readonly unknown[], changed: Partial<TransformOptions> = {}) =>
  transformEvents(events.map(toEventText), RECEIVED_AT, { ...OPTIONS, ...changed });

const event = (rest: object): object => ({ event_type: 't', id: '1', user: { external_user_id: 'u' }, ...rest });

it('every reason has its sentence', () => {
  for (const sentence of Object.values({ ...SKIP_REASONS, ...REJECTION_REASONS })) expect(sentence).toMatch(/^\S.*\.$/);
});

it('each event has an outcome of its own, in order', () => {
  const outcomes = outcomesOf([
    'text',
    event({ event_type: '' }),
    { name: { string: 'x' }, user_id: 'b' },
    event({ user: undefined }),
    event({ user: null }),
    event({ user: 'u' }),
    event({ user: { user_id: '[REDACTED]', external_user_id: '\u200B' } }),
    event({ user: { user_id: 'b', external_user_id: ' ' } }),
    event({ time: 'soon' }),
    event({}),
  ]);
  expect(outcomes).toStrictEqual([
    { outcome: 'rejected', reason: 'not_an_object' },
    { outcome: 'rejected', reason: 'no_event_type' },
    { outcome: 'rejected', reason: 'cloud_storage_shape' },
    { outcome: 'skipped', reason: 'no_identity' },
    { outcome: 'skipped', reason: 'no_identity' },
    { outcome: 'skipped', reason: 'no_identity' },
    { outcome: 'skipped', reason: 'no_identity' },
    { outcome: 'skipped', reason: 'no_external_user_id' },
    { outcome: 'rejected', reason: 'invalid_time' },
    { outcome: 'message', text: expect.stringContaining('"userId":"u"') as string, timestamp: RECEIVED_AT },
  ]);
});

describe('events of users without external_user_id', () => {
  const outcomeOf = (type: string, anonymousUsers: TransformOptions['anonymousUsers']) =>
    outcomesOf([event({ event_type: type, user: { user_id: 'b' } })], { anonymousUsers })[0];

  it('are skipped by default and forwarded with anonymousId alone where asked for', () => {
    expect(outcomeOf('users.messages.sms.Send', 'skip')).toStrictEqual({
      outcome: 'skipped',
      reason: 'no_external_user_id',
    });
    const forwarded = outcomeOf('users.messages.sms.Send', 'forward');
    const message = JSON.parse(forwarded?.outcome === 'message' ? forwarded.text : '{}') as object;
    expect(message).toMatchObject({ anonymousId: 'b' });
    expect(message).not.toHaveProperty('userId');
  });

  it.each(['users.UserDeleteRequest', 'users.UserOrphan'])('are forwarded whatever is set for %s', (type) => {
    for (const anonymousUsers of ['skip', 'forward'] as const) {
      expect(outcomeOf(type, anonymousUsers)).toMatchObject({ outcome: 'message' });
    }
  });

  it.each(['users.UserDeleteRequest', 'users.UserOrphan'])(
    'that name no user at all are skipped for %s too',
    (type) => {
      const outcomes = outcomesOf([event({ event_type: type, user: {} })]);
      expect(outcomes).toStrictEqual([{ outcome: 'skipped', reason: 'no_identity' }]);
    },
  );
});

describe("a user's own transform", () => {
  /** Applies to the event "own" alone; its neighbours are returned as they come. */
  const outcomesWith = (own: (message: Track, event: CurrentsEvent) => unknown) => {
    const transform = ((message, original) =>
      original.event_type === 'own' ? own(message, original) : message) as UserTransform;
    const events = ['before', 'own', 'after'].map((type) =>
      event({ event_type: type, user: { external_user_id: 'u', user_id: 'b' }, properties: { a: 1 } }),
    );
    const [before, outcome, after] = outcomesOf(events, { transform });
    expect([before, after]).toMatchObject([{ outcome: 'message' }, { outcome: 'message' }]);
    return outcome;
  };
  const messageWith = (own: (message: Track, event: CurrentsEvent) => unknown) => {
    const outcome = outcomesWith(own);
    if (outcome?.outcome !== 'message') throw new Error('The event did not become a message.');
    return JSON.parse(outcome.text) as Track;
  };

  it('changes the message in place or returns another', () => {
    expect(messageWith((message) => Object.assign(message, { event: 'Changed' })).event).toBe('Changed');
    expect(messageWith((message) => ({ ...message, event: 'Other' })).event).toBe('Other');
    expect(messageWith(() => ({ anonymousId: 'x' }))).toStrictEqual({ anonymousId: 'x' });
  });

  it('sees the event as Braze sent it', () => {
    expect(messageWith((message, original) => ({ ...message, event: Object.keys(original).join() })).event).toBe(
      'event_type,id,user,properties',
    );
  });

  it('skips the event by null', () => {
    expect(outcomesWith(() => null)).toStrictEqual({ outcome: 'skipped', reason: 'transform_returned_nothing' });
  });

  it('may change the event without harm to the message', () => {
    const message = messageWith((made, original) => {
      original.user = null;
      original.id = undefined;
      return made;
    });
    expect(message).toMatchObject({ userId: 'u', messageId: '1' });
  });

  it('may change one place of the traits and not the other', () => {
    const transform: UserTransform = (message) => {
      delete message.traits?.email;
      return message;
    };
    const [outcome] = outcomesOf([event({ properties: { email_address: 'e' } })], { transform });
    const message = JSON.parse(outcome?.outcome === 'message' ? outcome.text : '{}') as Track;
    expect([message.traits, message.context.traits]).toStrictEqual([{}, { email: 'e' }]);
  });

  it('can write the event as JSON, where a number is kept exactly too', () => {
    const transform: UserTransform = (message, original) => ({ ...message, raw: JSON.stringify(original.properties) });
    const body =
      '{"events":[{"event_type":"t","id":"1","user":{"user_id":"b"},"properties":{"n":12345678901234567890}}]}';
    const [outcome] = outcomesOf(parseCurrentsRequest(body), { transform, anonymousUsers: 'forward' });
    const text = outcome?.outcome === 'message' ? outcome.text : '{}';
    expect(text).toContain('"properties":{"n":12345678901234567890}');
    expect(JSON.parse(text)).toMatchObject({ raw: '{"n":12345678901234567000}' });
  });

  const cyclic: Record<string, unknown> = { userId: 'u' };
  cyclic.self = cyclic;
  it.each<[string, (message: Track) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('Own trouble.');
      },
    ],
    [
      'recurses for ever',
      function own(message): unknown {
        return own(message);
      },
    ],
    ['returns undefined', () => undefined],
    ['returns a promise', (message) => Promise.resolve(message)],
    ['returns a promise that is rejected', () => Promise.reject(new Error('not now'))],
    ['returns a string', (message) => JSON.stringify(message)],
    ['returns a number', () => 1],
    ['returns a function', () => () => null],
    ['returns an array', (message) => [message]],
    ['returns a cycle', () => cyclic],
    ['returns a bigint', (message) => ({ ...message, big: 1n })],
    ['removes both ids', ({ userId: _userId, anonymousId: _anonymousId, ...message }) => message],
    ['blanks both ids', (message) => ({ ...message, userId: '\u200B', anonymousId: ' ' })],
    ['returns an object that turns into nothing', (message) => ({ ...message, toJSON: () => undefined })],
    [
      'returns an object that throws when written',
      (message) => ({
        ...message,
        get event() {
          throw new Error('Own trouble.');
        },
      }),
    ],
  ])('that %s rejects that event alone', (_name, own) => {
    expect(outcomesWith(own)).toStrictEqual({ outcome: 'rejected', reason: 'transform_failed' });
  });
});
