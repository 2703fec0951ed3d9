/** 1e11 seconds is the year 5138, 1e11 milliseconds is 1973: numbers from here on are milliseconds. */
const MILLISECONDS_FROM = 1e11;

const NUMERIC = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const ISO_8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:[Zz]|([+-])([01]\d|2[0-3]):?([0-5]\d)?)?)?$/;

/**
 * A moment in any of the forms that events carry: Unix seconds (fractions too) or milliseconds, as a number or
 * numeric text, or ISO 8601 (UTC where it names no offset).
 *
 * @returns `YYYY-MM-DDTHH:mm:ss.SSSZ`, or undefined for anything else and for years outside 0000 to 9999.
 */
export function toTimestamp(time: unknown): string | undefined {
  if (typeof time === 'number') return ofNumber(time);
  if (typeof time !== 'string') return undefined;
  const text = time.trim();
  return NUMERIC.test(text) ? ofNumber(Number(text)) : ofIso8601(text);
}

function ofNumber(value: number): string | undefined {
  return ofMilliseconds(Math.abs(value) < MILLISECONDS_FROM ? Math.round(value * 1_000) : Math.trunc(value));
}

function ofIso8601(text: string): string | undefined {
  const match = ISO_8601.exec(text);
  if (match === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '',
    sign,
    offsetHours,
    offsetMinutes,
  ] = match;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const instant = Date.parse(local);
  // JavaScript reads 30 February as 2 March.
  if (Number.isNaN(instant) || new Date(instant).toISOString() !== local) return undefined;
  if (sign === undefined) return local;
  const offset = Number(offsetHours) * 60 + Number(offsetMinutes ?? '0');
  return ofMilliseconds(instant - (sign === '+' ? offset : -offset) * 60_000);
}

/** As `toISOString` writes it, which takes three times as long. */
function ofMilliseconds(milliseconds: number): string | undefined {
  const date = new Date(milliseconds);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return undefined;
  const day = `${TWO_DIGITS[Math.floor(year / 100)]}${TWO_DIGITS[year % 100]}-${TWO_DIGITS[date.getUTCMonth() + 1]}-${TWO_DIGITS[date.getUTCDate()]}`;
  const time = `${TWO_DIGITS[date.getUTCHours()]}:${TWO_DIGITS[date.getUTCMinutes()]}:${TWO_DIGITS[date.getUTCSeconds()]}`;
  return `${day}T${time}.${THREE_DIGITS[date.getUTCMilliseconds()]}Z`;
}

const TWO_DIGITS = numerals(2);
const THREE_DIGITS = numerals(3);

/** All numbers of so many digits, with leading zeros. */
function numerals(digits: number): string[] {
  return Array.from({ length: 10 ** digits }, (_nothing, value) => String(value).padStart(digits, '0'));
}
