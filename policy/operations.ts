import * as aws from '@pulumi/aws';
import { validateResourceOfType, type Policies, type PolicyResource } from '@pulumi/policy';
import { LambdaRuntime } from '../components/args';
import { known } from './known';

/** Seconds, where nothing else is set: Lambda's and SQS's own defaults. */
const DEFAULT_TIMEOUT = 3;
const DEFAULT_VISIBILITY_TIMEOUT = 30;

const SUPPORTED_RUNTIMES: readonly string[] = Object.values(LambdaRuntime);

/** Types of resources that AWS keeps no tags for. */
export const UNTAGGABLE = [
  'aws:apigatewayv2/apiMapping:ApiMapping',
  'aws:apigatewayv2/integration:Integration',
  'aws:apigatewayv2/route:Route',
  'aws:cloudwatch/dashboard:Dashboard',
  'aws:iam/rolePolicy:RolePolicy',
  'aws:lambda/alias:Alias',
  'aws:lambda/permission:Permission',
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration',
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls',
  'aws:s3/bucketPolicy:BucketPolicy',
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
  'aws:s3/bucketVersioning:BucketVersioning',
  'aws:secretsmanager/secretVersion:SecretVersion',
  'aws:sns/topicPolicy:TopicPolicy',
  'aws:sns/topicSubscription:TopicSubscription',
  'aws:sqs/queuePolicy:QueuePolicy',
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy',
];

/** Nothing is lost, nothing is forgotten. */
export const OPERATIONS: Policies = [
  {
    name: 'logs-expire',
    description: 'Every log group has a retention, and every function writes to one that has.',
    validateResource: [
      validateResourceOfType(aws.cloudwatch.LogGroup, ({ retentionInDays = 0 }, { name }, report) => {
        if (retentionInDays > 0) return;
        report(`The log group ${name} keeps its logs for ever. Set retentionInDays.`);
      }),
      validateResourceOfType(aws.lambda.Function, ({ loggingConfig = {} }, { name }, report) => {
        if ('logGroup' in loggingConfig) return;
        report(
          `The function ${name} writes to a log group that Lambda makes, which keeps its logs for ever. Set ` +
            `loggingConfig.logGroup to a log group with a retention.`,
        );
      }),
    ],
  },
  {
    name: 'everything-tagged',
    description: 'Every resource that can have tags says which bridge it belongs to, and whose events it serves.',
    configSchema: {
      properties: {
        requiredTags: {
          description: 'Keys of the tags that every resource must have.',
          type: 'array',
          items: { type: 'string' },
          default: ['currents-bridge', 'braze-cluster'],
        },
      },
    },
    validateResource: (args, report) => {
      const { type, name, props } = args;
      if (!type.startsWith('aws:') || UNTAGGABLE.includes(type)) return;
      const { requiredTags } = args.getConfig<{ requiredTags: string[] }>();
      const tags = Object.keys((props.tags as object | undefined) ?? {});
      const missing = requiredTags.filter((tag) => !tags.includes(tag));
      if (missing.length === 0) return;
      report(
        `The ${type.split(':').at(-1) ?? ''} ${name} lacks the ${missing.length === 1 ? 'tag' : 'tags'} ` +
          `${missing.join(' and ')}. Add what is missing to its tags; where AWS has no tags for ${type}, add that to ` +
          `UNTAGGABLE in policy/operations.ts.`,
      );
    },
  },
  {
    name: 'queues-have-dead-letter-queues',
    description: 'Every queue has a dead-letter queue, or is one: no message vanishes.',
    validateStack: ({ resources }, report) => {
      const queues = resources.filter((each) => each.isType(aws.sqs.Queue));
      const used = new Set(queues.flatMap(({ propertyDependencies }) => urnsOf(propertyDependencies.redrivePolicy)));
      for (const { name, urn, props, propertyDependencies } of queues) {
        const redrives = typeof known(props, 'redrivePolicy') === 'string' && known(props, 'redrivePolicy') !== '';
        if (redrives || urnsOf(propertyDependencies.redrivePolicy).length > 0 || used.has(urn)) continue;
        report(
          `The queue ${name} has no dead-letter queue and is none: what is never delivered vanishes when it expires. Set ` +
            `redrivePolicy.`,
          urn,
        );
      }
    },
  },
  {
    name: 'functions-run-supported-runtimes',
    description: 'Every function runs on a version of Node.js that AWS supports and that this project is tested with.',
    validateResource: validateResourceOfType(aws.lambda.Function, ({ runtime }, { name }, report) => {
      if (runtime !== undefined && SUPPORTED_RUNTIMES.includes(runtime)) return;
      report(
        `The function ${name} has the runtime ${runtime ?? 'of a container image'}. Set runtime to one of ` +
          `${SUPPORTED_RUNTIMES.join(', ')}.`,
      );
    }),
  },
  {
    name: 'alarms-tell-somebody',
    description: 'Every alarm has an action, and its actions are on.',
    validateResource: validateResourceOfType(aws.cloudwatch.MetricAlarm, (alarm, { name }, report) => {
      if (alarm.actionsEnabled !== false && (alarm.alarmActions ?? []).length > 0) return;
      report(
        `The alarm ${name} tells nobody. Put the ARN of a topic into alarmActions, and leave actionsEnabled as it is.`,
      );
    }),
  },
  {
    name: 'failed-messages-come-back-alone',
    description:
      'A function that takes messages from a queue says which ones failed, so that the others do not come again.',
    validateStack: ({ resources }, report) => {
      for (const mapping of resources.filter(takesFromQueue)) {
        const types = known(mapping.props, 'functionResponseTypes');
        if (Array.isArray(types) && types.includes('ReportBatchItemFailures')) continue;
        report(
          `The event source mapping ${mapping.name} takes a whole batch for failed when one message of it is. Set ` +
            `functionResponseTypes to ["ReportBatchItemFailures"].`,
          mapping.urn,
        );
      }
    },
  },
  {
    name: 'messages-stay-away-while-worked-on',
    description: 'The visibility timeout of a queue is no shorter than the timeout of the function that takes from it.',
    validateStack: ({ resources }, report) => {
      for (const { queue, taker } of takersIn(resources)) {
        const { visibility, timeout } = timeoutsOf(queue, taker);
        if (visibility >= timeout) continue;
        report(
          `The queue ${queue.name} hands a message out again after ${visibility} seconds, while the function ` +
            `${taker.name} may work on it for ${timeout}. Set visibilityTimeoutSeconds to at least ${timeout}.`,
          queue.urn,
        );
      }
    },
  },
  {
    name: 'messages-outlast-throttling',
    description:
      "AWS's advice: a visibility timeout of six times the function's timeout, for attempts that are throttled.",
    enforcementLevel: 'advisory',
    validateStack: ({ resources }, report) => {
      for (const { queue, taker } of takersIn(resources)) {
        const { visibility, timeout } = timeoutsOf(queue, taker);
        if (visibility >= 6 * timeout) continue;
        report(
          `The queue ${queue.name} hands a message out again after ${visibility} seconds, less than six times the timeout ` +
            `of the function ${taker.name}. Set visibilityTimeoutSeconds to ${6 * timeout} or more.`,
          queue.urn,
        );
      }
    },
  },
];

function takesFromQueue(resource: PolicyResource): boolean {
  if (!resource.isType(aws.lambda.EventSourceMapping)) return false;
  const { eventSourceArn = [] } = resource.propertyDependencies;
  return (
    eventSourceArn.some((each) => each.isType(aws.sqs.Queue)) ||
    String(known(resource.props, 'eventSourceArn')).includes(':sqs:')
  );
}

interface Taker {
  queue: PolicyResource;
  taker: PolicyResource;
}

/** The functions that take messages from queues, by way of an alias or not. */
function takersIn(resources: PolicyResource[]): Taker[] {
  return resources
    .filter((each) => each.isType(aws.lambda.EventSourceMapping))
    .flatMap(({ propertyDependencies }) => {
      const { eventSourceArn = [], functionName = [] } = propertyDependencies;
      const queue = eventSourceArn.find((each) => each.isType(aws.sqs.Queue));
      const taker = functionName
        .flatMap((each) => [each, ...(each.propertyDependencies.functionName ?? [])])
        .find((each) => each.isType(aws.lambda.Function));
      return queue === undefined || taker === undefined ? [] : [{ queue, taker }];
    });
}

/** In seconds. */
function timeoutsOf(queue: PolicyResource, taker: PolicyResource): { visibility: number; timeout: number } {
  return {
    visibility: Number(known(queue.props, 'visibilityTimeoutSeconds') ?? DEFAULT_VISIBILITY_TIMEOUT),
    timeout: Number(known(taker.props, 'timeout') ?? DEFAULT_TIMEOUT),
  };
}

function urnsOf(resources: PolicyResource[] = []): string[] {
  return resources.map(({ urn }) => urn);
}
