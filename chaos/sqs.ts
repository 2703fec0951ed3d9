import { createHash } from 'node:crypto';
import type { Journal, Queued } from './journal';
import type { Answer, Handled, Passage, Request, Service } from './network';
import type { Random } from './random';
import { insteadOf, NETWORK_FAULTS, type Disturbance, type Weather } from './weather';

export const SQS_HOST = 'sqs.eu-central-1.amazonaws.com';

/** SQS's limits: entries and bytes of a batch, messages in flight, seconds that a message can be made to stay away. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 1_048_576;
const MAX_IN_FLIGHT = 120_000;
const MAX_VISIBILITY_TIMEOUT = 43_200;

/** SQS's documentation also allows U+10000 to U+10FFFF, its own error message does not: here it is as strict as it may be. */
const OUTSIDE_OF_ALPHABET = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD]/;

const JSON_HEADERS = { 'content-type': 'application/x-amz-json-1.0' };

export const SQS_FAULTS = {
  ...NETWORK_FAULTS,
  'internal failure': insteadOf(awsError(500, 'InternalFailure'), 0.1),
  unavailable: insteadOf(awsError(503, 'ServiceUnavailable')),
  throttled: insteadOf(awsError(403, 'RequestThrottled')),
  'some entries fail': () => ({}),
} satisfies Record<string, Disturbance>;

type SqsFault = keyof typeof SQS_FAULTS;

export interface QueueArgs {
  name: Queued['queue'];
  /** Seconds. */
  visibilityTimeout: number;
  retention: number;
  /** Where a message goes when it has been received so often. */
  redrive?: { to: Queue; maxReceiveCount: number };
}

export interface Message {
  id: string;
  body: string;
  /** Bytes. */
  size: number;
  sentAt: number;
  visibleAt: number;
  receives: number;
  /** Of the latest receive. */
  handle: string | undefined;
  queued: Queued;
  /** Set where SQS has moved it to a dead-letter queue. */
  receivesBeforeMove: number | undefined;
}

/** A queue of SQS: at least once, in no order, as standard queues are. */
export class Queue {
  readonly messages = new Map<string, Message>();
  /** Called when a message may have become visible, or will. */
  onChange: () => void = () => undefined;
  constructor(
    readonly args: QueueArgs,
    private readonly random: Random,
    private readonly journal: Journal,
    /** Probability that a message is handed out although it was a moment ago, or comes back after it was deleted. */
    private readonly duplicates: number,
  ) {}

  add(message: Message): void {
    this.messages.set(message.id, message);
    this.onChange();
  }

  /** When the next message can be received; undefined for an empty queue. */
  nextVisibleAt(): number | undefined {
    let next: number | undefined;
    for (const { visibleAt } of this.messages.values()) {
      if (next === undefined || visibleAt < next) next = visibleAt;
    }
    return next;
  }

  countVisible(): number {
    const now = Date.now();
    let count = 0;
    for (const { visibleAt } of this.messages.values()) if (visibleAt <= now) count += 1;
    return count;
  }

  /** Hands out what is visible. */
  receive(most: number, mostBytes: number): Message[] {
    const now = Date.now();
    const { visibilityTimeout, retention, redrive } = this.args;
    const received: Message[] = [];
    let room = mostBytes;
    let inFlight = this.messages.size - this.countVisible();
    for (const message of this.messages.values()) {
      if (received.length === most || inFlight >= MAX_IN_FLIGHT) break;
      if (message.visibleAt > now || message.size > room) continue;
      if (now - message.sentAt >= retention * 1_000) {
        this.messages.delete(message.id);
        this.journal.expired.push(message.queued);
        continue;
      }
      if (redrive !== undefined && message.receives >= redrive.maxReceiveCount) {
        this.messages.delete(message.id);
        redrive.to.add({
          ...message,
          visibleAt: now,
          receives: 0,
          handle: undefined,
          receivesBeforeMove: message.receives,
        });
        continue;
      }
      message.receives += 1;
      message.handle = `${message.id}/${message.receives}`;
      if (this.random.chance(this.duplicates)) {
        this.journal.repeated.push({ messageId: message.id, cause: 'SQS handed it out twice' });
      } else {
        message.visibleAt = now + visibilityTimeout * 1_000;
        inFlight += 1;
      }
      room -= message.size;
      received.push({ ...message });
    }
    return received;
  }

  /** With the handle of an earlier receive this does nothing, and says so to nobody. */
  delete(handle: string): void {
    const message = this.#find(handle);
    if (message === undefined) return;
    if (this.random.chance(this.duplicates)) {
      message.visibleAt = Date.now() + this.random.magnitude(1_000, 600_000);
      this.journal.repeated.push({ messageId: message.id, cause: 'it came back after it was deleted' });
      this.onChange();
      return;
    }
    this.messages.delete(message.id);
  }

  /** @returns whether the message was in flight. */
  changeVisibility(handle: string, seconds: number): boolean {
    const message = this.#find(handle);
    if (message === undefined || message.visibleAt <= Date.now()) return false;
    message.visibleAt = Date.now() + seconds * 1_000;
    this.onChange();
    return true;
  }

  #find(handle: string): Message | undefined {
    const message = this.messages.get(handle.split('/')[0] ?? '');
    return message?.handle === handle ? message : undefined;
  }
}

interface BatchRequest {
  QueueUrl: string;
  Entries: { Id: string; MessageBody: string; ReceiptHandle: string; VisibilityTimeout: number }[];
}

/** SQS's API, as far as the functions use it. */
export class Sqs implements Service {
  #count = 0;

  constructor(
    private readonly queues: ReadonlyMap<string, Queue>,
    private readonly weather: Weather<SqsFault>,
    private readonly random: Random,
    private readonly journal: Journal,
  ) {}

  passage(): Passage {
    return this.weather.passage();
  }

  handle({ headers, body, caller }: Request, { fault, instead }: Passage): Handled {
    const action = String(headers['x-amz-target']).replace('AmazonSQS.', '');
    const { QueueUrl, Entries } = JSON.parse(body.toString()) as BatchRequest;
    const queue = this.queues.get(QueueUrl);
    if (queue === undefined) return { answer: awsError(400, 'QueueDoesNotExist') };
    if (Entries.length === 0 || Entries.length > MAX_ENTRIES) {
      return { answer: awsError(400, 'TooManyEntriesInBatchRequest') };
    }
    const sent: Queued[] = [];
    const failed: object[] = [];
    const successful: object[] = [];
    const fail = (Id: string, Code: string, SenderFault: boolean) => failed.push({ Id, Code, SenderFault });
    if (action === 'SendMessageBatch') {
      const size = Entries.reduce((sum, { MessageBody }) => sum + Buffer.byteLength(MessageBody), 0);
      if (size > MAX_BYTES) return { answer: awsError(400, 'BatchRequestTooLong') };
    }
    for (const { Id, MessageBody, ReceiptHandle, VisibilityTimeout } of Entries) {
      if (fault === 'some entries fail' && this.random.chance(0.5)) {
        fail(Id, 'InternalError', false);
        continue;
      }
      switch (action) {
        case 'SendMessageBatch':
          if (OUTSIDE_OF_ALPHABET.test(MessageBody)) {
            fail(Id, 'InvalidMessageContents', true);
            continue;
          }
          sent.push(this.#send(queue, MessageBody, caller.invocation));
          successful.push({
            Id,
            MessageId: sent.at(-1)?.messageId,
            MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
          });
          break;
        case 'DeleteMessageBatch':
          queue.delete(ReceiptHandle);
          successful.push({ Id });
          break;
        case 'ChangeMessageVisibilityBatch':
          if (VisibilityTimeout > MAX_VISIBILITY_TIMEOUT) fail(Id, 'InvalidParameterValue', true);
          else if (queue.changeVisibility(ReceiptHandle, VisibilityTimeout)) successful.push({ Id });
          else fail(Id, 'MessageNotInflight', true);
          break;
        default:
          throw new Error(`The model of SQS does not know ${action}.`);
      }
    }
    return {
      answer: { status: 200, headers: JSON_HEADERS, body: JSON.stringify({ Successful: successful, Failed: failed }) },
      heard: (isHeard) => {
        for (const message of sent) message.isHeard = isHeard && instead === undefined;
      },
    };
  }

  #send(queue: Queue, body: string, invocation: number): Queued {
    this.#count += 1;
    const messageId = `message-${this.#count}`;
    const queued: Queued = { queue: queue.args.name, messageId, body, invocation, isHeard: false };
    this.journal.queued.push(queued);
    const now = Date.now();
    queue.add({
      id: messageId,
      body,
      size: Buffer.byteLength(body),
      sentAt: now,
      visibleAt: now,
      receives: 0,
      handle: undefined,
      queued,
      receivesBeforeMove: undefined,
    });
    return queued;
  }
}

/** An error as AWS's JSON protocols tell it. */
export function awsError(status: number, code: string): Answer {
  return { status, headers: JSON_HEADERS, body: JSON.stringify({ __type: `com.amazonaws#${code}`, message: code }) };
}
