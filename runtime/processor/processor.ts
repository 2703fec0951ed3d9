import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { changeVisibility, deleteMessages, sendMessages, type Remaining } from '../queue/sqs';
import { smokeDimension } from '../smoke';
import { Telemetry } from '../telemetry';
import { MAX_HAND_BACK } from './breaker';
import { deadLettersOf, type DeadLetters } from './dead-letters';
import { Delivery, type DeliveryDependencies, type Parcel } from './delivery';
import { isDecided, prepare, type Entry, type PrepareDependencies, type Prepared } from './message';

/** RudderStack's documented size of an event, in bytes. Its own SDKs warn above it and send. */
const DOCUMENTED_EVENT_BYTES = 32_768;

/** A message received as often as this without success may be what ended the function. */
const SUSPECT_FROM_RECEIVE = 4;

/** Kept free at the end of an invocation, in milliseconds: for dead letters and hand-backs, and for the latter alone. */
const RESERVE = 5_000;
const HAND_BACK_RESERVE = 2_000;

/** Messages of which a process remembers how far it has come. */
const MAX_HALF_DONE = 200;

export interface ProcessorDependencies extends DeliveryDependencies, PrepareDependencies {
  sqs: SQSClient;
  eventQueueUrl: string;
  deadLetterQueueUrl: string;
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
  const seconds = isOutage ? () => breaker.handBackSeconds() : () => MAX_HAND_BACK;
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
  const decided = prepared.filter(({ entries }) => entries.every(isDecided));
  const done = new Set(await settle(decided, dependencies, () => remaining() - HAND_BACK_RESERVE));
  for (const message of prepared) remember(message, done.has(message), dependencies.progress);
  return [...done].map(({ record }) => record);
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

function parcelOf({ parcel }: Entry): readonly Parcel[] {
  return parcel === undefined ? [] : [parcel];
}

/** Keeps what is known of a message that is not done, for the latest ones: others begin anew, at the cost of duplicates. */
function remember({ record, entries }: Prepared, isDone: boolean, progress: ProcessorDependencies['progress']): void {
  const verdicts = entries.map(({ parcel }) => parcel?.verdict);
  progress.delete(record.messageId);
  if (!isDone && verdicts.some((verdict) => verdict !== undefined)) progress.set(record.messageId, verdicts);
  const [oldest] = progress.keys();
  if (oldest !== undefined && progress.size > MAX_HALF_DONE) progress.delete(oldest);
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

function measureDelivered(done: readonly Prepared[], telemetry: Telemetry): void {
  let delivered = 0;
  let oversize = 0;
  let oldestEvent: string | undefined;
  let oldestReceipt: string | undefined;
  for (const { receivedAt, entries } of done) {
    for (const { outcome, parcel, smokeId } of entries) {
      if (outcome.outcome !== 'message' || parcel?.verdict !== 'delivered') continue;
      if (smokeId === undefined) delivered += 1;
      // In the total as well. Of any other event nothing becomes a dimension.
      else telemetry.count('EventsDelivered', 1, smokeDimension(smokeId));
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
  const suspects = records
    .filter(isSuspect)
    .map((record) => ({ record, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ record }) => record);
  const middle = Math.ceil(suspects.length / 2);
  return [records.filter((record) => !isSuspect(record)), suspects.slice(0, middle), suspects.slice(middle)].filter(
    (group) => group.length > 0,
  );
}

function handlesOf(records: readonly SQSRecord[]): string[] {
  return records.map(({ receiptHandle }) => receiptHandle);
}
