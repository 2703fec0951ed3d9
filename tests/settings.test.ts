import fc from 'fast-check';
import type { CurrentsBridgeArgs } from '../components/args';
import { BRAZE_ADDRESSES } from '../components/braze-addresses';
import { MAX_OUTAGE_HOURS, queueLimits, queueProblems, type QueueSizing } from '../components/event-queue';
import { InputError } from '../components/input-error';
import { AWS_REGIONS, BRAZE_CLUSTERS, BrazeCluster, Jurisdiction, RudderStackRegion } from '../components/regions';
import { settingKeys, SETTINGS, Settings, type Setting, type SettingKey } from '../components/settings';
import { MAX_HAND_BACK } from '../runtime/processor/breaker';

type Values = Partial<Record<SettingKey, unknown>>;

const CANARY = 'canary';
const DATA_PLANE_URL = 'https://example.dataplane.rudderstack.com';
const LEAST: Values = {
  brazeCluster: 'EU-01',
  rudderstackDataPlaneUrl: DATA_PLANE_URL,
  rudderstackWriteKey: 'WRITE_KEY',
};

function argsOf(values: Values): CurrentsBridgeArgs {
  const args: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    const path = SETTINGS[key as SettingKey].path.split('.');
    path.reduce<Record<string, unknown>>(
      (group, name, index) => (group[name] = index === path.length - 1 ? value : (group[name] ?? {})) as typeof group,
      args,
    );
  }
  return args as unknown as CurrentsBridgeArgs;
}

function problemsOf(values: Values) {
  return new Settings(argsOf(values)).problems((key) => `:${key}`);
}

const messagesOf = (values: Values) => problemsOf(values).map(({ message }) => message);

const arnOf = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:123456789012:${resource}`;
const numbered = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const tagsOf = (count: number) => Object.fromEntries(numbered(count, 'tag').map((key) => [key, 'value']));

interface Row {
  right: unknown[];
  wrong: unknown[];
  /** What has to be set beside it. */
  beside?: Values;
}

/** In place of the data plane URL and the key. */
const WEBHOOK = { rudderstackDataPlaneUrl: undefined, rudderstackWriteKey: undefined };
const ADOPTED = {
  rudderstackWriteKey: undefined,
  rudderstackWriteKeySecretArn: arnOf('secretsmanager', 'secret:k-Ab1Cd2'),
};
const CERTIFICATE = arnOf('acm', 'certificate/1234abcd');
const KEY = arnOf('kms', 'key/1234abcd-12ab');
const KEYS: Row = {
  right: [KEY, KEY.replace(':aws:', ':aws-us-gov:')],
  wrong: [arnOf('kms', 'alias/x'), '1234abcd-12ab'],
};
const TOPICS: Row = {
  right: [arnOf('sns', 'on-call')],
  wrong: [arnOf('sqs', 'on-call'), 'on-call', 'arn:aws:sns::123456789012:on-call'],
};

/** By key: values at the limits, and beyond. The limits of AWS's services are those of its documentation. */
const ROWS: Record<SettingKey, Row> = {
  brazeCluster: { right: ['US-01', 'US-08', 'US-10', 'EU-02'], wrong: ['US-09', 'eu-01', '', 1] },
  awsRegion: { right: ['eu-west-1'], wrong: ['eu-central-9', 'Frankfurt'] },
  allowedCrossings: { right: [[], ['AU-US', 'EU-GB']], wrong: [['AU-XX'], ['AU>US'], 'AU-US', [1], { 0: 'AU-US' }] },
  rudderstackDataPlaneUrl: {
    right: ['https://x.example', 'https://x.example:8443/base'],
    wrong: [
      'http://x.example',
      'x.example',
      'https://',
      'https://[',
      'https://x.example/v1/webhook?writeKey=canary',
      1,
    ],
  },
  rudderstackWriteKey: { right: ['2abcDEF'], wrong: ['', 'a b', 'a:b', 1] },
  rudderstackWebhookUrl: {
    beside: WEBHOOK,
    right: [`${DATA_PLANE_URL}/v1/webhook?writeKey=k`, 'https://x.example/base/v1/webhook/?a=b&writeKey=k&c'],
    wrong: [
      DATA_PLANE_URL,
      `${DATA_PLANE_URL}/v1/webhook?writeKey=`,
      `${DATA_PLANE_URL}/v1/batch?writeKey=k`,
      'https://[/v1/webhook?writeKey=k',
    ],
  },
  rudderstackWriteKeySecretArn: {
    beside: ADOPTED,
    right: [arnOf('secretsmanager', 'secret:team/rudderstack-Ab1Cd2')],
    wrong: ['rudderstack', arnOf('secretsmanager', 'secret:rudderstack'), arnOf('ssm', 'parameter/rudderstack-Ab1Cd2')],
  },
  rudderstackWriteKeySecretJsonKey: { beside: ADOPTED, right: ['writeKey'], wrong: ['', 1] },
  rudderstackWriteKeySecretKmsKeyArn: { ...KEYS, beside: ADOPTED },
  rudderstackRegion: { right: ['EU'], wrong: ['eu', 'AU'] },
  rudderstackJurisdiction: { right: ['EU'], wrong: ['Germany', 'DE'] },
  rudderstackGzip: { right: [true, false], wrong: ['yes', 0] },
  production: { right: [true, false], wrong: ['on', 1] },
  anonymousUsers: { right: ['skip', 'forward'], wrong: ['Skip'] },
  eventNames: {
    right: [{}, { 'users.messages.email.Send': 'Email Sent' }],
    wrong: [{ a: ' ' }, { ' ': 'a' }, { a: 1 }, ['a'], 'a'],
  },
  transformModule: { right: ['transform.ts', './a/b.mjs'], wrong: ['transform', 'transform.json'] },
  maxEventBytes: { right: [1_024, 4_000_000], wrong: [1_023, 4_000_001, 32_000.5, '32000'] },
  tokenRotation: { right: [1, 100_000], wrong: [0, 100_001, NaN] },
  endpointRateLimit: { right: [1, 10_000], wrong: [0, 10_001] },
  endpointBurstLimit: { right: [1, 5_000], wrong: [0, 5_001] },
  sourceAddresses: { right: ['any', 'braze'], wrong: ['Braze', 'none', true, ['braze']] },
  additionalSourceAddresses: {
    beside: { sourceAddresses: 'braze' },
    right: [[], ['203.0.113.1', '0.0.0.0', '255.255.255.255/32', '10.0.0.0/8'], numbered(50, '203.0.113.')],
    wrong: [
      numbered(51, '203.0.113.'),
      ['256.0.0.1'],
      ['203.0.113'],
      ['203.0.113.1.'],
      ['203.0.113.01'],
      ['203.0.113.0/7'],
      ['203.0.113.0/33'],
      ['203.0.113.0/'],
      ['203.0.113.1,203.0.113.2'],
      ['2001:db8::1'],
      [' 203.0.113.1'],
      ['braze.com'],
      [1],
      '203.0.113.1',
    ],
  },
  domainName: {
    beside: { domainCertificateArn: CERTIFICATE },
    right: ['currents.example.com', 'currents.xn--p1ai', `${'a'.repeat(63)}.example`],
    wrong: [
      'example',
      'Currents.example.com',
      'https://currents.example.com',
      `${'a'.repeat(64)}.example`,
      '*.example.com',
    ],
  },
  domainCertificateArn: { beside: { domainName: 'a.example.com' }, right: [CERTIFICATE], wrong: ['1234abcd', KEY] },
  outageHours: { right: [1, 75], wrong: [0, 76, 1.5] },
  visibilityTimeoutSeconds: {
    beside: {
      outageHours: 1,
      processorTimeoutSeconds: 30,
      batchWindowSeconds: 0,
      batchSize: 10,
      maxReceiveCount: undefined,
    },
    right: [30, 300],
    wrong: [29, 43_201],
  },
  maxReceiveCount: { beside: { outageHours: 1 }, right: [104, 1_000], wrong: [0, 1_001] },
  archive: { right: [true, false], wrong: ['on', 1, { enabled: true }] },
  archiveRetentionDays: { beside: { archive: true }, right: [1, 3_650], wrong: [0, 3_651, 30.5, '30'] },
  archiveOnFailure: { beside: { archive: true }, right: ['alarm', 'refuse'], wrong: ['Alarm', '503', true] },
  ingestMemoryMb: { right: [384, 10_240], wrong: [383, 10_241] },
  ingestReservedConcurrency: { right: [1, 10_000], wrong: [0, 10_001] },
  processorMemoryMb: { right: [256, 10_240], wrong: [255, 10_241] },
  processorTimeoutSeconds: {
    beside: { outageHours: 1, visibilityTimeoutSeconds: 901 },
    right: [30, 900],
    wrong: [29, 901],
  },
  batchSize: { right: [1, 100], wrong: [0, 101] },
  batchWindowSeconds: { beside: { batchSize: 10 }, right: [0, 300], wrong: [-1, 301] },
  maxConcurrency: { right: [2, 1_000], wrong: [1, 1_001] },
  processorReservedConcurrency: { beside: { maxConcurrency: 2 }, right: [2, 10_000], wrong: [1, 10_001] },
  maxBatchEvents: { right: [1, 1_000], wrong: [0, 1_001] },
  lambdaRuntime: { right: ['nodejs24.x', 'nodejs22.x'], wrong: ['nodejs20.x', 'nodejs26.x'] },
  logLevel: { right: ['DEBUG', 'ERROR'], wrong: ['debug', 'TRACE'] },
  logRetentionDays: { right: [1, 30, 3_653], wrong: [0, 2, 31, 3_654] },
  permissionsBoundaryArn: {
    right: ['arn:aws:iam::123456789012:policy/team/boundary', 'arn:aws:iam::aws:policy/PowerUserAccess'],
    wrong: ['boundary', 'arn:aws:iam::123456789012:role/boundary'],
  },
  vpcSubnetIds: {
    beside: { vpcSecurityGroupIds: ['sg-0123abcd'] },
    right: [['subnet-0123abcd'], numbered(16, 'subnet-')],
    wrong: [[], numbered(17, 'subnet-'), ['sg-0123abcd'], 'subnet-0123abcd'],
  },
  vpcSecurityGroupIds: {
    beside: { vpcSubnetIds: ['subnet-0123abcd'] },
    right: [['sg-0123abcd'], numbered(5, 'sg-')],
    wrong: [[], numbered(6, 'sg-'), ['subnet-0123abcd'], 'sg-0123abcd'],
  },
  kmsKeyArn: KEYS,
  secretRecoveryDays: { right: [0, 7, 30], wrong: [-1, 1, 6, 31, 7.5] },
  alarmEmail: { right: ['on-call@example.com'], wrong: ['on-call', 'a@b', 'a b@example.com'] },
  pageTopicArn: TOPICS,
  ticketTopicArn: TOPICS,
  runbookUrl: { right: ['docs/runbook.md', 'https://example.com/runbook'], wrong: ['', 'docs/runbook.md#alarm'] },
  noTrafficHours: { right: [0, 96], wrong: [-1, 97] },
  deliveryFailingMinutes: { right: [15, 1_440], wrong: [0, 20, 1_455] },
  oldestMessageMinutes: { right: [5, 10_080], wrong: [4, 10_081] },
  backlogMessages: { right: [1, 1_000_000_000], wrong: [0, 1_000_000_001] },
  skippedPercent: { right: [1, 100], wrong: [0, 101] },
  refusedRequests: { right: [1, 1_000_000], wrong: [0, 1_000_001] },
  previousTokenDays: { right: [1, 7], wrong: [0, 8] },
  tags: {
    right: [{}, tagsOf(40), { ['k'.repeat(128)]: 'v'.repeat(256) }, { 'Kostenstelle/Büro 1': '' }],
    wrong: [
      tagsOf(41),
      { ['k'.repeat(129)]: 'v' },
      { k: 'v'.repeat(257) },
      { 'AWS:x': 'v' },
      { k: 'a*' },
      { k: 1 },
      ['k'],
    ],
  },
};

/** Whose values are in no message. */
const UNQUOTED: SettingKey[] = ['rudderstackDataPlaneUrl', 'rudderstackWriteKey', 'rudderstackWebhookUrl'];

function casesOf(pick: (row: Row) => unknown[]): [string, SettingKey, unknown, Values][] {
  return settingKeys().flatMap((key) => {
    const row = ROWS[key];
    return pick(row).map((value): [string, SettingKey, unknown, Values] => {
      const label = `${key} ${JSON.stringify(value)}`.slice(0, 90);
      return [label, key, value, { ...LEAST, ...row.beside }];
    });
  });
}

const present = (values: Values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** How often what is suggested has to be done until nothing is wrong any more. */
function rounds(values: Values): number {
  const fixed: Values = structuredClone(values);
  for (let round = 0; round < 5; round += 1) {
    const problems = problemsOf(fixed);
    if (problems.length === 0) return round;
    // Of fixes with a condition, the first.
    const fixes = problems.flatMap(({ fixes }) => fixes.filter(({ when }, index) => when === undefined || index === 0));
    for (const { key, at, value } of fixes) {
      if (at === '') {
        if (value === undefined) Reflect.deleteProperty(fixed, key);
        else fixed[key] = value;
        continue;
      }
      const [entry] = JSON.parse(at) as [string | number];
      if (typeof fixed[key] !== 'object' || Array.isArray(fixed[key]) !== (typeof entry === 'number')) {
        fixed[key] = typeof entry === 'number' ? [] : {};
      }
      const whole = fixed[key] as Record<string | number, unknown>;
      if (value !== undefined) whole[entry] = value;
      else if (Array.isArray(whole)) whole.splice(Number(entry), 1);
      else Reflect.deleteProperty(whole, entry);
    }
  }
  return Infinity;
}

describe('a single setting', () => {
  test.each(casesOf(({ right }) => right))('is taken: %s', (_, key, value, beside) => {
    expect(
      messagesOf(present({ ...beside, [key]: value })).filter((message) => !message.includes('allowedCrossings')),
    ).toEqual([]);
  });

  test.each(casesOf(({ wrong }) => wrong))('is refused, once, by its name: %s', (_, key, value, beside) => {
    const [problem, ...others] = problemsOf(present({ ...beside, [key]: value }));
    expect(others).toEqual([]);
    expect(problem?.key).toBe(key);
    expect(problem?.message).toMatch(new RegExp(`^:${key}.* must be .*\\.$`));
    const hidden = String(value).replace('https://', '');
    if (UNQUOTED.includes(key) && hidden !== '') expect(problem?.message).not.toContain(hidden);
  });

  test.each(casesOf(({ wrong }) => wrong))('is put right by what is suggested: %s', (_, key, value, beside) => {
    expect(rounds(present({ ...beside, [key]: value }))).toBe(1);
  });

  test.each(settingKeys())('%s has an example and a default that are allowed', (key) => {
    const { kind, default: fallback }: Setting = SETTINGS[key];
    expect(kind.faults(kind.example)).toEqual([]);
    expect(fallback === undefined ? [] : kind.faults(fallback)).toEqual([]);
  });

  test('a mistake in a list or an object names the entry, and all of them are found', () => {
    expect(
      messagesOf({
        ...LEAST,
        allowedCrossings: ['AU-US', 'AU-XX', 'UK-EU'],
        tags: { team: 'crm', cost: 1234, 'aws:x': 'y' },
      }),
    ).toEqual([
      ':allowedCrossings[1] is "AU-XX"; it must be a transfer between jurisdictions such as AU-US.',
      ':allowedCrossings[2] is "UK-EU"; it must be a transfer between jurisdictions such as AU-US.',
      ':tags["cost"] is 1234; it must be text of at most 256 letters, digits, spaces and _.:/=+-@.',
      ':tags["aws:x"] has a key that is not allowed; it must be 1 to 128 letters, digits, spaces and _.:/=+-@, not ' +
        'beginning with aws:.',
    ]);
  });

  test('a long value is shown in part', () => {
    const [message = ''] = messagesOf({ ...LEAST, runbookUrl: `${'a'.repeat(5_000)}#` });
    expect(message.length).toBeLessThan(300);
  });
});

describe('settings together', () => {
  const ARN = 'rudderstackWriteKeySecretArn';
  const SECRET = arnOf('secretsmanager', 'secret:rudderstack-Ab1Cd2');
  const WEBHOOK_URL = `${DATA_PLANE_URL}/v1/webhook?writeKey=${CANARY}`;
  const cluster = { brazeCluster: 'EU-01' };

  test.each<[string, Values, SettingKey[]]>([
    ['nothing at all', {}, ['brazeCluster', 'rudderstackDataPlaneUrl', 'rudderstackWriteKey']],
    ['no data plane', { ...cluster, rudderstackWriteKey: CANARY }, ['rudderstackDataPlaneUrl']],
    ['no key', { ...cluster, rudderstackDataPlaneUrl: DATA_PLANE_URL }, ['rudderstackWriteKey']],
    ['a key and a secret with it', { ...LEAST, [ARN]: SECRET }, ['rudderstackWriteKey']],
    ['a webhook URL and a data plane', { ...LEAST, rudderstackWebhookUrl: WEBHOOK_URL }, ['rudderstackWebhookUrl']],
    [
      'a webhook URL and a secret',
      { ...cluster, rudderstackWebhookUrl: WEBHOOK_URL, [ARN]: SECRET },
      ['rudderstackWebhookUrl'],
    ],
    [
      'a region and a data plane of your own',
      { ...LEAST, rudderstackRegion: 'EU', rudderstackJurisdiction: 'EU' },
      ['rudderstackJurisdiction'],
    ],
    ['a domain without certificate', { ...LEAST, domainName: 'a.example.com' }, ['domainCertificateArn']],
    ['a certificate without domain', { ...LEAST, domainCertificateArn: CERTIFICATE }, ['domainName']],
    ['subnets without security groups', { ...LEAST, vpcSubnetIds: ['subnet-1'] }, ['vpcSecurityGroupIds']],
    ['security groups without subnets', { ...LEAST, vpcSecurityGroupIds: ['sg-1'] }, ['vpcSubnetIds']],
    ['a JSON key without a secret', { ...LEAST, rudderstackWriteKeySecretJsonKey: 'k' }, [ARN]],
    ['a KMS key of no secret', { ...LEAST, rudderstackWriteKeySecretKmsKeyArn: KEY }, [ARN]],
    [
      'reserved concurrency below maximum concurrency',
      { ...LEAST, maxConcurrency: 11, processorReservedConcurrency: 10 },
      ['processorReservedConcurrency'],
    ],
    ['a batch over 10 without a window', { ...LEAST, batchSize: 11, batchWindowSeconds: 0 }, ['batchWindowSeconds']],
    [
      'an additional address beside nothing',
      { ...LEAST, additionalSourceAddresses: ['203.0.113.1'] },
      ['sourceAddresses'],
    ],
    ['a retention of no archive', { ...LEAST, archiveRetentionDays: 90 }, ['archive']],
    ['what to do without an archive', { ...LEAST, archiveOnFailure: 'refuse', archiveRetentionDays: 90 }, ['archive']],
  ])('%s: is refused, and put right by what is suggested', (_, values, keys) => {
    expect(problemsOf(values).map(({ key }) => key)).toEqual(keys);
    expect(messagesOf(values).join()).not.toContain(CANARY);
    expect(rounds(values)).toBeLessThanOrEqual(2);
  });

  test.each<[string, Values]>([
    ['a webhook URL alone', { ...cluster, rudderstackWebhookUrl: WEBHOOK_URL }],
    [
      'a secret that exists',
      {
        ...cluster,
        rudderstackDataPlaneUrl: DATA_PLANE_URL,
        [ARN]: SECRET,
        rudderstackWriteKeySecretJsonKey: 'k',
        rudderstackWriteKeySecretKmsKeyArn: KEY,
      },
    ],
    ['reserved concurrency of maximum concurrency', { ...LEAST, maxConcurrency: 10, processorReservedConcurrency: 10 }],
    [
      'any address for a while, beside additional ones',
      { ...LEAST, sourceAddresses: 'any', additionalSourceAddresses: ['203.0.113.1'] },
    ],
    [
      'an archive that is off for a while, beside its retention',
      { ...LEAST, archive: false, archiveRetentionDays: 90 },
    ],
    ['a batch of 10 without a window', { ...LEAST, batchSize: 10, batchWindowSeconds: 0 }],
  ])('%s: is taken', (_, values) => {
    expect(messagesOf(values)).toEqual([]);
  });

  test.each<[SettingKey, string]>([
    ['rudderstackWriteKeySecretArn', SECRET],
    ['rudderstackWriteKeySecretKmsKeyArn', KEY],
    ['domainCertificateArn', CERTIFICATE],
    ['kmsKeyArn', KEY],
    ['pageTopicArn', arnOf('sns', 'page')],
    ['ticketTopicArn', arnOf('sns', 'ticket')],
  ])('%s must be in the region of the bridge', (key, value) => {
    const problems = problemsOf({ ...LEAST, [key]: value.replace('eu-central-1', 'us-east-1') }).filter(({ message }) =>
      message.startsWith(`:${key} is in us-east-1, but the bridge is in eu-central-1`),
    );
    expect(problems.flatMap(({ fixes }) => fixes.map((fix) => fix.key))).toEqual([key]);
    expect(SETTINGS[key].kind.faults(problems[0]?.fixes[0]?.value)).toEqual([]);
  });

  test('mistakes of single settings do not hide those of others together', () => {
    const keys = problemsOf({
      brazeCluster: 'EU-01',
      awsRegion: 'us-east-1',
      alarmEmail: 'on-call',
      maxReceiveCount: 3,
      batchWindowSeconds: 0,
      processorReservedConcurrency: 5,
    }).map(({ key }) => key);
    expect(new Set(keys)).toEqual(
      new Set([
        'alarmEmail',
        'rudderstackDataPlaneUrl',
        'rudderstackWriteKey',
        'processorReservedConcurrency',
        'batchWindowSeconds',
        'maxReceiveCount',
        'allowedCrossings',
      ]),
    );
  });

  test('args are refused with all mistakes at once, by their paths', () => {
    expect(() => Settings.check(argsOf({ ...LEAST, batchSize: 0, brazeCluster: 'XX' }))).toThrow(InputError);
    expect(() => Settings.check(argsOf({ ...LEAST, batchSize: 0, brazeCluster: 'XX' }))).toThrow(
      /brazeCluster is "XX".*\n.*processor\.batchSize is 0/,
    );
  });
});

test('what is said of an archive that is not asked for is told in one sentence', () => {
  expect(messagesOf({ ...LEAST, archiveOnFailure: 'refuse', archiveRetentionDays: 90 })).toEqual([
    ':archiveRetentionDays and :archiveOnFailure are set, but :archive is not, so that nothing is archived. Set :archive ' +
      'to true, or remove :archiveRetentionDays and :archiveOnFailure.',
  ]);
});

describe('source addresses', () => {
  const sourceAddressesOf = (values: Values) => Settings.check(argsOf({ ...LEAST, ...values })).sourceAddresses;

  test('are any by default', () => {
    expect(sourceAddressesOf({})).toBeUndefined();
    expect(sourceAddressesOf({ sourceAddresses: 'any' })).toBeUndefined();
    expect(sourceAddressesOf({ sourceAddresses: 'any', additionalSourceAddresses: ['203.0.113.1'] })).toBeUndefined();
  });

  test('of one’s own beside nothing are refused in a sentence', () => {
    expect(messagesOf({ ...LEAST, additionalSourceAddresses: ['203.0.113.1'] })).toEqual([
      ':additionalSourceAddresses is set, but :sourceAddresses is not, so that requests are taken from any address. Set ' +
        ':sourceAddresses to braze, or remove :additionalSourceAddresses.',
    ]);
  });

  test('are those of the cluster, and then those of one’s own', () => {
    const own = { sourceAddresses: 'braze', additionalSourceAddresses: ['203.0.113.1', '198.51.100.0/24'] };

    expect(sourceAddressesOf(own)).toEqual([...BRAZE_ADDRESSES['EU-01'], '203.0.113.1', '198.51.100.0/24']);
    expect(sourceAddressesOf({ ...own, brazeCluster: 'US-08' })).toContain('40.76.166.157');
  });

  test.each(Object.entries(BRAZE_ADDRESSES))('of %s are addresses, each once, of no other place', (cluster, own) => {
    const place = cluster === 'US-08' || cluster === 'US-10' ? cluster : cluster.slice(0, 2);
    const others = Object.entries(BRAZE_ADDRESSES).flatMap(([other, addresses]) =>
      other.startsWith(place) && BRAZE_ADDRESSES[cluster as BrazeCluster] === addresses ? [] : addresses,
    );

    expect(SETTINGS.additionalSourceAddresses.kind.faults(own)).toEqual([]);
    expect(own.length).toBeGreaterThan(5);
    expect(new Set(own).size).toBe(own.length);
    expect(own.filter((address) => others.includes(address))).toEqual([]);
  });
});

describe('residency', () => {
  const clusters = Object.values(BrazeCluster);
  const of = (cluster: BrazeCluster) => BRAZE_CLUSTERS[cluster].jurisdiction;
  const AWS = Object.entries(AWS_REGIONS);

  test.each(clusters.filter((cluster) => ['US', 'EU'].includes(of(cluster))))(
    '%s needs nothing else',
    (brazeCluster) => {
      expect(messagesOf({ ...LEAST, brazeCluster })).toEqual([]);
      const settings = Settings.check(argsOf({ ...LEAST, brazeCluster }));
      expect(settings.rudderstackJurisdiction).toBe(of(brazeCluster));
      expect(AWS_REGIONS[settings.awsRegion]).toBe(of(brazeCluster));
    },
  );

  test.each([
    ['AU-01', 'Australia', 'ap-southeast-2', 'AU'],
    ['ID-01', 'Indonesia', 'ap-southeast-3', 'ID'],
    ['JP-01', 'Japan', 'ap-northeast-1', 'JP'],
    ['KR-01', 'Korea', 'ap-northeast-2', 'KR'],
  ])('%s has no RudderStack region of its own, and the message says so', (brazeCluster, country, awsRegion, code) => {
    const values = { ...LEAST, brazeCluster };
    expect(messagesOf(values)).toEqual([
      `:rudderstackRegion is not set, and none follows from :brazeCluster ${brazeCluster}: it is in ${country}, where ` +
        `RudderStack Cloud has no region. Set :rudderstackRegion to US or EU and allow that crossing with ` +
        `:allowedCrossings (${code}-US or ${code}-EU); or, with a data plane that you host yourself, set ` +
        `:rudderstackJurisdiction to where it stands, such as ${code}.`,
    ]);
    expect(rounds(values)).toBe(1);
    const crossing = { ...values, rudderstackRegion: 'US' };
    expect(messagesOf(crossing)).toEqual([
      `Personal data would be transferred from ${country} to the United States, and no agreement to that is on record. ` +
        `Braze sends it from ${country} (cluster ${brazeCluster}), AWS processes it in ${country} (region ${awsRegion}), ` +
        `and RudderStack receives it in the United States (region US). To keep it in ${country}, choose an AWS region and ` +
        `a RudderStack data plane there. If whoever is responsible for data protection has agreed to this transfer, ` +
        `record that: add ${code}-US to :allowedCrossings.`,
    ]);
    expect(messagesOf({ ...crossing, allowedCrossings: [`US-${code}`, `${code}-EU`] })).toHaveLength(1);
    expect(messagesOf({ ...crossing, allowedCrossings: [`${code}-US`] })).toEqual([]);
  });

  test('every AWS region outside of the jurisdiction of Braze is refused until that one crossing is allowed', () => {
    for (const brazeCluster of clusters) {
      for (const [awsRegion, there] of AWS) {
        const values = { ...LEAST, brazeCluster, awsRegion, rudderstackJurisdiction: there };
        const crossings = of(brazeCluster) === there ? [] : [`${of(brazeCluster)}-${there}`];
        expect(problemsOf(values).flatMap(({ fixes }) => fixes.map(({ value }) => value))).toEqual(crossings);
        expect(messagesOf({ ...values, allowedCrossings: crossings })).toEqual([]);
      }
    }
  });

  test('every place of RudderStack outside of the jurisdiction of AWS is refused until that one crossing is allowed', () => {
    const places = [
      ...Object.values(Jurisdiction).map((there) => ({ there, choice: { rudderstackJurisdiction: there } })),
      ...Object.values(RudderStackRegion).map((there) => ({ there, choice: { rudderstackRegion: there } })),
    ];
    for (const brazeCluster of clusters) {
      for (const { there, choice } of places) {
        const values = { ...LEAST, brazeCluster, ...choice };
        const crossings = of(brazeCluster) === there ? [] : [`${of(brazeCluster)}-${there}`];
        expect(problemsOf(values).flatMap(({ fixes }) => fixes.map(({ value }) => value))).toEqual(crossings);
        expect(messagesOf({ ...values, allowedCrossings: crossings })).toEqual([]);
      }
    }
  });

  test('there and back again are two crossings, and each must be allowed', () => {
    const values = { ...LEAST, brazeCluster: 'EU-01', awsRegion: 'us-east-1', allowedCrossings: ['AU-US'] };
    expect(problemsOf(values).flatMap(({ fixes }) => fixes)).toEqual([
      { key: 'allowedCrossings', at: '[1]', value: 'EU-US' },
      { key: 'allowedCrossings', at: '[2]', value: 'US-EU' },
    ]);
  });

  test('the message of a crossing says who has the data where, a data plane of your own included', () => {
    const [message = ''] = messagesOf({
      ...LEAST,
      brazeCluster: 'EU-01',
      awsRegion: 'eu-west-2',
      rudderstackJurisdiction: 'GB',
    });
    expect(message).toContain(
      'Braze sends it from the European Union (cluster EU-01), AWS processes it in the United Kingdom (region eu-west-2), ' +
        'and RudderStack receives it in the United Kingdom (a data plane of your own). To keep it in the European Union, ',
    );
  });

  test('a cluster without a RudderStack region is told of a crossing before it, too', () => {
    expect(problemsOf({ ...LEAST, brazeCluster: 'AU-01', awsRegion: 'us-east-1' }).map(({ key }) => key)).toEqual([
      'allowedCrossings',
      'rudderstackRegion',
    ]);
  });

  test('where a cluster stands next to is in its own jurisdiction', () => {
    for (const { jurisdiction, awsRegion } of Object.values(BRAZE_CLUSTERS)) {
      expect(AWS_REGIONS[awsRegion]).toBe(jurisdiction);
    }
  });
});

describe('the sizes of the queue', () => {
  const HOUR = 3_600;
  const RETENTION = 7 * 24 * HOUR;
  const nameOf = (key: string) => `:${key}`;
  const DEFAULT: QueueSizing = {
    outageHours: 72,
    processorTimeoutSeconds: 45,
    batchWindowSeconds: 1,
    visibilityTimeoutSeconds: undefined,
    maxReceiveCount: undefined,
  };
  const sizings: fc.Arbitrary<QueueSizing> = fc.record({
    outageHours: fc.integer({ min: 1, max: MAX_OUTAGE_HOURS }),
    processorTimeoutSeconds: fc.integer({ min: 30, max: 900 }),
    batchWindowSeconds: fc.integer({ min: 0, max: 300 }),
    visibilityTimeoutSeconds: fc.option(
      fc.oneof(fc.integer({ min: 30, max: 1_000 }), fc.integer({ min: 30, max: 43_200 })),
      { nil: undefined },
    ),
    maxReceiveCount: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
  });
  /** Seconds between two receives in an outage, when messages are handed back, and when nobody answers for them. */
  const waits = (visibility: number) => ({
    shortest: Math.min(MAX_HAND_BACK / 2, visibility),
    longest: Math.max(MAX_HAND_BACK, visibility),
  });

  test('are by default what the arithmetic says', () => {
    expect(queueLimits(DEFAULT)).toEqual({ visibilityTimeoutSeconds: 300, maxReceiveCount: 956 });
    expect(queueLimits({ ...DEFAULT, processorTimeoutSeconds: 60 }).visibilityTimeoutSeconds).toBe(361);
    expect(queueProblems(DEFAULT, nameOf)).toEqual([]);
  });

  test('that are taken survive the outage, end before the message expires, and are within the limits of SQS', () => {
    fc.assert(
      fc.property(sizings, (sizing) => {
        if (queueProblems(sizing, nameOf).length > 0) return;
        const { visibilityTimeoutSeconds, maxReceiveCount } = queueLimits(sizing);
        const { shortest, longest } = waits(visibilityTimeoutSeconds);
        expect(maxReceiveCount * shortest).toBeGreaterThanOrEqual(sizing.outageHours * HOUR);
        expect(maxReceiveCount * longest).toBeLessThan(RETENTION);
        expect(maxReceiveCount).toBeLessThanOrEqual(1_000);
        expect(visibilityTimeoutSeconds).toBeGreaterThanOrEqual(sizing.processorTimeoutSeconds);
      }),
      { numRuns: 5_000 },
    );
  });

  test('that are refused would not, or only just', () => {
    const SLACK = 7 * HOUR;
    fc.assert(
      fc.property(sizings, (sizing) => {
        if (queueProblems(sizing, nameOf).length === 0) return;
        const { visibilityTimeoutSeconds, maxReceiveCount } = queueLimits(sizing);
        const { shortest, longest } = waits(visibilityTimeoutSeconds);
        expect(
          visibilityTimeoutSeconds < sizing.processorTimeoutSeconds + sizing.batchWindowSeconds ||
            maxReceiveCount > 1_000 ||
            (maxReceiveCount - 20) * shortest < sizing.outageHours * HOUR + SLACK ||
            maxReceiveCount * longest > RETENTION - SLACK,
        ).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test('that are refused become right by doing what is suggested', () => {
    fc.assert(
      fc.property(sizings, (sizing) => {
        expect(rounds({ ...LEAST, batchSize: 10, ...present(sizing as Values) })).toBeLessThanOrEqual(3);
      }),
      { numRuns: 5_000 },
    );
  });

  test.each<[string, Partial<QueueSizing>, RegExp]>([
    [
      'shorter than the processor works',
      { visibilityTimeoutSeconds: 300, processorTimeoutSeconds: 300 },
      /^:visibilityTimeoutSeconds is 300, .* = 301 seconds\. Set it to at least 301/,
    ],
    [
      'too short for the outage',
      { visibilityTimeoutSeconds: 286 },
      /^:visibilityTimeoutSeconds is 286, .* needs 1002 receives .* allows 1000\. Set it to at least 287/,
    ],
    [
      'too few receives',
      { maxReceiveCount: 955 },
      /^:maxReceiveCount is 955, .*:outageHours = 72 hours is over\. Set it to at least 956/,
    ],
    [
      'too long to become a dead letter',
      { visibilityTimeoutSeconds: 629 },
      /expire after 7 days.* Set :visibilityTimeoutSeconds to at most 628, or lower :outageHours\.$/,
    ],
    [
      'too many receives to become a dead letter',
      { visibilityTimeoutSeconds: 628, maxReceiveCount: 958 },
      /at most 627, or lower :maxReceiveCount\.$/,
    ],
    [
      'a processor that works too long',
      { processorTimeoutSeconds: 900 },
      /to 628 and :processorTimeoutSeconds \+ :batchWindowSeconds to no more than that, or lower :outageHours\.$/,
    ],
  ])('are refused with what to do: %s', (_, sizing, sentence) => {
    const problems = queueProblems({ ...DEFAULT, ...sizing }, nameOf);
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(sentence)]);
  });

  test.each<[string, Partial<QueueSizing>]>([
    ['as long as the processor works', { visibilityTimeoutSeconds: 301, processorTimeoutSeconds: 300 }],
    ['just long enough for the outage', { visibilityTimeoutSeconds: 287 }],
    ['just enough receives', { maxReceiveCount: 956 }],
    ['just short enough to become a dead letter', { visibilityTimeoutSeconds: 628 }],
    ['few enough receives to become a dead letter', { visibilityTimeoutSeconds: 627, maxReceiveCount: 958 }],
  ])('are taken at the limit: %s', (_, sizing) => {
    expect(queueProblems({ ...DEFAULT, ...sizing }, nameOf)).toEqual([]);
  });
});
