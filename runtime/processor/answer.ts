import { isObject } from '../transform/json';

const KEPT = 300;
const LOOKED_AT = 1_000;

/** Longer than any word of a language. */
const LONGEST_WORD = 24;

/** Shorter values are found in too many words to hide them all. */
const SHORTEST_PART = 4;

/**
 * What RudderStack, or a proxy, answered to one event, fit to be kept beside it: cut, without anything that is not a
 * plain word, and without any word that is part of a value of the event or has one as its part, so that no personal
 * data is in it. The customer's own keys count as values.
 *
 * @param event as it came: the names of its fields and properties are Braze's, those further down the customer's.
 * @param message as it was sent: the names down to those in the parts of its `context` are RudderStack's.
 */
export function withoutValues(answer: string, event: unknown, message?: unknown): string {
  const words = new Set([...textsOf(event, 2), ...textsOf(message, 3)].flatMap(wordsIn));
  const values = ` ${[...words].join(' ')} `;
  const parts = [...words].filter(({ length }) => length >= SHORTEST_PART);
  const isOfTheEvent = (word: string) =>
    values.includes(word.length < 3 ? ` ${word} ` : word) || parts.some((part) => word.includes(part));
  return answer
    .slice(0, LOOKED_AT)
    .replace(/[^\s"'<>{}[\]:;,.()=/_-]+/g, (word) =>
      /^[A-Za-z]+$/.test(word) && word.length <= LONGEST_WORD && !isOfTheEvent(word.toLowerCase()) ? word : '…',
    )
    .slice(0, KEPT);
}

function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/[a-z]+/g) ?? [];
}

/** @param harmless the depth down to which names are not the customer's. */
function textsOf(value: unknown, harmless: number): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(item, harmless - 1));
  if (isObject(value)) {
    const texts = Object.values(value).flatMap((item) => textsOf(item, harmless - 1));
    return harmless > 0 ? texts : [...Object.keys(value), ...texts];
  }
  return typeof value === 'string' ? [value] : [];
}
