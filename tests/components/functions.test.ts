import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CurrentsBridgeArgs } from '../../components/currents-bridge';
import { bundleIngest, bundleProcessor } from '../../runtime/bundle';
import { MAX_HAND_BACK } from '../../runtime/processor/breaker';
import { ADOPTING, LEAST, MOST, mostIn, NAME } from '../support/args';
import { deploy, filesOf, variablesOf } from '../support/bridge';
import { ACCOUNT, type Graph } from '../support/mocks';

const ROLES = ['ingest', 'processor'] as const;
const FUNCTION = 'aws:lambda/function:Function';
const ALIAS = 'aws:lambda/alias:Alias';

let least: Graph;
let most: Graph;
beforeAll(async () => {
  ({ graph: least } = await deploy(LEAST));
  ({ graph: most } = await deploy(MOST));
});

async function functionsOf(args: Partial<CurrentsBridgeArgs>) {
  const { graph } = await deploy({ ...LEAST, ...args });
  return ROLES.map((role) => graph.one(FUNCTION, role).inputs);
}

describe('both functions', () => {
  test('run on arm64, the newest Node.js, with source maps', () => {
    for (const role of ROLES) {
      expect(least.one(FUNCTION, role).inputs).toMatchObject({
        runtime: 'nodejs24.x',
        architectures: ['arm64'],
        handler: 'index.handler',
        role: `arn:aws:iam::${ACCOUNT}:role/${NAME}-${role}-eu-central-1`,
      });
      expect(variablesOf(least, role)).toMatchObject({ NODE_OPTIONS: '--enable-source-maps' });
    }
  });

  test('are the files of their bundles, nothing else', async () => {
    const transform = 'examples/transforms/personal-data.ts';
    const { graph } = await deploy({ ...LEAST, transform: { module: transform } });
    const contents = (role: string) =>
      Object.fromEntries(Object.entries(filesOf(graph, role)).map(([file, { text }]) => [file, text]));

    expect(contents('ingest')).toEqual(await bundleIngest());
    expect(contents('processor')).toEqual(await bundleProcessor({ transform }));
    expect(Object.keys(contents('ingest')).sort()).toEqual([
      'archive.mjs',
      'archive.mjs.map',
      'index.mjs',
      'index.mjs.map',
    ]);
    expect(Object.keys(contents('processor')).sort()).toEqual([
      'event-names.json',
      'index.mjs',
      'index.mjs.map',
      'transform.mjs',
      'transform.mjs.map',
    ]);
  });

  test('run on Node.js 22 when that is asked for', async () => {
    for (const inputs of await functionsOf({ functions: { runtime: 'nodejs22.x' } })) {
      expect(inputs.runtime).toBe('nodejs22.x');
    }
  });

  test('publish a version, which the alias `live` stands for', () => {
    for (const role of ROLES) {
      expect(least.one(FUNCTION, role).inputs.publish).toBe(true);
      expect(least.one(ALIAS, role).inputs).toMatchObject({
        name: 'live',
        functionName: `${NAME}-${role}`,
        functionVersion: '1',
      });
    }
  });

  test('are invoked by the alias only', () => {
    expect(least.one('aws:apigatewayv2/integration:Integration').inputs.integrationUri).toBe(
      `invoke:${NAME}-ingest:live`,
    );
    expect(least.one('aws:lambda/eventSourceMapping:EventSourceMapping').inputs.functionName).toMatch(
      new RegExp(`:${NAME}-processor:live$`),
    );
    for (const { inputs } of least.ofType('aws:lambda/permission:Permission')) expect(inputs.qualifier).toBe('live');
  });

  test('write JSON to log groups of their own', () => {
    for (const role of ROLES) {
      expect(least.one(FUNCTION, role).inputs.loggingConfig).toMatchObject({
        logFormat: 'JSON',
        logGroup: `${NAME}-${role}`,
      });
    }
  });

  // Metrics are log lines of level INFO.
  test.each([
    ['DEBUG', 'DEBUG'],
    ['INFO', 'INFO'],
    ['WARN', 'INFO'],
    ['ERROR', 'INFO'],
  ] as const)('write at level %s, and Lambda lets through what is at least %s', async (logLevel, passed) => {
    for (const { environment, loggingConfig } of await functionsOf({ functions: { logLevel } })) {
      expect(environment).toMatchObject({ variables: { POWERTOOLS_LOG_LEVEL: logLevel } });
      expect(loggingConfig).toMatchObject({ applicationLogLevel: passed });
    }
  });

  test('are in no VPC, and reserve no concurrency, unless that is asked for', () => {
    for (const role of ROLES) {
      expect(least.one(FUNCTION, role).inputs).not.toHaveProperty('vpcConfig');
      expect(least.one(FUNCTION, role).inputs).not.toHaveProperty('reservedConcurrentExecutions');
      expect(most.one(FUNCTION, role).inputs).toMatchObject({
        vpcConfig: { subnetIds: ['subnet-0123abcd'], securityGroupIds: ['sg-0123abcd'] },
        reservedConcurrentExecutions: role === 'ingest' ? 50 : 20,
      });
    }
  });

  test('have the memory that is set', async () => {
    const [ingest, processor] = await functionsOf({ ingest: { memoryMb: 1_024 }, processor: { memoryMb: 2_048 } });

    expect([ingest?.memorySize, processor?.memorySize]).toEqual([1_024, 2_048]);
  });

  test.each(ROLES)('give %s each variable that it reads, and no other', async (role) => {
    const handler = readFileSync(join(__dirname, `../../runtime/${role}/handler.ts`), 'utf8');
    const read = [...handler.matchAll(/environment\.\w+\(\s*'([A-Z_]+)'/g)].map(([, name]) => name);

    const { graph: adopting } = await deploy(ADOPTING);
    const { graph: limited } = await deploy({
      ...LEAST,
      transform: { maxEventBytes: 32_768 },
      endpoint: { sourceAddresses: 'braze' },
    });
    const given = [most, adopting, limited].flatMap((graph) => Object.keys(variablesOf(graph, role)));
    const own = given.filter((name) => name !== 'NODE_OPTIONS' && !name.startsWith('POWERTOOLS_'));
    expect([...new Set(own)].sort()).toEqual(read.sort());
  });

  test('fit their environments into Lambda’s 4 KB at the longest names, whatever is set', async () => {
    const path = '/path'.repeat(100);
    const { graph } = await deploy(
      {
        ...mostIn('ap-southeast-1'),
        awsRegion: 'ap-southeast-1',
        allowedCrossings: ['EU-SG', 'SG-EU'],
        endpoint: {
          sourceAddresses: 'braze',
          additionalSourceAddresses: new Array<string>(50).fill('255.255.255.255/32'),
        },
        rudderstack: {
          dataPlaneUrl: `https://${'a'.repeat(63)}.${'b'.repeat(63)}.example.com${path}`,
          writeKeySecret: {
            arn: `arn:aws:secretsmanager:ap-southeast-1:${ACCOUNT}:secret:${'s'.repeat(512)}-Ab1Cd2`,
            jsonKey: 'k'.repeat(256),
          },
        },
        archive: { enabled: true, onFailure: 'refuse' },
        transform: {
          maxEventBytes: 4_000_000,
          eventNames: Object.fromEntries(new Array(500).fill(0).map((_, index) => [`from-${index}`, `To ${index}`])),
        },
      },
      { name: 'b'.repeat(31), region: 'ap-southeast-1' },
    );

    for (const role of ROLES) {
      const bytes = Object.entries(variablesOf(graph, role)).reduce(
        (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
        0,
      );
      expect(bytes).toBeGreaterThan(300);
      expect(bytes).toBeLessThanOrEqual(4_096);
    }
  });
});

test('ingest is told of queues and tokens, and nothing else', () => {
  const queues = `https://sqs.eu-central-1.amazonaws.com/${ACCOUNT}/${NAME}`;

  expect(variablesOf(least, 'ingest')).toEqual({
    EVENT_QUEUE_URL: `${queues}-events`,
    DEAD_LETTER_QUEUE_URL: `${queues}-dead-letters`,
    ENDPOINT_TOKENS_SECRET_ARN: `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:${NAME}-endpoint-tokens-Ab1Cd2`,
    MAX_BATCH_EVENTS: '250',
    NODE_OPTIONS: '--enable-source-maps',
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_METRICS_NAMESPACE: 'CurrentsBridge',
  });
});

test.each([
  [undefined, 'alarm'],
  ['refuse', 'refuse'],
] as const)(
  'where there is an archive, ingest is told of it, and what to do without it (%s)',
  async (onFailure, told) => {
    const { graph } = await deploy({ ...LEAST, archive: { enabled: true, onFailure } });

    expect(variablesOf(graph, 'ingest')).toEqual({
      ...variablesOf(least, 'ingest'),
      ARCHIVE_BUCKET: `${NAME}-archive`,
      ARCHIVE_ON_FAILURE: told,
    });
    expect(variablesOf(graph, 'processor')).toEqual(variablesOf(least, 'processor'));
  },
);

test('the processor is told of queues, data plane and write key, and of what is set', async () => {
  const { graph } = await deploy({
    ...LEAST,
    rudderstack: { ...LEAST.rudderstack, gzip: false },
    transform: { anonymousUsers: 'forward', maxEventBytes: 32_768, eventNames: { 'users.Open': 'Opened' } },
    processor: { maxBatchEvents: 100 },
  });
  const queues = `https://sqs.eu-central-1.amazonaws.com/${ACCOUNT}/${NAME}`;

  expect(variablesOf(graph, 'processor')).toEqual({
    EVENT_QUEUE_URL: `${queues}-events`,
    DEAD_LETTER_QUEUE_URL: `${queues}-dead-letters`,
    RUDDERSTACK_DATA_PLANE_URL: 'https://example.dataplane.rudderstack.com',
    RUDDERSTACK_WRITE_KEY_SECRET_ARN: `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:${NAME}-write-key-Ab1Cd2`,
    RUDDERSTACK_GZIP: 'false',
    ANONYMOUS_USERS: 'forward',
    MAX_BATCH_EVENTS: '100',
    MAX_EVENT_BYTES: '32768',
    NODE_OPTIONS: '--enable-source-maps',
    POWERTOOLS_LOG_LEVEL: 'INFO',
    POWERTOOLS_METRICS_NAMESPACE: 'CurrentsBridge',
  });
  expect(variablesOf(graph, 'ingest').MAX_BATCH_EVENTS).toBe('100');
  expect(JSON.parse(filesOf(graph, 'processor')['event-names.json']?.text ?? '')).toEqual({ 'users.Open': 'Opened' });
});

describe('nothing is there before what it needs:', () => {
  const waits = (graph: Graph, [type, name]: [string, string], [otherType, otherName]: [string, string]) =>
    graph.one(type, name).dependencies.includes(graph.one(otherType, otherName).urn);

  test.each<[string, [string, string], [string, string]]>([
    ...ROLES.flatMap<[string, [string, string], [string, string]]>((role) => [
      [`${role} after its log group`, [FUNCTION, role], ['aws:cloudwatch/logGroup:LogGroup', role]],
      [`${role} after its policy`, [FUNCTION, role], ['aws:iam/rolePolicy:RolePolicy', role]],
    ]),
    ['new code of ingest after that of the processor', [ALIAS, 'ingest'], [ALIAS, 'processor']],
    [
      'ingest after the tokens',
      [ALIAS, 'ingest'],
      ['aws:secretsmanager/secretVersion:SecretVersion', 'endpoint-tokens'],
    ],
    [
      'the processor after the write key',
      [ALIAS, 'processor'],
      ['aws:secretsmanager/secretVersion:SecretVersion', 'write-key'],
    ],
    [
      'the webhook after its permission',
      ['aws:apigatewayv2/route:Route', 'webhook'],
      ['aws:lambda/permission:Permission', 'webhook'],
    ],
    [
      'health after its permission',
      ['aws:apigatewayv2/route:Route', 'health'],
      ['aws:lambda/permission:Permission', 'health'],
    ],
    ['the stage after the webhook', ['aws:apigatewayv2/stage:Stage', ''], ['aws:apigatewayv2/route:Route', 'webhook']],
    ['the stage after health', ['aws:apigatewayv2/stage:Stage', ''], ['aws:apigatewayv2/route:Route', 'health']],
  ])('%s', (_, waiting, awaited) => {
    expect(waits(most, waiting, awaited)).toBe(true);
  });
});

describe('AWS’s quotas are kept:', () => {
  const queueOf = (graph: Graph, suffix: string) =>
    graph.one('aws:sqs/queue:Queue', suffix).inputs as Record<string, number>;
  const mappingOf = (graph: Graph) =>
    graph.one('aws:lambda/eventSourceMapping:EventSourceMapping').inputs as Record<string, number>;
  const timeoutOf = (graph: Graph, role: string) => graph.one(FUNCTION, role).inputs.timeout as number;

  /** At the limits of what can be set. */
  const EXTREMES: [string, Partial<CurrentsBridgeArgs>][] = [
    ['with the defaults', {}],
    ['with the shortest processor', { processor: { timeoutSeconds: 30, batchWindowSeconds: 0, batchSize: 10 } }],
    ['with the longest processor', { processor: { timeoutSeconds: 90, batchWindowSeconds: 60 } }],
    ['with the shortest outage', { queue: { outageHours: 1 } }],
    ['with the largest batch and the shortest window', { processor: { batchSize: 100, batchWindowSeconds: 1 } }],
  ];
  let graph: Graph;
  describe.each(EXTREMES)('%s', (_, args) => {
    beforeAll(async () => {
      ({ graph } = await deploy({ ...LEAST, ...args }));
    });

    test('a message of 1 MiB is taken, not just the provider’s quarter of it', () => {
      for (const suffix of ['-events', '-dead-letters']) expect(queueOf(graph, suffix).maxMessageSize).toBe(1_048_576);
    });

    test('messages are kept 7 days, and dead letters 14, which is the most', () => {
      expect(queueOf(graph, '-events').messageRetentionSeconds).toBe(7 * 86_400);
      expect(queueOf(graph, '-dead-letters').messageRetentionSeconds).toBe(14 * 86_400);
    });

    test('a message is received up to 1,000 times, and is a dead letter before it expires', () => {
      const { redrivePolicy, visibilityTimeoutSeconds = 0, messageRetentionSeconds } = queueOf(graph, '-events');
      const { maxReceiveCount } = JSON.parse(String(redrivePolicy)) as { maxReceiveCount: number };

      expect(maxReceiveCount).toBeGreaterThanOrEqual(1);
      expect(maxReceiveCount).toBeLessThanOrEqual(1_000);
      expect(maxReceiveCount * Math.max(visibilityTimeoutSeconds, MAX_HAND_BACK)).toBeLessThan(
        messageRetentionSeconds ?? 0,
      );
    });

    test('a message stays away for as long as the processor may work on it, and up to 12 hours', () => {
      const { visibilityTimeoutSeconds } = queueOf(graph, '-events');

      expect(visibilityTimeoutSeconds).toBeGreaterThanOrEqual(
        6 * timeoutOf(graph, 'processor') + (mappingOf(graph).maximumBatchingWindowInSeconds ?? 0),
      );
      expect(visibilityTimeoutSeconds).toBeGreaterThanOrEqual(300);
      expect(visibilityTimeoutSeconds).toBeLessThanOrEqual(43_200);
    });

    test('a batch over 10 messages has a window', () => {
      const { batchSize = 0, maximumBatchingWindowInSeconds = 0 } = mappingOf(graph);

      expect(batchSize <= 10 || maximumBatchingWindowInSeconds >= 1).toBe(true);
    });

    test('API Gateway waits for 30 seconds, the most, and for longer than ingest may take', () => {
      const { timeoutMilliseconds } = graph.one('aws:apigatewayv2/integration:Integration').inputs;

      expect(timeoutMilliseconds).toBe(30_000);
      expect(timeoutOf(graph, 'ingest') * 1_000).toBeLessThan(timeoutMilliseconds as number);
    });
  });
});

test('the processor answers for single messages, and its concurrency is bounded', async () => {
  const { graph } = await deploy({
    ...LEAST,
    processor: { batchSize: 40, batchWindowSeconds: 2, maxConcurrency: 5, timeoutSeconds: 60 },
  });

  expect(graph.one('aws:lambda/eventSourceMapping:EventSourceMapping').inputs).toMatchObject({
    eventSourceArn: `arn:aws:sqs:eu-central-1:${ACCOUNT}:${NAME}-events`,
    functionResponseTypes: ['ReportBatchItemFailures'],
    batchSize: 40,
    maximumBatchingWindowInSeconds: 2,
    scalingConfig: { maximumConcurrency: 5 },
  });
  expect(graph.one(FUNCTION, 'processor').inputs.timeout).toBe(60);
  expect(graph.one('aws:lambda/eventSourceMapping:EventSourceMapping').inputs).not.toHaveProperty(
    'provisionedPollerConfig',
  );
});

test('a visibility timeout and a receive count that are set are used', async () => {
  const { graph } = await deploy({ ...LEAST, queue: { visibilityTimeoutSeconds: 400, maxReceiveCount: 990 } });
  const { visibilityTimeoutSeconds, redrivePolicy } = graph.one('aws:sqs/queue:Queue', '-events').inputs;

  expect(visibilityTimeoutSeconds).toBe(400);
  expect(JSON.parse(String(redrivePolicy))).toMatchObject({ maxReceiveCount: 990 });
});
