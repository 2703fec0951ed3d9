import { GetQueueAttributesCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { decodeDeadLetter, decodeMessage, type Content, type DeadLetter } from '../runtime/queue/envelope';
import { changeVisibility, deleteMessages } from '../runtime/queue/sqs';
import { REJECTION_REASONS } from '../runtime/transform/reasons';
import { CommandError } from './command-line';

/** A message of the dead-letter queue, and what the bridge knows of it. */
export interface DeadMessage {
  id: string;
  receiptHandle: string;
  body: string;
  /** A word of {@link DEAD_LETTER_REASONS}, or one that a newer release wrote. */
  reason: string;
  /** Undefined where the bridge did not put the message there. */
  deadLetter: DeadLetter | undefined;
  content: Content;
  /** When it became a dead letter, in milliseconds; for one that SQS moved, when it was first queued. */
  time: number;
}

/** Why a message can lie in the dead-letter queue. */
export const DEAD_LETTER_REASONS: Readonly<Record<string, string>> = {
  ...REJECTION_REASONS,
  moved_by_sqs: 'Moved by SQS after too many receives, without a reason of the bridge.',
  no_envelope: 'Not written by the bridge.',
  newer_version: 'Written by a newer release of the bridge.',
};

/** Seconds for which a message that was read is hidden from others: what it takes to redrive one batch, amply. */
const HIDDEN_FOR = 60;

/** Messages that were read come back after a while: so many receives without a new one are the end. */
const RECEIVES_WITHOUT_NEWS = 5;

/** Messages that are made visible again at once. */
const RELEASED_AT_ONCE = 500;

/** Milliseconds for a call that deletes or releases. */
const PATIENCE = 10_000;

/** A dead-letter queue, read from end to end without losing anything: only {@link remove} takes messages out of it. */
export class DeadLetterQueue {
  readonly #held = new Map<string, string>();

  constructor(
    private readonly client: SQSClient,
    private readonly url: string,
  ) {}

  /** Every message once, in batches of up to ten, until nothing new comes. What was read is hidden for a minute. */
  async *read(): AsyncGenerator<DeadMessage[]> {
    const seen = new Set<string>();
    for (let withoutNews = 0; withoutNews < RECEIVES_WITHOUT_NEWS; withoutNews += 1) {
      const messages = await this.#receive();
      if (messages.length === 0) return;
      const news = messages.filter(({ id }) => !seen.has(id));
      for (const { id, receiptHandle } of messages) {
        seen.add(id);
        this.#held.set(id, receiptHandle);
      }
      if (news.length === 0) continue;
      withoutNews = -1;
      yield news;
    }
  }

  /** @returns how many could not be deleted. */
  async remove(messages: readonly DeadMessage[]): Promise<number> {
    const handles = messages.map(({ receiptHandle }) => receiptHandle);
    const failed = await deleteMessages(this.client, this.url, handles, () => PATIENCE);
    if (failed === 0) for (const { id } of messages) this.#held.delete(id);
    return failed;
  }

  /** Makes visible again what was read and not removed. */
  async release(): Promise<void> {
    const handles = [...this.#held.values()];
    this.#held.clear();
    for (let at = 0; at < handles.length; at += RELEASED_AT_ONCE) {
      const some = handles.slice(at, at + RELEASED_AT_ONCE);
      await changeVisibility(
        this.client,
        this.url,
        some,
        () => 0,
        () => PATIENCE,
      );
    }
  }

  async #receive(): Promise<DeadMessage[]> {
    const { Messages = [] } = await this.client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: HIDDEN_FOR,
        // With a wait SQS asks all of its servers, so that empty means empty.
        WaitTimeSeconds: 1,
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes }) => {
      const deadLetter = decodeDeadLetter(Body);
      const content = decodeMessage(Body);
      const time = Date.parse(deadLetter?.at ?? '');
      return {
        id: MessageId,
        receiptHandle: ReceiptHandle,
        body: Body,
        reason: deadLetter?.reason ?? reasonOf(content),
        deadLetter,
        content,
        time: Number.isNaN(time) ? Number(Attributes?.SentTimestamp) : time,
      };
    });
  }
}

/**
 * About how many messages a queue holds, and how many of a queue's messages others are reading now.
 *
 * @throws CommandError when there is no such queue.
 */
export async function sizeOf(client: SQSClient, queueUrl: string): Promise<{ visible: number; hidden: number }> {
  try {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return {
      visible: Number(Attributes.ApproximateNumberOfMessages),
      hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    };
  } catch (error) {
    if ((error as Error).name !== 'QueueDoesNotExist') throw error;
    throw new CommandError([`There is no queue at ${queueUrl}; check the URL, the account and the region.`]);
  }
}

/** What is hidden cannot be looked at, so the numbers are too small by it. */
export function warnOfHidden(hidden: number): void {
  if (hidden === 0) return;
  process.stderr.write(`About ${hidden} more are being read by another process right now and are left out.\n`);
}

function reasonOf(content: Content): string {
  if (content.kind === 'unknown_version') return 'newer_version';
  return content.kind === 'rejected' && content.reason === 'not_an_envelope' ? 'no_envelope' : 'moved_by_sqs';
}
