import { cpus } from 'node:os';
import { benchColdStart } from './cold-start';
import type { Figures, RequestFigures } from './figures';
import { benchIngest, EVENTS_PER_REQUEST } from './ingest';
import { benchMemory } from './memory';
import { benchProcessor } from './processor';
import { benchSdk } from './sdk';
import { benchTransform } from './transform';

/** What is measured, by the names that the command line knows. */
export const SECTIONS = {
  transform: benchTransform,
  sdk: benchSdk,
  ingest: benchIngest,
  processor: benchProcessor,
  'cold-start': benchColdStart,
  memory: benchMemory,
};

export type SectionName = keyof typeof SECTIONS;
export type Results = { [Name in SectionName]: Awaited<ReturnType<(typeof SECTIONS)[Name]>> };

export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];

/** What `--json` writes; `bench/baseline.json` is one. */
export interface Report {
  machine: Machine;
  results: Partial<Results>;
  /** For the models of cost and load; only where all sections were measured. */
  figures?: Figures;
}

export interface Machine {
  cpu: string;
  cores: number;
  node: string;
  /** Day of the measurement, ISO 8601. */
  date: string;
}

/** Measures some sections, one after the other. */
export async function measure(names: readonly SectionName[]): Promise<Report> {
  const measured: [SectionName, unknown][] = [];
  for (const name of names) measured.push([name, await SECTIONS[name]()]);
  const results = Object.fromEntries(measured) as Partial<Results>;
  return { machine: machine(), results, ...(isWhole(results) ? { figures: figuresFrom(results) } : {}) };
}

function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

function isWhole(results: Partial<Results>): results is Results {
  return SECTION_NAMES.every((name) => name in results);
}

/** What the models need, of what was measured. */
export function figuresFrom(results: Results): Figures {
  const { ingest, processor, memory } = results;
  const requests = ingest.map(({ eventsPerRequest, cpu, acknowledgement, logBytes, sqsRequests, archiving }) => [
    String(eventsPerRequest),
    {
      cpu: cpu.median,
      acknowledgement,
      logBytes,
      sqsRequests,
      archiving: {
        cpu: archiving.cpu.median,
        logBytes: archiving.logBytes,
        objectBytes: archiving.objectBytes,
      },
    } satisfies RequestFigures,
  ]);
  const start = (name: string) => {
    const { bytes, importTime } = named(results['cold-start'].bundles, name);
    return { bundleBytes: bytes, init: importTime.median };
  };
  const peak = (name: string) => Math.max(...named(memory, name).largest.map((largest) => largest.peak)) / 1e6;
  const fullest = ingest.find(({ eventsPerRequest }) => eventsPerRequest === Math.max(...EVENTS_PER_REQUEST));
  return {
    eventBytes: {
      request: fullest?.bytesPerEvent ?? NaN,
      message: processor.messageBytes,
      payload: processor.payloadBytes,
      delivery: processor.deliveryBytes,
      deliveryGzip: processor.deliveryGzipBytes,
    },
    ingest: Object.fromEntries(requests) as Figures['ingest'],
    processor: {
      cpuPerInvocation: processor.cpuPerInvocation.median,
      cpuPerEvent: processor.cpuPerEvent.median,
      logBytesPerInvocation: processor.logBytesPerInvocation,
      eventsPerSecond: {
        0: processor.eventsPerSecond[0].median,
        20: processor.eventsPerSecond[20].median,
        200: processor.eventsPerSecond[200].median,
      },
    },
    start: { ingest: start('ingest'), processor: start('processor') },
    peakMemory: { ingest: peak('ingest'), processor: peak('processor') },
  };
}

function named<Item extends { name: string }>(items: readonly Item[], name: string): Item {
  const item = items.find((candidate) => candidate.name === name);
  if (item === undefined) throw new Error(`${name} was not measured.`);
  return item;
}
