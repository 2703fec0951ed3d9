import { setTimeout as wait } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { Consumer } from 'sqs-consumer';

/** Lambda's limit for an invocation, in bytes of message bodies. */
const MAX_PAYLOAD_BYTES = 6_000_000;

/** SQS gives at most this many messages at once. */
const MESSAGES_PER_RECEIVE = 10;

export interface EventSourceArgs {
  sqs: SQSClient;
  queueUrl: string;
  /** The most messages in one invocation. */
  batchSize: number;
  /** Seconds to wait for a batch to fill. */
  batchingWindow: number;
  maximumConcurrency: number;
  invoke: (event: SQSEvent) => Promise<SQSBatchResponse | null | undefined>;
}

interface Waiting {
  message: Message;
  settle: (isDone: boolean) => void;
}

/**
 * An event source mapping of Lambda for SQS on this machine, with `ReportBatchItemFailures`: batches of over 10
 * messages, a batching window, and partial responses. A function that fails leaves all of its messages in the queue;
 * they come back when their visibility timeout ends.
 */
export class EventSource {
  readonly #consumers: Consumer[];
  #batch: Waiting[] = [];
  #batchBytes = 0;
  #window: AbortController | undefined;
  #running = 0;
  readonly #queued: Waiting[][] = [];

  constructor(private readonly args: EventSourceArgs) {
    const { sqs, queueUrl, batchSize, maximumConcurrency } = args;
    const pollers = Math.ceil(batchSize / MESSAGES_PER_RECEIVE) * maximumConcurrency;
    this.#consumers = Array.from({ length: pollers }, () =>
      Consumer.create({
        sqs,
        queueUrl,
        batchSize: Math.min(batchSize, MESSAGES_PER_RECEIVE),
        waitTimeSeconds: 1,
        messageSystemAttributeNames: ['All'],
        handleMessageBatch: async (messages) => {
          const isDone = await Promise.all(messages.map((message) => this.#add(message)));
          return messages.filter((_message, index) => isDone[index]);
        },
      }),
    );
  }

  start(): void {
    for (const consumer of this.#consumers) {
      // A receive or delete that fails is tried again by the consumer.
      consumer.on('error', () => undefined);
      consumer.start();
    }
  }

  /** Ends the polling; what is being processed comes back in time. */
  stop(): void {
    for (const consumer of this.#consumers) consumer.stop({ abort: true });
  }

  #add(message: Message): Promise<boolean> {
    const bytes = Buffer.byteLength(message.Body ?? '');
    if (this.#batchBytes + bytes > MAX_PAYLOAD_BYTES) this.#close();
    return new Promise((settle) => {
      this.#batch.push({ message, settle });
      this.#batchBytes += bytes;
      if (this.#batch.length >= this.args.batchSize) this.#close();
      else void this.#openWindow();
    });
  }

  async #openWindow(): Promise<void> {
    if (this.#window !== undefined) return;
    this.#window = new AbortController();
    try {
      await wait(this.args.batchingWindow * 1_000, undefined, { signal: this.#window.signal });
      this.#close();
    } catch {
      // The batch was full before.
    }
  }

  #close(): void {
    this.#window?.abort();
    this.#window = undefined;
    if (this.#batch.length > 0) this.#queued.push(this.#batch);
    this.#batch = [];
    this.#batchBytes = 0;
    void this.#invokeNext();
  }

  async #invokeNext(): Promise<void> {
    if (this.#running >= this.args.maximumConcurrency) return;
    const batch = this.#queued.shift();
    if (batch === undefined) return;
    this.#running += 1;
    const undone = await this.#invoke(batch);
    for (const { message, settle } of batch) settle(!undone.has(message.MessageId));
    this.#running -= 1;
    void this.#invokeNext();
  }

  /** @returns the ids of the messages that stay in the queue. */
  async #invoke(batch: readonly Waiting[]): Promise<ReadonlySet<string | undefined>> {
    const all = new Set(batch.map(({ message }) => message.MessageId));
    try {
      const response = await this.args.invoke({ Records: batch.map(({ message }) => toRecord(message)) });
      const failures = (response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
      // Lambda takes an identifier that it does not know as a failure of the whole batch.
      return failures.every((id) => all.has(id)) ? new Set(failures) : all;
    } catch {
      return all;
    }
  }
}

function toRecord({
  MessageId = '',
  ReceiptHandle = '',
  Body = '',
  Attributes = {},
  MD5OfBody = '',
}: Message): SQSRecord {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: {},
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  };
}
