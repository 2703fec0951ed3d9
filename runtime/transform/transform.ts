import { isEventType, rejectionOf, type CurrentsEvent } from './currents';
import type { EventText } from './event-text';
import { cleanId } from './identity';
import { isObject, parseJson, stringifyJson } from './json';
import type { RejectionReason, SkipReason } from './reasons';
import { identityOf, timestampOf, trackText, type Track } from './track';

/**
 * A transform of your own: takes the message and the event it was made from, and gives back the message, a changed
 * one, or null to skip the event. What it throws rejects that event alone.
 */
export type UserTransform = (message: Track, event: CurrentsEvent) => Track | null;

export const ANONYMOUS_USERS = ['skip', 'forward'] as const;

export interface TransformOptions {
  /** New names by `event_type`; exact and case-sensitive. */
  eventNames: ReadonlyMap<string, string>;
  /** What to do with events of users without `external_user_id`: skip them, or forward with `anonymousId` alone. */
  anonymousUsers: (typeof ANONYMOUS_USERS)[number];
  transform: UserTransform | undefined;
}

/** Why an event did not become a message. */
export type Unforwarded = { outcome: 'skipped'; reason: SkipReason } | { outcome: 'rejected'; reason: RejectionReason };

/** What became of one event; `text` is the message as JSON, `timestamp` when the event happened. */
export type Outcome = { outcome: 'message'; text: string; timestamp: string | undefined } | Unforwarded;

/** About the life of a user whom Braze itself knows only by `user_id`: forwarded whatever `anonymousUsers` says. */
const ABOUT_THE_USER = new Set(['users.UserDeleteRequest', 'users.UserOrphan']);

/**
 * Currents events to RudderStack messages. Pure: the same events, time and options give the same outcomes.
 *
 * @param events entries of a request's `events`; anything may be among them.
 * @param receivedAt when the bridge received the request, for events without a time of their own.
 * @returns one outcome for each event, in order.
 */
export function transformEvents(
  events: readonly EventText[],
  receivedAt: string | undefined,
  options: TransformOptions,
): Outcome[] {
  return events.map((event) => transformEvent(event, receivedAt, options));
}

function transformEvent(
  event: EventText,
  receivedAt: string | undefined,
  { eventNames, anonymousUsers, transform }: TransformOptions,
): Outcome {
  const { text, eventType = 'null', user } = event;
  const type: unknown = JSON.parse(eventType);
  if (user === undefined || !isEventType(type)) {
    const reason = rejectionOf(parseJson(text));
    return reason === undefined ? { outcome: 'skipped', reason: 'no_identity' } : { outcome: 'rejected', reason };
  }
  const identity = identityOf(event);
  if (identity.userId === undefined) {
    if (identity.anonymousId === undefined) return { outcome: 'skipped', reason: 'no_identity' };
    if (anonymousUsers === 'skip' && !ABOUT_THE_USER.has(type)) {
      return { outcome: 'skipped', reason: 'no_external_user_id' };
    }
  }
  const timestamp = timestampOf(event, receivedAt);
  if (timestamp === 'invalid') return { outcome: 'rejected', reason: 'invalid_time' };

  const name = eventNames.get(type);
  const message = trackText(event, identity, timestamp, name === undefined ? eventType : JSON.stringify(name));
  return transform === undefined
    ? { outcome: 'message', text: message, timestamp }
    : applied(transform, parseJson(message) as Track, parseJson(text) as CurrentsEvent);
}

function applied(transform: UserTransform, message: Track, event: CurrentsEvent): Outcome {
  const { timestamp } = message;
  try {
    const result: unknown = transform(message, event);
    // Its failure is the event's, too, and would end the process.
    if (result instanceof Promise) result.catch(() => undefined);
    if (result === null) return { outcome: 'skipped', reason: 'transform_returned_nothing' };
    const text = stringifyJson(result);
    if (isDeliverable(JSON.parse(text))) return { outcome: 'message', text, timestamp };
  } catch {
    // Its message may quote the event, so only the rejection is known.
  }
  return { outcome: 'rejected', reason: 'transform_failed' };
}

/** RudderStack refuses a whole batch for one entry that is no object or has no id. */
function isDeliverable(message: unknown): boolean {
  return isObject(message) && (cleanId(message.userId) ?? cleanId(message.anonymousId)) !== undefined;
}
