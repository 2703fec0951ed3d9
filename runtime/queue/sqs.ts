import { setTimeout as wait } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { SQS_MAX_BYTES } from './packing';

/** Entries in one SQS batch (AWS, August 2026). */
const BATCH_ENTRIES = 10;

/** Milliseconds that are left for a piece of work. */
export type Remaining = () => number;

/** A client whose calls end soon enough to be tried again within one invocation. */
export function sqsClient(): SQSClient {
  return new SQSClient({ maxAttempts: 2, requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 } });
}

/**
 * Puts messages into a queue, and those that fail again and again while there is time.
 *
 * @returns the bodies that were not accepted; empty when all is well.
 */
export async function sendMessages(
  client: SQSClient,
  queueUrl: string,
  bodies: readonly string[],
  remaining: Remaining,
): Promise<string[]> {
  const lost: string[] = [];
  for (const batch of batchesOf(bodies)) {
    let unsent = await sendBatch(client, queueUrl, batch, remaining);
    for (let attempt = 1; unsent.length > 0; attempt += 1) {
      const pause = Math.random() * Math.min(100 * 2 ** attempt, 2_000);
      if (remaining() <= pause) break;
      await wait(pause);
      unsent = await sendBatch(client, queueUrl, unsent, remaining);
    }
    lost.push(...unsent);
  }
  return lost;
}

/** Deletes messages that are dealt with. One that cannot be deleted comes again, which costs a duplicate only. */
export async function deleteMessages(
  client: SQSClient,
  queueUrl: string,
  receiptHandles: readonly string[],
  remaining: Remaining,
): Promise<number> {
  return eachTen(receiptHandles, async (handles) => {
    const { Failed = [] } = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle })),
      }),
      { abortSignal: signalAfter(remaining) },
    );
    return Failed.length;
  });
}

/**
 * Sets when messages come back. One whose time cannot be changed comes back by the queue's own visibility timeout.
 *
 * @param seconds for each message, up to 43,200.
 * @returns how many could not be changed.
 */
export async function changeVisibility(
  client: SQSClient,
  queueUrl: string,
  receiptHandles: readonly string[],
  seconds: () => number,
  remaining: Remaining,
): Promise<number> {
  return eachTen(receiptHandles, async (handles) => {
    const { Failed = [] } = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: handles.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: seconds(),
        })),
      }),
      { abortSignal: signalAfter(remaining) },
    );
    return Failed.length;
  });
}

/** @returns how many failed; a call that fails or has no time left counts in full. */
async function eachTen(
  handles: readonly string[],
  act: (handles: readonly string[]) => Promise<number>,
): Promise<number> {
  const tens: Promise<number>[] = [];
  for (let at = 0; at < handles.length; at += BATCH_ENTRIES) {
    const ten = handles.slice(at, at + BATCH_ENTRIES);
    tens.push(act(ten).catch(() => ten.length));
  }
  return (await Promise.all(tens)).reduce((sum, failed) => sum + failed, 0);
}

async function sendBatch(
  client: SQSClient,
  queueUrl: string,
  bodies: readonly string[],
  remaining: Remaining,
): Promise<readonly string[]> {
  try {
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
      }),
      { abortSignal: signalAfter(remaining) },
    );
    return Failed.map(({ Id }) => bodies[Number(Id)] as string);
  } catch {
    return bodies;
  }
}

/** Within SQS's ten entries and its limit for the bytes of all of them together. */
function* batchesOf(bodies: readonly string[]): Generator<readonly string[]> {
  let batch: string[] = [];
  let batchBytes = 0;
  for (const body of bodies) {
    const bytes = Buffer.byteLength(body);
    if (batch.length === BATCH_ENTRIES || (batch.length > 0 && batchBytes + bytes > SQS_MAX_BYTES)) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(body);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield batch;
}

function signalAfter(remaining: Remaining): AbortSignal {
  return AbortSignal.timeout(Math.max(Math.floor(remaining()), 1));
}
