const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const CONTROL = /[\t\n\r]/;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;
const NUMBER_OR_WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Goes through a JSON text from value to value and cuts values out as they are written, so that nothing which is only
 * handed on is decoded and encoded again.
 *
 *     for (let inside = cursor.enterObject(); inside; inside = cursor.nextMember()) {
 *       const key = cursor.key();
 *       const json = cursor.value();
 *     }
 *
 * It takes what `JSON.parse` takes and nothing else, in a text whose only control characters are white space: others,
 * which no queue message has, would pass in a string. Each method throws a SyntaxError, which quotes nothing, where the
 * text is not JSON.
 */
export class JsonCursor {
  readonly #text: string;
  /** White space that must not be in a string. Looked for once, since what was written by a program has none. */
  readonly #hasControls: boolean;
  #place = 0;
  /** Where the next backslash is, unless that lies before the cursor: most strings end before it. */
  #backslash = -1;

  constructor(text: string) {
    this.#text = text;
    this.#hasControls = text.includes('\n') || text.includes('\r') || text.includes('\t');
    this.#skipSpace();
  }

  /** Where the cursor is, for {@link slice}. */
  get place(): number {
    return this.#place;
  }

  /** The text between two places. */
  slice(start: number, end: number): string {
    return this.#text.slice(start, end);
  }

  get isAtObject(): boolean {
    return this.#text.charCodeAt(this.#place) === OPEN_BRACE;
  }

  get isAtArray(): boolean {
    return this.#text.charCodeAt(this.#place) === OPEN_BRACKET;
  }

  /** From an object to its first member, or behind it where it has none. */
  enterObject(): boolean {
    return this.#enter(CLOSE_BRACE);
  }

  /** From the end of a member to the next one, or behind the object after the last. */
  nextMember(): boolean {
    return this.#next(CLOSE_BRACE);
  }

  /** From an array to its first element, or behind it where it has none. */
  enterArray(): boolean {
    return this.#enter(CLOSE_BRACKET);
  }

  /** From the end of an element to the next one, or behind the array after the last. */
  nextElement(): boolean {
    return this.#next(CLOSE_BRACKET);
  }

  /** From a member to its value. */
  key(): string {
    const start = this.#place;
    const isEscaped = this.#skipString();
    const end = this.#place;
    this.#skipColon();
    return isEscaped ? (JSON.parse(this.#text.slice(start, end)) as string) : this.#text.slice(start + 1, end - 1);
  }

  /** From a value to its end. */
  value(): string {
    const start = this.#place;
    this.skip();
    return this.#text.slice(start, this.#place);
  }

  /** From a value to its end. */
  skip(): void {
    const code = this.#text.charCodeAt(this.#place);
    if (code === QUOTE) this.#skipString();
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) this.#skipNested();
    else this.#skipPattern(NUMBER_OR_WORD);
  }

  /** The value was all that the text holds. */
  end(): void {
    this.#skipSpace();
    if (this.#place < this.#text.length) throw notJson();
  }

  #enter(close: number): boolean {
    this.#place += 1;
    if (this.#skipSpace() !== close) return true;
    this.#place += 1;
    return false;
  }

  #next(close: number): boolean {
    const code = this.#skipSpace();
    this.#place += 1;
    if (code === close) return false;
    if (code !== COMMA) throw notJson();
    this.#skipSpace();
    return true;
  }

  /** Not by recursion: no depth is too much. */
  #skipNested(): void {
    /** What the objects and arrays around the cursor end with. */
    const closing: number[] = [];
    do {
      let isInside = false;
      const code = this.#text.charCodeAt(this.#place);
      if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        const close = code === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
        isInside = this.#enter(close);
        if (isInside) closing.push(close);
      } else {
        this.skip();
      }
      while (!isInside && closing.length > 0) {
        isInside = this.#next(closing.at(-1) as number);
        if (!isInside) closing.pop();
      }
      if (closing.at(-1) === CLOSE_BRACE) {
        this.#skipString();
        this.#skipColon();
      }
    } while (closing.length > 0);
  }

  #skipColon(): void {
    if (this.#skipSpace() !== COLON) throw notJson();
    this.#place += 1;
    this.#skipSpace();
  }

  /** @returns the character that follows; NaN at the end of the text. */
  #skipSpace(): number {
    let code = this.#text.charCodeAt(this.#place);
    while (code <= SPACE) {
      if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) throw notJson();
      this.#place += 1;
      code = this.#text.charCodeAt(this.#place);
    }
    return code;
  }

  /** @returns whether it has an escape. */
  #skipString(): boolean {
    const start = this.#place;
    if (this.#text.charCodeAt(start) !== QUOTE) throw notJson();
    if (this.#backslash < start) this.#findBackslash(start);
    const end = this.#text.indexOf('"', start + 1);
    if (end >= 0 && end < this.#backslash && !this.#hasControls) {
      this.#place = end + 1;
      return false;
    }
    const isEscaped = this.#backslash < end;
    this.#place = this.#endOfEscaped(end) + 1;
    if (CONTROL.test(this.slice(start, this.#place))) throw notJson();
    return isEscaped;
  }

  /** @param quote the first one, which may be escaped. */
  #endOfEscaped(quote: number): number {
    let end = quote;
    while (this.#backslash < end) {
      this.#place = this.#backslash;
      this.#skipPattern(ESCAPE);
      if (end < this.#place) end = this.#text.indexOf('"', this.#place);
      this.#findBackslash(this.#place);
    }
    if (end < 0) throw notJson();
    return end;
  }

  #findBackslash(from: number): void {
    const found = this.#text.indexOf('\\', from);
    this.#backslash = found < 0 ? Infinity : found;
  }

  /** @param pattern sticky. */
  #skipPattern(pattern: RegExp): void {
    pattern.lastIndex = this.#place;
    if (!pattern.test(this.#text)) throw notJson();
    this.#place = pattern.lastIndex;
  }
}

function notJson(): SyntaxError {
  return new SyntaxError('The text is not JSON.');
}
