import { createHash } from 'node:crypto';
import { GetDomainNameCommand, GetIntegrationCommand } from '@aws-sdk/client-apigatewayv2';
import { DescribeAlarmsCommand, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { GetFunctionCommand, InvokeCommand, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import axios from 'axios';
import { Emulator } from './emulator';
import { Cloud } from './provider/cloud';
import { Provider } from './provider/provider';
import type { Properties } from './provider/resource-type';
import { types } from './provider/types';
import { toolchain } from './toolchain/toolchain';

const REGION = 'eu-central-1';

const FUNCTION = 'aws:lambda/function:Function';
const ALIAS = 'aws:lambda/alias:Alias';
const PERMISSION = 'aws:lambda/permission:Permission';
const SOURCE_MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
const API = 'aws:apigatewayv2/api:Api';
const INTEGRATION = 'aws:apigatewayv2/integration:Integration';
const ROUTE = 'aws:apigatewayv2/route:Route';
const STAGE = 'aws:apigatewayv2/stage:Stage';
const DOMAIN_NAME = 'aws:apigatewayv2/domainName:DomainName';
const API_MAPPING = 'aws:apigatewayv2/apiMapping:ApiMapping';
const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const DASHBOARD = 'aws:cloudwatch/dashboard:Dashboard';
const LOG_GROUP = 'aws:cloudwatch/logGroup:LogGroup';
const QUEUE = 'aws:sqs/queue:Queue';
const ROLE = 'aws:iam/role:Role';
const ROLE_POLICY = 'aws:iam/rolePolicy:RolePolicy';

let emulator: Emulator;
let cloud: Cloud;
let provider: Provider;
/** Of a function's role, which may do what a function does. */
let role: Made;
let logGroup: Made;

interface Made {
  token: string;
  id: string;
  inputs: Properties;
  outputs: Properties;
}

beforeAll(async () => {
  const tools = await toolchain();
  emulator = await Emulator.start(tools);
  cloud = Cloud.of(REGION, { ...emulator.environment, AWS_MODELS: tools.awsModels });
  provider = new Provider(types, () => cloud);
  provider.configure(REGION);
  role = await make(ROLE, {
    assumeRolePolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    }),
  });
  await make(ROLE_POLICY, {
    role: role.outputs.name,
    policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['logs:*', 'sqs:*'], Resource: '*' }],
    }),
  });
  logGroup = await make(LOG_GROUP, { namePrefix: '/aws/lambda/echo-' });
});

afterAll(async () => {
  cloud.close();
  await emulator.stop();
});

function urnOf(token: string): string {
  return `urn:pulumi:test::project::${token}::thing`;
}

async function make(token: string, given: Properties): Promise<Made> {
  const { inputs, failures } = provider.check(urnOf(token), {}, given);
  expect(failures).toEqual([]);
  const { id, properties } = await provider.create(urnOf(token), inputs, false);
  return { token, id, inputs, outputs: properties };
}

async function change(made: Made, changed: Properties): Promise<Made> {
  const news = Object.fromEntries(
    Object.entries({ ...made.inputs, ...changed }).filter(([, value]) => value !== undefined),
  );
  const outputs = await provider.update(urnOf(made.token), made.id, made.outputs, made.inputs, news, false);
  return { ...made, inputs: news, outputs };
}

/** What is there, or undefined. */
function read({ token, id, inputs, outputs }: Made) {
  return provider.read(urnOf(token), id, outputs, inputs);
}

async function remove({ token, id, outputs }: Made): Promise<void> {
  await provider.delete(urnOf(token), id, outputs);
}

/** As the engine sends it. */
function archive(files: Record<string, string>) {
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex');
  const signature = '4dabf18193072939515e22adb298388d';
  return {
    [signature]: '0def7320c3a5731c473e5ecbe6d01bc7',
    hash,
    assets: Object.fromEntries(
      Object.entries(files).map(([name, text]) => [
        name,
        {
          [signature]: 'c44067f5952c0a294b673a41bacd8c17',
          hash: createHash('sha256').update(text).digest('hex'),
          text,
        },
      ]),
    ),
  };
}

/** Answers with its greeting and its request; of a queue's messages, those with "poison" in them fail. */
const ECHO = `
import greeting from './greeting.mjs';
export const handler = async (event) => {
  if (event.Records === undefined) {
    return { statusCode: 200, body: JSON.stringify({ greeting, path: event.rawPath, body: event.body, by: process.env.NAME }) };
  }
  return {
    batchItemFailures: event.Records.filter(({ body }) => body.includes('poison')).map(({ messageId }) => ({ itemIdentifier: messageId })),
  };
};
`;

function echo(greeting = 'hello') {
  return archive({ 'index.mjs': ECHO, 'greeting.mjs': `export default ${JSON.stringify(greeting)};` });
}

function functionInputs(): Properties {
  return {
    description: 'An echo.',
    role: role.outputs.arn,
    runtime: 'nodejs22.x',
    architectures: ['arm64'],
    handler: 'index.handler',
    code: echo(),
    publish: true,
    memorySize: 256,
    timeout: 20,
    reservedConcurrentExecutions: 5,
    environment: { variables: { NAME: 'echo', lower_case: 'kept' } },
    loggingConfig: {
      logFormat: 'JSON',
      logGroup: logGroup.outputs.name,
      applicationLogLevel: 'INFO',
      systemLogLevel: 'WARN',
    },
    vpcConfig: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] },
    tags: { Team: 'one', Part: 'echo' },
  };
}

async function makeApi(): Promise<Made> {
  return make(API, { protocolType: 'HTTP' });
}

async function makeAlias(): Promise<Made> {
  const { outputs } = await make(FUNCTION, functionInputs());
  return make(ALIAS, { name: 'live', functionName: outputs.name, functionVersion: outputs.version });
}

async function makeDomain(): Promise<{ domain: Made; api: Made }> {
  const api = await makeApi();
  const domain = await make(DOMAIN_NAME, domainInputs('mapped.example.com'));
  for (const name of ['$default', 'other']) await make(STAGE, { apiId: api.id, name, autoDeploy: true });
  return { domain, api };
}

function domainInputs(domainName: string): Properties {
  return {
    domainName,
    domainNameConfiguration: {
      certificateArn: `arn:aws:acm:${REGION}:000000000000:certificate/11111111-1111-1111-1111-111111111111`,
      endpointType: 'REGIONAL',
      securityPolicy: 'TLS_1_2',
    },
    tags: { Team: 'one' },
  };
}

const ALARM_INPUTS = {
  alarmDescription: 'Something fails.',
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
  threshold: 1,
  evaluationPeriods: 3,
  datapointsToAlarm: 2,
  treatMissingData: 'notBreaching',
  alarmActions: [`arn:aws:sns:${REGION}:000000000000:page`],
  okActions: [`arn:aws:sns:${REGION}:000000000000:page`],
  tags: { Team: 'one' },
};

const METRIC = { namespace: 'AWS/Lambda', metricName: 'Errors', dimensions: { FunctionName: 'echo' } };

/** Of each type: what it is made with, and what a later deployment changes, if it does not replace. */
const lifecycles: [
  title: string,
  token: string,
  inputs: () => Promise<Properties> | Properties,
  changed?: Properties,
][] = [
  [
    'function',
    FUNCTION,
    functionInputs,
    {
      description: undefined,
      code: echo('good day'),
      memorySize: 512,
      environment: { variables: { NAME: 'another' } },
      reservedConcurrentExecutions: undefined,
      vpcConfig: undefined,
      tags: { Team: 'two' },
    },
  ],
  [
    'alias',
    ALIAS,
    async () => {
      const { outputs } = await make(FUNCTION, functionInputs());
      return { name: 'live', description: 'The one.', functionName: outputs.name, functionVersion: outputs.version };
    },
    { description: undefined },
  ],
  [
    'permission',
    PERMISSION,
    async () => {
      const { outputs } = await makeAlias();
      return {
        action: 'lambda:InvokeFunction',
        function: outputs.functionName,
        qualifier: 'live',
        principal: 'apigateway.amazonaws.com',
        sourceArn: `arn:aws:execute-api:${REGION}:000000000000:api/*/*/v1/webhook`,
      };
    },
  ],
  [
    'event source mapping',
    SOURCE_MAPPING,
    async () => ({
      eventSourceArn: (await make(QUEUE, { visibilityTimeoutSeconds: 20 })).outputs.arn,
      functionName: (await makeAlias()).outputs.arn,
      batchSize: 20,
      maximumBatchingWindowInSeconds: 1,
      functionResponseTypes: ['ReportBatchItemFailures'],
      scalingConfig: { maximumConcurrency: 2 },
      tags: { Team: 'one' },
    }),
    { batchSize: 50, scalingConfig: { maximumConcurrency: 3 }, tags: { Part: 'mapping' } },
  ],
  [
    'HTTP API',
    API,
    () => ({ description: 'An API.', protocolType: 'HTTP', tags: { Team: 'one', Part: 'api' } }),
    { description: 'The API.', tags: { Team: 'two' } },
  ],
  [
    'integration',
    INTEGRATION,
    async () => ({
      apiId: (await makeApi()).id,
      integrationType: 'AWS_PROXY',
      integrationUri: (await makeAlias()).outputs.invokeArn,
      payloadFormatVersion: '2.0',
      timeoutMilliseconds: 25_000,
    }),
    { payloadFormatVersion: '1.0', timeoutMilliseconds: 10_000 },
  ],
  [
    'route',
    ROUTE,
    async () => ({ apiId: (await makeApi()).id, routeKey: 'ANY /v1/webhook', target: 'integrations/one' }),
    { routeKey: 'GET /health', target: 'integrations/two' },
  ],
  [
    'stage',
    STAGE,
    async () => ({
      apiId: (await makeApi()).id,
      name: '$default',
      autoDeploy: true,
      defaultRouteSettings: { throttlingRateLimit: 100, throttlingBurstLimit: 200 },
      accessLogSettings: { destinationArn: logGroup.outputs.arn, format: '{"status":"$context.status"}' },
      tags: { Team: 'one' },
    }),
    {
      defaultRouteSettings: { throttlingRateLimit: 50, throttlingBurstLimit: 60 },
      accessLogSettings: undefined,
      tags: { Part: 'stage' },
    },
  ],
  [
    'API mapping',
    API_MAPPING,
    async () => {
      const { domain, api } = await makeDomain();
      return { apiId: api.id, domainName: domain.id, stage: '$default' };
    },
    { stage: 'other' },
  ],
  [
    'alarm of one metric',
    ALARM,
    () => ({ ...ALARM_INPUTS, ...METRIC, statistic: 'Sum', period: 300 }),
    {
      threshold: 5,
      datapointsToAlarm: undefined,
      okActions: undefined,
      dimensions: { FunctionName: 'other' },
      tags: { Part: 'alarm' },
    },
  ],
  [
    'alarm of an expression',
    ALARM,
    () => ({
      ...ALARM_INPUTS,
      metricQueries: [
        { id: 'result', expression: 'FILL(errors, 0)', returnData: true },
        { id: 'errors', metric: { ...METRIC, stat: 'Sum', period: 300 } },
      ],
    }),
    { comparisonOperator: 'LessThanThreshold', treatMissingData: 'breaching' },
  ],
  [
    'dashboard',
    DASHBOARD,
    () => ({ dashboardName: 'board', dashboardBody: '{"widgets":[]}' }),
    { dashboardBody: '{"widgets":[{"type":"text"}]}' },
  ],
];

describe.each(lifecycles)('A resource: %s', (_title, token, given, changed) => {
  let made: Made;

  beforeAll(async () => {
    made = await make(token, await given());
  });

  test('is there as it was asked for', async () => {
    const found = await read(made);
    expect(found?.inputs).toEqual(made.inputs);
    expect(found?.properties).toMatchObject(made.outputs);
    expect(Object.keys(made.outputs)).toEqual(expect.arrayContaining([...(types[token]?.outputs ?? [])]));
  });

  if (changed === undefined) {
    test('is replaced by every change', () => {
      const names = Object.keys(made.inputs);
      const news = Object.fromEntries(names.map((name) => [name, 'other']));
      expect(provider.diff(urnOf(token), made.inputs, news, []).replaces).toEqual(names);
    });
  } else {
    test('is changed in its place, and what is taken away is gone', async () => {
      const news = { ...made.inputs, ...changed };
      expect(provider.diff(urnOf(token), made.inputs, news, []).replaces).toEqual([]);
      const before = made.inputs;
      made = await change(made, changed);
      const found = await read(made);
      expect(found?.inputs).toEqual(made.inputs);
      expect(found?.properties).toMatchObject(made.outputs);
      for (const name of Object.keys(changed)) expect(found?.properties[name]).not.toEqual(before[name]);
    });
  }

  test('is gone when it was deleted, and may be gone before', async () => {
    await remove(made);
    expect(await read(made)).toBeUndefined();
    await expect(remove(made)).resolves.toBeUndefined();
  });
});

describe('A function', () => {
  test('arrives at the API with all that it was given', async () => {
    const { id } = await make(FUNCTION, functionInputs());
    const { Configuration, Concurrency, Tags } = await cloud.lambda.send(new GetFunctionCommand({ FunctionName: id }));
    expect(Configuration).toMatchObject({
      Description: 'An echo.',
      Role: role.outputs.arn,
      Runtime: 'nodejs22.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 256,
      Timeout: 20,
      State: 'Active',
      Environment: { Variables: { NAME: 'echo', lower_case: 'kept' } },
      LoggingConfig: {
        LogFormat: 'JSON',
        LogGroup: logGroup.outputs.name,
        ApplicationLogLevel: 'INFO',
        SystemLogLevel: 'WARN',
      },
      VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
    });
    expect(Concurrency?.ReservedConcurrentExecutions).toBe(5);
    expect(Tags).toEqual({ Team: 'one', Part: 'echo' });
  });

  test('has a version of each change of code or configuration, and of no other', async () => {
    const made = await make(FUNCTION, functionInputs());
    expect(made.outputs).toMatchObject({ version: '1', qualifiedArn: `${made.outputs.arn as string}:1` });
    const tagged = await change(made, { tags: { Team: 'two' }, reservedConcurrentExecutions: 6 });
    expect(tagged.outputs).toMatchObject({ version: '1', lastModified: made.outputs.lastModified });
    const configured = await change(tagged, { timeout: 10 });
    expect(configured.outputs).toMatchObject({ version: '2', codeSha256: made.outputs.codeSha256 });
    const coded = await change(configured, { code: echo('good day') });
    expect(coded.outputs).toMatchObject({ version: '3', qualifiedArn: `${made.outputs.arn as string}:3` });
    expect(coded.outputs.codeSha256).not.toBe(made.outputs.codeSha256);
    const both = await change(coded, { code: echo('good night'), timeout: 5 });
    expect(both.outputs.version).toBe('4');
    const { Versions } = await cloud.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: made.id }));
    expect(Versions?.map(({ Version, Timeout }) => [Version, Timeout])).toEqual([
      ['$LATEST', 5],
      ['1', 20],
      ['2', 10],
      ['3', 10],
      ['4', 5],
    ]);
  });

  test('tells before an update which outputs will be others', () => {
    const outputsChangedBy = (...changed: string[]) => types[FUNCTION]?.outputsChangedBy?.(changed);
    expect(outputsChangedBy('tags', 'reservedConcurrentExecutions')).toEqual([]);
    expect(outputsChangedBy('environment')).toEqual(['version', 'qualifiedArn', 'qualifiedInvokeArn', 'lastModified']);
    expect(outputsChangedBy('code')).toEqual(expect.arrayContaining(['version', 'codeSha256']));
  });

  test('has the same bytes of the same code at any time', async () => {
    const one = await make(FUNCTION, functionInputs());
    const later = Date.now() + 3_600_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(later);
    const other = await make(FUNCTION, functionInputs());
    clock.mockRestore();
    expect(other.outputs.codeSha256).toBe(one.outputs.codeSha256);
  });

  test('is not left half-made when a part of it is refused', async () => {
    const name = 'half-made';
    await expect(make(FUNCTION, { ...functionInputs(), name, reservedConcurrentExecutions: -2 })).rejects.toThrow(
      'PutFunctionConcurrency refuses ReservedConcurrentExecutions: -2, and 0 is the least.',
    );
    await expect(cloud.lambda.send(new GetFunctionCommand({ FunctionName: name }))).rejects.toThrow('not found');
  });

  test('is called by its alias in the version that the alias has', async () => {
    const made = await make(FUNCTION, functionInputs());
    const alias = await make(ALIAS, {
      name: 'live',
      functionName: made.outputs.name,
      functionVersion: made.outputs.version,
    });
    const greeting = async () => {
      const { Payload } = await cloud.lambda.send(new InvokeCommand({ FunctionName: alias.outputs.arn as string }));
      const { body } = JSON.parse(Buffer.from(Payload ?? []).toString()) as { body: string };
      return JSON.parse(body) as unknown;
    };
    expect(await greeting()).toMatchObject({ greeting: 'hello', by: 'echo' });
    const updated = await change(made, {
      code: echo('good day'),
      environment: { variables: { NAME: 'another' } },
    });
    expect(await greeting()).toMatchObject({ greeting: 'hello', by: 'echo' });
    await change(alias, { functionVersion: updated.outputs.version });
    expect(await greeting()).toMatchObject({ greeting: 'good day', by: 'another' });
  });
});

describe('What the API has no place for', () => {
  test.each<[title: string, token: string, inputs: () => Promise<Properties> | Properties, refusal: string]>([
    [
      'is a runtime',
      FUNCTION,
      () => ({ ...functionInputs(), runtime: 'nodejs99.x' }),
      'Runtime: "nodejs99.x" is none of',
    ],
    [
      'is a memory size',
      FUNCTION,
      () => ({ ...functionInputs(), memorySize: 64 }),
      'MemorySize: 64, and 128 is the least.',
    ],
    [
      'is a nested property',
      FUNCTION,
      () => ({ ...functionInputs(), loggingConfig: { logFormat: 'JSON', logGruop: 'typo' } }),
      'LoggingConfig.LogGruop: there is no such member',
    ],
    [
      'is a timeout of an integration',
      INTEGRATION,
      async () => ({ apiId: (await makeApi()).id, integrationType: 'AWS_PROXY', timeoutMilliseconds: 31_000 }),
      'TimeoutInMillis: 31000, and 30000 is the most.',
    ],
    [
      'is a setting of a stage',
      STAGE,
      async () => ({ apiId: (await makeApi()).id, name: '$default', defaultRouteSettings: { throttlingLimit: 1 } }),
      'DefaultRouteSettings.ThrottlingLimit: there is no such member',
    ],
    [
      'is a comparison',
      ALARM,
      () => ({ ...ALARM_INPUTS, ...METRIC, statistic: 'Sum', period: 300, comparisonOperator: 'AtLeast' }),
      'ComparisonOperator: "AtLeast" is none of',
    ],
    [
      'is a property of a metric in an expression',
      ALARM,
      () => ({ ...ALARM_INPUTS, metricQueries: [{ id: 'one', metric: { ...METRIC, statistic: 'Sum', period: 300 } }] }),
      'Metrics[0].MetricStat.Statistic: there is no such member',
    ],
  ])('%s', async (_title, token, inputs, refusal) => {
    await expect(make(token, await inputs())).rejects.toThrow(refusal);
  });
});

describe('An event source mapping', () => {
  test('is refused when messages come back while the function may still have them', async () => {
    const { outputs } = await make(QUEUE, { visibilityTimeoutSeconds: 19 });
    const functionName = (await makeAlias()).outputs.arn;
    await expect(make(SOURCE_MAPPING, { eventSourceArn: outputs.arn, functionName })).rejects.toThrow(
      "The queue's visibility timeout of 19 seconds is below the function's timeout of 20.",
    );
  });

  test('is refused when a large batch has no time to fill', async () => {
    const { outputs } = await make(QUEUE, { visibilityTimeoutSeconds: 20 });
    const functionName = (await makeAlias()).outputs.arn;
    await expect(make(SOURCE_MAPPING, { eventSourceArn: outputs.arn, functionName, batchSize: 11 })).rejects.toThrow(
      'A batch of 11 messages needs a window of 1 second at least',
    );
  });

  test('gives back to the queue what fails, until it is a dead letter', async () => {
    const deadLetters = await make(QUEUE, {});
    const queue = await make(QUEUE, {
      visibilityTimeoutSeconds: 5,
      redrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.outputs.arn, maxReceiveCount: 1 }),
    });
    const { outputs } = await make(FUNCTION, { ...functionInputs(), timeout: 5, vpcConfig: undefined });
    await make(SOURCE_MAPPING, {
      eventSourceArn: queue.outputs.arn,
      functionName: outputs.arn,
      batchSize: 10,
      functionResponseTypes: ['ReportBatchItemFailures'],
    });
    for (const MessageBody of ['fine', 'poison', 'also fine']) {
      await cloud.sqs.send(new SendMessageCommand({ QueueUrl: queue.id, MessageBody }));
    }
    const dead = [];
    while (dead.length === 0) {
      const receive = new ReceiveMessageCommand({ QueueUrl: deadLetters.id, WaitTimeSeconds: 5 });
      dead.push(...((await cloud.sqs.send(receive)).Messages ?? []));
    }
    expect(dead.map(({ Body }) => Body)).toEqual(['poison']);
    const { Attributes } = await cloud.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queue.id,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    expect(Attributes).toEqual({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' });
  });
});

describe('An HTTP API', () => {
  test('has the function answer at its endpoint', async () => {
    const api = await makeApi();
    const { outputs: alias } = await makeAlias();
    const integration = await make(INTEGRATION, {
      apiId: api.id,
      integrationType: 'AWS_PROXY',
      integrationUri: alias.invokeArn,
      payloadFormatVersion: '2.0',
    });
    for (const routeKey of ['ANY /v1/webhook', 'GET /health']) {
      await make(ROUTE, { apiId: api.id, routeKey, target: `integrations/${integration.id}` });
    }
    const { outputs: stage } = await make(STAGE, { apiId: api.id, name: '$default', autoDeploy: true });
    expect(stage.invokeUrl).toBe(`${api.outputs.apiEndpoint as string}/`);

    const answers = axios.create({
      baseURL: api.outputs.apiEndpoint as string,
      proxy: false,
      validateStatus: null,
    });
    expect(await answers.post('/v1/webhook', { events: [] })).toMatchObject({
      status: 200,
      data: { greeting: 'hello', path: '/v1/webhook', body: '{"events":[]}' },
    });
    expect(await answers.get('/health')).toMatchObject({ status: 200, data: { path: '/health' } });
    expect(await answers.get('/elsewhere')).toMatchObject({ status: 404 });
    const found = await cloud.apiGateway.send(
      new GetIntegrationCommand({ ApiId: api.id, IntegrationId: integration.id }),
    );
    expect(found.IntegrationUri).toBe(
      `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${alias.arn as string}/invocations`,
    );
  });

  test('has a domain name that tells where a record of DNS must point', async () => {
    const domain = await make(DOMAIN_NAME, domainInputs('events.example.com'));
    const found = await cloud.apiGateway.send(new GetDomainNameCommand({ DomainName: 'events.example.com' }));
    const [configuration] = found.DomainNameConfigurations ?? [];
    expect(configuration).toMatchObject({ EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' });
    const given = domain.inputs.domainNameConfiguration as Record<string, string>;
    expect(configuration?.CertificateArn).toBe(given.certificateArn);
    expect(domain.outputs.domainNameConfiguration).toEqual({
      ...given,
      targetDomainName: configuration?.ApiGatewayDomainName,
      hostedZoneId: configuration?.HostedZoneId,
    });
    expect(configuration?.ApiGatewayDomainName).toMatch(/\.execute-api\./);

    const certificateArn = given.certificateArn?.replaceAll('1', '2');
    const changed = await change(domain, {
      domainNameConfiguration: { ...given, certificateArn },
      tags: { Part: 'dns' },
    });
    const read1 = await read(changed);
    expect(read1?.properties).toMatchObject({
      domainNameConfiguration: { certificateArn, targetDomainName: configuration?.ApiGatewayDomainName },
      tags: { Part: 'dns' },
    });
    await remove(changed);
    expect(await read(changed)).toBeUndefined();
  });
});

describe('An alarm', () => {
  test('of an expression says of each metric whether it is the one that counts', async () => {
    const sent = jest.spyOn(cloud.cloudWatch, 'send');
    await make(ALARM, {
      ...ALARM_INPUTS,
      metricQueries: [
        { id: 'result', expression: 'FILL(errors, 0)', returnData: true },
        { id: 'errors', metric: { ...METRIC, stat: 'Sum', period: 300 } },
      ],
    });
    const [[command] = []] = sent.mock.calls;
    sent.mockRestore();
    expect(command).toBeInstanceOf(PutMetricAlarmCommand);
    expect(command?.input).toMatchObject({
      Metrics: [
        { Id: 'result', Expression: 'FILL(errors, 0)', ReturnData: true },
        {
          Id: 'errors',
          ReturnData: false,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/Lambda',
              MetricName: 'Errors',
              Dimensions: [{ Name: 'FunctionName', Value: 'echo' }],
            },
            Stat: 'Sum',
            Period: 300,
          },
        },
      ],
    });
  });

  test('of one metric arrives at the API with all that it was given', async () => {
    const { id } = await make(ALARM, { ...ALARM_INPUTS, ...METRIC, statistic: 'Sum', period: 300 });
    const { MetricAlarms } = await cloud.cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [id] }));
    expect(MetricAlarms).toMatchObject([
      {
        AlarmDescription: 'Something fails.',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        TreatMissingData: 'notBreaching',
        AlarmActions: ALARM_INPUTS.alarmActions,
        OKActions: ALARM_INPUTS.okActions,
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: [{ Name: 'FunctionName', Value: 'echo' }],
        Statistic: 'Sum',
        Period: 300,
      },
    ]);
  });
});
