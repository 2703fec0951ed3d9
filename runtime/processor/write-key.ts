import { isObject } from '../transform/currents';

/**
 * The write key in a secret's text.
 *
 * @param jsonKey where the text is a JSON object: the key to look under; otherwise the text is the write key.
 * @returns undefined where there is none.
 */
export function parseWriteKey(text: string, jsonKey: string | undefined): string | undefined {
  let value: unknown = text;
  if (jsonKey !== undefined) {
    try {
      const secret: unknown = JSON.parse(text);
      value = isObject(secret) ? secret[jsonKey] : undefined;
    } catch {
      return undefined;
    }
  }
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
