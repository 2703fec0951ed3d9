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
  return new SQSClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    // The host in a queue's URL would win over a configured endpoint, such as a VPC's or an emulator's.
    useQueueUrlAsEndpoint: false,
  });
}

/** The messages that a queue did not accept, none when all is well, and the last error that it gave for them. */
export interface Unsent {
  bodies: readonly string[];
  error?: unknown;
}

/**
 * Puts messages into a queue, and those that fail again and again while there is time. What SQS calls the sender's own
 * fault is not sent again: that would not help.
 *
 * @param messageGroupId what SQS's fair queues take for one tenant; a message without it is a tenant of its own.
 */
export async function sendMessages(
  client: SQSClient,
  queueUrl: string,
  bodies: readonly string[],
  remaining: Remaining,
  messageGroupId?: string,
): Promise<Unsent> {
  const send = (batch: readonly string[]) => sendBatch(client, queueUrl, batch, remaining, messageGroupId);
  const all: { bodies: string[]; error?: unknown } = { bodies: [] };
  for (const batch of batchesOf(bodies)) {
    let unsent = await send(batch);
    for (let attempt = 1; unsent.bodies.length > 0; attempt += 1) {
      const pause = Math.random() * Math.min(100 * 2 ** attempt, 2_000);
      const isInVain = unsent.error instanceof EntriesFailed && unsent.error.isSendersFault;
      if (isInVain || remaining() <= pause) break;
      await wait(pause);
      unsent = await send(unsent.bodies);
    }
    all.bodies.push(...unsent.bodies);
    all.error = unsent.error ?? all.error;
  }
  return all;
}

/** SQS took a batch, but not each of its entries. */
class EntriesFailed extends Error {
  override readonly name = 'EntriesFailed';

  constructor(
    readonly code: string | undefined,
    readonly isSendersFault: boolean,
  ) {
    super('SQS did not accept some messages of a batch.');
  }
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
  MessageGroupId: string | undefined,
): Promise<Unsent> {
  try {
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody, MessageGroupId })),
      }),
      { abortSignal: signalAfter(remaining) },
    );
    const [first] = Failed;
    if (first === undefined) return { bodies: [] };
    return {
      bodies: Failed.map(({ Id }) => bodies[Number(Id)] as string),
      error: new EntriesFailed(
        first.Code,
        Failed.every(({ SenderFault }) => SenderFault),
      ),
    };
  } catch (error) {
    return { bodies, error };
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
