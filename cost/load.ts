import { queueLimits } from '../components/event-queue';
import { SETTINGS, type SettingKey } from '../components/settings';
import { MAX_HAND_BACK } from '../runtime/processor/breaker';
import { fullInvocation, workFor, type Invocation, type Scenario, type Work } from './work';

const HOUR = 3_600;

/** Seconds for which a message is handed back in a long outage, as a mean: between half of the longest and all of it. */
const MEAN_HAND_BACK = 0.75 * MAX_HAND_BACK;

/** Messages that a standard queue has out at once; past that a receive comes back empty (SQS Developer Guide). */
const IN_FLIGHT = 120_000;

/** In which a backlog is worked off, as `components/event-queue.ts` reckons. */
export const USUAL_DRAIN_HOURS = 6;

/** What SQS keeps longer than that is gone. */
export const RETENTION_HOURS = 7 * 24;

/** What the bridge needs at a load, to keep up with it. */
export interface Demand {
  work: Work;
  /** Processes at once, as a mean: what comes unevenly needs more. */
  ingestConcurrency: number;
  processorConcurrency: number;
}

export function demandOf(scenario: Scenario): Demand {
  const work = workFor(scenario);
  return {
    work,
    ingestConcurrency: (work.requests * work.ingestMilliseconds) / 1_000,
    processorConcurrency: (work.invocations * work.invocation.milliseconds) / 1_000,
  };
}

/** Something that ends. */
export interface Limit {
  /** The setting that moves it, or whose it is where no setting does. */
  name:
    | SettingKey
    | 'API Gateway'
    | 'Lambda'
    | 'S3'
    | 'event source'
    | 'SQS, in flight'
    | 'CloudWatch Logs'
    | 'RudderStack';
  most: number;
  unit: string;
  /** What happens there, and what to do. */
  remedy: string;
  needed: (demand: Demand, scenario: Scenario) => number;
}

/** In the order in which a request meets them. */
export const LIMITS: readonly Limit[] = [
  {
    name: 'endpointRateLimit',
    most: SETTINGS.endpointRateLimit.default,
    unit: 'requests/s',
    remedy: '429, and Braze sends again. Raise it, up to 10,000, and `endpointBurstLimit` with it.',
    needed: ({ work }) => work.requests,
  },
  {
    name: 'API Gateway',
    most: 10_000,
    unit: 'requests/s of an account and region',
    remedy: '429, and Braze sends again. Ask AWS for more. In ap-southeast-3 (ID-01) it is 2,500.',
    needed: ({ work }) => work.requests,
  },
  {
    name: 'Lambda',
    most: 1_000,
    unit: 'processes of an account and region',
    remedy:
      'Ingest is throttled: 5xx, and Braze sends again. Ask AWS for more; new accounts begin with less. `ingestReservedConcurrency` keeps a part of it for ingest.',
    needed: ({ ingestConcurrency, processorConcurrency }) => ingestConcurrency + processorConcurrency,
  },
  {
    name: 'S3',
    most: 3_500,
    unit: 'PUTs/s of a prefix, where `archive` is on',
    remedy:
      'S3 answers 503: the archive gets gaps, and no event is touched; or Braze sends again, as `archiveOnFailure` says. S3 takes more after a while, but the prefix is a new one each hour. A second bridge has a bucket of its own.',
    needed: ({ work }) => work.requests,
  },
  {
    name: 'maxConcurrency',
    most: SETTINGS.maxConcurrency.default,
    unit: 'processes',
    remedy: 'The queue grows, and delivery is late. Raise it, up to 1,000.',
    needed: ({ processorConcurrency }) => processorConcurrency,
  },
  {
    name: 'event source',
    most: 1_000,
    unit: 'processes',
    remedy: 'The queue grows. A second bridge for a part of the workspaces: each has a connector of its own anyway.',
    needed: ({ processorConcurrency }) => processorConcurrency,
  },
  {
    name: 'SQS, in flight',
    most: IN_FLIGHT,
    unit: 'messages being worked on',
    remedy: 'Receives come back empty until others are done; nothing is lost.',
    needed: ({ work, processorConcurrency }) => processorConcurrency * work.invocation.messages,
  },
  {
    name: 'CloudWatch Logs',
    most: 5_000,
    unit: 'writes/s of an account and region',
    remedy:
      'Metrics may be too low; no event is touched. The number is the one commonly told, and each invocation is counted as one write: how Lambda bundles them, and whether they count, is not documented.',
    needed: ({ work }) => work.requests + work.invocations,
  },
  {
    name: 'RudderStack',
    most: 1_000,
    unit: 'events/s, where its rate limit is on',
    remedy:
      '429: messages are handed back, and the queue grows. Ask RudderStack what your plan allows; `maxBatchEvents` and `maxConcurrency` bound the bursts.',
    needed: (_demand, { load }) => load.eventsPerSecond,
  },
];

/** Events a second at which a limit is met; undefined where it is not below ten millions. */
export function eventsPerSecondAt(limit: Limit, scenario: Scenario): number | undefined {
  const isMet = (exponent: number) => {
    const at = withEvents(scenario, 10 ** exponent);
    return limit.needed(demandOf(at), at) >= limit.most;
  };
  let [below, above] = [-3, 7];
  if (!isMet(above)) return undefined;
  while (above - below > 1e-4) {
    const middle = (above + below) / 2;
    if (isMet(middle)) above = middle;
    else below = middle;
  }
  return 10 ** above;
}

export function withEvents(scenario: Scenario, eventsPerSecond: number): Scenario {
  return { ...scenario, load: { ...scenario.load, eventsPerSecond } };
}

/** Seconds, of an event that comes while all is well. */
export interface Delay {
  /** Until Braze has its 200. */
  acknowledgement: number;
  /** From there until RudderStack has it: a whole window and a whole invocation, so the longest of the ordinary ones. */
  delivery: number;
}

/** Where all that comes is worked off. */
export function delayOf({ work }: Demand, { tuning, latency }: Scenario): Delay {
  return {
    acknowledgement: work.ingestMilliseconds / 1_000,
    delivery: tuning.batchWindowSeconds + (latency.sqs + work.invocation.milliseconds) / 1_000,
  };
}

/** An outage of RudderStack of `outageHours`, and the time after it. */
export interface Outage {
  events: number;
  messages: number;
  gigabytes: number;
  /** Receives of messages that are handed back, of all messages together. */
  receives: number;
  /** Receives of one that is there from the beginning: SQS allows `maxReceiveCount`. */
  receivesOfOne: number;
  maxReceiveCount: number;
  /** Hours until the queue is empty; Infinity where the processor is no faster than what goes on coming. */
  drainHours: number;
  /** The `maxConcurrency` with which it takes the 6 hours that `maxReceiveCount` is reckoned with. */
  concurrencyForSixHours: number;
}

/**
 * While it lasts, each message is out for 450 seconds as a mean, comes back and is handed back again; with more than
 * 120,000 messages these are all that move. Afterwards full invocations work off what has gathered and what comes.
 */
export function outageOf(scenario: Scenario): Outage {
  const { load, tuning } = scenario;
  const { work } = demandOf(scenario);
  const seconds = tuning.outageHours * HOUR;
  const messages = work.messages * seconds;
  const events = load.eventsPerSecond * seconds;
  const perProcess = eventsPerSecondOf(fullInvocation(scenario));
  const rate = tuning.maxConcurrency * perProcess - load.eventsPerSecond;
  const { maxReceiveCount } = queueLimits({
    outageHours: tuning.outageHours,
    processorTimeoutSeconds: SETTINGS.processorTimeoutSeconds.default,
    batchWindowSeconds: tuning.batchWindowSeconds,
    visibilityTimeoutSeconds: undefined,
    maxReceiveCount: undefined,
  });
  return {
    events,
    messages,
    gigabytes: (messages * work.packed.messageBytes) / 1e9,
    receives: messageSecondsInFlight(work.messages, seconds) / MEAN_HAND_BACK,
    receivesOfOne: seconds / MEAN_HAND_BACK,
    maxReceiveCount,
    drainHours: rate > 0 ? events / rate / HOUR : Infinity,
    concurrencyForSixHours: Math.ceil((events / (USUAL_DRAIN_HOURS * HOUR) + load.eventsPerSecond) / perProcess),
  };
}

/**
 * Events a second up to which the queue is empty so many hours after an outage of `outageHours`, with the
 * `maxConcurrency` of the scenario: rate × outage = (capacity − rate) × drain.
 */
export function eventsPerSecondToDrainIn(hours: number, scenario: Scenario): number {
  const { outageHours, maxConcurrency } = scenario.tuning;
  const capacity = maxConcurrency * eventsPerSecondOf(fullInvocation(scenario));
  return (capacity * hours) / (outageHours + hours);
}

/** Of one process. */
export function eventsPerSecondOf({ events, milliseconds }: Invocation): number {
  return (events * 1_000) / milliseconds;
}

/**
 * Milliseconds that the processor keeps at the end of an invocation: for hand-backs and dead letters, and for the longest
 * that RudderStack's gateway may take for one answer. With less than that left, no further request goes out.
 */
export const SPARE_MILLISECONDS = 16_000;

/** Milliseconds that RudderStack may take for each answer, so that a full invocation gets done within its time. */
export function longestAnswer(scenario: Scenario): number {
  const { deliveries, milliseconds } = fullInvocation(scenario);
  const cpu = milliseconds - deliveries * scenario.latency.rudderstack;
  const time = SETTINGS.processorTimeoutSeconds.default * 1_000 - SPARE_MILLISECONDS - cpu;
  return time / (deliveries - 1);
}

/** Seconds that messages are out, added up: of all there are, until those are more than a queue has out at once. */
function messageSecondsInFlight(messagesPerSecond: number, seconds: number): number {
  const filling = Math.min(seconds, IN_FLIGHT / messagesPerSecond);
  return (messagesPerSecond * filling ** 2) / 2 + IN_FLIGHT * (seconds - filling);
}
