import { rejectionOf, type CurrentsEvent } from '../runtime/transform/currents';
import { toEventText } from '../runtime/transform/event-text';
import { cleanId } from '../runtime/transform/identity';
import { isObject } from '../runtime/transform/json';
import { transformEvents, type TransformOptions } from '../runtime/transform/transform';

/** Which of the archive's events are meant. */
export interface Selection {
  /** Exact `event_type`s; all where there are none. */
  eventTypes: readonly string[];
  /** `external_user_id`s or `user_id`s, as {@link cleanId} gives them; all where there are none. */
  users: readonly string[];
  /** Settings under which an event must be skipped to be meant. */
  skippedUnder?: TransformOptions;
}

/** Whether an event is meant. */
export function isSelected(event: unknown, receivedAt: string, selection: Selection): boolean {
  const { eventTypes, users, skippedUnder } = selection;
  if (eventTypes.length > 0 && !eventTypes.includes(typeOf(event))) return false;
  if (users.length > 0 && !isOfUsers(event, users)) return false;
  return skippedUnder === undefined || isSkipped(event, receivedAt, skippedUnder);
}

/** Whether an event can become a message at all: ingest has made a dead letter of any other. */
export function isUsable(event: unknown): event is CurrentsEvent {
  return rejectionOf(event) === undefined;
}

/** The `event_type`; empty where an event has none. */
export function typeOf(event: unknown): string {
  return isObject(event) && typeof event.event_type === 'string' ? event.event_type : '';
}

/** Whether an event is one of these users', by the ids that RudderStack sees. */
export function isOfUsers(event: unknown, users: readonly string[]): boolean {
  if (!isObject(event) || !isObject(event.user)) return false;
  const ids = [cleanId(event.user.external_user_id), cleanId(event.user.user_id)];
  return ids.some((id) => id !== undefined && users.includes(id));
}

function isSkipped(event: unknown, receivedAt: string, options: TransformOptions): boolean {
  const [outcome] = transformEvents([toEventText(event)], receivedAt, options);
  return outcome?.outcome === 'skipped';
}
