import { isObject } from '../transform/currents';

const KEPT = 300;
const LOOKED_AT = 4_096;

/**
 * What RudderStack, or a proxy, answered to one event, fit to be kept beside it: cut, without any value of the event
 * and without any word that is not plain letters, so that no personal data is in it.
 */
export function withoutValues(answer: string, event: unknown): string {
  let text = answer.slice(0, LOOKED_AT);
  const values = [...new Set(valuesOf(event))].sort((one, other) => other.length - one.length);
  for (const value of values) text = text.replaceAll(value, '…');
  return text
    .replace(/[^\s"'<>{}[\]:;,.()=/]*[^\sA-Za-z"'<>{}[\]:;,.()=/_-][^\s"'<>{}[\]:;,.()=/]*/g, '…')
    .slice(0, KEPT);
}

function valuesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(valuesOf);
  if (isObject(value)) return Object.values(value).flatMap(valuesOf);
  const text = String(value);
  return typeof value === 'boolean' || value === null || text.length < 3 ? [] : [text];
}
