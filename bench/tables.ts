import type { Spread } from './measure';
import type { Report, Results, SectionName } from './results';

/** A table for people, on a terminal as in Markdown. */
export interface TableText {
  title: string;
  head: string[];
  rows: string[][];
}

/** The tables of the sections that were measured, by section. */
export function tablesOf({ results }: Report): Map<SectionName, TableText[]> {
  const tables = new Map<SectionName, TableText[]>();
  const add = <Name extends SectionName>(name: Name, render: (result: Results[Name]) => TableText[]) => {
    const result = results[name];
    if (result !== undefined) tables.set(name, render(result));
  };
  add('transform', transformTables);
  add('sdk', sdkTables);
  add('ingest', ingestTables);
  add('processor', processorTables);
  add('cold-start', coldStartTables);
  add('memory', memoryTables);
  return tables;
}

/** The machine in a sentence. */
export function machineOf({ machine: { cpu, cores, node, date } }: Report): string {
  return `${cpu}, ${cores} cores, Node.js ${node}, ${date}. Medians, with the least and the greatest of all rounds.`;
}

function transformTables(results: Results['transform']): TableText[] {
  return [
    {
      title: 'Parse, transform and serialise, against JSON.parse + JSON.stringify of the same bytes',
      head: ['events', 'ratio', 'events/s'],
      rows: results.map(({ name, ratio, eventsPerSecond }) => [name, ratio.toFixed(2), rounded(eventsPerSecond)]),
    },
  ];
}

function sdkTables(results: Results['sdk']): TableText[] {
  const [ours] = results;
  const ratio = (value: Spread) => (value.median / (ours?.cpuPerMillion.median ?? NaN)).toFixed(1);
  return [
    {
      title:
        'The same messages into the same data plane, by the processor and by a function with the SDK of RudderStack',
      head: [
        'sender',
        'events/s',
        'CPU s per million events',
        'CPU ratio',
        'bytes an event, gzip',
        'requests per 1,000 events',
      ],
      rows: results.map(({ name, eventsPerSecond, cpuPerMillion, wireBytesPerEvent, requestsPerThousandEvents }) => [
        name,
        spreadText(eventsPerSecond),
        spreadText(cpuPerMillion),
        ratio(cpuPerMillion),
        rounded(wireBytesPerEvent),
        rounded(requestsPerThousandEvents),
      ]),
    },
  ];
}

function ingestTables(results: Results['ingest']): TableText[] {
  return [
    {
      title: 'Acknowledgement by one ingest process, with an emulated SQS on the same machine',
      head: [
        'events a request',
        'requests/s',
        'p50, ms',
        'p99, ms',
        'p50 without the emulator, ms',
        'CPU, ms',
        'log bytes',
      ],
      rows: results.map(({ eventsPerRequest, requestsPerSecond, acknowledgement, acceptedP50, cpu, logBytes }) => [
        String(eventsPerRequest),
        spreadText(requestsPerSecond),
        acknowledgement.p50.toFixed(1),
        acknowledgement.p99.toFixed(1),
        acceptedP50.toFixed(1),
        spreadText(cpu, 1),
        rounded(logBytes),
      ]),
    },
    {
      title: 'The same with the archive on, where S3 does nothing but accept',
      head: ['events a request', 'p50, ms', 'p99, ms', 'CPU, ms', 'log bytes', 'bytes in the archive', 'of an event'],
      rows: results.map(({ eventsPerRequest, archiving: { acknowledgement, cpu, logBytes, objectBytes } }) => [
        String(eventsPerRequest),
        acknowledgement.p50.toFixed(1),
        acknowledgement.p99.toFixed(1),
        spreadText(cpu, 1),
        rounded(logBytes),
        rounded(objectBytes),
        rounded(objectBytes / eventsPerRequest),
      ]),
    },
  ];
}

function processorTables({ eventsPerSecond, ...result }: Results['processor']): TableText[] {
  return [
    {
      title: 'Delivery by one processor process, 1,000 events an invocation',
      head: ['the data plane answers after', 'events/s'],
      rows: Object.entries(eventsPerSecond).map(([latency, rate]) => [`${latency} ms`, spreadText(rate)]),
    },
    {
      title: 'What an invocation of the processor costs',
      head: ['of an invocation', 'figure'],
      rows: [
        ['CPU, ms, whatever is in it', spreadText(result.cpuPerInvocation, 1)],
        ['CPU of each event, µs', spreadText(scaled(result.cpuPerEvent, 1_000))],
        ['bytes an event in the queue', rounded(result.messageBytes)],
        ['bytes an event in a request', rounded(result.deliveryBytes)],
        ['bytes an event on the wire, gzip', rounded(result.deliveryGzipBytes)],
        ['log bytes', rounded(result.logBytesPerInvocation)],
      ],
    },
  ];
}

function coldStartTables({ bundles, dependencies }: Results['cold-start']): TableText[] {
  return [
    {
      title: 'A fresh process',
      head: ['bundle', 'bytes', 'import, ms', 'first invocation, ms'],
      rows: bundles.map(({ name, bytes, importTime, firstInvocation }) => [
        name,
        rounded(bytes),
        spreadText(importTime),
        firstInvocation === undefined ? '' : spreadText(firstInvocation),
      ]),
    },
    {
      title: 'What each package adds to a bundle with the SQS client',
      head: ['package', 'bytes', 'import, ms'],
      rows: dependencies.map(({ name, bytes, importTime }) => [name, rounded(bytes), importTime.toFixed(0)]),
    },
  ];
}

function memoryTables(results: Results['memory']): TableText[] {
  const [first, ...others] = results;
  return [
    {
      title: 'Memory over a million events, in MB: the heap after garbage collection, and the process',
      head: ['events', ...results.flatMap(({ name }) => [`${name}, heap`, `${name}, process`])],
      rows: (first?.steps ?? []).map(({ events }, step) => [
        rounded(events),
        ...[first, ...others].flatMap((result) => {
          const { heapUsed = NaN, rss = NaN } = result?.steps[step] ?? {};
          return [megabytes(heapUsed, 1), megabytes(rss)];
        }),
      ]),
    },
    {
      title: 'The largest that can come, in a fresh process',
      head: ['what', 'size, MB', 'highest memory, MB', 'above the start, × size'],
      rows: results.flatMap(({ largest }) =>
        largest.map(({ what, bytes, peak, multiple }) => [
          what,
          megabytes(bytes, 1),
          megabytes(peak),
          multiple.toFixed(1),
        ]),
      ),
    },
  ];
}

function spreadText({ median, min, max }: Spread, digits = 0): string {
  const [middle, least, most] = [median, min, max].map((value) => rounded(value, digits));
  return `${middle} (${least}–${most})`;
}

function scaled({ median, min, max }: Spread, factor: number): Spread {
  return { median: median * factor, min: min * factor, max: max * factor };
}

function megabytes(bytes: number, digits = 0): string {
  return rounded(bytes / 1e6, digits);
}

function rounded(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}
