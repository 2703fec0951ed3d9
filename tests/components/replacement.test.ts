import type { CurrentsBridgeArgs } from '../../components/currents-bridge';
import { SETTINGS, type SettingKey } from '../../components/settings';
import { ADOPTED_SECRET, ADOPTING, BOUNDARY, KEY_ARN, LEAST, MOST, OTHER_KEY_ARN, WEBHOOK_URL } from '../support/args';
import { deploy } from '../support/bridge';
import type { Registered } from '../support/mocks';

/**
 * What must survive a change of the config, and which of its inputs the provider cannot change in place (`ForceNew` in
 * the schema of the Terraform provider that `@pulumi/aws` is made from; for the password: its own documentation). Each
 * has its name in the program, type and parents in its URN, whose change replaces it as well.
 */
const STATEFUL: Record<string, string[]> = {
  'aws:apigatewayv2/api:Api': ['protocolType', 'region'],
  'aws:apigatewayv2/route:Route': ['apiId', 'region'],
  'aws:apigatewayv2/stage:Stage': ['apiId', 'name', 'region'],
  'aws:s3/bucket:Bucket': ['bucket', 'bucketNamespace', 'bucketPrefix', 'objectLockEnabled', 'region'],
  'aws:sqs/queue:Queue': ['name', 'namePrefix', 'fifoQueue', 'region'],
  'aws:secretsmanager/secret:Secret': ['name', 'namePrefix', 'region'],
  'random:index/randomPassword:RandomPassword': [
    'keepers',
    'length',
    'lower',
    'minLower',
    'minNumeric',
    'minSpecial',
    'minUpper',
    'number',
    'numeric',
    'overrideSpecial',
    'special',
    'upper',
  ],
};

const IN_VPC: CurrentsBridgeArgs = {
  ...LEAST,
  functions: { vpc: { subnetIds: ['subnet-0aaa'], securityGroupIds: ['sg-0aaa'] } },
};
const ARCHIVING: CurrentsBridgeArgs = { ...LEAST, archive: { enabled: true } };
const PAGE = 'arn:aws:sns:eu-central-1:123456789012:page';

/** For each setting two values of it, in args that are otherwise equal. */
const CHANGES: Record<Exclude<SettingKey, keyof typeof EXCEPTED>, [CurrentsBridgeArgs, CurrentsBridgeArgs]> = {
  brazeCluster: [LEAST, { ...LEAST, brazeCluster: 'EU-02' }],
  allowedCrossings: [LEAST, { ...LEAST, allowedCrossings: ['EU-US'] }],
  rudderstackDataPlaneUrl: [
    LEAST,
    { ...LEAST, rudderstack: { ...LEAST.rudderstack, dataPlaneUrl: 'https://other.example' } },
  ],
  rudderstackWriteKey: [LEAST, { ...LEAST, rudderstack: { ...LEAST.rudderstack, writeKey: 'OTHER' } }],
  rudderstackWebhookUrl: [LEAST, { ...LEAST, rudderstack: { webhookUrl: WEBHOOK_URL } }],
  rudderstackWriteKeySecretArn: [ADOPTING, adopting({ arn: ADOPTED_SECRET.replace('Ab1Cd2', 'Zz9Zz9') })],
  rudderstackWriteKeySecretJsonKey: [ADOPTING, adopting({ jsonKey: undefined })],
  rudderstackWriteKeySecretKmsKeyArn: [ADOPTING, adopting({ kmsKeyArn: undefined })],
  rudderstackRegion: [
    { ...LEAST, rudderstack: { ...LEAST.rudderstack, region: 'EU' } },
    { ...LEAST, allowedCrossings: ['EU-US'], rudderstack: { ...LEAST.rudderstack, region: 'US' } },
  ],
  rudderstackJurisdiction: [LEAST, { ...LEAST, rudderstack: { ...LEAST.rudderstack, jurisdiction: 'EU' } }],
  rudderstackGzip: [LEAST, { ...LEAST, rudderstack: { ...LEAST.rudderstack, gzip: false } }],
  production: [ARCHIVING, { ...ARCHIVING, production: true }],
  anonymousUsers: [LEAST, { ...LEAST, transform: { anonymousUsers: 'forward' } }],
  eventNames: [LEAST, { ...LEAST, transform: { eventNames: { from: 'To' } } }],
  transformModule: [LEAST, { ...LEAST, transform: { module: 'examples/transforms/personal-data.ts' } }],
  maxEventBytes: [LEAST, { ...LEAST, transform: { maxEventBytes: 32_768 } }],
  endpointRateLimit: [LEAST, { ...LEAST, endpoint: { rateLimit: 1 } }],
  endpointBurstLimit: [LEAST, { ...LEAST, endpoint: { burstLimit: 1 } }],
  sourceAddresses: [LEAST, { ...LEAST, endpoint: { sourceAddresses: 'braze' } }],
  additionalSourceAddresses: [
    { ...LEAST, endpoint: { sourceAddresses: 'braze' } },
    { ...LEAST, endpoint: { sourceAddresses: 'braze', additionalSourceAddresses: ['203.0.113.1'] } },
  ],
  domainName: [
    MOST,
    { ...MOST, endpoint: { ...MOST.endpoint, domain: { ...domainOf(MOST), name: 'other.example.com' } } },
  ],
  domainCertificateArn: [
    MOST,
    {
      ...MOST,
      endpoint: {
        ...MOST.endpoint,
        domain: {
          ...domainOf(MOST),
          certificateArn: (domainOf(MOST).certificateArn as string).replace('1234abcd', 'ffffffff'),
        },
      },
    },
  ],
  outageHours: [LEAST, { ...LEAST, queue: { outageHours: 24 } }],
  visibilityTimeoutSeconds: [LEAST, { ...LEAST, queue: { visibilityTimeoutSeconds: 400 } }],
  maxReceiveCount: [LEAST, { ...LEAST, queue: { maxReceiveCount: 990 } }],
  ingestMemoryMb: [LEAST, { ...LEAST, ingest: { memoryMb: 1_024 } }],
  ingestReservedConcurrency: [LEAST, { ...LEAST, ingest: { reservedConcurrency: 100 } }],
  processorMemoryMb: [LEAST, { ...LEAST, processor: { memoryMb: 1_024 } }],
  processorTimeoutSeconds: [LEAST, { ...LEAST, processor: { timeoutSeconds: 60 } }],
  batchSize: [LEAST, { ...LEAST, processor: { batchSize: 10 } }],
  batchWindowSeconds: [LEAST, { ...LEAST, processor: { batchWindowSeconds: 5 } }],
  maxConcurrency: [LEAST, { ...LEAST, processor: { maxConcurrency: 20 } }],
  processorReservedConcurrency: [LEAST, { ...LEAST, processor: { reservedConcurrency: 100 } }],
  maxBatchEvents: [LEAST, { ...LEAST, processor: { maxBatchEvents: 100 } }],
  archiveRetentionDays: [ARCHIVING, { ...LEAST, archive: { enabled: true, retentionDays: 365 } }],
  archiveOnFailure: [ARCHIVING, { ...LEAST, archive: { enabled: true, onFailure: 'refuse' } }],
  lambdaRuntime: [LEAST, { ...LEAST, functions: { runtime: 'nodejs22.x' } }],
  logLevel: [LEAST, { ...LEAST, functions: { logLevel: 'DEBUG' } }],
  logRetentionDays: [LEAST, { ...LEAST, functions: { logRetentionDays: 90 } }],
  permissionsBoundaryArn: [LEAST, { ...LEAST, functions: { permissionsBoundaryArn: BOUNDARY } }],
  vpcSubnetIds: [
    IN_VPC,
    { ...LEAST, functions: { vpc: { subnetIds: ['subnet-0bbb'], securityGroupIds: ['sg-0aaa'] } } },
  ],
  vpcSecurityGroupIds: [LEAST, IN_VPC],
  kmsKeyArn: [ARCHIVING, { ...ARCHIVING, encryption: { kmsKeyArn: KEY_ARN } }],
  secretRecoveryDays: [LEAST, { ...LEAST, encryption: { secretRecoveryDays: 7 } }],
  alarmEmail: [LEAST, { ...LEAST, alarms: { email: 'on-call@example.com' } }],
  pageTopicArn: [LEAST, { ...LEAST, alarms: { pageTopicArn: PAGE } }],
  ticketTopicArn: [LEAST, { ...LEAST, alarms: { ticketTopicArn: PAGE } }],
  runbookUrl: [LEAST, { ...LEAST, alarms: { runbookUrl: 'https://example.com/runbook' } }],
  noTrafficHours: [LEAST, { ...LEAST, alarms: { noTrafficHours: 12 } }],
  deliveryFailingMinutes: [LEAST, { ...LEAST, alarms: { deliveryFailingMinutes: 60 } }],
  oldestMessageMinutes: [LEAST, { ...LEAST, alarms: { oldestMessageMinutes: 30 } }],
  backlogMessages: [LEAST, { ...LEAST, alarms: { backlogMessages: 1 } }],
  skippedPercent: [LEAST, { ...LEAST, alarms: { skippedPercent: 10 } }],
  refusedRequests: [LEAST, { ...LEAST, alarms: { refusedRequests: 1 } }],
  previousTokenDays: [LEAST, { ...LEAST, alarms: { previousTokenDays: 7 } }],
  tags: [ARCHIVING, { ...ARCHIVING, tags: { team: 'crm' } }],
};

/** What replaces something, or adds it, on purpose, with the reason. */
const EXCEPTED = {
  archive: 'it adds a bucket, or takes it away, and replaces nothing else, which the test below proves',
  awsRegion: 'a resource is in one region, so another region means another bridge',
  tokenRotation: 'a new token is what it asks for; the current one stays, which the test of the secrets proves',
} as const satisfies Partial<Record<SettingKey, string>>;

function adopting(
  change: Partial<NonNullable<CurrentsBridgeArgs['rudderstack']['writeKeySecret']>>,
): CurrentsBridgeArgs {
  const { rudderstack } = ADOPTING;
  return {
    ...ADOPTING,
    rudderstack: {
      ...rudderstack,
      writeKeySecret: { arn: ADOPTED_SECRET, jsonKey: 'writeKey', kmsKeyArn: OTHER_KEY_ARN, ...change },
    },
  };
}

function domainOf({ endpoint }: CurrentsBridgeArgs) {
  if (endpoint?.domain === undefined) throw new Error('has no domain');
  return endpoint.domain;
}

type Stateful = Record<string, Record<string, unknown>>;

const known = new Map<CurrentsBridgeArgs, Stateful>();

/** By URN, what would be replaced if it differed. */
async function statefulOf(args: CurrentsBridgeArgs): Promise<Stateful> {
  const stateful = known.get(args) ?? Object.fromEntries((await deploy(args)).graph.created.flatMap(replacing));
  known.set(args, stateful);
  return stateful;
}

function replacing({ urn, type, name, inputs }: Registered): [string, Record<string, unknown>][] {
  const keys = STATEFUL[type];
  if (keys === undefined || name.endsWith('-write-key')) return [];
  return [[urn, Object.fromEntries(keys.map((input) => [input, inputs[input]]))]];
}

test('each setting is changed below, or excepted', () => {
  expect([...Object.keys(CHANGES), ...Object.keys(EXCEPTED)].sort()).toEqual(Object.keys(SETTINGS).sort());
});

test('what must survive is all there', async () => {
  const stateful = await statefulOf(LEAST);

  expect(
    Object.keys(stateful)
      .map((urn) => urn.split('::').slice(2).join(' ').split('$').at(-1))
      .sort(),
  ).toEqual([
    'aws:apigatewayv2/api:Api currents-test-api',
    'aws:apigatewayv2/route:Route currents-test-health',
    'aws:apigatewayv2/route:Route currents-test-webhook',
    'aws:apigatewayv2/stage:Stage currents-test-default',
    'aws:secretsmanager/secret:Secret currents-test-endpoint-tokens',
    'aws:sqs/queue:Queue currents-test-dead-letters',
    'aws:sqs/queue:Queue currents-test-events',
    'random:index/randomPassword:RandomPassword currents-test-token-1',
  ]);
});

test('an archive is a bucket more, and replaces nothing', async () => {
  const [without, withArchive] = [await statefulOf(LEAST), await statefulOf(ARCHIVING)];
  const added = Object.keys(withArchive).filter((urn) => !(urn in without));

  expect(withArchive).toMatchObject(without);
  expect(added.map((urn) => urn.split('::').at(-1))).toEqual(['currents-test-archive']);
});

test.each(Object.entries(CHANGES))(
  'a change of %s replaces neither API, routes and stage, nor a queue, nor the archive, nor a token',
  async (key, [before, after]) => {
    const [from, to] = [await statefulOf(before), await statefulOf(after)];

    expect(valueAt(before, key)).not.toEqual(valueAt(after, key));
    expect(to).toEqual(from);
  },
);

function valueAt(args: CurrentsBridgeArgs, key: string): unknown {
  return SETTINGS[key as SettingKey].path
    .split('.')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], args);
}
