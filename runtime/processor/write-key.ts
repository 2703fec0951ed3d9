import { parseObject } from '../transform/json';

/**
 * The write key in a secret's text.
 *
 * @param jsonKey where the text is a JSON object: the key to look under; otherwise the text is the write key.
 * @returns undefined where there is none.
 */
export function parseWriteKey(text: string, jsonKey: string | undefined): string | undefined {
  const value = jsonKey === undefined ? text : parseObject(text)?.[jsonKey];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
