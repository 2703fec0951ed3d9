import { writeFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { Flags, runCommand } from '../commands/command-line';
import { measure, SECTION_NAMES, type SectionName } from './results';
import { machineOf, tablesOf } from './tables';

const HELP = `Usage: npm run --silent bench -- [SECTION…] [--json FILE]

Measures the bridge on this machine and prints tables. Nothing but the measured function should be busy: what the machine
does beside it is in the figures. All of it takes about six minutes.

  SECTION      Some of ${SECTION_NAMES.join(', ')}. Default: all.
  --json FILE  Writes the figures to a file as well; bench/baseline.json is one of all sections.
  --help       This text.
`;

async function main(args: readonly string[]): Promise<number> {
  const firstFlag = args.findIndex((arg) => arg.startsWith('-'));
  const words = firstFlag === -1 ? args : args.slice(0, firstFlag);
  const flags = new Flags({ json: 'text' }, args.slice(words.length));
  const file = flags.text('json');
  const names = words.filter((word): word is SectionName => SECTION_NAMES.some((name) => name === word));
  for (const word of words) {
    if (!names.some((name) => name === word)) {
      flags.reject(`There is no section "${word}"; the sections are ${SECTION_NAMES.join(', ')}.`);
    }
  }
  flags.check();

  const report = await measure(names.length > 0 ? names : SECTION_NAMES);
  process.stdout.write(`${machineOf(report)}\n`);
  for (const { title, head, rows } of [...tablesOf(report).values()].flat()) {
    const table = new Table({ head, style: { head: [], border: [] } });
    table.push(...rows);
    process.stdout.write(`\n${title}\n${table.toString()}\n`);
  }
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  return 0;
}

runCommand(HELP, main);
