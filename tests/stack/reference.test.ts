import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingKeys } from '../../components/settings';
import { withTables } from '../../stack/reference';
import { withProperties } from '../engine/provider/reference';

const README = readFileSync(join(__dirname, '../../README.md'), 'utf8');
const ENGINE = readFileSync(join(__dirname, '../../docs/engine.md'), 'utf8');

test('the tables of settings and regions in the README are current; else run `npm run docs`', () => {
  expect(README).toBe(withTables(README));
});

test('the table of properties in docs/engine.md is current; else run `npm run docs`', () => {
  expect(ENGINE).toBe(withProperties(ENGINE));
  expect(ENGINE).toMatch(/`aws:sqs\/queue:Queue` +\| `name` +\| CreateQueue QueueName +\| yes /);
});

test('every setting has its row', () => {
  for (const key of settingKeys()) expect(README).toContain(`\n| \`${key}\` `);
});

test('a README without the markers is refused', () => {
  expect(() => withTables('# Currents Bridge')).toThrow('The page must have a line <!-- settings -->');
});
