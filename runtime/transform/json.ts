import { randomBytes } from 'node:crypto';

/**
 * JSON in and out without losing a digit.
 *
 * `JSON.parse` rounds 12345678901234567890 and turns 1e400 into Infinity, and Node.js 20 has neither the
 * reviver's source text nor `JSON.rawJSON`. So numbers that a JavaScript number cannot hold become
 * {@link ExactNumber}s, found by a slower path that is taken only when the text has a candidate.
 */

/** A number as it was written, where a JavaScript number would change its value. */
export class ExactNumber extends Number {
  constructor(readonly text: string) {
    super(text);
  }

  override toString(): string {
    return this.text;
  }

  /** To any other writer, such as the `JSON.stringify` of a user's own transform, it is an ordinary number. */
  toJSON(): string | number {
    if (written === undefined) return this.valueOf();
    written += 1;
    return MARK + this.text;
  }
}

/** Exact numbers that {@link stringifyJson} has met so far; undefined while it is not writing. */
let written: number | undefined;

// Unguessable, so that no string from outside can pass for an ExactNumber; short, since a body may hold a million.
const MARK = randomBytes(12).toString('base64url');
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');

/** A number, but not in the place of a key, where JSON has none. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\s*:)/g;
const NUMBER_WITH_EXPONENT = /(?:^|[:,[\s])-?[\d.]+[eE]/;

/** A double holds every decimal of up to 15 digits; the decimal point may be one of 16 characters. */
const SAFE_LENGTH = 16;

/** `1e400` */
const SHORTEST_EXACT = 5;

/**
 * `JSON.parse`, with an {@link ExactNumber} for each number whose value would change.
 *
 * @throws SyntaxError for what is not JSON; its message quotes the text, so never log it.
 * @throws RangeError for such a number in what is nested thousands of levels deep.
 */
export function parseJson(text: string): unknown {
  return hasLongNumber(text) || NUMBER_WITH_EXPONENT.test(text) ? parseExactly(text) : JSON.parse(text);
}

/**
 * `JSON.stringify`, with the digits of each {@link ExactNumber}.
 *
 * @throws TypeError for what JSON cannot hold (a cycle, a bigint, undefined).
 */
export function stringifyJson(value: unknown): string {
  written = 0;
  try {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError('The value has no JSON form.');
    return written === 0 ? text : text.replace(MARKED, '$1');
  } finally {
    written = undefined;
  }
}

/** A JSON object: not null, not an array, not a number kept exactly. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** The JSON object that a text holds, its numbers rounded as usual; undefined for all else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseExactly(text: string): unknown {
  let found = 0;
  const marked = replaceNumbers(text, (token) => {
    if (keepsItsValue(token)) return token;
    found += 1;
    return `"${MARK}${token}"`;
  });
  const root = { value: JSON.parse(marked) as unknown };
  restoreExactNumbers(root, found);
  return root.value;
}

/** Replaces numbers of a JSON text. They stand between its strings; what is shorter than any exact number is passed over. */
function replaceNumbers(text: string, replace: (token: string) => string): string {
  const parts: string[] = [];
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    if (end - at >= SHORTEST_EXACT) {
      parts.push(text.slice(copied, at), text.slice(at, end).replace(NUMBER, replace));
      copied = end;
    }
    at = quote < 0 ? end : endOfString(text, quote);
  }
  parts.push(text.slice(copied));
  return parts.join('');
}

/** Where the string that begins at a quote has ended. */
function endOfString(text: string, quote: number): number {
  let end = quote;
  do end = text.indexOf('"', end + 1);
  while (end >= 0 && isEscaped(text, end));
  return end < 0 ? text.length : end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

/** @returns how many of the numbers are still to be found. */
function restoreExactNumbers(holder: Record<string, unknown>, count: number): number {
  let left = count;
  for (const key in holder) {
    if (left === 0) break;
    const item = holder[key];
    if (typeof item === 'string' && item.startsWith(MARK)) {
      holder[key] = new ExactNumber(item.slice(MARK.length));
      left -= 1;
    } else if (typeof item === 'object' && item !== null) {
      left = restoreExactNumbers(item as Record<string, unknown>, left);
    }
  }
  return left;
}

/** Looks at every 16th character only: a run of 16 has one of them. */
function hasLongNumber(text: string): boolean {
  for (let at = SAFE_LENGTH - 1; at < text.length; at += SAFE_LENGTH) {
    if (!isDigitOrPoint(text.charCodeAt(at))) continue;
    let start = at;
    while (isDigitOrPoint(text.charCodeAt(start - 1))) start -= 1;
    while (isDigitOrPoint(text.charCodeAt(at + 1))) at += 1;
    if (at - start + 1 >= SAFE_LENGTH && startsNumber(text.charCodeAt(start - 1))) return true;
  }
  return false;
}

function isDigitOrPoint(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46;
}

/** Whether a number can follow this character: white space, or one of `-` `,` `:` `[`. NaN at the start of the text. */
function startsNumber(code: number): boolean {
  return !(code > 32) || code === 45 || code === 44 || code === 58 || code === 91;
}

function keepsItsValue(token: string): boolean {
  if (token.length < SAFE_LENGTH && !/[eE]/.test(token)) return true;
  return normalForm(token) === normalForm(String(Number(token)));
}

/** The same for equal decimals: the sign, the digits without outer zeros, the power of ten. */
function normalForm(literal: string): string {
  const match = NUMBER_PARTS.exec(literal) as NumberParts | null;
  if (match === null) return literal;
  const [, sign, integer, fraction = '', exponent = '0'] = match;
  // No double has such an exponent, and to read one of a million digits takes seconds.
  if (exponent.length > SAFE_LENGTH) return literal;
  const digits = (integer + fraction).replace(/^0+/, '');
  // A loop, because /0+$/ takes quadratic time for zeros that are not the last.
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  if (end === 0) return '0';
  return `${sign}${digits.slice(0, end)}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - end)}`;
}

type NumberParts = [literal: string, sign: string, integer: string, fraction?: string, exponent?: string];

const NUMBER_PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
