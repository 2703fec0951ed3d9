import { START } from './clock';
import { EventMaker } from './events';
import type { DataPlaneRequest, Invocation, Journal } from './journal';
import { audit, type Breach } from './ledger';
import { Random } from './random';
import type { Schedule } from './schedule';
import { simulate } from './simulation';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Events in a full request of Braze. */
const EVENTS_PER_REQUEST = 100;

/** What an outage of the data plane has cost. */
export interface OutageFigures {
  hours: number;
  /** Undelivered when it ended. */
  backlogMessages: number;
  backlogEvents: number;
  /** While it lasted: requests to the data plane, receives of messages, invocations of the processor. */
  requests: number;
  receives: number;
  invocations: number;
  /** Of the message with the most, in all. */
  mostReceives: number;
  /** Seconds from its end until the last event of the backlog was delivered. */
  recovery: number;
  deadLetters: number;
  breaches: readonly Breach[];
}

/** One event a second, in full requests as Braze sends them, while the data plane answers 503 for so many hours. */
export async function outage(hours: number, seed: number): Promise<OutageFigures> {
  const random = new Random(seed);
  const maker = new EventMaker(random);
  const from = START + HOUR;
  const until = from + hours * HOUR;
  const interval = EVENTS_PER_REQUEST * SECOND;
  const always = (value: string) => [{ from: 0, value }];
  const schedule: Schedule = {
    options: { maxBatchEvents: 250, maxEventBytes: undefined, anonymousUsers: 'skip', gzip: true, archive: 'none' },
    eventSource: { batchSize: 100, batchWindow: 1, maxConcurrency: 10, deletesLost: 0 },
    habits: { credentials: 'bearer', gzip: false, base64: false, timeout: 30 },
    maxReceiveCount: 956,
    duplicates: 0,
    flushes: Array.from({ length: Math.ceil((until + HOUR - START) / interval) }, (_, index) => ({
      at: START + index * interval,
      events: Array.from({ length: EVENTS_PER_REQUEST }, () => maker.of('ordinary')),
    })),
    faults: {
      dataPlane: [{ kind: 'status 503', from, until, share: 1 }],
      sqs: [],
      s3: [],
      secretsManager: [],
      internet: [],
      crashes: [],
    },
    tokensSecret: always('{"current":"token"}'),
    brazeToken: always('token'),
    writeKeySecret: always('write-key'),
    writeKey: always('write-key'),
    settledBy: until + 24 * HOUR,
  };
  const { journal } = await simulate(schedule, random);
  const inOutage = ({ at }: DataPlaneRequest | Invocation) => at >= from && at < until;
  const invocations = journal.invocations.filter((invocation) => invocation.function === 'processor');
  const { messages: backlogMessages, deliveredAt } = backlogOf(journal, until);
  return {
    hours,
    backlogMessages,
    backlogEvents: backlogMessages * EVENTS_PER_REQUEST,
    requests: journal.requests.filter(inOutage).length,
    receives: invocations.filter(inOutage).reduce((sum, { messages }) => sum + messages.length, 0),
    invocations: invocations.filter(inOutage).length,
    mostReceives: mostReceives(invocations),
    recovery: Math.round((deliveredAt - until) / SECOND),
    deadLetters: journal.deadLetters.length,
    breaches: audit(journal, schedule.options),
  };
}

/** Messages that were queued before a moment and given back for the last time after it, and when the last was done. */
function backlogOf({ invocations }: Journal, moment: number): { messages: number; deliveredAt: number } {
  const firstSeen = new Map<string, number>();
  const lastSeen = new Map<string, number>();
  for (const { at, messages } of invocations) {
    for (const { id } of messages) {
      if (!firstSeen.has(id)) firstSeen.set(id, at);
      lastSeen.set(id, at);
    }
  }
  const backlog = [...lastSeen].filter(([id, at]) => at >= moment && (firstSeen.get(id) ?? 0) < moment);
  return { messages: backlog.length, deliveredAt: Math.max(moment, ...backlog.map(([, at]) => at)) };
}

function mostReceives(invocations: readonly Invocation[]): number {
  const receives = new Map<string, number>();
  for (const { messages } of invocations) for (const { id } of messages) receives.set(id, (receives.get(id) ?? 0) + 1);
  return Math.max(0, ...receives.values());
}
