import { version } from '../../package.json';
import type { CurrentsEvent } from './currents';
import { cleanId, deriveId } from './identity';
import { isObject } from './json';
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

export interface Identity {
  userId: string | undefined;
  anonymousId: string | undefined;
}

/** Who the event is about. Never a stand-in: an id that is missing stays missing. */
export function identityOf(event: CurrentsEvent): Identity {
  const user = isObject(event.user) ? event.user : {};
  return { userId: cleanId(user.external_user_id), anonymousId: cleanId(user.user_id) };
}

/**
 * The event's own time, or the time of receipt where it has none.
 *
 * @returns undefined where neither is known, and `'invalid'` for a `time` that cannot be read.
 */
export function timestampOf(event: CurrentsEvent, receivedAt: string | undefined): string | undefined {
  if (event.time === undefined || event.time === null) return receivedAt;
  return toTimestamp(event.time) ?? 'invalid';
}

/** The message for an event whose identity and time are known. The event is left as it was. */
export function toTrack(
  event: CurrentsEvent,
  { userId, anonymousId }: Identity,
  timestamp: string | undefined,
  eventNames: ReadonlyMap<string, string>,
): Track {
  const {
    device_model: model,
    os_version: osVersion,
    platform,
    user_agent: userAgent,
    email_address: email,
    to_phone_number: phone,
    ad_id: advertisingId,
    ad_tracking_enabled: adTrackingEnabled,
    ...properties
  } = isObject(event.properties) ? event.properties : {};
  // There is one, or there would be no identity.
  const user = event.user as NonNullable<CurrentsEvent['user']>;

  const context: Track['context'] = {
    library: { name: 'currents-bridge', version },
    integration: { name: 'Braze' },
    device: groupOf({ id: cleanId(user.device_id), model, advertisingId, adTrackingEnabled }),
    os: groupOf({ name: platform, version: osVersion }),
    timezone: user.timezone ?? undefined,
    userAgent: userAgent ?? undefined,
    traits: groupOf({ email, phone }),
  };
  return {
    type: 'track',
    event: eventNames.get(event.event_type) ?? event.event_type,
    messageId: cleanId(event.id) ?? deriveId(event),
    userId,
    anonymousId,
    channel: 'server',
    timestamp,
    originalTimestamp: timestamp,
    context,
    traits: context.traits && { ...context.traits },
    properties: hasKeys(properties) ? properties : undefined,
    integrations: { Braze: false },
  };
}

/** The entries, null as undefined (which JSON leaves out); nothing at all where none has a value. */
function groupOf<Group extends Record<string, unknown>>(group: Group): Group | undefined {
  let empty = true;
  for (const key in group) {
    if (group[key] === null) group[key] = undefined as never;
    else if (group[key] !== undefined) empty = false;
  }
  return empty ? undefined : group;
}

function hasKeys(object: object): boolean {
  for (const _key in object) return true;
  return false;
}
