import { ExactNumber, isObject } from '../runtime/transform/json';

const SHOWN = new Set(['event_type', 'id', 'time']);

/**
 * An event without its values: type, id and time, and the names of the fields, each with the kind of its value.
 * What lies deeper than `properties` has the customer's own keys, which may be personal too, and is not shown.
 */
export function masked(event: unknown): unknown {
  if (!isObject(event)) return kindOf(event);
  return mapped(event, (name, value) => {
    if (isObject(value)) return mapped(value, (_name, inner) => kindOf(inner));
    return SHOWN.has(name) && !Array.isArray(value) ? value : kindOf(value);
  });
}

function mapped(object: object, change: (name: string, value: unknown) => unknown): unknown {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(name, value)]));
}

/** What kind of JSON value it is, and nothing of what is in it. */
export function kindOf(value: unknown): string | null {
  if (value === null) return null;
  if (Array.isArray(value)) return '<array>';
  return value instanceof ExactNumber ? '<number>' : `<${typeof value}>`;
}
