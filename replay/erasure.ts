import { rejectionOf } from '../runtime/transform/currents';
import { cleanId } from '../runtime/transform/identity';
import { parseJson, stringifyJson } from '../runtime/transform/json';
import { isOfUsers } from './selection';

/** Whether an entry of a request's `events` is one of these users'. */
export function concernsUsers(event: unknown, users: readonly string[]): boolean {
  return rejectionOf(event) === undefined ? isOfUsers(event, users) : namesUsers(stringifyJson(event), users);
}

/** Whether a text that is no event, perhaps the first half of one, has one of these users in a field for it. */
export function namesUsers(text: string, users: readonly string[]): boolean {
  return [...text.matchAll(USER_ID)].some(([, literal]) => users.includes(idIn(literal as string)));
}

/** `"user_id":"…"`, `"external_user_id":{"string":"…"}`, `"external_user_id":42` */
const USER_ID = /"(?:external_)?user_id"\s*:\s*(?:\{\s*"string"\s*:\s*)?("(?:[^"\\]|\\.)*"|-?\d+)/g;

/** As RudderStack would see it. */
function idIn(literal: string): string {
  try {
    return cleanId(parseJson(literal)) ?? '';
  } catch {
    return literal;
  }
}
