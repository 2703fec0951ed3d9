import { setTimeout as wait } from 'node:timers/promises';
import { ApiGatewayV2Client, GetApisCommand } from '@aws-sdk/client-apigatewayv2';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  type MetricAlarm,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetBucketPolicyCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import axios from 'axios';
import { newToken } from '../../runtime/local/bridge';
import { encodeEvents } from '../../runtime/queue/envelope';
import { currentsEvent, currentsEvents } from '../support/events';
import { currentsRequest } from '../support/ingesting';
import type { Emitted } from '../support/output';
import { evaluate, EXTRA_PERIODS, periodOf } from './alarm-evaluation';
import { deployedAlarms } from './deployed-alarms';
import { DeployedBridge } from './deployed-bridge';
import { carryMetrics, EmbeddedMetrics, putMetrics } from './embedded-metrics';
import { Emulator } from './emulator';
import { Project } from './project';
import { SecureDataPlane } from './secure-data-plane';
import { toolchain } from './toolchain/toolchain';

const REGION = 'eu-central-1';
const WRITE_KEY = newToken();

/** In milliseconds. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** In which what is waited for comes true. */
const PATIENCE = MINUTE;

/** A metric without its moment, which the tests choose: an alarm over four days cannot be waited for. */
type Value = Omit<Emitted, 'timestamp'>;

let secureDataPlane: SecureDataPlane;
let emulator: Emulator;
let project: Project;
let bridge: DeployedBridge;
let cloudWatch: CloudWatchClient;
let secretsManager: SecretsManagerClient;
let lambda: LambdaClient;
let s3: S3Client;
/** Of the archive, as it was deployed. */
let bucketPolicy: string | undefined;
let apiId: string | undefined;
const secretIds = { endpointTokens: '', writeKey: '' };
const logGroups: EmbeddedMetrics[] = [];
let alarms: ReadonlyMap<string, MetricAlarm>;
let healthy: Value[];
/** What CloudWatch is given when something goes wrong, by what that is. */
const emitted = new Map<string, Value[]>();

/** What goes wrong in the functions, the metric that they emit then, and how it ends. */
const FAILURES: Record<string, { begin: () => Promise<unknown>; metric: string; end?: () => Promise<unknown> }> = {
  'events come with another token': {
    begin: () => post(currentsEvents(3), 'another-token'),
    metric: 'EventsWithUnknownToken',
  },
  'events come from an unknown address': {
    begin: () =>
      // Through MiniStack's API, every request comes from this machine.
      lambda.send(
        new InvokeCommand({
          FunctionName: bridge.output('ingestFunctionName'),
          Qualifier: 'live',
          Payload: Buffer.from(
            JSON.stringify(
              currentsRequest(
                { events: currentsEvents(3) },
                { headers: { authorization: `Bearer ${bridge.output('customHttpToken')}` }, sourceIp: '203.0.113.1' },
              ),
            ),
          ),
        }),
      ),
    metric: 'RequestsRefused',
  },
  'ingest cannot read its tokens': {
    begin: async () => {
      await secretsManager.send(new DeleteSecretCommand({ SecretId: secretIds.endpointTokens }));
      // Another token lets it read them anew, though not more often than every five seconds.
      await until('ingest cannot read its tokens', async () => {
        const { error } = await post(currentsEvents(3), 'another-token');
        return error === 'secret_unavailable';
      });
    },
    metric: 'SecretFailures',
    end: () => secretsManager.send(new RestoreSecretCommand({ SecretId: secretIds.endpointTokens })),
  },
  'events come with the previous token': {
    begin: async () => {
      const tokens = { current: bridge.output('customHttpToken'), previous: 'previous-token' };
      await secretsManager.send(
        new PutSecretValueCommand({ SecretId: secretIds.endpointTokens, SecretString: JSON.stringify(tokens) }),
      );
      await until('ingest knows the previous token', async () => {
        const { status } = await post(currentsEvents(3), tokens.previous);
        return status === 200;
      });
    },
    metric: 'EventsDelivered',
  },
  'requests cannot be archived': {
    begin: async () => {
      const Bucket = bridge.output('archiveBucketName');
      ({ Policy: bucketPolicy } = await s3.send(new GetBucketPolicyCommand({ Bucket })));
      const Statement = [
        { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` },
      ];
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      await post(currentsEvents(3));
    },
    metric: 'ArchiveFailures',
    end: () =>
      s3.send(new PutBucketPolicyCommand({ Bucket: bridge.output('archiveBucketName'), Policy: bucketPolicy })),
  },
  'an event arrives without its type': {
    begin: () => post([{ id: 'no-type' }]),
    metric: 'DeadLetters',
  },
  'an event is skipped': {
    begin: () => post([currentsEvent('anonymous', { user: { user_id: 'braze' } })]),
    metric: 'EventsSkipped',
  },
  'an event is rejected': {
    begin: () => post([currentsEvent('untimely', { time: 'yesterday' })]),
    metric: 'DeadLetters',
  },
  'RudderStack is down': {
    begin: () => {
      secureDataPlane.dataPlane.outage = { status: 503 };
      return post(currentsEvents(3));
    },
    metric: 'DeliveryFailures',
    end: untilDelivered,
  },
  'RudderStack refuses the write key': {
    begin: () => {
      secureDataPlane.dataPlane.writeKey = 'another-key';
      return post(currentsEvents(3));
    },
    metric: 'CredentialFailures',
    end: untilDelivered,
  },
  'the processor cannot read its write key': {
    begin: async () => {
      // It reads the secret anew when the key is refused.
      secureDataPlane.dataPlane.writeKey = 'another-key';
      await secretsManager.send(new DeleteSecretCommand({ SecretId: secretIds.writeKey }));
      await post(currentsEvents(3));
    },
    metric: 'SecretFailures',
    end: async () => {
      await secretsManager.send(new RestoreSecretCommand({ SecretId: secretIds.writeKey }));
      await untilDelivered();
    },
  },
  'a message is older than an hour': {
    begin: async () => {
      const sentAt = Date.now() - HOUR;
      const record = {
        messageId: 'old',
        receiptHandle: 'old',
        body: encodeEvents(new Date(sentAt).toISOString(), [JSON.stringify(currentsEvent('old'))]),
        attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(sentAt) },
      };
      await lambda.send(
        new InvokeCommand({
          FunctionName: bridge.output('processorFunctionName'),
          Qualifier: 'live',
          Payload: Buffer.from(JSON.stringify({ Records: [record] })),
        }),
      );
    },
    metric: 'EventsDelivered',
  },
  'a message cannot be handled at all': {
    begin: () => bridge.queue(encodeEvents(new Date().toISOString(), ['['.repeat(50_000) + ']'.repeat(50_000)])),
    metric: 'ProcessorErrors',
  },
  'a message is of a newer release': {
    begin: () => bridge.queue('{"v":2}'),
    metric: 'UnknownVersions',
  },
};

/** What goes wrong by the metrics of AWS itself, with the names and dimensions of its documentation. */
const AWS_FAILURES: Record<string, () => Value[]> = {
  'requests are answered with 5xx': () => [ofApi('5xx', 1)],
  '50 requests are answered with 4xx': () => [ofApi('4xx', 50)],
  'a dead letter waits': () => [ofQueue('deadLetterQueueArn', 'ApproximateNumberOfMessagesVisible', 1)],
  'somebody looks at a dead letter all the time': () => [
    ofQueue('deadLetterQueueArn', 'ApproximateNumberOfMessagesVisible', 0),
    ofQueue('deadLetterQueueArn', 'ApproximateNumberOfMessagesNotVisible', 1),
  ],
  'nobody has taken a message for an hour': () => [ofQueue('eventQueueArn', 'ApproximateAgeOfOldestMessage', 3_600)],
  'messages pile up, waiting and away': () => [
    ofQueue('eventQueueArn', 'ApproximateNumberOfMessagesVisible', 6_000),
    ofQueue('eventQueueArn', 'ApproximateNumberOfMessagesNotVisible', 4_000),
  ],
  'the processor crashes': () => [ofFunction('processorFunctionName', 'Errors', 1)],
  'ingest is throttled': () => [ofFunction('ingestFunctionName', 'Throttles', 1)],
  'the processor is throttled': () => [ofFunction('processorFunctionName', 'Throttles', 1)],
  'nothing happens': () => [],
};

/** All alarms by severity: what raises each, and after how many minutes. */
const RAISED_BY: Record<'page' | 'ticket', Record<string, { minutes: number; failures: string[] }>> = {
  page: {
    'ingest-errors': { minutes: 10, failures: ['requests are answered with 5xx'] },
    'unknown-token': { minutes: 15, failures: ['events come with another token'] },
    'unknown-source': { minutes: 15, failures: ['events come from an unknown address'] },
    'credential-failure': { minutes: 15, failures: ['RudderStack refuses the write key'] },
    'secret-failure': {
      minutes: 30,
      failures: ['ingest cannot read its tokens', 'the processor cannot read its write key'],
    },
    'delivery-failing': { minutes: 30, failures: ['RudderStack is down', 'RudderStack refuses the write key'] },
    'nothing-delivered': { minutes: 30, failures: ['RudderStack is down', 'the processor cannot read its write key'] },
    'no-traffic': { minutes: 120, failures: ['nothing happens'] },
  },
  ticket: {
    'dead-lettered': { minutes: 15, failures: ['an event arrives without its type', 'an event is rejected'] },
    'dead-letters-waiting': { minutes: 15, failures: ['a dead letter waits'] },
    'dead-letters-expiring': { minutes: 4 * 24 * 60, failures: ['somebody looks at a dead letter all the time'] },
    'old-message': { minutes: 15, failures: ['a message is older than an hour'] },
    'unreceived-message': { minutes: 5, failures: ['nobody has taken a message for an hour'] },
    backlog: { minutes: 15, failures: ['messages pile up, waiting and away'] },
    'processor-errors': { minutes: 15, failures: ['the processor crashes', 'a message cannot be handled at all'] },
    throttles: { minutes: 15, failures: ['ingest is throttled', 'the processor is throttled'] },
    'skipped-share': { minutes: 60, failures: ['an event is skipped'] },
    'refused-requests': { minutes: 60, failures: ['50 requests are answered with 4xx'] },
    'previous-token': { minutes: 24 * 60, failures: ['events come with the previous token'] },
    'archive-failed': { minutes: 15, failures: ['requests cannot be archived'] },
    'unknown-version': { minutes: 15, failures: ['a message is of a newer release'] },
  },
};

const CASES = Object.values(RAISED_BY)
  .flatMap((alarmsOfSeverity) => Object.entries(alarmsOfSeverity))
  .flatMap(([key, { minutes, failures }]) => failures.map((failure) => ({ key, failure, minutes })));

/** On metrics that have no value at all while nothing is wrong. */
const WITHOUT_HEALTHY_VALUES = new Set([
  'unknown-token',
  'unknown-source',
  'credential-failure',
  'previous-token',
  'archive-failed',
  'unknown-version',
]);

beforeAll(async () => {
  secureDataPlane = await SecureDataPlane.listen(WRITE_KEY);
  const tools = await toolchain();
  emulator = await Emulator.start(tools, [secureDataPlane.certificate]);
  cloudWatch = emulator.client(CloudWatchClient, REGION);
  secretsManager = emulator.client(SecretsManagerClient, REGION);
  lambda = emulator.client(LambdaClient, REGION);
  s3 = emulator.client(S3Client, REGION);
  project = await Project.copy(tools, emulator);
  await project.pulumi(['stack', 'init', 'dev']);
  await project.set({
    rudderstackDataPlaneUrl: secureDataPlane.url,
    noTrafficHours: '2',
    archive: 'true',
    sourceAddresses: 'braze',
    additionalSourceAddresses: '["127.0.0.1"]',
    // CloudWatch takes no values that are older than two weeks.
    previousTokenDays: '1',
  });
  await project.setSecret('rudderstackWriteKey', WRITE_KEY);
  await project.change('up');
  bridge = new DeployedBridge(emulator, REGION, await project.outputs());
  alarms = await deployedAlarms(cloudWatch, project);

  const { Items: [api] = [] } = await emulator.client(ApiGatewayV2Client, REGION).send(new GetApisCommand());
  apiId = api?.ApiId;
  const ingest = await configurationOf('ingestFunctionName');
  const processor = await configurationOf('processorFunctionName');
  secretIds.endpointTokens = ingest.variables.ENDPOINT_TOKENS_SECRET_ARN ?? '';
  secretIds.writeKey = processor.variables.RUDDERSTACK_WRITE_KEY_SECRET_ARN ?? '';
  for (const { logGroup } of [ingest, processor]) logGroups.push(new EmbeddedMetrics(emulator, REGION, logGroup));

  await post(currentsEvents(3));
  healthy = [...(await emittedUntil('EventsDelivered')), ...idle()];
  for (const [failure, { begin, metric, end }] of Object.entries(FAILURES)) {
    await begin();
    emitted.set(failure, await emittedUntil(metric));
    await end?.();
  }
  for (const [failure, values] of Object.entries(AWS_FAILURES)) emitted.set(failure, values());
});

afterAll(async () => {
  await project.stop();
  await emulator.stop();
  await secureDataPlane.stop();
});

async function configurationOf(output: string) {
  const { Environment, LoggingConfig } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: bridge.output(output) }),
  );
  return { variables: Environment?.Variables ?? {}, logGroup: LoggingConfig?.LogGroup ?? '' };
}

/** Sends events as Braze does. */
async function post(
  events: readonly object[],
  token = bridge.output('customHttpToken'),
): Promise<{ status: number; error: string | undefined }> {
  const { status, data } = await axios.post<{ error?: string }>(
    bridge.output('customHttpUrl'),
    { events },
    {
      headers: { authorization: `Bearer ${token}`, 'braze-currents-version': '1' },
      proxy: false,
      validateStatus: () => true,
    },
  );
  return { status, error: data.error };
}

/** @throws Error when it does not come true. */
async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`In ${PATIENCE / 1_000} seconds it did not come true that ${what}.`);
    await wait(200);
  }
}

/** What the functions have emitted since the last call, and go on to emit until there is such a metric. */
async function emittedUntil(name: string): Promise<Value[]> {
  const values: Value[] = [];
  await until(`a function emits ${name}`, async () => {
    for (const logGroup of logGroups) values.push(...(await logGroup.take()));
    return values.some((value) => value.name === name);
  });
  return values;
}

/** RudderStack takes events again. */
async function untilDelivered(): Promise<void> {
  secureDataPlane.dataPlane.outage = undefined;
  secureDataPlane.dataPlane.writeKey = WRITE_KEY;
  await emittedUntil('EventsDelivered');
}

function ofAws(namespace: string, name: string, value: number, dimensions: Record<string, string | undefined>): Value {
  return { namespace, name, value, dimensions, unit: 'Count' };
}

function ofApi(name: string, value: number): Value {
  return ofAws('AWS/ApiGateway', name, value, { ApiId: apiId });
}

function ofFunction(output: string, name: string, value: number): Value {
  return ofAws('AWS/Lambda', name, value, { FunctionName: bridge.output(output) });
}

function ofQueue(output: string, name: string, value: number): Value {
  return ofAws('AWS/SQS', name, value, { QueueName: bridge.output(output).split(':').at(-1) });
}

/** What AWS measures while nothing is wrong. */
function idle(): Value[] {
  return [
    ...['4xx', '5xx'].map((name) => ofApi(name, 0)),
    ...['ingestFunctionName', 'processorFunctionName'].flatMap((output) =>
      ['Errors', 'Throttles'].map((name) => ofFunction(output, name, 0)),
    ),
    ...['eventQueueArn', 'deadLetterQueueArn'].flatMap((output) =>
      [
        'ApproximateNumberOfMessagesVisible',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateAgeOfOldestMessage',
      ].map((name) => ofQueue(output, name, 0)),
    ),
  ];
}

function alarm(key: string): MetricAlarm {
  const found = alarms.get(key);
  if (found === undefined) throw new Error(`There is no alarm ${key}.`);
  return found;
}

function at(timestamp: number, values: readonly Value[]): Emitted[] {
  return values.map((value) => ({ ...value, timestamp }));
}

/** Of all alarms, each at the end of the last of its periods before a moment. */
async function statesAt(moment: number): Promise<Record<string, StateValue>> {
  const states = [...alarms].map(async ([key, each]) => {
    const period = periodOf(each) * 1_000;
    return [key, await evaluate(cloudWatch, each, Math.floor(moment / period) * period)] as const;
  });
  return Object.fromEntries(await Promise.all(states));
}

/** In the past two weeks one thing happens after the other, and this is where it has got to: at first, a midnight. */
let now = Math.ceil((Date.now() - 13.5 * DAY) / DAY) * DAY;

describe('the alarms', () => {
  test('are those that are raised here, and each tells the topic of its severity when it begins and when it ends', () => {
    const told = [...alarms].map(([key, { ActionsEnabled, AlarmActions, OKActions }]) => ({
      key,
      ActionsEnabled,
      AlarmActions,
      OKActions,
    }));
    const expected = (['page', 'ticket'] as const).flatMap((severity) => {
      const topics = [bridge.output(`${severity}TopicArn`)];
      return Object.keys(RAISED_BY[severity]).map((key) => ({
        key,
        ActionsEnabled: true,
        AlarmActions: topics,
        OKActions: topics,
      }));
    });

    expect(told).toHaveLength(expected.length);
    expect(told).toEqual(expect.arrayContaining(expected));
  });

  test('are quiet with ordinary traffic', async () => {
    const traffic = Array.from({ length: 24 }, (_, index) => at(now - (index + 0.5) * 5 * MINUTE, healthy));
    await putMetrics(cloudWatch, traffic.flat());

    expect(await statesAt(now)).toEqual(Object.fromEntries(CASES.map(({ key }) => [key, 'OK'])));
  });

  test('are quiet without any traffic, but for the one that is for that', async () => {
    const { 'no-traffic': noTraffic, ...others } = await statesAt(Date.now());

    expect(noTraffic).toBe('ALARM');
    expect(new Set(Object.values(others))).toEqual(new Set(['OK']));
  });

  test.each(CASES)('$key is raised when $failure for $minutes minutes, no earlier, and ends', async (raised) => {
    const { key, failure, minutes } = raised;
    const { EvaluationPeriods = 1, DatapointsToAlarm = EvaluationPeriods } = alarm(key);
    const period = periodOf(alarm(key)) * 1_000;
    const during = Array.from({ length: (minutes * MINUTE) / period }, () => emitted.get(failure) ?? []);
    const after = Array.from({ length: EXTRA_PERIODS + 1 }, () => healthy);
    const periods = [healthy, ...during, ...after];
    const start = Math.ceil(now / period) * period;
    now = start + periods.length * period;
    await putMetrics(
      cloudWatch,
      periods.flatMap((values, index) => at(start + (index + 0.5) * period, values)),
    );

    const stateAfter = (count: number) => evaluate(cloudWatch, alarm(key), start + count * period);
    expect(await stateAfter(during.length)).toBe('OK');
    expect(await stateAfter(1 + during.length)).toBe('ALARM');
    // As long as there is no other value, CloudWatch goes on with those that it has in sight.
    const end = WITHOUT_HEALTHY_VALUES.has(key) ? after.length : 1 + EvaluationPeriods - DatapointsToAlarm;
    expect(await stateAfter(1 + during.length + end)).toBe('OK');
  });
});

describe('what CloudWatch tells when an alarm on one metric begins and ends', () => {
  const notified: object[] = [];
  const LET_SNS_SEND = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' },
    ],
  };

  /** Of those alarms, which are the ones that MiniStack evaluates by itself. */
  async function states(): Promise<Set<string | undefined>> {
    const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ MaxRecords: 100 }));
    return new Set(MetricAlarms.filter(({ MetricName }) => MetricName !== undefined).map((each) => each.StateValue));
  }

  /** Subscribes a queue to both topics. @returns takes what has arrived in it. */
  async function subscribe(): Promise<() => Promise<void>> {
    const sqs = emulator.client(SQSClient, REGION);
    const sns = emulator.client(SNSClient, REGION);
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({ QueueName: 'on-call', Attributes: { Policy: JSON.stringify(LET_SNS_SEND) } }),
    );
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    for (const topic of ['pageTopicArn', 'ticketTopicArn']) {
      const [TopicArn, Endpoint] = [bridge.output(topic), Attributes?.QueueArn];
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
    }
    return async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      for (const { Body = '', ReceiptHandle } of Messages) {
        const { TopicArn: topic, Message } = JSON.parse(Body) as { TopicArn: string; Message: string };
        const { AlarmName, NewStateValue } = JSON.parse(Message) as Record<string, string>;
        notified.push({ AlarmName, NewStateValue, topic });
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    };
  }

  test('arrives at the topic of its severity', async () => {
    const plain = CASES.filter(({ key }) => alarm(key).MetricName !== undefined);
    const receive = await subscribe();
    const beginnings = plain.flatMap(({ key, failure }) => {
      const { MetricName, EvaluationPeriods = 1 } = alarm(key);
      // MiniStack looks at what is no older than the alarm's periods: this is soon.
      const moment = Date.now() - EvaluationPeriods * periodOf(alarm(key)) * 1_000 + 5_000;
      return at(
        moment,
        (emitted.get(failure) ?? []).filter(({ name }) => name === MetricName),
      );
    });
    await putMetrics(cloudWatch, beginnings);
    expect(await states()).toEqual(new Set(['ALARM']));

    // Without any value MiniStack leaves an alarm as it is.
    const zeros = beginnings.map((each) => ({ ...each, value: 0 }));
    await until('no alarm is in ALARM any more', async () => {
      await putMetrics(cloudWatch, at(Date.now(), zeros));
      return !(await states()).has('ALARM');
    });
    const expected = plain.flatMap(({ key }) => {
      const { AlarmName, AlarmActions: [topic] = [] } = alarm(key);
      return ['ALARM', 'OK'].map((NewStateValue) => ({ AlarmName, NewStateValue, topic }));
    });
    await until('each has told both', async () => {
      await receive();
      return notified.length >= expected.length;
    });
    expect(notified).toHaveLength(expected.length);
    expect(notified).toEqual(expect.arrayContaining(expected));
  });
});

describe('the metrics in a log group', () => {
  // Where there is no stack.
  const region = 'us-west-2';
  const logGroupName = '/aws/lambda/test';
  const logStreamName = 'test';
  const moment = Math.floor((Date.now() - DAY) / MINUTE) * MINUTE;

  /** As a function writes it that counts twice. */
  function line(counts: number[]): string {
    const CloudWatchMetrics = [
      { Namespace: 'Test', Dimensions: [['service', 'token']], Metrics: [{ Name: 'Requests', Unit: 'Count' }] },
    ];
    const metrics = { _aws: { Timestamp: moment, CloudWatchMetrics }, service: 'test', token: 'current' };
    return JSON.stringify({ ...metrics, Requests: counts });
  }

  test('are carried to CloudWatch once each, for their own moment', async () => {
    const logs = emulator.client(CloudWatchLogsClient, region);
    const write = (messages: string[]) =>
      logs.send(
        new PutLogEventsCommand({
          logGroupName,
          logStreamName,
          logEvents: messages.map((message) => ({ message, timestamp: Date.now() })),
        }),
      );
    const found = async () => {
      const { Datapoints = [] } = await emulator.client(CloudWatchClient, region).send(
        new GetMetricStatisticsCommand({
          Namespace: 'Test',
          MetricName: 'Requests',
          Dimensions: Object.entries({ service: 'test', token: 'current' }).map(([Name, Value]) => ({ Name, Value })),
          StartTime: new Date(moment - HOUR),
          EndTime: new Date(moment + HOUR),
          Period: 60,
          Statistics: ['SampleCount', 'Sum', 'Maximum'],
        }),
      );
      return Datapoints;
    };
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    await write(['START', line([1, 2]), '{"level":"INFO","message":"no metric"}']);

    const carrier = carryMetrics(emulator, region, [logGroupName]);
    await until('the first line has arrived', async () => (await found()).length > 0);
    await write([line([4])]);
    await until('the second line has arrived', async () => (await found())[0]?.Maximum === 4);
    await carrier.stop();

    expect(await found()).toEqual([{ Timestamp: new Date(moment), Unit: 'Count', SampleCount: 3, Sum: 7, Maximum: 4 }]);
  });
});
