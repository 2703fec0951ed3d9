import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { MAX_HAND_BACK } from '../runtime/processor/breaker';
import type { NameOf, Problem } from './problem';

const HOUR = 3_600;
const DAY = 86_400;

/** Seconds that SQS keeps a message, counted from when it was first queued, also in the dead-letter queue. */
const EVENT_RETENTION = 7 * DAY;
const DEAD_LETTER_RETENTION = 14 * DAY;

/** Bytes; SQS's most. The provider's default is a quarter of it. */
const MAX_MESSAGE_SIZE = 1_048_576;

/** Seconds in which SQS must have moved a message that is never delivered: an hour less than it keeps it. */
const LONGEST_LIFE = EVENT_RETENTION - HOUR;

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

/**
 * What is wrong with sizes that are right each for itself.
 *
 * @param nameOf what a setting is called where the reader of a message sets it.
 */
export function queueProblems(sizing: QueueSizing, nameOf: NameOf<keyof QueueSizing>): Problem<keyof QueueSizing>[] {
  const { outageHours, processorTimeoutSeconds, batchWindowSeconds } = sizing;
  const { visibilityTimeoutSeconds: visibility, maxReceiveCount } = queueLimits(sizing);
  const visibilityName = nameOf('visibilityTimeoutSeconds');
  const receivesName = nameOf('maxReceiveCount');
  const outage = `${nameOf('outageHours')} = ${outageHours} hours`;
  const workingTime = processorTimeoutSeconds + batchWindowSeconds;
  const workingTimeName = `${nameOf('processorTimeoutSeconds')} + ${nameOf('batchWindowSeconds')}`;
  const shortest = Math.max(
    workingTime,
    Math.ceil((outageHours * HOUR + DRAIN) / (MAX_RECEIVE_COUNT - SPARE_RECEIVES)),
  );
  if (visibility < shortest) {
    const reason =
      visibility < workingTime
        ? `a message must stay away for as long as the processor may work on it, ${workingTimeName} = ${workingTime} seconds`
        : `with it an outage of ${outage} needs ${receivesNeeded(outageHours, visibility)} receives of a message, and SQS ` +
          `allows ${MAX_RECEIVE_COUNT}`;
    return [
      {
        key: 'visibilityTimeoutSeconds',
        message: `${visibilityName} is ${visibility}, but ${reason}. Set it to at least ${shortest}, or leave it out.`,
        fixes: [{ key: 'visibilityTimeoutSeconds', at: '', value: shortest }],
      },
    ];
  }

  const needed = receivesNeeded(outageHours, visibility);
  if (maxReceiveCount < needed) {
    return [
      {
        key: 'maxReceiveCount',
        message:
          `${receivesName} is ${maxReceiveCount}, with which healthy messages become dead letters before an outage of ` +
          `${outage} is over. Set it to at least ${needed}, leave it out, or lower ${nameOf('outageHours')}.`,
        fixes: [{ key: 'maxReceiveCount', at: '', value: needed }],
      },
    ];
  }

  if (maxReceiveCount * Math.max(visibility, MAX_HAND_BACK) <= LONGEST_LIFE) return [];
  const expires =
    `${visibilityName} is ${visibility} and ${receivesName} ${maxReceiveCount}: a message that is never delivered would ` +
    `expire after 7 days, before SQS moves it to the dead-letter queue.`;
  const longest = Math.floor(LONGEST_LIFE / maxReceiveCount);
  const orLower = `or lower ${nameOf(sizing.maxReceiveCount === undefined ? 'outageHours' : 'maxReceiveCount')}.`;
  if (workingTime <= longest) {
    return [
      {
        key: 'visibilityTimeoutSeconds',
        message: `${expires} Set ${visibilityName} to at most ${longest}, ${orLower}`,
        fixes: [{ key: 'visibilityTimeoutSeconds', at: '', value: longest }],
      },
    ];
  }
  return [
    {
      key: 'processorTimeoutSeconds',
      message: `${expires} Set ${visibilityName} to ${longest} and ${workingTimeName} to no more than that, ${orLower}`,
      fixes: [
        { key: 'processorTimeoutSeconds', at: '', value: longest - batchWindowSeconds },
        { key: 'visibilityTimeoutSeconds', at: '', value: longest },
      ],
    },
  ];
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
    // Queues that stay go on refusing what comes without TLS. Undefined leaves it to the options of the bridge.
    const retained = { parent: this, retainOnDelete: args.isRetained || undefined };
    const stateful = { ...retained, protect: args.isRetained || undefined };

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
      retained,
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
        retained,
      );
    }
    this.registerOutputs({});
  }
}
