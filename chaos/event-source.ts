import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { sleep } from './clock';
import type { Journal } from './journal';
import type { LambdaFunction } from './lambda';
import type { Random } from './random';
import type { Message, Queue } from './sqs';

/** Lambda's limit for an invocation, in bytes of message bodies. */
const MAX_PAYLOAD_BYTES = 6_000_000;

export interface EventSourceArgs {
  batchSize: number;
  /** Seconds. */
  batchWindow: number;
  maxConcurrency: number;
  /** Probability that Lambda's own delete of messages that are done does not happen. */
  deletesLost: number;
}

/** An event source mapping of Lambda for SQS, with `ReportBatchItemFailures`. */
export class EventSource {
  #running = 0;
  #wake: { at: number; timer: NodeJS.Timeout } | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly processor: LambdaFunction<SQSEvent, SQSBatchResponse>,
    private readonly args: EventSourceArgs,
    private readonly random: Random,
    private readonly journal: Journal,
  ) {}

  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Looks for messages; to be called whenever there may be new ones. */
  poll(): void {
    if (this.#running >= this.args.maxConcurrency) return;
    const next = this.queue.nextVisibleAt();
    if (next === undefined) return;
    if (next > Date.now()) {
      this.#wakeAt(next);
      return;
    }
    this.#running += 1;
    void this.#receiveAndInvoke();
  }

  #wakeAt(moment: number): void {
    if (this.#wake !== undefined && this.#wake.at <= moment) return;
    clearTimeout(this.#wake?.timer);
    const timer = setTimeout(() => {
      this.#wake = undefined;
      this.poll();
    }, moment - Date.now());
    this.#wake = { at: moment, timer };
  }

  async #receiveAndInvoke(): Promise<void> {
    const { batchSize, batchWindow } = this.args;
    if (this.queue.countVisible() < batchSize) await sleep(batchWindow * 1_000);
    const messages = this.queue.receive(batchSize, MAX_PAYLOAD_BYTES);
    this.poll();
    if (messages.length > 0) await this.#invoke(messages);
    this.#running -= 1;
    this.poll();
  }

  async #invoke(messages: readonly Message[]): Promise<void> {
    const { result } = await this.processor.invoke({ Records: messages.map(toRecord) });
    if (result === undefined) return;
    const ids = new Set(messages.map(({ id }) => id));
    const failed = new Set(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    // An identifier that Lambda does not know is a failure of the whole batch.
    if ([...failed].some((id) => !ids.has(id))) return;
    const done = messages.filter(({ id }) => !failed.has(id));
    if (done.length > 0 && this.random.chance(this.args.deletesLost)) {
      for (const { id } of done) this.journal.repeated.push({ messageId: id, cause: "Lambda's delete was lost" });
      return;
    }
    for (const { handle = '' } of done) this.queue.delete(handle);
  }
}

function toRecord({ id, handle = '', body, sentAt, receives }: Message): SQSRecord {
  return {
    messageId: id,
    receiptHandle: handle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: String(sentAt),
      SenderId: 'AROAEXAMPLE',
      ApproximateFirstReceiveTimestamp: String(sentAt),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:events',
    awsRegion: 'eu-central-1',
  };
}
