import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { decodeMessage, encodeEvents, type DeadLetter } from '../../runtime/queue/envelope';
import { parseJson, stringifyJson } from '../../runtime/transform/json';

/** What lies in the dead-letter queue, for a look. */
export interface Letter {
  body: string;
  deadLetter: DeadLetter | undefined;
  events: unknown[];
}

/** The event queue and the dead-letter queue on fauxqs, behind the real SQS client. */
export class Queues {
  #count = 0;
  #names = { events: '', deadLetters: '' };
  eventQueueUrl = '';
  deadLetterQueueUrl = '';
  readonly client: SQSClient;

  private constructor(private readonly fauxqs: FauxqsServer) {
    this.client = sqsAt(this.endpoint);
  }

  static async start(): Promise<Queues> {
    const queues = new Queues(await startFauxqs({ port: 0, host: '127.0.0.1', logger: false }));
    queues.renew();
    return queues;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.fauxqs.port}`;
  }

  /** Two new, empty queues. */
  renew(): void {
    this.#count += 1;
    this.#names = { events: `events-${this.#count}`, deadLetters: `dead-letters-${this.#count}` };
    this.eventQueueUrl = this.#create(this.#names.events);
    this.restoreDeadLetters();
  }

  loseEvents(): void {
    this.fauxqs.deleteQueue(this.#names.events);
  }

  loseDeadLetters(): void {
    this.fauxqs.deleteQueue(this.#names.deadLetters);
  }

  restoreDeadLetters(): void {
    this.deadLetterQueueUrl = this.#create(this.#names.deadLetters);
  }

  /** Sends one message for each list of events. */
  async send(...messages: (readonly unknown[])[]): Promise<void> {
    for (const events of messages)
      await this.sendBody(encodeEvents(new Date().toISOString(), events.map(stringifyJson)));
  }

  async sendBody(body: string): Promise<void> {
    await this.client.send(new SendMessageCommand({ QueueUrl: this.eventQueueUrl, MessageBody: body }));
  }

  /** Receives all that is visible, as Lambda hands it to a function. */
  async receive(visibilityTimeout = 60): Promise<SQSRecord[]> {
    const records: SQSRecord[] = [];
    for (;;) {
      const { Messages = [] } = await this.client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.eventQueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: visibilityTimeout,
          WaitTimeSeconds: 0,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return records;
      for (const { MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} } of Messages) {
        records.push({
          messageId: MessageId,
          receiptHandle: ReceiptHandle,
          body: Body,
          attributes: Attributes as unknown as SQSRecord['attributes'],
          messageAttributes: {},
          md5OfBody: '',
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:events',
          awsRegion: 'eu-central-1',
        });
      }
    }
  }

  async delete(records: readonly SQSRecord[]): Promise<void> {
    for (const { receiptHandle } of records) {
      await this.client.send(new DeleteMessageCommand({ QueueUrl: this.eventQueueUrl, ReceiptHandle: receiptHandle }));
    }
  }

  /** Bodies of everything in the event queue, received or not. */
  get bodies(): string[] {
    return this.#bodiesOf(this.#names.events);
  }

  /** The events of everything in the event queue. */
  get events(): unknown[] {
    return this.bodies.flatMap(eventsOf);
  }

  /** Seconds until each received message of the event queue comes back. */
  get secondsAway(): number[] {
    const { inflight } = this.#inspect(this.#names.events);
    return inflight.map(({ visibilityDeadline }) => (visibilityDeadline - Date.now()) / 1_000);
  }

  get letters(): Letter[] {
    return this.#bodiesOf(this.#names.deadLetters).map((body) => {
      const { deadLetter } = parseJson(body) as { deadLetter?: DeadLetter };
      return { body, deadLetter, events: eventsOf(body) };
    });
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.fauxqs.stop();
  }

  #create(name: string): string {
    // fauxqs' own default of 256 KiB is not today's of SQS.
    return this.fauxqs.createQueue(name, { attributes: { MaximumMessageSize: '1048576' } }).queueUrl;
  }

  #inspect(name: string) {
    const queue = this.fauxqs.inspectQueue(name);
    if (queue === undefined) throw new Error(`There is no queue ${name}.`);
    return queue.messages;
  }

  #bodiesOf(name: string): string[] {
    const { ready, delayed, inflight } = this.#inspect(name);
    return [...ready, ...delayed, ...inflight.map(({ message }) => message)].map(({ body }) => body);
  }
}

/** The real client, for another endpoint. */
export function sqsAt(endpoint: string): SQSClient {
  return new SQSClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}

/** The events in a queue message, as values. */
export function eventsOf(body: string): unknown[] {
  const content = decodeMessage(body);
  return content.kind === 'events' ? content.events.map(({ text }) => parseJson(text)) : [];
}
