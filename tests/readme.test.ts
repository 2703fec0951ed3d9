import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { REJECTION_REASONS, SKIP_REASONS } from '../runtime/transform/reasons';
import { Page, ROOT } from './support/markdown';

const README = new Page('README.md');

/** The first two columns of the table under a heading sentence. */
function tableAfter(sentence: string): Record<string, string> {
  return Object.fromEntries(README.tableAfter(sentence).map(([reason = '', meaning = '']) => [reason, meaning]));
}

describe('the README', () => {
  test('explains every reason for which an event is skipped', () => {
    expect(tableAfter('**Skipped** on purpose')).toStrictEqual({ ...SKIP_REASONS });
  });

  test('explains every reason for which an event is rejected', () => {
    expect(tableAfter('**Rejected**: kept')).toStrictEqual({ ...REJECTION_REASONS });
  });

  test('explains every output of the program, and no other', () => {
    const program = readFileSync(resolve(ROOT, 'index.ts'), 'utf8');
    const outputs = [...program.matchAll(/export const (?:\{([^}]*)\}|(\w+))/g)].flatMap(
      ([, several = '', one = '']) => `${several} ${one}`.match(/\w+/g) ?? [],
    );
    const explained = README.tableAfter('### Outputs').flatMap(([names = '']) => names.match(/\w+/g) ?? []);
    expect(explained.sort()).toStrictEqual(outputs.sort());
  });
});
