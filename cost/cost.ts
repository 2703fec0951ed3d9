import { dollarsFor, type PricedRegion, type PriceName } from './prices';
import { fullInvocation, POLLERS, workFor, type Load, type Scenario, type Work } from './work';

/** Seconds of a month of 30 days. */
export const MONTH = 2_592_000;

const GB = 1e9;
const API_BILLED_BYTES = 524_288;

/** Seconds that one receive waits at an empty queue. */
const LONG_POLL = 20;

/** Seconds for which a process keeps a secret. */
const SECRET_KEPT = 300;

/** Metrics of the functions that get values while all is well and some users are anonymous. */
export const CUSTOM_METRICS = 11;

/** Metrics that all alarms watch: AWS asks for each, and an expression has several. */
export const ALARM_METRICS = 30;

const SECRETS = 2;

/** The same of the archive. */
export const ARCHIVE_METRICS = 1;
export const ARCHIVE_ALARM_METRICS = 1;

/** Days that an expired object is kept as a noncurrent version, and paid for. */
const EXPIRED_DAYS = 1;

/** Days after which an object may go to Standard-IA, and those and the bytes that S3 bills there at least. */
const INFREQUENT_ACCESS_DAYS = 30;
const INFREQUENT_ACCESS_BYTES = 131_072;

/** Something that a design needs, by the second. */
interface Need {
  item: string;
  price: PriceName;
  perSecond: number;
}

/** A way to get events from Braze to RudderStack on AWS. */
export interface Design {
  name: string;
  /** What one would have to do, or to do without, beside the bridge as it is. */
  difference: string;
  needs: (scenario: Scenario) => Need[];
}

export const DESIGNS = {
  bridge: {
    name: 'Currents Bridge',
    difference: 'As it is.',
    needs: bridgeNeeds,
  },
  messagePerEvent: {
    name: 'One message an event',
    difference: 'The queue holds single events: simpler to look at, and a hundred times as many messages.',
    needs: (scenario) => needsOf(withMessagePerEvent(scenario), scenario),
  },
  functionUrl: {
    name: 'Function URL',
    difference:
      'No API Gateway: no rate limit, no access log, no domain of your own without CloudFront, and a method or path too many starts the function.',
    needs: (scenario) => without(['API requests', 'Access log'], bridgeNeeds(scenario)),
  },
  apiToQueue: {
    name: 'API Gateway to SQS',
    difference:
      'No ingest function: a character that SQS does not take, or a body over 1 MiB, is answered 400 and dropped by Braze, events with a wrong token get 401 and are lost, and nothing is kept of what is no Currents request.',
    needs: (scenario) => without(['Ingest, requests', 'Ingest, duration', 'Ingest, log'], bridgeNeeds(scenario)),
  },
  kinesis: {
    name: 'Kinesis',
    difference:
      'A stream of provisioned shards that keeps 7 days in place of the queue: somebody resizes it, and an event that cannot be delivered holds up its shard.',
    needs: (scenario) => [...without(['Queue'], bridgeNeeds(scenario)), ...stream(scenario)],
  },
  firehose: {
    name: 'Firehose to S3',
    difference:
      'Firehose writes files of a minute or 5 MB into a bucket, and a function delivers each: a minute later, and with retries, dead letters and bookkeeping of half-delivered files of your own.',
    needs: (scenario) => [
      ...without(['Queue', 'Processor, requests', 'Processor, duration', 'Processor, log'], bridgeNeeds(scenario)),
      ...files(scenario),
    ],
  },
} as const satisfies Record<string, Design>;

/** Dollars a month of one thing. */
export interface CostItem {
  item: string;
  dollars: number;
}

export interface Cost {
  /** The dearest first. */
  items: CostItem[];
  /** Dollars. */
  perMonth: number;
  perMillionEvents: number;
}

export function costOf({ needs }: Pick<Design, 'needs'>, scenario: Scenario, region: PricedRegion): Cost {
  const dollars = new Map<string, number>();
  for (const { item, price, perSecond } of needs(scenario)) {
    dollars.set(item, (dollars.get(item) ?? 0) + perSecond * MONTH * dollarsFor(price, region));
  }
  return sumOf(dollars, scenario);
}

/** What the archive adds to the bridge. */
export function archiveCost(scenario: Scenario, region: PricedRegion): Cost {
  const { items } = costOf(DESIGNS.bridge, { ...scenario, isArchived: true }, region);
  const without = costOf(DESIGNS.bridge, { ...scenario, isArchived: false }, region);
  const before = new Map(without.items.map(({ item, dollars }) => [item, dollars]));
  const added = items.map(({ item, dollars }) => [item, dollars - (before.get(item) ?? 0)] as const);
  return sumOf(new Map(added.filter(([, dollars]) => dollars > 0)), scenario);
}

/**
 * The least events a request with which the archive adds no more than all of the bridge costs without it. A PUT is
 * paid by the request, so with fewer it adds more.
 */
export function eventsToPayOff(scenario: Scenario, region: PricedRegion): number {
  const isDear = (eventsPerRequest: number) => {
    const at = { ...scenario, load: { ...scenario.load, eventsPerRequest }, isArchived: false };
    return archiveCost(at, region).perMonth > costOf(DESIGNS.bridge, at, region).perMonth;
  };
  let events = 1;
  while (isDear(events)) events += 1;
  return events;
}

/** Events that are read from the archive, out of S3's standard class, and go the whole way again. */
export const REPLAY = {
  needs: (scenario: Scenario): Need[] => [
    { item: 'Archive, GET', price: 's3Get', perSecond: workFor(scenario).requests },
    ...bridgeNeeds(scenario).filter(({ item }) => REPLAYED.includes(item)),
  ],
};

const REPLAYED: readonly string[] = [
  'Queue',
  'Processor, requests',
  'Processor, duration',
  'Processor, log',
  'Data to RudderStack',
];

/** In place of a PUT for each request: Firehose, which gathers them, compressed as they are, into files. */
export const GATHERED_ARCHIVE = {
  needs: (scenario: Scenario): Need[] => {
    const { requests, archived } = workFor(scenario);
    const bytes = Math.ceil(archived.objectBytes / FIREHOSE_STEP) * FIREHOSE_STEP;
    const filesPerSecond = Math.max(1 / FILE_SECONDS, (requests * archived.objectBytes) / FILE_BYTES);
    return [
      { item: 'Firehose', price: 'firehoseGb', perSecond: (requests * bytes) / GB },
      { item: 'Archive, PUT', price: 's3Put', perSecond: filesPerSecond },
    ];
  },
};

/** @param dollars by item. */
function sumOf(dollars: ReadonlyMap<string, number>, { load }: Scenario): Cost {
  const items = [...dollars]
    .map(([item, ofItem]) => ({ item, dollars: ofItem }))
    .sort((one, other) => other.dollars - one.dollars);
  const perMonth = items.reduce((sum, { dollars: ofItem }) => sum + ofItem, 0);
  return { items, perMonth, perMillionEvents: perMonth / millionsOfEvents(load) };
}

/** In a month. */
export function millionsOfEvents({ eventsPerSecond }: Load): number {
  return (eventsPerSecond * MONTH) / 1e6;
}

/**
 * Dollars a month that a KMS key of one's own adds, by the formula of the SQS Developer Guide: a queue asks for a data key
 * once in 5 minutes for each principal that sends, and twice for each that receives.
 */
export function kmsKeyPerMonth(region: PricedRegion): number {
  const [senders, receivers] = [1, 1];
  const requests = (MONTH / 300) * (2 * senders + receivers);
  return dollarsFor('kmsKey', region) + requests * dollarsFor('kmsRequest', region);
}

function bridgeNeeds(scenario: Scenario): Need[] {
  return needsOf(workFor(scenario), scenario);
}

function needsOf(work: Work, scenario: Scenario): Need[] {
  const { load, tuning, isArchived } = scenario;
  const { requests, invocations, invocation, sqsRequests, logs } = work;
  const ingestSeconds = (requests * work.ingestMilliseconds) / 1_000;
  const processorSeconds = (invocations * invocation.milliseconds) / 1_000;
  const logStorage = ((logs.ingest + logs.processor + logs.access) / GB) * (tuning.logRetentionDays / 30);
  const apiRequests = requests * Math.ceil((load.eventsPerRequest * load.eventBytes) / API_BILLED_BYTES);
  const processes = Math.max(1, ingestSeconds) + Math.max(1, processorSeconds);
  return [
    { item: 'API requests', price: 'apiRequest', perSecond: apiRequests },
    { item: 'Ingest, requests', price: 'lambdaRequest', perSecond: requests },
    { item: 'Ingest, duration', price: 'lambdaGbSecond', perSecond: (ingestSeconds * tuning.ingestMemoryMb) / 1_024 },
    { item: 'Ingest, log', price: 'logGb', perSecond: logs.ingest / GB },
    { item: 'Access log', price: 'logGb', perSecond: logs.access / GB },
    { item: 'Queue', price: 'sqsRequest', perSecond: sqsRequests.sent + sqsRequests.received + sqsRequests.deleted },
    { item: 'Queue', price: 'sqsRequest', perSecond: POLLERS / LONG_POLL },
    { item: 'Processor, requests', price: 'lambdaRequest', perSecond: invocations },
    {
      item: 'Processor, duration',
      price: 'lambdaGbSecond',
      perSecond: (processorSeconds * tuning.processorMemoryMb) / 1_024,
    },
    { item: 'Processor, log', price: 'logGb', perSecond: logs.processor / GB },
    { item: 'Data to RudderStack', price: 'transferGb', perSecond: work.deliveredBytes / GB },
    { item: 'Logs, storage', price: 'logStorageGb', perSecond: logStorage },
    { item: 'Metrics, alarms, dashboard', price: 'metric', perSecond: CUSTOM_METRICS / MONTH },
    { item: 'Metrics, alarms, dashboard', price: 'alarm', perSecond: ALARM_METRICS / MONTH },
    { item: 'Metrics, alarms, dashboard', price: 'dashboard', perSecond: 1 / MONTH },
    { item: 'Secrets', price: 'secret', perSecond: SECRETS / MONTH },
    { item: 'Secrets', price: 'secretRead', perSecond: processes / SECRET_KEPT },
    ...(isArchived ? archiveNeeds(work, scenario) : []),
  ];
}

/** Without what ingest takes longer. */
function archiveNeeds({ archived: { objects, objectBytes } }: Work, { tuning }: Scenario): Need[] {
  const days = tuning.archiveRetentionDays + EXPIRED_DAYS;
  const standardDays = objectBytes > infrequentAccessBytes(tuning.archiveRetentionDays) ? INFREQUENT_ACCESS_DAYS : days;
  const gigabytes = (objects * objectBytes) / GB;
  return [
    { item: 'Archive, PUT', price: 's3Put', perSecond: objects },
    { item: 'Archive, storage', price: 's3StorageGb', perSecond: gigabytes * (standardDays / 30) },
    { item: 'Archive, storage', price: 's3InfrequentGb', perSecond: gigabytes * ((days - standardDays) / 30) },
    { item: 'Archive, storage', price: 's3Transition', perSecond: standardDays < days ? objects : 0 },
    { item: 'Metrics, alarms, dashboard', price: 'metric', perSecond: ARCHIVE_METRICS / MONTH },
    { item: 'Metrics, alarms, dashboard', price: 'alarm', perSecond: ARCHIVE_ALARM_METRICS / MONTH },
  ];
}

/**
 * Bytes above which an object goes to Standard-IA, as `components/archive.ts` has it: where that saves, until it expires,
 * what the way there costs in us-east-1. Infinity where no object does.
 */
export function infrequentAccessBytes(retentionDays: number): number {
  const days = retentionDays - INFREQUENT_ACCESS_DAYS;
  if (days < INFREQUENT_ACCESS_DAYS) return Infinity;
  const saving = dollarsFor('s3StorageGb', 'us-east-1') - dollarsFor('s3InfrequentGb', 'us-east-1');
  const worthwhile = (dollarsFor('s3Transition', 'us-east-1') / (saving * (days / 30))) * 2 ** 30;
  return Math.max(INFREQUENT_ACCESS_BYTES, Math.ceil(worthwhile));
}

function without(items: readonly string[], needs: readonly Need[]): Need[] {
  return needs.filter(({ item }) => !items.includes(item));
}

/** The queue and the processor see single events, which are sent ten at a time. */
function withMessagePerEvent(scenario: Scenario): Work {
  const { load } = scenario;
  const whole = workFor(scenario);
  const single = workFor({ ...scenario, load: { ...load, eventsPerRequest: 1 } });
  const batches = Math.ceil(load.eventsPerRequest / 10);
  const billed = Math.ceil((Math.min(10, load.eventsPerRequest) * single.packed.messageBytes) / 65_536);
  return {
    ...single,
    requests: whole.requests,
    ingestMilliseconds: whole.ingestMilliseconds,
    sqsRequests: { ...single.sqsRequests, sent: whole.requests * batches * billed },
    logs: { ...whole.logs, processor: single.logs.processor },
    archived: whole.archived,
  };
}

/** Bytes of what one PUT of Kinesis is billed by, and what one shard takes in a second. */
const KINESIS_UNIT_BYTES = 25_600;
const SHARD_BYTES = 1_048_576;
const SHARD_RECORDS = 1_000;

/** One record a request; half as many shards again as the mean needs. */
function stream(scenario: Scenario): Need[] {
  const { requests, packed } = workFor(scenario);
  const bytes = packed.messages * packed.messageBytes;
  const shards = Math.max(1, Math.ceil(1.5 * Math.max((requests * bytes) / SHARD_BYTES, requests / SHARD_RECORDS)));
  return [
    { item: 'Stream', price: 'kinesisPut', perSecond: requests * Math.ceil(bytes / KINESIS_UNIT_BYTES) },
    { item: 'Stream', price: 'shardHour', perSecond: shards / 3_600 },
    { item: 'Stream', price: 'shardRetentionHour', perSecond: shards / 3_600 },
  ];
}

/** Bytes of a record's step in Firehose's price, and of a file; seconds until a smaller one is written. */
const FIREHOSE_STEP = 5_120;
const FILE_BYTES = 5e6;
const FILE_SECONDS = 60;
const FILES_KEPT_DAYS = 7;

/** One record a request. */
function files(scenario: Scenario): Need[] {
  const { load, tuning } = scenario;
  const { requests } = workFor(scenario);
  const bytes = load.eventsPerRequest * load.eventBytes;
  const filesPerSecond = Math.max(1 / FILE_SECONDS, (requests * bytes) / FILE_BYTES);
  const full = fullInvocation(scenario);
  const seconds = (load.eventsPerSecond * full.milliseconds) / full.events / 1_000;
  return [
    {
      item: 'Firehose',
      price: 'firehoseGb',
      perSecond: (requests * Math.ceil(bytes / FIREHOSE_STEP) * FIREHOSE_STEP) / GB,
    },
    { item: 'Bucket', price: 's3Put', perSecond: filesPerSecond },
    { item: 'Bucket', price: 's3StorageGb', perSecond: ((requests * bytes) / GB) * (FILES_KEPT_DAYS / 30) },
    { item: 'Processor, requests', price: 'lambdaRequest', perSecond: filesPerSecond },
    { item: 'Processor, duration', price: 'lambdaGbSecond', perSecond: (seconds * tuning.processorMemoryMb) / 1_024 },
    {
      item: 'Processor, log',
      price: 'logGb',
      perSecond: (filesPerSecond * scenario.figures.processor.logBytesPerInvocation) / GB,
    },
  ];
}
