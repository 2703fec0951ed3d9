import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { decodeMessage, type DeadLetter } from '../queue/envelope';
import { packEvents, packRequest } from '../queue/packing';
import { changeVisibility, deleteMessages, sendMessages, type Remaining } from '../queue/sqs';
import { Telemetry } from '../telemetry';
import { stringifyJson } from '../transform/json';
import type { RejectionReason } from '../transform/reasons';
import { transformEvents, type Outcome, type TransformOptions } from '../transform/transform';
import { withoutValues } from './answer';
import { Delivery, type DeliveryDependencies, type Parcel } from './delivery';

/** RudderStack's documented size of an event, in bytes. Its own SDKs warn above it and send. */
const DOCUMENTED_EVENT_BYTES = 32_768;

/** A message received as often as this without success may be what ended the function. */
const SUSPECT_FROM_RECEIVE = 4;

/** Kept free at the end of an invocation, in milliseconds: for dead letters and hand-backs, and for the latter alone. */
const RESERVE = 5_000;
const HAND_BACK_RESERVE = 2_000;

/** Messages of which a process remembers how far it has come. */
const MAX_HALF_DONE = 200;

/** Seconds for which a message is handed back that waits for something else than the data plane. */
const LONG_HAND_BACK = 900;

export interface ProcessorDependencies extends DeliveryDependencies {
  sqs: SQSClient;
  eventQueueUrl: string;
  deadLetterQueueUrl: string;
  transformOptions: TransformOptions;
  /** Larger messages become dead letters, in bytes; without it they are sent and counted. */
  maxEventBytes: number | undefined;
  /** What is known of messages that were handed back half done, by message id: the next receive goes on from there. */
  progress: Map<string, readonly Parcel['verdict'][]>;
}

/** A queue message, transformed. */
interface Prepared {
  record: SQSRecord;
  receivedAt: string;
  entries: readonly Entry[];
  /** What to keep of a message that has no events, and why. */
  rejected?: { reason: RejectionReason; body: string | Uint8Array };
}

/** One event: what the transform made of it and, where that is a message, its way to RudderStack. */
interface Entry {
  outcome: Outcome;
  parcel: Parcel | undefined;
}

/**
 * Delivers the messages of one invocation.
 *
 * A message is done when each of its events is delivered, skipped or in the dead-letter queue; all else is handed
 * back. Messages that have come several times go last, in two halves of random choice, after the others are deleted:
 * one that ends the function (by memory or time) then takes fewer and fewer neighbours with it.
 *
 * @returns the messages that are not done, for Lambda to leave in the queue. Never throws.
 */
export async function processBatch(
  records: readonly SQSRecord[],
  dependencies: ProcessorDependencies,
  remaining: Remaining,
): Promise<SQSBatchResponse> {
  const { breaker, telemetry } = dependencies;
  const undone = new Set(records);
  try {
    try {
      await processRecords(undone, dependencies, remaining);
    } catch (error) {
      telemetry.logger.error('An invocation failed; its messages come back.', Telemetry.describe(error));
      telemetry.count('ProcessorErrors', 1);
    } finally {
      telemetry.gauge('BreakerOpen', breaker.isOpen ? 1 : 0);
      telemetry.publish();
    }
  } catch {
    // Not even that could be told; what is done stays done.
  }
  return { batchItemFailures: [...undone].map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** @param undone all messages of the invocation; loses those that are done as soon as they are. */
async function processRecords(
  undone: Set<SQSRecord>,
  dependencies: ProcessorDependencies,
  remaining: Remaining,
): Promise<void> {
  const { sqs, eventQueueUrl, breaker, telemetry } = dependencies;
  const records = [...undone];
  const oldest = Math.min(...records.map(({ attributes }) => Number(attributes.SentTimestamp)));
  telemetry.duration('OldestMessageAge', Date.now() - oldest);

  const delivery = new Delivery(dependencies, () => remaining() - RESERVE);
  const groups = breaker.mayKnock ? inOrderOfTrust(records) : [];
  for (const [index, group] of groups.entries()) {
    const done = await processGroup(group, delivery, dependencies, remaining);
    for (const record of done) undone.delete(record);
    if (delivery.hasStopped) break;
    if (index < groups.length - 1) await deleteMessages(sqs, eventQueueUrl, handlesOf(done), remaining);
  }
  const isOutage = delivery.hasStopped || groups.length === 0;
  const returned = records.filter(isSuspect).map(({ attributes }) => Number(attributes.SentTimestamp));
  if (returned.length > 0) breaker.presumeFailingSince(Math.min(...returned));
  const seconds = isOutage ? () => breaker.handBackSeconds() : () => LONG_HAND_BACK;
  await handBack([...undone], seconds, dependencies, remaining);
}

/** @returns the messages that are done. */
async function processGroup(
  records: readonly SQSRecord[],
  delivery: Delivery,
  dependencies: ProcessorDependencies,
  remaining: Remaining,
): Promise<SQSRecord[]> {
  const prepared = records.flatMap((record) => isolated(() => prepare(record, dependencies), dependencies) ?? []);
  await delivery.deliver(prepared.map(({ entries }) => entries.filter((entry) => !isDecided(entry)).flatMap(parcelOf)));
  remember(prepared, dependencies.progress);
  const decided = prepared.filter(({ entries }) => entries.every(isDecided));
  const done = await settle(decided, dependencies, () => remaining() - HAND_BACK_RESERVE);
  return done.map(({ record }) => record);
}

/** A message that cannot be handled at all comes back without harm to its neighbours. */
function isolated<Result>(handle: () => Result, { telemetry }: ProcessorDependencies): Result | undefined {
  try {
    return handle();
  } catch (error) {
    telemetry.logger.error('A message could not be handled; it comes back.', Telemetry.describe(error));
    telemetry.count('ProcessorErrors', 1);
    return undefined;
  }
}

function isDecided({ parcel }: Entry): boolean {
  return parcel === undefined || parcel.verdict !== undefined;
}

function parcelOf({ parcel }: Entry): readonly Parcel[] {
  return parcel === undefined ? [] : [parcel];
}

/** Keeps the verdicts of messages that are half done, for a few: others begin anew, which costs duplicates only. */
function remember(prepared: readonly Prepared[], progress: ProcessorDependencies['progress']): void {
  for (const { record, entries } of prepared) {
    progress.delete(record.messageId);
    if (entries.every(isDecided) || !entries.some(({ parcel }) => parcel?.verdict !== undefined)) continue;
    const verdicts = entries.map(({ parcel }) => parcel?.verdict);
    progress.set(record.messageId, verdicts);
  }
  for (const id of progress.keys()) if (progress.size > MAX_HALF_DONE) progress.delete(id);
}

/** @returns undefined for a message that only a newer release can read. */
function prepare(
  record: SQSRecord,
  { transformOptions, maxEventBytes, progress, telemetry }: ProcessorDependencies,
): Prepared | undefined {
  const content = decodeMessage(record.body);
  if (content.kind === 'unknown_version') {
    telemetry.count('UnknownVersions', 1);
    telemetry.logger.error('A message was written by a newer release; it comes back until that one is running.');
    return undefined;
  }
  const receivedAt = content.receivedAt ?? new Date(Number(record.attributes.SentTimestamp)).toISOString();
  if (content.kind === 'rejected') return { record, receivedAt, entries: [], rejected: content };
  const verdicts = progress.get(record.messageId) ?? [];
  const entries = transformEvents(content.events, receivedAt, transformOptions).map((outcome, index): Entry => {
    if (outcome.outcome !== 'message') return { outcome, parcel: undefined };
    const bytes = Buffer.byteLength(outcome.text);
    if (maxEventBytes !== undefined && bytes > maxEventBytes) {
      return { outcome: { outcome: 'rejected', reason: 'event_too_large' }, parcel: undefined };
    }
    return { outcome, parcel: { text: outcome.text, bytes, verdict: verdicts[index] } };
  });
  return { record, receivedAt, entries };
}

/**
 * Writes the dead letters of messages whose events are all decided, and counts what became of them: once, just before
 * they are acknowledged.
 *
 * @returns the messages that are done: all whose dead letters lie in the queue.
 */
async function settle(
  decided: readonly Prepared[],
  dependencies: ProcessorDependencies,
  remaining: Remaining,
): Promise<Prepared[]> {
  const { sqs, deadLetterQueueUrl, maxBatchEvents, telemetry } = dependencies;
  const deadLetters = new Map<Prepared, DeadLetters[]>();
  for (const message of decided) {
    const letters = isolated(() => deadLettersOf(message, maxBatchEvents), dependencies);
    if (letters !== undefined) deadLetters.set(message, letters);
  }
  const bodies = [...deadLetters.values()].flatMap((letters) => letters.flatMap((letter) => letter.bodies));
  const { bodies: unsentBodies, error } = await sendMessages(sqs, deadLetterQueueUrl, bodies, remaining);
  const unsent = new Set(unsentBodies);
  if (unsent.size > 0) {
    telemetry.logger.error('The dead-letter queue did not accept all; these messages come back.', {
      deadLetters: unsent.size,
      ...Telemetry.describe(error),
    });
  }
  const isKept = ({ fits, bodies }: DeadLetters) => fits && !bodies.some((body) => unsent.has(body));
  const settled = [...deadLetters].filter(([, letters]) => letters.every(isKept));
  for (const [message, letters] of settled) {
    for (const { reason, bodies, events } of letters) {
      telemetry.count('EventsRejected', events, { reason });
      telemetry.count('DeadLetters', bodies.length, { reason });
    }
    for (const { outcome } of message.entries) {
      if (outcome.outcome === 'skipped') telemetry.count('EventsSkipped', 1, { reason: outcome.reason });
    }
  }
  const done = settled.map(([message]) => message);
  measureDelivered(done, telemetry);
  return done;
}

interface DeadLetters {
  reason: RejectionReason;
  events: number;
  bodies: string[];
  /** False for what is too large for the dead-letter queue: SQS will move the message itself there in time. */
  fits: boolean;
}

/** A message's dead letters: its rejected events by reason, as they came from Braze. */
function deadLettersOf({ record, receivedAt, entries, rejected }: Prepared, maxEvents: number): DeadLetters[] {
  const at = new Date().toISOString();
  if (rejected !== undefined) {
    const { reason } = rejected;
    const body = packRequest(rejected.body, { receivedAt, deadLetter: { reason, at } });
    return [{ reason, events: 0, bodies: body === undefined ? [] : [body], fits: body !== undefined }];
  }
  if (entries.every((entry) => rejectionOfEntry(entry) === undefined)) return [];

  // Read anew: a transform of the user's own may have changed the events in memory.
  const content = decodeMessage(record.body);
  const events = content.kind === 'events' ? content.events : [];
  const groups = new Map<string, { deadLetter: DeadLetter; texts: string[] }>();
  for (const [index, entry] of entries.entries()) {
    const rejection = rejectionOfEntry(entry);
    if (rejection === undefined) continue;
    const { reason, status } = rejection;
    const sent: unknown = entry.parcel && JSON.parse(entry.parcel.text);
    const answer = rejection.answer === undefined ? undefined : withoutValues(rejection.answer, events[index], sent);
    const key = JSON.stringify([reason, status, answer]);
    const group = groups.get(key) ?? { deadLetter: { reason, at, status, answer }, texts: [] };
    group.texts.push(stringifyJson(events[index]));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ deadLetter, texts }) => {
    const { bodies, tooLarge } = packEvents(texts, { receivedAt, maxEvents, deadLetter });
    return { reason: deadLetter.reason, events: texts.length, bodies, fits: tooLarge === 0 };
  });
}

function rejectionOfEntry({ outcome, parcel }: Entry): Omit<DeadLetter, 'at'> | undefined {
  if (outcome.outcome === 'rejected') return { reason: outcome.reason };
  return typeof parcel?.verdict === 'object' ? parcel.verdict : undefined;
}

function measureDelivered(done: readonly Prepared[], telemetry: Telemetry): void {
  let delivered = 0;
  let oversize = 0;
  let oldestEvent: string | undefined;
  let oldestReceipt: string | undefined;
  for (const { receivedAt, entries } of done) {
    for (const { outcome, parcel } of entries) {
      if (outcome.outcome !== 'message' || parcel?.verdict !== 'delivered') continue;
      delivered += 1;
      if (parcel.bytes > DOCUMENTED_EVENT_BYTES) oversize += 1;
      oldestEvent = earlier(oldestEvent, outcome.timestamp);
      oldestReceipt = earlier(oldestReceipt, receivedAt);
    }
  }
  telemetry.count('EventsDelivered', delivered);
  telemetry.count('EventsOversize', oversize);
  const now = Date.now();
  if (oldestEvent !== undefined) telemetry.duration('EventAge', now - Date.parse(oldestEvent));
  if (oldestReceipt !== undefined) telemetry.duration('DeliveryDelay', now - Date.parse(oldestReceipt));
}

/** Of two ISO 8601 moments in UTC. */
function earlier(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

async function handBack(
  records: readonly SQSRecord[],
  seconds: () => number,
  { sqs, eventQueueUrl, telemetry }: ProcessorDependencies,
  remaining: Remaining,
): Promise<void> {
  const failed = await changeVisibility(sqs, eventQueueUrl, handlesOf(records), seconds, remaining);
  telemetry.count('MessagesHandedBack', records.length);
  telemetry.count('HandBackFailures', failed);
}

function isSuspect({ attributes }: SQSRecord): boolean {
  return Number(attributes.ApproximateReceiveCount) >= SUSPECT_FROM_RECEIVE;
}

/** First what has come seldom, then the rest in two halves. */
function inOrderOfTrust(records: readonly SQSRecord[]): SQSRecord[][] {
  const suspects = records.filter(isSuspect).sort(() => Math.random() - 0.5);
  const middle = Math.ceil(suspects.length / 2);
  return [records.filter((record) => !isSuspect(record)), suspects.slice(0, middle), suspects.slice(middle)].filter(
    (group) => group.length > 0,
  );
}

function handlesOf(records: readonly SQSRecord[]): string[] {
  return records.map(({ receiptHandle }) => receiptHandle);
}
