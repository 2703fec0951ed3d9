import { withoutValues } from '../../runtime/processor/answer';

const EVENT = { id: '123', time: 5, user: { external_user_id: 'Rosenkohl' }, properties: { city: 'Anna' } };

describe('what is kept of an answer', () => {
  test.each([
    ['plain words, where the event has other values', 'it was here, twice', 'it was here, twice'],
    ['no value', 'no Rosenkohl today', 'no … today'],
    ['no value in other letters', 'no ROSENKOHL today', 'no … today'],
    ['no part of a value, down to three letters', 'sen senk osenkoh', '… … …'],
    ['a word of two letters that is in a value by chance', 'se', 'se'],
    ['no word that has a value of four letters as its part', 'Annaland', '…'],
    ['no word with a digit before, behind or within it', '7abc abc7 ab7c', '… … …'],
    ['no word with a letter of another alphabet', 'köln écoute', '… …'],
    ['words of up to 24 letters', `${'x'.repeat(24)} ${'x'.repeat(25)}`, `${'x'.repeat(24)} …`],
  ])('%s', (_what, answer, kept) => {
    expect(withoutValues(answer, EVENT)).toBe(kept);
  });

  test('300 characters', () => {
    expect(withoutValues('word '.repeat(100), EVENT)).toBe('word '.repeat(60));
  });

  test('nothing of what stands behind the first 1,000 characters', () => {
    expect(withoutValues(`${'x'.repeat(199)} `.repeat(10), EVENT)).toBe('… '.repeat(5));
  });
});
