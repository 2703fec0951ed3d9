import { rejectionOf } from '../runtime/transform/currents';
import { stringifyJson } from '../runtime/transform/json';
import { isOfUsers } from './selection';

/** The events that are none of these users'. */
export function withoutUsers(events: readonly unknown[], users: readonly string[]): unknown[] {
  return events.filter((event) =>
    rejectionOf(event) === undefined ? !isOfUsers(event, users) : !namesUsers(stringifyJson(event), users),
  );
}

/** Whether a text that is no event, perhaps the first half of one, has one of these users in a field for it. */
export function namesUsers(text: string, users: readonly string[]): boolean {
  return [...text.matchAll(USER_ID)].some(([, quoted]) => users.includes(unquoted(quoted as string)));
}

/** `"user_id":"…"`, `"external_user_id":{"string":"…"}`, `"external_user_id":42` */
const USER_ID = /"(?:external_)?user_id"\s*:\s*(?:\{\s*"string"\s*:\s*)?("(?:[^"\\]|\\.)*"|-?\d+)/g;

function unquoted(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal;
  }
}
