import { version } from '../../package.json';
import type { EventText } from './event-text';
import { deriveId, idText } from './identity';
import { toTimestamp } from './time';

/**
 * A RudderStack `track` message: a superset of what RudderStack's own Braze source emits
 * (rudder-transformer, src/sources/braze), plus `channel`, `originalTimestamp` and `context.traits`.
 */
export interface Track {
  type: 'track';
  /** The Currents `event_type`, or its new name. */
  event: string;
  /** The Currents `id`; RudderStack deduplicates by it. */
  messageId: string;
  /** `user.external_user_id`. */
  userId?: string;
  /** `user.user_id`, Braze's own id of the user. */
  anonymousId?: string;
  channel: 'server';
  /** `YYYY-MM-DDTHH:mm:ss.SSSZ`; absent only where the event has no time and the time of receipt is unknown. */
  timestamp?: string;
  /** The same as `timestamp`: without it the gateway would fill in its own time of receipt. */
  originalTimestamp?: string;
  context: {
    library: { name: string; version: string };
    integration: { name: string };
    device?: Record<string, unknown>;
    os?: Record<string, unknown>;
    timezone?: unknown;
    userAgent?: unknown;
    traits?: Record<string, unknown>;
    [key: string]: unknown;
  };
  /** The same as `context.traits`: some destinations read one place, warehouses the other. */
  traits?: Record<string, unknown>;
  /** Every property that has no place of its own above, keys and nulls as they came. */
  properties?: Record<string, unknown>;
  /** Keeps the event from looping back into a Braze destination. */
  integrations: Record<string, unknown>;
  [key: string]: unknown;
}

/** The ids of the event's user, as JSON text. */
export interface Identity {
  userId: string | undefined;
  anonymousId: string | undefined;
}

/** Who the event is about. Never a stand-in: an id that is missing stays missing. */
export function identityOf({ user }: EventText): Identity {
  return { userId: idText(user?.externalUserId), anonymousId: idText(user?.userId) };
}

/**
 * The event's own time, or the time of receipt where it has none.
 *
 * @returns undefined where neither is known, and `'invalid'` for a `time` that cannot be read.
 */
export function timestampOf({ time }: EventText, receivedAt: string | undefined): string | undefined {
  if (time === undefined || time === 'null') return receivedAt;
  return toTimestamp(JSON.parse(time)) ?? 'invalid';
}

const CONTEXT = `"context":{"library":${JSON.stringify({ name: 'currents-bridge', version })},"integration":{"name":"Braze"}`;

/** A {@link Track} as JSON text, of an event whose user and time are known. What is in it is written as in the event. */
export function trackText(
  { text, id, user, properties }: EventText,
  { userId, anonymousId }: Identity,
  timestamp: string | undefined,
  eventName: string,
): string {
  const messageId = idText(id) ?? deriveId(text);
  const time = timestamp && JSON.stringify(timestamp);
  const device = joined(
    joined(member('"id":', idText(user?.deviceId)), member('"model":', properties.device_model)),
    joined(
      member('"advertisingId":', properties.ad_id),
      member('"adTrackingEnabled":', properties.ad_tracking_enabled),
    ),
  );
  const os = joined(member('"name":', properties.platform), member('"version":', properties.os_version));
  const traits = group(
    ',"traits":',
    joined(member('"email":', properties.email_address), member('"phone":', properties.to_phone_number)),
  );
  const context =
    CONTEXT +
    group(',"device":', device) +
    group(',"os":', os) +
    member(',"timezone":', user?.timezone) +
    member(',"userAgent":', properties.user_agent) +
    traits;
  return (
    `{"type":"track","event":${eventName},"messageId":${messageId}` +
    member(',"userId":', userId) +
    member(',"anonymousId":', anonymousId) +
    ',"channel":"server"' +
    member(',"timestamp":', time) +
    member(',"originalTimestamp":', time) +
    `,${context}}` +
    traits +
    group(',"properties":', properties.others) +
    ',"integrations":{"Braze":false}}'
  );
}

/** A member of an object; nothing where it has no value or null. */
function member(key: string, value: string | undefined): string {
  return value === undefined || value === 'null' ? '' : key + value;
}

/** A member that is an object; nothing where that has no members. */
function group(key: string, members: string): string {
  return members === '' ? '' : `${key}{${members}}`;
}

function joined(one: string, other: string): string {
  return one === '' || other === '' ? one + other : `${one},${other}`;
}
