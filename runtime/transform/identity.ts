import { createHash } from 'node:crypto';
import { ExactNumber, parseJson, stringifyJson } from './json';

/**
 * Ids as RudderStack will see them: the gateway trims them and strips invisible characters before it checks that
 * there is one, and a NUL has crashed servers, so the bridge cleans them first.
 */

const PLAIN = /^[\x21-\x7e]+$/;
/** The same as JSON text, without escapes. */
const PLAIN_TEXT = /^"[\x21\x23-\x5b\x5d-\x7e]+"$/;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** The gateway also takes private and unassigned characters for invisible; half a surrogate pair says nothing either. */
const NOTHING_PRINTABLE = /^[\p{C}\s]*$/u;

/** What Braze's field transformation "remove" leaves. */
const REDACTED = '[REDACTED]';
const REDACTED_TEXT = JSON.stringify(REDACTED);

/** The id as clean text, or undefined where there is none: blank, invisible, redacted, or not text or a number. */
export function cleanId(value: unknown): string | undefined {
  let text: string;
  if (typeof value === 'string') text = value;
  else if (typeof value === 'number' || value instanceof ExactNumber) text = String(value);
  else return undefined;
  if (!PLAIN.test(text)) {
    text = text.replace(INVISIBLE, '').trim();
    if (NOTHING_PRINTABLE.test(text)) return undefined;
    text = text.toWellFormed();
  }
  return text === REDACTED ? undefined : text;
}

/** An id of an event, both as JSON text; undefined where there is none. */
export function idText(json: string | undefined): string | undefined {
  if (json === undefined) return undefined;
  // Nearly all ids are, and stay as they are.
  if (PLAIN_TEXT.test(json) && json !== REDACTED_TEXT) return json;
  const id = cleanId(parseJson(json));
  return id === undefined ? undefined : JSON.stringify(id);
}

/**
 * A stand-in for a missing `id`, as JSON text: the SHA-256 of the event's content, so that it is the same at every
 * retry and RudderStack can still deduplicate. Two events without an id and equal in everything count as one.
 */
export function deriveId(event: string): string {
  return `"derived-${createHash('sha256')
    .update(stringifyJson(parseJson(event)))
    .digest('hex')}"`;
}
