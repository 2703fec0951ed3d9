import { differences } from '../../replay/differences';
import { parseJson } from '../../runtime/transform/json';

function pathsOf(old: string, now: string): string[] {
  return differences(parseJson(old), parseJson(now)).map(({ path }) => path);
}

test.each([
  ['equal', '{"a":[1,{"b":null}],"c":"d"}', '{"c":"d","a":[1,{"b":null}]}', []],
  ['values', '{"a":{"b":1,"c":2}}', '{"a":{"b":1,"c":3}}', ['$.a.c']],
  ['kinds', '{"a":1,"b":{},"c":[],"d":null}', '{"a":"1","b":[],"c":{},"d":{}}', ['$.a', '$.b', '$.c', '$.d']],
  ['keys of one side', '{"a":1}', '{"b":null}', ['$.a', '$.b']],
  ['lists', '{"a":[1,2,3]}', '{"a":[1,4]}', ['$.a[1]', '$.a[2]']],
  ['longer lists', '[]', '[[null]]', ['$[0]']],
  ['strange keys', `{"a.b":1,"it's":1}`, '{}', ["$['a.b']", "$['it\\'s']"]],
  ['keys that every object inherits', '{"__proto__":1,"constructor":1}', '{}', ['$.__proto__', '$.constructor']],
  [
    'what is in a property, which is one place',
    '{"properties":{"a":1,"own":{"lena@home":{"b":[1]}},"list":[1]},"context":{"a":{"b":{"c":1}}}}',
    '{"properties":{"a":2,"own":{"lena@home":{"b":[2]},"max@home":1},"list":[2,3]},"context":{"a":{"b":{"c":2}}}}',
    ['$.properties.a', '$.properties.own', '$.properties.list', '$.context.a.b.c'],
  ],
  [
    'digits',
    '{"a":12345678901234567890,"b":12345678901234567890}',
    '{"a":12345678901234567891,"b":12345678901234567890}',
    ['$.a'],
  ],
])('%s', (_what, old, now, paths) => {
  expect(pathsOf(old, now)).toEqual(paths);
});

test('a difference has the values of both sides', () => {
  expect(differences({ a: { b: [1] } }, { a: { b: [{ c: 2 }] }, d: null })).toEqual([
    { path: '$.a.b[0]', old: 1, new: { c: 2 } },
    { path: '$.d', old: undefined, new: null },
  ]);
});
