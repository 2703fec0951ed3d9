import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { bundleProcessor } from '../runtime/bundle';
import type { AnonymousUsers } from './args';
import { BridgeFunction, type SharedFunctionArgs } from './bridge-function';
import { readSecret, useKeyOfQueues, type PolicyStatement, type ReadableSecret } from './policy';

export interface ProcessorArgs extends SharedFunctionArgs {
  queue: aws.sqs.Queue;
  deadLetterQueue: aws.sqs.Queue;
  queueKeyArn: pulumi.Input<string> | undefined;
  rudderstack: {
    dataPlaneUrl: pulumi.Input<string>;
    writeKey: ReadableSecret;
    /** Where the secret's text is a JSON object. */
    writeKeyJsonKey: string | undefined;
    gzip: boolean;
  };
  transform: {
    anonymousUsers: AnonymousUsers;
    eventNames: Record<string, string>;
    module: string | undefined;
    /** Bytes. */
    maxEventBytes: number | undefined;
  };
  /** MB. */
  memory: number;
  /** Seconds. */
  timeout: number;
  batchSize: number;
  /** Seconds. */
  batchWindow: number;
  maxConcurrency: number;
  maxBatchEvents: number;
  reservedConcurrency: number | undefined;
  /** Has to be there before the function runs. */
  after: pulumi.Resource[];
}

/** The event queue to RudderStack. */
export class Processor extends pulumi.ComponentResource {
  readonly function: BridgeFunction;

  constructor(name: string, args: ProcessorArgs, opts: pulumi.ComponentResourceOptions) {
    super('currents-bridge:index:Processor', name, {}, opts);
    const { queue, deadLetterQueue, rudderstack, transform, tags } = args;
    this.function = new BridgeFunction(
      name,
      {
        ...args,
        role: 'processor',
        description: 'Currents Bridge: takes events from the event queue and delivers them to RudderStack.',
        bundle: bundleProcessor({ transform: transform.module, eventNames: transform.eventNames }),
        environment: {
          EVENT_QUEUE_URL: queue.url,
          DEAD_LETTER_QUEUE_URL: deadLetterQueue.url,
          RUDDERSTACK_DATA_PLANE_URL: rudderstack.dataPlaneUrl,
          RUDDERSTACK_WRITE_KEY_SECRET_ARN: rudderstack.writeKey.arn,
          ...(rudderstack.writeKeyJsonKey === undefined
            ? {}
            : { RUDDERSTACK_WRITE_KEY_JSON_KEY: rudderstack.writeKeyJsonKey }),
          RUDDERSTACK_GZIP: String(rudderstack.gzip),
          ANONYMOUS_USERS: transform.anonymousUsers,
          MAX_BATCH_EVENTS: String(args.maxBatchEvents),
          ...(transform.maxEventBytes === undefined ? {} : { MAX_EVENT_BYTES: String(transform.maxEventBytes) }),
        },
        statements: statementsOf(args),
      },
      { parent: this },
    );
    new aws.lambda.EventSourceMapping(
      `${name}-events`,
      {
        eventSourceArn: queue.arn,
        functionName: this.function.alias.arn,
        batchSize: args.batchSize,
        maximumBatchingWindowInSeconds: args.batchWindow,
        functionResponseTypes: ['ReportBatchItemFailures'],
        scalingConfig: { maximumConcurrency: args.maxConcurrency },
        tags,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

function statementsOf({
  queue,
  deadLetterQueue,
  queueKeyArn,
  rudderstack,
  awsRegion,
}: ProcessorArgs): PolicyStatement[] {
  return [
    {
      Sid: 'TakeEvents',
      Effect: 'Allow',
      Action: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      Resource: queue.arn,
    },
    { Sid: 'KeepDeadLetters', Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: deadLetterQueue.arn },
    ...readSecret(rudderstack.writeKey, awsRegion),
    ...useKeyOfQueues(queueKeyArn, awsRegion),
  ];
}
