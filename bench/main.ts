import { cpus } from 'node:os';
import Table from 'cli-table3';
import { benchColdStart } from './cold-start';
import { benchLocalRun } from './local-run';
import type { Figures } from './measure';
import { benchTransform } from './transform';

async function main(): Promise<void> {
  const json = process.argv.includes('--json');
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node.js ${process.version}`;
  const results = {
    machine,
    transform: await benchTransform(),
    coldStart: await benchColdStart(),
    localRun: await benchLocalRun(),
  };
  if (json) {
    console.log(JSON.stringify(results, undefined, 2));
    return;
  }
  console.log(machine);
  print(
    ['transform', 'ratio to the JSON floor', 'events/s'],
    results.transform.map(({ name, ratio, eventsPerSecond }) => [name, ratio.toFixed(2), eventsPerSecond.toFixed(0)]),
  );
  print(
    ['cold start', 'bytes', 'import, ms'],
    results.coldStart.map(({ name, bytes, importTime }) => [name, String(bytes), spread(importTime)]),
  );
  const { events, acknowledgedPerSecond, deliveredPerSecond } = results.localRun;
  print(
    ['local run', 'acknowledged/s', 'delivered/s'],
    [[`${events} events`, acknowledgedPerSecond.toFixed(0), deliveredPerSecond.toFixed(0)]],
  );
}

function print(head: string[], rows: string[][]): void {
  const table = new Table({ head, style: { head: [], border: [] } });
  table.push(...rows);
  console.log(table.toString());
}

function spread({ median, min, max }: Figures): string {
  return `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
