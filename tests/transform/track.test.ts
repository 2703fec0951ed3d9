import { version } from '../../package.json';
import { parseCurrentsRequest } from '../../runtime/transform/currents';
import { toEventText } from '../../runtime/transform/event-text';
import { transformEvents, type Outcome, type TransformOptions } from '../../runtime/transform/transform';
import { fixtureOf, FIXTURES, typeOf } from '../fixtures';

const FORWARD: TransformOptions = { eventNames: new Map(), anonymousUsers: 'forward', transform: undefined };

function outcomeOf(event: string, options = FORWARD): Outcome | undefined {
  return transformEvents(
    parseCurrentsRequest(`{"events":[${event}]}`).map(toEventText),
    '2026-11-05T00:00:00.000Z',
    options,
  )[0];
}

function textOf(event: string, options = FORWARD): string {
  const outcome = outcomeOf(event, options);
  if (outcome?.outcome !== 'message') throw new Error('The event did not become a message.');
  return outcome.text;
}

const messageOf = (event: object, options = FORWARD) =>
  JSON.parse(textOf(JSON.stringify(event), options)) as Record<string, unknown>;

/** What RudderStack's own Braze source makes of an event, and what the bridge adds to it. */
function expectedOf(fixture: string): unknown {
  const event = JSON.parse(fixture) as {
    event_type: string;
    id: string;
    time: number;
    user: Record<string, string>;
    properties: Record<string, unknown>;
  };
  const places: Record<string, [place: 'device' | 'os' | 'traits' | 'context', key: string]> = {
    device_model: ['device', 'model'],
    os_version: ['os', 'version'],
    platform: ['os', 'name'],
    user_agent: ['context', 'userAgent'],
    email_address: ['traits', 'email'],
    to_phone_number: ['traits', 'phone'],
    ad_id: ['device', 'advertisingId'],
    ad_tracking_enabled: ['device', 'adTrackingEnabled'],
  };
  const context: Record<string, unknown> = {
    library: { name: 'currents-bridge', version },
    integration: { name: 'Braze' },
  };
  const put = (place: string, key: string, value: unknown) => {
    if (value === undefined || value === null) return;
    if (place === 'context') context[key] = value;
    else context[place] = { ...(context[place] as object | undefined), [key]: value };
  };
  put('device', 'id', event.user.device_id);
  put('context', 'timezone', event.user.timezone);
  const kept: [string, unknown][] = [];
  for (const [key, value] of Object.entries(event.properties)) {
    const place = places[key];
    if (place === undefined) kept.push([key, value]);
    else put(...place, value);
  }
  const timestamp = new Date(event.time * 1_000).toISOString();
  return {
    type: 'track',
    event: event.event_type,
    messageId: event.id,
    ...(event.user.external_user_id === undefined ? {} : { userId: event.user.external_user_id }),
    ...(event.user.user_id === undefined ? {} : { anonymousId: event.user.user_id }),
    channel: 'server',
    timestamp,
    originalTimestamp: timestamp,
    context,
    ...(context.traits === undefined ? {} : { traits: context.traits }),
    ...(kept.length === 0 ? {} : { properties: Object.fromEntries(kept) }),
    integrations: { Braze: false },
  };
}

const WITHOUT_USER = ['agentconsole.ToolInvocation'];

it('there is a fixture of each of the 93 types', () => {
  expect(new Set(FIXTURES.map(typeOf)).size).toBe(93);
});

it.each(FIXTURES.filter((fixture) => !WITHOUT_USER.includes(typeOf(fixture))).map((line) => [typeOf(line), line]))(
  '%s becomes what the RudderStack source emits, and our additions',
  (_type, fixture) => {
    const message: unknown = JSON.parse(textOf(fixture));
    expect(message).toStrictEqual(expectedOf(fixture));
  },
);

it.each(WITHOUT_USER)('%s, which names no user, is skipped', (type) => {
  expect(outcomeOf(fixtureOf(type))).toStrictEqual({ outcome: 'skipped', reason: 'no_identity' });
});

it('the numbers of a fixture keep their digits and its keys their characters', () => {
  const text = textOf(fixtureOf('users.behaviors.CustomEvent'));
  expect(text).toContain('"loyalty_number":9007199254740993,');
  expect(text).toContain('"__proto__":"customer text"');
  expect(text).toContain('"cart.items.count":3');
});

const EVENT = { event_type: 'users.messages.email.Click', id: 'id-1', time: 1_793_676_746, user: { user_id: 'b1' } };

describe('properties', () => {
  it('keep their nulls', () => {
    const message = messageOf({ ...EVENT, properties: { link: null, url: 'u' } });
    expect(message.properties).toStrictEqual({ link: null, url: 'u' });
  });

  it('that move and are null leave nothing behind', () => {
    const properties = {
      device_model: null,
      os_version: null,
      platform: null,
      user_agent: null,
      email_address: null,
      to_phone_number: null,
      ad_id: null,
      ad_tracking_enabled: null,
    };
    const message = messageOf({ ...EVENT, user: { ...EVENT.user, timezone: null, device_id: null }, properties });
    expect(message).not.toHaveProperty('properties');
    expect(message).not.toHaveProperty('traits');
    expect(Object.keys(message.context as object)).toStrictEqual(['library', 'integration']);
  });

  it('that move take false, zero and the empty string with them', () => {
    const properties = { ad_tracking_enabled: false, os_version: 0, email_address: '' };
    const message = messageOf({ ...EVENT, properties });
    expect(message).toMatchObject({
      context: { device: { adTrackingEnabled: false }, os: { version: 0 }, traits: { email: '' } },
      traits: { email: '' },
    });
  });

  it.each([undefined, null, {}, [], 'text', 1])('%j make no properties', (properties) => {
    expect(messageOf({ ...EVENT, properties })).not.toHaveProperty('properties');
  });

  it('that are no properties of the event are not looked for in its prototype', () => {
    const text = `{"event_type":"t","id":"1","user":{"user_id":"b"},"properties":{"__proto__":{"platform":"ios"}}}`;
    const message = JSON.parse(textOf(text)) as { context: object; properties: object };
    expect(message.context).not.toHaveProperty('os');
    expect(Object.entries(message.properties)).toStrictEqual([['__proto__', { platform: 'ios' }]]);
  });
});

it('a field of the user that is not known goes no further, and harms no other', () => {
  const message = textOf(
    '{"event_type":"t","id":"1","user":{"user_id":"b","name":{"first":["Lena"]},"timezone":"UTC"}}',
  );
  expect(message).not.toContain('Lena');
  expect(JSON.parse(message)).toMatchObject({ anonymousId: 'b', context: { timezone: 'UTC' } });
});

describe('event names', () => {
  const eventNames = new Map([['users.messages.email.Click', 'Email Clicked']]);

  it('are replaced where the type matches exactly', () => {
    expect(messageOf(EVENT, { ...FORWARD, eventNames }).event).toBe('Email Clicked');
  });

  it.each(['users.messages.email.click', 'users.messages.email', '__proto__', 'constructor', 'toString'])(
    '%s stays, as nothing else matches',
    (type) => {
      expect(messageOf({ ...EVENT, event_type: type }, { ...FORWARD, eventNames }).event).toBe(type);
    },
  );
});
