import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import withoutPersonalData from '../../examples/transforms/personal-data';
import type { CurrentsEvent } from '../../runtime/transform/currents';
import { PERSONAL_DATA } from '../../runtime/transform/personal-data';
import type { Track } from '../../runtime/transform/track';
import { toEventText } from '../../runtime/transform/event-text';
import { transformEvents, type TransformOptions, type UserTransform } from '../../runtime/transform/transform';

const FIXTURES = readFileSync(resolve(__dirname, '../../fixtures/currents-events.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as CurrentsEvent);

/** An event with a value in every personal field, wherever Braze may send it. */
const FULL: CurrentsEvent = {
  event_type: 'users.messages.full.Example',
  id: 'event-1',
  time: 1_790_000_000,
  user: { user_id: 'braze-1', external_user_id: 'customer-1', device_id: 'secret-of-device' },
  properties: {
    ...Object.fromEntries([...PERSONAL_DATA.keys()].map((name) => [name, `secret-${name}`])),
    campaign_name: 'Autumn',
    nothing: null,
  },
};

function messagesOf(
  events: readonly CurrentsEvent[],
  anonymousUsers: TransformOptions['anonymousUsers'],
  transform: UserTransform | undefined = withoutPersonalData,
): Map<unknown, string> {
  const outcomes = transformEvents(events.map(toEventText), undefined, {
    eventNames: new Map(),
    anonymousUsers,
    transform,
  });
  return new Map(
    outcomes.flatMap((outcome, index) => (outcome.outcome === 'message' ? [[events[index]?.id, outcome.text]] : [])),
  );
}

function messageOf(event: CurrentsEvent): Track {
  return JSON.parse(messagesOf([event], 'skip').get(event.id) ?? 'null') as Track;
}

/** The values of an event's personal fields, as they would stand in a message. */
function personalValuesOf({ user, properties }: CurrentsEvent): string[] {
  return Object.entries({ ...properties, device_id: user?.device_id })
    .filter(([name]) => PERSONAL_DATA.has(name))
    .flatMap(([, value]) => value)
    .filter((value) => value !== null && value !== undefined)
    .map((value) => {
      const json = JSON.stringify(value);
      // A short word may well be part of another, so only the whole value counts.
      return json.length > 6 ? json.replace(/^"|"$/g, '') : json;
    });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

test.each(['skip', 'forward'] as const)(
  'no value of a personal field of any known event survives in its message when anonymous users are set to %s',
  (anonymousUsers) => {
    const events = [...FIXTURES, FULL];

    const messages = messagesOf(events, anonymousUsers);

    const survivors = events.flatMap((event) => {
      const text = messages.get(event.id) ?? '';
      return personalValuesOf(event).filter((value) => text.includes(value));
    });
    expect(survivors).toEqual([]);
    // Without the transform they would all be there.
    const plain = messagesOf(events, anonymousUsers, (message) => message);
    const found = events.flatMap((event) =>
      personalValuesOf(event).filter((value) => plain.get(event.id)?.includes(value)),
    );
    expect(found.length).toBeGreaterThan(100);
    expect([...messages.keys()]).toEqual([...plain.keys()]);
  },
);

test('everything else stays as it was', () => {
  const impersonal = (text: string) => {
    const { properties, context, traits: _traits, ...rest } = JSON.parse(text) as Track;
    const kept = Object.entries(properties ?? {}).filter(([name]) => !PERSONAL_DATA.has(name));
    const { device: { model, adTrackingEnabled } = {}, os, timezone, integration, library } = context;
    return { ...rest, properties: kept, device: { model, adTrackingEnabled }, os, timezone, integration, library };
  };

  const messages = messagesOf(FIXTURES, 'forward');

  const plain = messagesOf(FIXTURES, 'forward', (message) => message);
  expect([...messages.values()].map(impersonal)).toEqual([...plain.values()].map(impersonal));
});

test('addresses and device ids become the SHA-256 of their trimmed lower-case form in every place, user ids stay', () => {
  const { userId, anonymousId, traits, context, properties } = messageOf({
    ...FULL,
    user: { ...FULL.user, device_id: 'DEVICE-1' },
    properties: { email_address: ' Lena@Example.com ', to_phone_number: '+4915550100', ad_id: 'AD-1', bsuid: 'DE.1' },
  });

  const hashedTraits = { email: sha256('lena@example.com'), phone: sha256('+4915550100') };
  expect({ userId, anonymousId }).toEqual({ userId: 'customer-1', anonymousId: 'braze-1' });
  expect(traits).toEqual(hashedTraits);
  expect(context.traits).toEqual(hashedTraits);
  expect(context.device).toEqual({ id: sha256('device-1'), advertisingId: sha256('ad-1') });
  expect(properties).toEqual({ bsuid: sha256('de.1') });
});

test('no value, or one that Braze has redacted, gets no hash that all such users would share', () => {
  const { traits, properties } = messageOf({
    ...FULL,
    properties: { email_address: '[REDACTED]', to_phone_number: ' ', native_line_id: null, campaign_name: 'Autumn' },
  });

  expect(traits).toEqual({});
  expect(properties).toEqual({ campaign_name: 'Autumn' });
});

test('every field that Braze marks as personal data is hashed or removed', () => {
  // [PII] in the Currents event glossary and the SQL table reference (August 2026), without the user's own ids.
  const marked =
    'abort_log ad_id altitude bounce_reason channel_identifier country dob email_address first_name ' +
    'flow_response_json gender home_city input ip language last_name latitude longitude message_body message_extras ' +
    'native_line_id output phone_number template_name to_phone_number user_phone_number';

  expect(marked.split(' ').filter((name) => !PERSONAL_DATA.has(name))).toEqual([]);
});
