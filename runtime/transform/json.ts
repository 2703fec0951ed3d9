import { randomUUID } from 'node:crypto';

/**
 * JSON in and out without losing a digit.
 *
 * `JSON.parse` rounds 12345678901234567890 and turns 1e400 into Infinity, and Node.js 20 has neither the
 * reviver's source text nor `JSON.rawJSON`. So numbers that a JavaScript number cannot hold become
 * {@link ExactNumber}s, found by a slower path that is taken only when the text has a candidate.
 */

/** A number as it was written, where a JavaScript number would change its value. */
export class ExactNumber {
  constructor(readonly text: string) {}

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return MARK + this.text;
  }
}

// Unguessable, so that no string from outside can pass for an ExactNumber.
const MARK = `exact:${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g');

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const NUMBER_WITH_EXPONENT = /[:,[\s]-?[\d.]+[eE]/;

/** A double holds every decimal of up to 15 digits; the decimal point may be one of 16 characters. */
const SAFE_LENGTH = 16;

/**
 * `JSON.parse`, with an {@link ExactNumber} for each number whose value would change.
 *
 * @throws SyntaxError for what is not JSON; its message quotes the text, so never log it.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return hasLongNumber(text) || NUMBER_WITH_EXPONENT.test(text) ? (parseExactly(text) ?? value) : value;
}

/**
 * {@link parseJson} for what {@link stringifyJson} wrote. There every exact number is long, so the costlier search
 * for exponents, which in a delivery would be a fifth of all the work, can be left out.
 */
export function parseStringified(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return hasLongNumber(text) ? (parseExactly(text) ?? value) : value;
}

/**
 * `JSON.stringify`, with the digits of each {@link ExactNumber}.
 *
 * @throws TypeError for what JSON cannot hold (a cycle, a bigint, undefined).
 */
export function stringifyJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError('The value has no JSON form.');
  return text.includes(MARK) ? text.replace(MARKED, '$1') : text;
}

function parseExactly(text: string): unknown {
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || keepsItsValue(token) ? token : `"${MARK}${lengthened(token)}"`,
  );
  if (marked.length === text.length) return undefined;
  return JSON.parse(marked, (_key, item: unknown) =>
    typeof item === 'string' && item.startsWith(MARK) ? new ExactNumber(item.slice(MARK.length)) : item,
  );
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
  return normalForm(token) === normalForm(String(Number(token)));
}

/** The same for equal decimals: the sign, the digits without outer zeros, the power of ten. */
function normalForm(literal: string): string {
  const match = NUMBER_PARTS.exec(literal);
  if (match === null) return literal;
  const [, sign = '', integer = '', fraction = '', exponent = '0'] = match;
  const digits = (integer + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)}`;
}

/** 1e400 as 1.000000000000000e400: the same number, long enough for {@link parseStringified} to find. */
function lengthened(token: string): string {
  const { 1: sign = '', 2: integer = '', 3: fraction = '', 4: exponent } = NUMBER_PARTS.exec(token) as RegExpExecArray;
  if (exponent === undefined || integer.length + fraction.length >= SAFE_LENGTH) return token;
  return `${sign}${integer}.${fraction.padEnd(SAFE_LENGTH - integer.length, '0')}e${exponent}`;
}

const NUMBER_PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
