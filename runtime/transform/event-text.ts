import { stringifyJson } from './json';
import { JsonCursor } from './json-cursor';

/**
 * An event as JSON text, whole and in the parts that the transform looks at, each as it was written. A part that the
 * event does not have is undefined; of a key that comes twice the last counts, as everywhere in JavaScript.
 */
export interface EventText {
  /** The whole event. */
  text: string;
  eventType: string | undefined;
  id: string | undefined;
  time: string | undefined;
  /** Undefined, too, where it is no object. */
  user: UserText | undefined;
  /** Empty where it is no object. */
  properties: PropertiesText;
}

export interface UserText {
  userId: string | undefined;
  externalUserId: string | undefined;
  deviceId: string | undefined;
  timezone: string | undefined;
}

/** The properties that have a place of their own in RudderStack's messages, and all others. */
export interface PropertiesText {
  device_model: string | undefined;
  os_version: string | undefined;
  platform: string | undefined;
  user_agent: string | undefined;
  email_address: string | undefined;
  to_phone_number: string | undefined;
  ad_id: string | undefined;
  ad_tracking_enabled: string | undefined;
  /** As the members of a JSON object, without its braces. */
  others: string;
}

/** An entry of a request's `events`, written as JSON; anything may be in the place of an event. */
export function toEventText(event: unknown): EventText {
  return readEvent(new JsonCursor(stringifyJson(event)));
}

/** The event at the cursor, which goes behind it; anything may be in its place. */
export function readEvent(cursor: JsonCursor): EventText {
  const start = cursor.place;
  const event: EventText = {
    text: '',
    eventType: undefined,
    id: undefined,
    time: undefined,
    user: undefined,
    properties: noProperties(),
  };
  if (cursor.isAtObject) readMembers(cursor, event);
  else cursor.skip();
  event.text = cursor.slice(start, cursor.place);
  return event;
}

function readMembers(cursor: JsonCursor, event: EventText): void {
  for (let inside = cursor.enterObject(); inside; inside = cursor.nextMember()) {
    switch (cursor.key()) {
      case 'event_type':
        event.eventType = cursor.value();
        break;
      case 'id':
        event.id = cursor.value();
        break;
      case 'time':
        event.time = cursor.value();
        break;
      case 'user':
        event.user = readUser(cursor);
        break;
      case 'properties':
        event.properties = readProperties(cursor);
        break;
      default:
        cursor.skip();
    }
  }
}

function readUser(cursor: JsonCursor): UserText | undefined {
  if (!cursor.isAtObject) {
    cursor.skip();
    return undefined;
  }
  const user: UserText = { userId: undefined, externalUserId: undefined, deviceId: undefined, timezone: undefined };
  for (let inside = cursor.enterObject(); inside; inside = cursor.nextMember()) {
    switch (cursor.key()) {
      case 'user_id':
        user.userId = cursor.value();
        break;
      case 'external_user_id':
        user.externalUserId = cursor.value();
        break;
      case 'device_id':
        user.deviceId = cursor.value();
        break;
      case 'timezone':
        user.timezone = cursor.value();
        break;
      default:
        cursor.skip();
    }
  }
  return user;
}

function readProperties(cursor: JsonCursor): PropertiesText {
  const properties = noProperties();
  if (!cursor.isAtObject) {
    cursor.skip();
    return properties;
  }
  const others: string[] = [];
  /** Neighbours among the others are copied together: where they start and end. */
  let start: number | undefined;
  let end = 0;
  for (let inside = cursor.enterObject(); inside; inside = cursor.nextMember()) {
    const place = cursor.place;
    switch (cursor.key()) {
      case 'device_model':
        properties.device_model = cursor.value();
        break;
      case 'os_version':
        properties.os_version = cursor.value();
        break;
      case 'platform':
        properties.platform = cursor.value();
        break;
      case 'user_agent':
        properties.user_agent = cursor.value();
        break;
      case 'email_address':
        properties.email_address = cursor.value();
        break;
      case 'to_phone_number':
        properties.to_phone_number = cursor.value();
        break;
      case 'ad_id':
        properties.ad_id = cursor.value();
        break;
      case 'ad_tracking_enabled':
        properties.ad_tracking_enabled = cursor.value();
        break;
      default:
        cursor.skip();
        start ??= place;
        end = cursor.place;
        continue;
    }
    if (start !== undefined) others.push(cursor.slice(start, end));
    start = undefined;
  }
  if (start !== undefined) others.push(cursor.slice(start, end));
  properties.others = others.join(',');
  return properties;
}

function noProperties(): PropertiesText {
  return {
    device_model: undefined,
    os_version: undefined,
    platform: undefined,
    user_agent: undefined,
    email_address: undefined,
    to_phone_number: undefined,
    ad_id: undefined,
    ad_tracking_enabled: undefined,
    others: '',
  };
}
