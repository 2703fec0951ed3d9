import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { MAX_HAND_BACK } from '../runtime/processor/breaker';

const HOUR = 3_600;
const DAY = 86_400;

/** Seconds that SQS keeps a message, counted from when it was first queued, also in the dead-letter queue. */
const EVENT_RETENTION = 7 * DAY;
const DEAD_LETTER_RETENTION = 14 * DAY;

/** Bytes; SQS's most. The provider's default is a quarter of it. */
const MAX_MESSAGE_SIZE = 1_048_576;

const MIN_VISIBILITY_TIMEOUT = 300;
const MAX_RECEIVE_COUNT = 1_000;

/** In which a backlog is worked off while messages may still be handed back for being too many at once. */
const DRAIN = 6 * HOUR;
/** Receives that have nothing to do with an outage: its beginning, throttling, crashes. */
const SPARE_RECEIVES = 20;

/** The processor hands messages back for between half of `MAX_HAND_BACK` and all of it. */
const SHORTEST_LONG_HAND_BACK = MAX_HAND_BACK / 2;

export const MAX_OUTAGE_HOURS = Math.floor(
  ((MAX_RECEIVE_COUNT - SPARE_RECEIVES) * SHORTEST_LONG_HAND_BACK - DRAIN) / HOUR,
);

export interface QueueSizing {
  outageHours: number;
  processorTimeoutSeconds: number;
  batchWindowSeconds: number;
  visibilityTimeoutSeconds: number | undefined;
  maxReceiveCount: number | undefined;
}

/**
 * How long a message stays away when nobody answers for it, and how often it may be received.
 *
 * - `visibilityTimeoutSeconds` = max(6 × function timeout + window, 300): AWS's advice for event sources.
 * - `maxReceiveCount` = ceil((outage + 6 h of drain) / wait) + 20, where `wait` is the shortest time between two
 *   receives in an outage: the visibility timeout when the function never runs, or 300 s, half of the longest hand-back.
 *   For 72 hours: ceil(78 × 3,600 / 300) + 20 = 956.
 * - And it must be used up before the message expires: maxReceiveCount × max(visibility timeout, 600 s, the longest
 *   hand-back) ≤ 7 days less an hour. 956 × 600 s are 6.6 days. So what is never delivered goes to the dead-letter
 *   queue, with at least 7 more days there, and does not vanish.
 */
export function queueLimits(sizing: QueueSizing): { visibilityTimeoutSeconds: number; maxReceiveCount: number } {
  const visibilityTimeoutSeconds =
    sizing.visibilityTimeoutSeconds ??
    Math.max(6 * sizing.processorTimeoutSeconds + sizing.batchWindowSeconds, MIN_VISIBILITY_TIMEOUT);
  return {
    visibilityTimeoutSeconds,
    maxReceiveCount: sizing.maxReceiveCount ?? receivesNeeded(sizing.outageHours, visibilityTimeoutSeconds),
  };
}

function receivesNeeded(outageHours: number, visibilityTimeout: number): number {
  const wait = Math.min(visibilityTimeout, SHORTEST_LONG_HAND_BACK);
  return Math.ceil((outageHours * HOUR + DRAIN) / wait) + SPARE_RECEIVES;
}

/** @param nameOf what a setting is called where the reader of a message sets it. */
export function queueProblems(
  sizing: QueueSizing,
  nameOf: (key: keyof QueueSizing) => string,
): { key: keyof QueueSizing; message: string }[] {
  const { outageHours, processorTimeoutSeconds, batchWindowSeconds } = sizing;
  const { visibilityTimeoutSeconds: visibility, maxReceiveCount } = queueLimits(sizing);
  const problems: { key: keyof QueueSizing; message: string }[] = [];
  const add = (key: keyof QueueSizing, message: string) => problems.push({ key, message });
  const visibilityName = nameOf('visibilityTimeoutSeconds');
  const receivesName = nameOf('maxReceiveCount');

  const least = processorTimeoutSeconds + batchWindowSeconds;
  if (visibility < least) {
    add(
      'visibilityTimeoutSeconds',
      `${visibilityName} is ${visibility}, but a message must stay away for as long as the processor may work on it, ` +
        `${nameOf('processorTimeoutSeconds')} + ${nameOf('batchWindowSeconds')} = ${least} seconds. Set it to at least ` +
        `${least}, better 6 times the timeout, or leave it out.`,
    );
  }
  const needed = receivesNeeded(outageHours, visibility);
  if (needed > MAX_RECEIVE_COUNT) {
    add(
      'visibilityTimeoutSeconds',
      `${visibilityName} is ${visibility}, with which an outage of ${nameOf('outageHours')} = ${outageHours} hours needs ` +
        `${needed} receives of a message; SQS allows ${MAX_RECEIVE_COUNT}. Raise it to ` +
        `${Math.ceil((outageHours * HOUR + DRAIN) / (MAX_RECEIVE_COUNT - SPARE_RECEIVES))} or more, or lower ` +
        `${nameOf('outageHours')}.`,
    );
  } else if (maxReceiveCount < needed) {
    add(
      'maxReceiveCount',
      `${receivesName} is ${maxReceiveCount}, with which healthy messages become dead letters before an outage of ` +
        `${nameOf('outageHours')} = ${outageHours} hours is over. Set it to at least ${needed}, leave it out, or lower ` +
        `${nameOf('outageHours')}.`,
    );
  }
  const longestWait = Math.max(visibility, MAX_HAND_BACK);
  const most = Math.floor((EVENT_RETENTION - HOUR) / longestWait);
  if (Math.min(maxReceiveCount, MAX_RECEIVE_COUNT) > most) {
    const longest = Math.floor((EVENT_RETENTION - HOUR) / Math.min(maxReceiveCount, MAX_RECEIVE_COUNT));
    add(
      'visibilityTimeoutSeconds',
      `${visibilityName} is ${visibility} and ${receivesName} ${maxReceiveCount}: a message that is never delivered would ` +
        `expire after 7 days, before SQS moves it to the dead-letter queue. Set ${visibilityName} to at most ${longest}, ` +
        `or ${receivesName} to at most ${most}.`,
    );
  }
  return problems;
}

export interface EventQueueArgs extends ReturnType<typeof queueLimits> {
  /** For both queues, in place of SQS's own. */
  kmsKeyArn: pulumi.Input<string> | undefined;
  /** Both are protected, and stay when the stack goes. */
  isRetained: boolean;
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** The queue between ingest and processor, and the dead-letter queue of both. */
export class EventQueue extends pulumi.ComponentResource {
  readonly queue: aws.sqs.Queue;
  readonly deadLetterQueue: aws.sqs.Queue;

  constructor(name: string, args: EventQueueArgs, opts: pulumi.ComponentResourceOptions) {
    super('currents-bridge:index:EventQueue', name, {}, opts);
    const { kmsKeyArn, tags } = args;
    const shared = {
      maxMessageSize: MAX_MESSAGE_SIZE,
      ...(kmsKeyArn === undefined ? { sqsManagedSseEnabled: true } : { kmsMasterKeyId: kmsKeyArn }),
      tags,
    };
    const stateful = { parent: this, protect: args.isRetained, retainOnDelete: args.isRetained };

    this.deadLetterQueue = new aws.sqs.Queue(
      `${name}-dead-letters`,
      { ...shared, messageRetentionSeconds: DEAD_LETTER_RETENTION },
      stateful,
    );
    this.queue = new aws.sqs.Queue(
      `${name}-events`,
      {
        ...shared,
        messageRetentionSeconds: EVENT_RETENTION,
        visibilityTimeoutSeconds: args.visibilityTimeoutSeconds,
        redrivePolicy: pulumi.jsonStringify({
          deadLetterTargetArn: this.deadLetterQueue.arn,
          maxReceiveCount: args.maxReceiveCount,
        }),
      },
      stateful,
    );
    new aws.sqs.RedriveAllowPolicy(
      `${name}-dead-letters`,
      {
        queueUrl: this.deadLetterQueue.url,
        redriveAllowPolicy: pulumi.jsonStringify({ redrivePermission: 'byQueue', sourceQueueArns: [this.queue.arn] }),
      },
      { parent: this },
    );
    for (const [suffix, queue] of [
      ['events', this.queue],
      ['dead-letters', this.deadLetterQueue],
    ] as const) {
      new aws.sqs.QueuePolicy(
        `${name}-${suffix}`,
        {
          queueUrl: queue.url,
          policy: pulumi.jsonStringify({
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'DenyInsecureTransport',
                Effect: 'Deny',
                Principal: '*',
                Action: 'sqs:*',
                Resource: queue.arn,
                Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              },
            ],
          }),
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }
}
