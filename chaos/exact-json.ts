/** A string of a JSON text, or a number. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;

/** JSON whose numbers are texts with a mark before them: so no digit can change without being seen. */
export function readExactly(json: string): unknown {
  return JSON.parse(json.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"${NUMBER_MARK}${token}"`)));
}

/** Nothing in the events begins with it. */
export const NUMBER_MARK = '#number ';

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
