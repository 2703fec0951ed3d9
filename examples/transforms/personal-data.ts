import { createHash } from 'node:crypto';
import { cleanId } from '../../runtime/transform/identity';
import { PERSONAL_DATA } from '../../runtime/transform/personal-data';
import type { Track } from '../../runtime/transform/track';
import type { UserTransform } from '../../runtime/transform/transform';

/**
 * Hands RudderStack no personal data in clear text: e-mail addresses, phone numbers and the ids of devices become
 * their SHA-256, all else that is personal is left out. `PERSONAL_DATA` lists every field with its treatment.
 *
 * What stays, and why:
 * - `userId` and `anonymousId`: without them RudderStack refuses the event. Have Braze hash `external_user_id`
 *   (Currents' field transformations) if it must not leave Braze.
 * - `context.device.id` and `context.device.advertisingId`, hashed: events of one device can still be counted as such.
 * - `from_phone_number`, `inbound_phone_number`, `sending_ip`: they are yours, not the user's.
 * - `context.timezone`, which Braze does not count as personal data.
 * - `custom_properties`, `purchase_properties` and URLs: what is in them you know best. Remove what is personal here.
 *
 * A hash without a key hides a value from readers, not from someone who can guess it.
 */
const withoutPersonalData: UserTransform = (message) => {
  const { context, properties } = message;
  const { device } = context;
  return {
    ...message,
    traits: message.traits && hashedTraits(message.traits),
    properties: properties && withoutPersonalProperties(properties),
    context: {
      ...context,
      traits: context.traits && hashedTraits(context.traits),
      device: device && { ...device, id: hash(device.id), advertisingId: hash(device.advertisingId) },
      userAgent: undefined,
    },
  };
};

export default withoutPersonalData;

type Properties = NonNullable<Track['properties']>;

function withoutPersonalProperties(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => PERSONAL_DATA.get(name) !== 'remove')
      .map(([name, value]) => [name, PERSONAL_DATA.get(name) === 'hash' ? hash(value) : value]),
  );
}

function hashedTraits(traits: NonNullable<Track['traits']>): NonNullable<Track['traits']> {
  return { ...traits, email: hash(traits.email), phone: hash(traits.phone) };
}

/** SHA-256 as destinations expect it: of the value trimmed and in lower case, in hexadecimal. Nothing for no value. */
function hash(value: unknown): string | undefined {
  const text = cleanId(value);
  return text === undefined ? undefined : createHash('sha256').update(text.toLowerCase()).digest('hex');
}
