import { ExactNumber, isObject } from '../runtime/transform/json';

/** A place in which two JSON values differ; undefined on the side that has nothing there. */
export interface Difference {
  /** As in JSONPath: `$.properties.name`, `$['a key'][0]`. */
  path: string;
  old: unknown;
  new: unknown;
}

/** In a message, a property: what is deeper has the customer's own keys, of which there may be any number. */
const PROPERTY = /^\$\.properties(?:\.\w+|\['.*'\])$/;

/**
 * Every place in which two messages differ, as deep as both have it, but for properties, each of which is one place. The
 * order of keys makes no difference.
 */
export function differences(old: unknown, now: unknown, path = '$'): Difference[] {
  if (PROPERTY.test(path)) return differencesIn(old, now, path).length > 0 ? [{ path, old, new: now }] : [];
  return differencesIn(old, now, path);
}

function differencesIn(old: unknown, now: unknown, path: string): Difference[] {
  if (isObject(old) && isObject(now)) {
    const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
    return [...keys].flatMap((key) => differences(own(old, key), own(now, key), `${path}${step(key)}`));
  }
  if (Array.isArray(old) && Array.isArray(now)) {
    const longer = old.length > now.length ? old : now;
    return longer.flatMap((_item, index) => differences(old[index], now[index], `${path}[${index}]`));
  }
  return isSame(old, now) ? [] : [{ path, old, new: now }];
}

/** Not what every object inherits: `constructor` and `__proto__` are keys like any other. */
function own(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function step(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `['${key.replace(/[\\']/g, '\\$&')}']`;
}

function isSame(old: unknown, now: unknown): boolean {
  if (old instanceof ExactNumber && now instanceof ExactNumber) return old.text === now.text;
  return old === now;
}
