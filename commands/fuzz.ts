import { randomInt } from 'node:crypto';
import { attack, type Campaign } from '../fuzz/campaign';
import { Endpoint } from '../fuzz/endpoint';
import { HEAVY_BODIES, MEMORY_BOUND, MemoryGauge } from '../fuzz/memory';
import type { HostileRequest } from '../fuzz/requests';
import { Flags, runCommand } from './command-line';

const HELP = `Usage: npm run fuzz -- [--requests N] [--seed S]

Attacks the endpoint on this machine: the ingest bundle behind an HTTP API, an SQS, an S3 and a Secrets Manager that listen on
local ports. Bodies, encodings, headers, paths, queries, tokens and framing are drawn from a seed; after each request the
rules of fuzz/rules.ts are checked. Then the memory is measured that the heaviest bodies take.

  --requests N  How many, up to 1,000,000. 2,000 by default, which take a minute or two.
  --seed S      The same seed sends the same requests. A new one each time by default.
  --help        This text.

Exit code: 0; or 1 with the smallest request found that breaks a rule.
`;

const MAX_SEED = 2 ** 31 - 1;
const MIB = 1_048_576;

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags({ requests: 'text', seed: 'text' }, args);
  const requests = flags.integer('requests', { min: 1, max: 1_000_000 }) ?? 2_000;
  const seed = flags.integer('seed', { min: 0, max: MAX_SEED }) ?? randomInt(MAX_SEED);
  flags.check();
  print(`Seed ${seed}.`);
  const endpoint = await Endpoint.start();
  try {
    const campaign = await attack(endpoint, { requests, seed });
    report(campaign);
    return campaign.finding === undefined && (await isWithinMemory(endpoint)) ? 0 : 1;
  } finally {
    await endpoint.stop();
  }
}

function report({ requests, statuses, finding }: Campaign): void {
  const counts = [...statuses].sort().map(([status, count]) => `${count} × ${status}`);
  print(`${requests} requests were answered: ${counts.join(', ')}.`);
  if (finding === undefined) {
    print('No rule was broken.');
    return;
  }
  print(`This request breaks a rule:\n\n${shown(finding.request)}\n`);
  for (const problem of finding.problems) print(problem);
}

function shown(request: HostileRequest): string {
  return ('wire' in request ? request.wire.toString('latin1') : JSON.stringify(request.event)).slice(0, 4_000);
}

async function isWithinMemory(endpoint: Endpoint): Promise<boolean> {
  const gauge = await MemoryGauge.create(endpoint);
  try {
    let isWithin = true;
    for (const [name, body] of Object.entries(HEAVY_BODIES)) {
      const bytes = body();
      const peak = await gauge.measure(bytes);
      isWithin &&= peak !== undefined && peak.peakBytes <= MEMORY_BOUND * MIB;
      const figures =
        peak === undefined
          ? 'the function ended for want of memory'
          : `${peak.status}, ${Math.round(peak.peakBytes / MIB)} MiB, ${(peak.peakBytes / bytes.length).toFixed(0)} times the body`;
      print(`6 MiB, ${name}: ${figures}.`);
    }
    print(isWithin ? `All within ${MEMORY_BOUND} MB.` : `Not all within ${MEMORY_BOUND} MB.`);
    return isWithin;
  } finally {
    await gauge.remove();
  }
}

function print(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

runCommand(HELP, main);
