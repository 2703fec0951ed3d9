/** Renews the tables of docs/cost.md and docs/scaling.md, and its plot: `npm run docs`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figures } from '../bench/figures';
import { SETTINGS } from '../components/settings';
import { between, table } from '../stack/reference';
import {
  archiveCost,
  costOf,
  DESIGNS,
  eventsToPayOff,
  GATHERED_ARCHIVE,
  kmsKeyPerMonth,
  REPLAY,
  type Design,
} from './cost';
import {
  delayOf,
  demandOf,
  eventsPerSecondAt,
  eventsPerSecondOf,
  eventsPerSecondToDrainIn,
  LIMITS,
  longestAnswer,
  outageOf,
  RETENTION_HOURS,
  USUAL_DRAIN_HOURS,
  type Limit,
} from './load';
import { plot } from './plot';
import { dollarsFor, PRICED_REGIONS, PRICES, PRICES_OF, type Price, type PricedRegion } from './prices';
import { ASSUMED_LATENCY, DEFAULT_TUNING, fullInvocation, workFor, type Scenario } from './work';

const DOCS = join(__dirname, '../docs');

/** For tables that have room for one region. */
const REGION: PricedRegion = 'eu-central-1';

/** Events a second. */
const STEPS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
const EVENTS_PER_REQUEST = [100, 10, 1];

/** What was measured. */
export function readFigures(): Figures {
  const baseline = readFileSync(join(__dirname, '../bench/baseline.json'), 'utf8');
  return (JSON.parse(baseline) as { figures: Figures }).figures;
}

/** docs/cost.md with its tables as they must be. */
export function withCosts(page: string, figures: Figures): string {
  const tables = {
    totals: totalsTable(figures),
    items: itemsTable(figures),
    work: workTable(figures),
    kms: `A KMS key of your own (\`kmsKeyArn\`) adds ${dollars(kmsKeyPerMonth(REGION))} a month.`,
    archive: archiveTable(figures),
    crossover: crossoverSentence(figures),
    designs: designsTable(figures),
    prices: pricesTable(),
  };
  return Object.entries(tables).reduce((text, [marker, content]) => between(text, marker, content), page);
}

/** docs/scaling.md with its tables as they must be. */
export function withScaling(page: string, figures: Figures): string {
  const tables = {
    steps: stepsTable(figures),
    limits: limitsTable(figures),
    archive: archiveSentence(figures),
    capacity: capacityTable(figures),
    patience: patienceSentence(figures),
    outage: outageTable(figures),
    drain: drainSentence(figures),
    takeover: takeoverTable(figures),
  };
  return Object.entries(tables).reduce((text, [marker, content]) => between(text, marker, content), page);
}

/** docs/scaling.svg: how much of each limit is used. */
export function limitsPlot(figures: Figures): string {
  const rates = Array.from({ length: 61 }, (_, index) => 10 ** (index / 10));
  const series = LIMITS.map((limit) => ({
    name: `${limit.name} (${count(limit.most)})`,
    points: rates.map((rate) => {
      const scenario = scenarioOf(figures, rate);
      return [rate, limit.needed(demandOf(scenario), scenario) / limit.most] as const;
    }),
  }));
  return plot(series, {
    x: 'events a second, 100 in a request',
    y: 'share of the limit that is needed',
    decades: { x: [0, 6], y: [-4, 2] },
    mark: { y: 1, text: 'the limit' },
  });
}

function scenarioOf(figures: Figures, eventsPerSecond: number, eventsPerRequest = 100): Scenario {
  const load = { eventsPerSecond, eventsPerRequest, eventBytes: figures.eventBytes.request };
  return { load, figures, tuning: DEFAULT_TUNING, latency: ASSUMED_LATENCY, isArchived: false };
}

function totalsTable(figures: Figures): string {
  const rows = STEPS.slice(0, 5).map((rate) => {
    const costs = PRICED_REGIONS.map((region) => costOf(DESIGNS.bridge, scenarioOf(figures, rate), region));
    return [
      count(rate),
      ...costs.map(({ perMonth, perMillionEvents }) => `${dollars(perMonth)} · ${dollars(perMillionEvents)}`),
    ];
  });
  return table(['events/s', ...PRICED_REGIONS.map((region) => `${region}: a month · a million events`)], rows);
}

function itemsTable(figures: Figures): string {
  const costs = EVENTS_PER_REQUEST.map((each) => costOf(DESIGNS.bridge, scenarioOf(figures, 100, each), REGION));
  const share = (item: string, { items, perMonth, perMillionEvents }: (typeof costs)[number]) => {
    const part = (items.find((other) => other.item === item)?.dollars ?? 0) / perMonth;
    return `${dollars(part * perMillionEvents)} (${percent(part)})`;
  };
  const rows = (costs[0]?.items ?? []).map(({ item }) => [item, ...costs.map((cost) => share(item, cost))]);
  const total = ['**together**', ...costs.map(({ perMillionEvents }) => `**${dollars(perMillionEvents)}**`)];
  return table(['a million events', ...EVENTS_PER_REQUEST.map((each) => `${each} in a request`)], [...rows, total]);
}

function workTable(figures: Figures): string {
  const works = EVENTS_PER_REQUEST.map((each) => workFor(scenarioOf(figures, 100, each)));
  const row = (name: string, perSecond: (work: (typeof works)[number]) => number) => [
    name,
    ...works.map((work) => count((perSecond(work) / 100) * 1e6)),
  ];
  return table(
    ['for a million events', ...EVENTS_PER_REQUEST.map((each) => `${each} in a request`)],
    [
      row('API requests', ({ requests }) => requests),
      row('SQS requests, billed', ({ sqsRequests: { sent, received, deleted } }) => sent + received + deleted),
      row('Lambda invocations', ({ requests, invocations }) => requests + invocations),
      row(
        'Lambda GB-seconds',
        ({ requests, ingestMilliseconds, invocations, invocation }) =>
          (requests * ingestMilliseconds * DEFAULT_TUNING.ingestMemoryMb +
            invocations * invocation.milliseconds * DEFAULT_TUNING.processorMemoryMb) /
          1_024_000,
      ),
      row('log, MB', ({ logs }) => (logs.ingest + logs.processor + logs.access) / 1e6),
      row('data to RudderStack, MB', ({ deliveredBytes }) => deliveredBytes / 1e6),
    ],
  );
}

/** What the archive adds, and what is told beside it. */
function archiveTable(figures: Figures): string {
  const scenarios = EVENTS_PER_REQUEST.map((each) => scenarioOf(figures, 100, each));
  const costs = scenarios.map((scenario) => archiveCost(scenario, REGION));
  const ofItem = (item: string, { items, perMonth, perMillionEvents }: (typeof costs)[number]) =>
    ((items.find((other) => other.item === item)?.dollars ?? 0) / perMonth) * perMillionEvents;
  const kept = (archiveRetentionDays: number) => (scenario: Scenario) => {
    const tuning = { ...scenario.tuning, archiveRetentionDays };
    return dollars(ofItem('Archive, storage', archiveCost({ ...scenario, tuning }, REGION)));
  };
  const alone = (design: Pick<Design, 'needs'>) => (scenario: Scenario) =>
    dollars(costOf(design, scenario, REGION).perMillionEvents);
  const row = (name: string, of: (scenario: Scenario) => string) => [name, ...scenarios.map(of)];
  return table(
    ['a million events', ...EVENTS_PER_REQUEST.map((each) => `${each} in a request`)],
    [
      ...(costs[0]?.items ?? []).map(({ item }) => [item, ...costs.map((cost) => dollars(ofItem(item, cost)))]),
      ['**together**', ...costs.map(({ perMillionEvents }) => `**${dollars(perMillionEvents)}**`)],
      row('storage, kept for 365 days', kept(365)),
      row('a replay, with queue and processor', alone(REPLAY)),
      row('Firehose in place of the PUTs', alone(GATHERED_ARCHIVE)),
      row('an object, bytes', (scenario) => count(workFor(scenario).archived.objectBytes)),
    ],
  );
}

function crossoverSentence(figures: Figures): string {
  const scenario = scenarioOf(figures, 100);
  return (
    `At 100 events a second, the archive costs more than all the rest of the bridge where a request has fewer than ` +
    `**${eventsToPayOff(scenario, REGION)} events**.`
  );
}

function designsTable(figures: Figures): string {
  const rates = [1, 100, 10_000];
  const rows = Object.values<Design>(DESIGNS).map((design) => [
    design.name,
    ...rates.map((rate) => dollars(costOf(design, scenarioOf(figures, rate), REGION).perMillionEvents)),
    dollars(costOf(design, scenarioOf(figures, 100, 1), REGION).perMillionEvents),
    design.difference,
  ]);
  return table(['a million events', ...rates.map((rate) => `${count(rate)}/s`), '100/s, alone', 'what differs'], rows);
}

function pricesTable(): string {
  const rows = Object.values<Price>(PRICES).map(({ item, per, unit, dollars: of, source, unverified }) => [
    item,
    per === 1 ? unit : `${count(per)} ${unit}`,
    ...PRICED_REGIONS.map((region) => `${of[region]}${unverified.includes(region) ? ' ?' : ''}`),
    source,
  ]);
  return table([PRICES_OF, 'for', ...PRICED_REGIONS, 'source'], rows);
}

function stepsTable(figures: Figures): string {
  const rows = STEPS.map((rate) => {
    const scenario = scenarioOf(figures, rate);
    const demand = demandOf(scenario);
    const { acknowledgement, delivery } = delayOf(demand, scenario);
    const { perMonth, perMillionEvents } = costOf(DESIGNS.bridge, scenario, REGION);
    return [
      count(rate),
      count(demand.work.requests),
      count(demand.ingestConcurrency),
      count(demand.processorConcurrency),
      `${count(acknowledgement * 1_000)} ms`,
      `${count(delivery)} s`,
      dollars(perMonth),
      dollars(perMillionEvents),
      LIMITS.filter((limit) => limit.needed(demand, scenario) >= limit.most)
        .map(({ name }) => nameOf(name))
        .join(', '),
    ];
  });
  const head = ['events/s', 'requests/s', 'ingest', 'processor', 'acknowledged', 'delivered', 'a month'];
  return table([...head, 'a million', 'limits met'], rows);
}

function limitsTable(figures: Figures): string {
  const rows = LIMITS.map((limit) => [
    nameOf(limit.name),
    `${count(limit.most)} ${limit.unit}`,
    ...EVENTS_PER_REQUEST.map((each) => metAt(limit, scenarioOf(figures, 1, each))),
    limit.remedy,
  ]);
  return table(
    ['limit', 'by default', ...EVENTS_PER_REQUEST.map((each) => `met at, ${each} a request`), 'there'],
    rows,
  );
}

function archiveSentence(figures: Figures): string {
  const scenario = scenarioOf(figures, 1);
  const archived = { ...scenario, isArchived: true };
  const lambda = LIMITS.find(({ name }) => name === 'Lambda') as Limit;
  const milliseconds = ({ work }: ReturnType<typeof demandOf>) => `${count(work.ingestMilliseconds)} ms`;
  return (
    `With \`archive\`, a request of 100 events is acknowledged after ${milliseconds(demandOf(archived))} in place of ` +
    `${milliseconds(demandOf(scenario))}, since S3 is waited for as well as SQS; so more processes of ingest run at ` +
    `once, and Lambda's limit is met at **${metAt(lambda, archived)} events/s**.`
  );
}

function metAt(limit: Limit, scenario: Scenario): string {
  const rate = eventsPerSecondAt(limit, scenario);
  return rate === undefined ? 'never' : count(rate);
}

/** What one process of the processor delivers while there is a backlog, and what a million events of it cost. */
function capacityTable(figures: Figures): string {
  const latencies = [20, 100, 500];
  const rows = [512, 1_024, 1_769].map((processorMemoryMb) => [
    `${processorMemoryMb} MB`,
    ...latencies.map((rudderstack) => {
      const scenario = scenarioOf(figures, 1);
      const perSecond = eventsPerSecondOf(
        fullInvocation({
          ...scenario,
          tuning: { ...DEFAULT_TUNING, processorMemoryMb },
          latency: { ...ASSUMED_LATENCY, rudderstack },
        }),
      );
      const gbSeconds = (1e6 / perSecond) * (processorMemoryMb / 1_024);
      return `${count(perSecond)} · ${dollars(gbSeconds * dollarsFor('lambdaGbSecond', REGION))}`;
    }),
  ]);
  return table(
    ['`processorMemoryMb`', ...latencies.map((milliseconds) => `RudderStack takes ${milliseconds} ms`)],
    rows,
  );
}

function patienceSentence(figures: Figures): string {
  return (
    `With answers slower than **${count(longestAnswer(scenarioOf(figures, 1)))} ms** a full invocation is not done within ` +
    `\`processorTimeoutSeconds\` (${SETTINGS.processorTimeoutSeconds.default}). The rest of its messages then comes back ` +
    `within seconds, which costs receives and no event; a smaller \`batchSize\` or a longer timeout avoids it.`
  );
}

function outageTable(figures: Figures): string {
  const rows = STEPS.map((rate) => {
    const scenario = scenarioOf(figures, rate);
    const outage = outageOf(scenario);
    return [
      count(rate),
      count(outage.events),
      count(outage.messages),
      `${count(outage.gigabytes)} GB`,
      count(outage.receives),
      dollars(outage.receives * billedReceive(scenario) * dollarsFor('sqsRequest', REGION)),
      outage.drainHours === Infinity ? 'never' : `${count(outage.drainHours)} h`,
      count(outage.concurrencyForSixHours),
    ];
  });
  return table(
    ['events/s', 'events', 'messages', 'in the queue', 'receives', 'their price', 'empty after', 'for 6 h'],
    rows,
  );
}

function drainSentence(figures: Figures): string {
  const scenario = scenarioOf(figures, 1);
  const { maxConcurrency, outageHours } = scenario.tuning;
  const leftHours = RETENTION_HOURS - outageHours;
  const upTo = (hours: number) => `${count(eventsPerSecondToDrainIn(hours, scenario))} events/s`;
  return (
    `With \`maxConcurrency\` ${maxConcurrency} the backlog of ${outageHours} hours is gone within ${USUAL_DRAIN_HOURS} ` +
    `hours up to **${upTo(USUAL_DRAIN_HOURS)}**. Above **${upTo(leftHours)}** it takes longer than the ${leftHours} ` +
    `hours that are left until SQS drops what is 7 days old: **there, events would be lost**. Raise \`maxConcurrency\` ` +
    `before, as in the last column.`
  );
}

/** A setting as one. */
function nameOf(name: Limit['name']): string {
  return name in SETTINGS ? `\`${name}\`` : name;
}

/** SQS requests, as billed, of a message that is received alone and handed back with nine others. */
function billedReceive(scenario: Scenario): number {
  return Math.ceil(workFor(scenario).packed.messageBytes / 65_536) + 0.1;
}

function takeoverTable(figures: Figures): string {
  const rows = STEPS.map((rate) => [
    count(rate),
    ...Object.values<Design>(DESIGNS).map((design) =>
      dollars(costOf(design, scenarioOf(figures, rate), REGION).perMonth),
    ),
  ]);
  return table(['events/s', ...Object.values<Design>(DESIGNS).map(({ name }) => name)], rows);
}

/** With as many digits as mean something here. */
function count(value: number): string {
  if (value >= 1e9) return `${digits(value / 1e9)} G`;
  if (value >= 1e6) return `${digits(value / 1e6)} M`;
  return digits(value);
}

function digits(value: number): string {
  const rounded = Number(value.toPrecision(value >= 100 ? 3 : 2));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

function dollars(value: number): string {
  if (value >= 100) return `$${Number(value.toPrecision(3)).toLocaleString('en-US')}`;
  return `$${value >= 0.1 ? value.toFixed(2) : Number(value.toPrecision(2))}`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

if (require.main === module) {
  const figures = readFigures();
  const renew = (name: string, withTables: (page: string, figures: Figures) => string) => {
    const file = join(DOCS, name);
    writeFileSync(file, withTables(readFileSync(file, 'utf8'), figures));
  };
  renew('cost.md', withCosts);
  renew('scaling.md', withScaling);
  writeFileSync(join(DOCS, 'scaling.svg'), limitsPlot(figures));
}
