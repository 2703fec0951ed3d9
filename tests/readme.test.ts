import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REJECTION_REASONS, SKIP_REASONS } from '../runtime/transform/reasons';

const README = readFileSync(join(__dirname, '../README.md'), 'utf8');

/** The rows of the table under a heading sentence: first cell without backticks, second as it is. */
function tableAfter(sentence: string): Record<string, string> {
  const [, after = ''] = README.split(sentence);
  const table = after.slice(after.indexOf('| ---')).split('\n\n')[0] ?? '';
  const rows = table.split('\n').slice(1);
  return Object.fromEntries(
    rows.map((row) => {
      const [, reason = '', meaning = ''] = row.split('|').map((cell) => cell.trim());
      return [reason.replaceAll('`', ''), meaning];
    }),
  );
}

describe('the README', () => {
  test('explains every reason for which an event is skipped', () => {
    expect(tableAfter('**Skipped** on purpose')).toStrictEqual({ ...SKIP_REASONS });
  });

  test('explains every reason for which an event is rejected', () => {
    expect(tableAfter('**Rejected**: kept')).toStrictEqual({ ...REJECTION_REASONS });
  });
});
