/** Renews the tables of docs/performance.md from bench/baseline.json: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { between, table } from '../stack/reference';
import type { Report } from './results';
import { machineOf, tablesOf } from './tables';

const PAGE = join(__dirname, '../docs/performance.md');

/** What was measured last, on a machine with nothing else to do. */
export function readBaseline(): Report {
  return JSON.parse(readFileSync(join(__dirname, 'baseline.json'), 'utf8')) as Report;
}

/** The page with its tables as they must be, each section's between markers of its name. */
export function withMeasurements(page: string, report: Report): string {
  let text = between(page, 'machine', machineOf(report));
  for (const [name, tables] of tablesOf(report)) {
    text = between(text, name, tables.map(({ title, head, rows }) => `${title}:\n\n${table(head, rows)}`).join('\n\n'));
  }
  return text;
}

if (require.main === module) writeFileSync(PAGE, withMeasurements(readFileSync(PAGE, 'utf8'), readBaseline()));
