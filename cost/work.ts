import type { Figures, RequestFigures } from '../bench/figures';
import { SETTINGS } from '../components/settings';
import { MAX_BATCH_BYTES } from '../runtime/processor/rudderstack';

/** What Braze sends. */
export interface Load {
  eventsPerSecond: number;
  /** Braze sends up to 100. */
  eventsPerRequest: number;
  /** Bytes of an event in Braze's request, as a mean. */
  eventBytes: number;
}

/** The settings that the models know, by their keys in a stack's config. */
export type Tuning = Record<
  | 'archiveRetentionDays'
  | 'batchSize'
  | 'batchWindowSeconds'
  | 'endpointRateLimit'
  | 'ingestMemoryMb'
  | 'logRetentionDays'
  | 'maxBatchEvents'
  | 'maxConcurrency'
  | 'outageHours'
  | 'processorMemoryMb',
  number
>;

export const DEFAULT_TUNING: Tuning = {
  archiveRetentionDays: SETTINGS.archiveRetentionDays.default,
  batchSize: SETTINGS.batchSize.default,
  batchWindowSeconds: SETTINGS.batchWindowSeconds.default,
  endpointRateLimit: SETTINGS.endpointRateLimit.default,
  ingestMemoryMb: SETTINGS.ingestMemoryMb.default,
  logRetentionDays: SETTINGS.logRetentionDays.default,
  maxBatchEvents: SETTINGS.maxBatchEvents.default,
  maxConcurrency: SETTINGS.maxConcurrency.default,
  outageHours: SETTINGS.outageHours.default,
  processorMemoryMb: SETTINGS.processorMemoryMb.default,
};

/** What nobody can measure without an account, and what differs with each. In milliseconds. */
export interface Latency {
  /** A call of SQS from Lambda in the same region. */
  sqs: number;
  /** RudderStack's answer to a batch. */
  rudderstack: number;
  /** A PUT of S3 from Lambda in the same region. */
  s3: number;
}

/** For small objects the S3 User Guide names 100 to 200 ms. */
export const ASSUMED_LATENCY: Latency = { sqs: 10, rudderstack: 100, s3: 100 };

/** What the models are asked about. */
export interface Scenario {
  load: Load;
  figures: Figures;
  tuning: Tuning;
  latency: Latency;
  /** The setting `archive`, with `archiveOnFailure` as by default: whether each request is kept while it is queued. */
  isArchived: boolean;
}

/** MB of memory with which a function has one whole core (AWS Lambda Developer Guide). */
const MB_PER_CORE = 1_769;

/** SQS bills each 64 KB of a request as one. */
const SQS_BILLED_BYTES = 65_536;
const SQS_BATCH_ENTRIES = 10;
const SQS_BATCH_BYTES = 1_048_576;

/** Where `packEvents` begins another message, without what is around the events. */
const MESSAGE_BYTES = 262_144 - 128;

/** Bytes of an invocation's payload, and what a record has beside its message: ids, attributes, receipt handle. */
const PAYLOAD_BYTES = 6_291_456;
const RECORD_BYTES = 900;

/** Receivers of an event source with little traffic (AWS Lambda Developer Guide). */
export const POLLERS = 5;

/** Bytes of a line of the access log. */
export const ACCESS_LOG_BYTES = 275;

/** How one request is queued. */
export interface Packed {
  messages: number;
  messageBytes: number;
  /** As SQS bills them. */
  sendRequests: number;
}

/** What one invocation of the processor does. */
export interface Invocation {
  messages: number;
  events: number;
  /** To RudderStack, one after another. */
  deliveries: number;
  milliseconds: number;
}

/** What the bridge does for a load; all per second, if nothing else is said. */
export interface Work {
  requests: number;
  /** Billed, of one request. */
  ingestMilliseconds: number;
  packed: Packed;
  messages: number;
  invocation: Invocation;
  invocations: number;
  deliveredBytes: number;
  /** Billed. */
  sqsRequests: { sent: number; received: number; deleted: number };
  /** Bytes. */
  logs: { ingest: number; processor: number; access: number };
  /** What is put into the archive. */
  archived: { objects: number; objectBytes: number };
}

export function workFor(scenario: Scenario): Work {
  const { load, figures, tuning } = scenario;
  const requests = load.eventsPerSecond / load.eventsPerRequest;
  const packed = pack(scenario);
  const messages = requests * packed.messages;
  const isSaturated = messages * tuning.batchWindowSeconds >= POLLERS * fullBatch(scenario);
  const invocation = invocationOf(scenario, messages);
  const invocations = messages / invocation.messages;
  return {
    requests,
    ingestMilliseconds: ingestMilliseconds(scenario, packed),
    packed,
    messages,
    invocation,
    invocations,
    deliveredBytes: load.eventsPerSecond * figures.eventBytes.deliveryGzip * sizeOf(scenario),
    sqsRequests: {
      sent: requests * packed.sendRequests,
      received: messages * receiveRequests(packed, isSaturated),
      deleted: invocations * Math.ceil(invocation.messages / SQS_BATCH_ENTRIES),
    },
    logs: {
      ingest: requests * ingestLogBytes(scenario),
      processor: invocations * figures.processor.logBytesPerInvocation,
      access: requests * ACCESS_LOG_BYTES,
    },
    archived: { objects: scenario.isArchived ? requests : 0, objectBytes: objectBytes(scenario) },
  };
}

/** What an invocation does that gets as much as it can, as in a backlog. */
export function fullInvocation(scenario: Scenario): Invocation {
  return invocationOf(scenario, Infinity);
}

/** As `runtime/queue/packing.ts` does it. */
export function pack({ load, figures, tuning }: Scenario): Packed {
  const bytes = (figures.eventBytes.message * load.eventBytes) / figures.eventBytes.request;
  const most = Math.max(1, Math.min(tuning.maxBatchEvents, Math.floor(MESSAGE_BYTES / bytes)));
  const messages = Math.ceil(load.eventsPerRequest / most);
  const messageBytes = (load.eventsPerRequest * bytes) / messages;
  const perBatch = Math.max(1, Math.min(SQS_BATCH_ENTRIES, Math.floor(SQS_BATCH_BYTES / messageBytes)));
  const fullBatches = Math.floor(messages / perBatch);
  const rest = messages % perBatch;
  const billed = (count: number) => Math.ceil((count * messageBytes) / SQS_BILLED_BYTES);
  return { messages, messageBytes, sendRequests: fullBatches * billed(perBatch) + billed(rest) };
}

/**
 * Of an invocation at so many messages a second: what arrives at one receiver within the window, or as many as fit.
 * How Lambda's receivers share little traffic is not documented.
 */
function invocationOf(scenario: Scenario, messagesPerSecond: number): Invocation {
  const { load, figures, tuning, latency } = scenario;
  const arriving = (messagesPerSecond * tuning.batchWindowSeconds) / POLLERS;
  const messages = Math.max(1, Math.min(fullBatch(scenario), arriving));
  const eventsPerMessage = load.eventsPerRequest / pack(scenario).messages;
  const events = messages * eventsPerMessage;
  const deliveries = Math.ceil(events / deliveryEvents(scenario, eventsPerMessage));
  const { cpuPerInvocation, cpuPerEvent } = figures.processor;
  const cpu = cpuPerInvocation + events * cpuPerEvent * sizeOf(scenario);
  const milliseconds = cpu / coresOf(tuning.processorMemoryMb) + deliveries * latency.rudderstack;
  return { messages, events, deliveries, milliseconds };
}

/** The most messages of an invocation. */
function fullBatch(scenario: Scenario): number {
  const { load, figures, tuning } = scenario;
  const { messages } = pack(scenario);
  const events = load.eventsPerRequest / messages;
  const payload = (events * figures.eventBytes.payload * load.eventBytes) / figures.eventBytes.request;
  return Math.max(1, Math.min(tuning.batchSize, Math.floor(PAYLOAD_BYTES / (payload + RECORD_BYTES))));
}

/** Events of a full request to RudderStack, which holds whole messages. */
function deliveryEvents(scenario: Scenario, eventsPerMessage: number): number {
  const { figures, tuning } = scenario;
  const bytes = figures.eventBytes.delivery * sizeOf(scenario);
  const most = Math.max(1, Math.min(tuning.maxBatchEvents, Math.floor(MAX_BATCH_BYTES / bytes)));
  return Math.max(1, Math.floor(most / eventsPerMessage)) * Math.min(eventsPerMessage, most);
}

/** Billed for each message. Ten come at once only where a receive need not wait for them, which is a cautious guess. */
function receiveRequests({ messageBytes }: Packed, isSaturated: boolean): number {
  const together = isSaturated
    ? Math.max(1, Math.min(SQS_BATCH_ENTRIES, Math.floor(SQS_BATCH_BYTES / messageBytes)))
    : 1;
  return Math.ceil((together * messageBytes) / SQS_BILLED_BYTES) / together;
}

function ingestMilliseconds(scenario: Scenario, packed: Packed): number {
  const { tuning, latency, isArchived } = scenario;
  const cpu = ofRequest(scenario, (request) => (isArchived ? request.archiving : request).cpu, sizeOf(scenario));
  const queueing = Math.ceil(packed.messages / SQS_BATCH_ENTRIES) * latency.sqs;
  const waiting = isArchived ? Math.max(queueing, latency.s3) : queueing;
  return Math.ceil(cpu / coresOf(tuning.ingestMemoryMb) + waiting);
}

function ingestLogBytes(scenario: Scenario): number {
  return ofRequest(scenario, (request) => (scenario.isArchived ? request.archiving : request).logBytes);
}

/** Of a request in the archive. */
function objectBytes(scenario: Scenario): number {
  return ofRequest(scenario, ({ archiving }) => archiving.objectBytes, sizeOf(scenario));
}

/**
 * A figure of a request of the scenario, from what was measured with 1 event and with 100.
 *
 * @param size what the part of each event is multiplied by.
 */
function ofRequest({ load, figures }: Scenario, of: (request: RequestFigures) => number, size = 1): number {
  const [one, hundred] = [of(figures.ingest['1']), of(figures.ingest['100'])];
  const perEvent = (hundred - one) / 99;
  return one - perEvent + perEvent * load.eventsPerRequest * size;
}

/** How large an event is beside those of the measurements: work on its bytes grows with it. */
function sizeOf({ load, figures }: Scenario): number {
  return load.eventBytes / figures.eventBytes.request;
}

/** Of which one process can use one at most. */
function coresOf(memoryMb: number): number {
  return Math.min(1, memoryMb / MB_PER_CORE);
}
