import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingKeys } from '../../components/settings';
import { withTables } from '../../stack/reference';

const README = readFileSync(join(__dirname, '../../README.md'), 'utf8');

test('the tables of settings and regions in the README are current; else run `npm run docs`', () => {
  expect(README).toBe(withTables(README));
});

test('every setting has its row', () => {
  for (const key of settingKeys()) expect(README).toContain(`\n| \`${key}\` `);
});

test('a README without the markers is refused', () => {
  expect(() => withTables('# Currents Bridge')).toThrow('README.md must have a line <!-- settings -->');
});
