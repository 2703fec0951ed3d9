import { parseWriteKey } from '../../runtime/processor/write-key';

test.each([
  ['the secret’s text', ' key\n', undefined, 'key'],
  ['a value of its JSON', '{"rudderstack":" key ","other":"x"}', 'rudderstack', 'key'],
  ['JSON where none was asked for', '{"a":1}', undefined, '{"a":1}'],
])('the write key is %s', (_what, text, jsonKey, key) => {
  expect(parseWriteKey(text, jsonKey)).toBe(key);
});

test.each([
  ['in a blank text', ' ', undefined],
  ['in what is not JSON', 'key', 'rudderstack'],
  ['in JSON that is no object', '["key"]', 'rudderstack'],
  ['under another name', '{"other":"key"}', 'rudderstack'],
  ['where it is no text', '{"rudderstack":7}', 'rudderstack'],
  ['where it is blank', '{"rudderstack":""}', 'rudderstack'],
])('there is no write key %s', (_where, text, jsonKey) => {
  expect(parseWriteKey(text, jsonKey)).toBeUndefined();
});
