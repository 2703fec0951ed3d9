import { isObject } from '../transform/currents';

const KEPT = 300;
const LOOKED_AT = 1_000;

/** Longer than any word of a language. */
const LONGEST_WORD = 24;

/**
 * What RudderStack, or a proxy, answered to one event, fit to be kept beside it: cut, without anything that is not a
 * plain word, and without any word that is in a value of the event, whole or in part, so that no personal data is in
 * it.
 *
 * @param sources the event as it came, and as it was sent.
 */
export function withoutValues(answer: string, ...sources: unknown[]): string {
  const values = ` ${sources.flatMap(textsOf).join(' ').toLowerCase()} `.replace(/[^a-z]+/g, ' ');
  const isOfTheEvent = (word: string) => values.includes(word.length < 3 ? ` ${word} ` : word);
  return answer
    .slice(0, LOOKED_AT)
    .replace(/[^\s"'<>{}[\]:;,.()=/_-]+/g, (word) =>
      /^[A-Za-z]+$/.test(word) && word.length <= LONGEST_WORD && !isOfTheEvent(word.toLowerCase()) ? word : '…',
    )
    .slice(0, KEPT);
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (isObject(value)) return Object.values(value).flatMap(textsOf);
  return typeof value === 'string' ? [value] : [];
}
