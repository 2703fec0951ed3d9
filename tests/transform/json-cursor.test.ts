import fc from 'fast-check';
import { JsonCursor } from '../../runtime/transform/json-cursor';

const SPACES = ['', '', '', ' ', '\n', '\r\n\t', '  '];

/** JSON of any value, with white space and escapes that `JSON.stringify` would not write. */
const json = fc
  .record({
    value: fc.jsonValue({ maxDepth: 4 }),
    space: fc.constantFrom(...SPACES),
    isEscaped: fc.boolean(),
  })
  .map(({ value, space, isEscaped }) => {
    const text = JSON.stringify(value, undefined, space.trim() === '' ? space : '');
    return isEscaped ? text.replace(/[a-f]/g, (letter) => (isInWord(letter) ? letter : unicode(letter))) : text;
  });

/** The letters of `true`, `false` and `null` stay, or the text would be no JSON. */
const isInWord = (letter: string) => 'aef'.includes(letter);

const unicode = (letter: string) => `\\u00${letter.charCodeAt(0).toString(16)}`;

/** One place of a text is left out, doubled, or another character. */
const damaged = fc
  .tuple(
    json,
    fc.nat(),
    fc.constantFrom('', '"', '\\', ',', ':', '{', '}', '[', ']', '0', '-', 'e', '.', ' ', '\n', 'u'),
  )
  .map(([text, place, instead]) => {
    const at = place % text.length;
    return text.slice(0, at) + instead + text.slice(at + (place % 3 === 0 ? 0 : 1));
  });

/** What the cursor finds, value by value; undefined where it says that the text is not JSON. */
function read(text: string): unknown {
  return orNothing(() => {
    const cursor = new JsonCursor(text);
    const value = valueAt(cursor);
    cursor.end();
    return value;
  });
}

function valueAt(cursor: JsonCursor): unknown {
  if (cursor.isAtObject) {
    const entries: [string, unknown][] = [];
    for (let inside = cursor.enterObject(); inside; inside = cursor.nextMember()) {
      entries.push([cursor.key(), valueAt(cursor)]);
    }
    return Object.fromEntries(entries);
  }
  if (cursor.isAtArray) {
    const elements: unknown[] = [];
    for (let inside = cursor.enterArray(); inside; inside = cursor.nextElement()) elements.push(valueAt(cursor));
    return elements;
  }
  return JSON.parse(cursor.value());
}

/** The same text, passed over as one value. */
function skipped(text: string): string | undefined {
  return orNothing(() => {
    const cursor = new JsonCursor(text);
    const value = cursor.value();
    cursor.end();
    return value;
  });
}

function orNothing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const parsed = (text: string) => orNothing(() => JSON.parse(text) as unknown);

test('what JSON.parse takes is found, whole and value by value', () => {
  fc.assert(
    fc.property(json, (text) => {
      expect(read(text)).toStrictEqual(parsed(text));
      expect(skipped(text)).toBe(text.trim());
    }),
    { numRuns: 2_000 },
  );
});

test('what JSON.parse refuses is refused, and nothing else', () => {
  fc.assert(
    fc.property(damaged, (text) => {
      expect(read(text)).toStrictEqual(parsed(text));
      expect(skipped(text) !== undefined).toBe(parsed(text) !== undefined);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  '',
  ' ',
  '"',
  '"\\"',
  '"\\',
  '"a\nb"',
  '"a\tb"',
  '"\\x"',
  '"\\u12"',
  '"\\u12g4"',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{a:1}',
  '{1:1}',
  '{"a" 1}',
  '[1}',
  '{"a":1]',
  '[',
  '{',
  '[[]',
  '01',
  '-',
  '1.',
  '.1',
  '1e',
  '+1',
  'nul',
  'nulll',
  'True',
  'NaN',
  '1 2',
  '{} {}',
  '\u00a01',
  '\ufeff1',
  '\v1',
  "'a'",
])('%j is not JSON', (text) => {
  expect(parsed(text)).toBeUndefined();
  expect(read(text)).toBeUndefined();
  expect(skipped(text)).toBeUndefined();
});

test('no depth is too much', () => {
  const depth = 1_000_000;
  const text = '[{"a":'.repeat(depth) + '1' + '}]'.repeat(depth);
  expect(skipped(text) === text).toBe(true);
  expect(skipped(text.slice(0, -1))).toBeUndefined();
});

test('the error quotes nothing of the text', () => {
  expect(() => new JsonCursor('secret').value()).toThrow(new SyntaxError('The text is not JSON.'));
});
