import { ARCHIVE_PREFIX } from '../../runtime/archive/key';
import type { CurrentsBridgeArgs } from '../../components/currents-bridge';
import { KEY_ARN, LEAST, MOST, NAME } from '../support/args';
import { deploy, policyOf } from '../support/bridge';
import { valueOf, type Graph } from '../support/mocks';

const BUCKET = 'aws:s3/bucket:Bucket';
const NAME_OF_BUCKET = `${NAME}-archive`;
const KINDS = {
  publicAccess: 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
  ownership: 'aws:s3/bucketOwnershipControls:BucketOwnershipControls',
  policy: 'aws:s3/bucketPolicy:BucketPolicy',
  encryption: 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
  versioning: 'aws:s3/bucketVersioning:BucketVersioning',
  lifecycle: 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration',
};

function archiving(archive: CurrentsBridgeArgs['archive'] = {}): CurrentsBridgeArgs {
  return { ...LEAST, archive: { enabled: true, ...archive } };
}

let graph: Graph;
let bucketName: string | undefined;
beforeAll(async () => {
  const deployed = await deploy(archiving());
  ({ graph } = deployed);
  bucketName = await valueOf(deployed.bridge.archiveBucketName);
});

/** What is given to one of the bucket's settings. */
function given(kind: keyof typeof KINDS, deployed = graph): Record<string, unknown> {
  return deployed.one(KINDS[kind]).inputs;
}

test.each<[string, CurrentsBridgeArgs]>([
  ['that says nothing of it', LEAST],
  ['where it is off', { ...LEAST, archive: { enabled: false, retentionDays: 90 } }],
])('a bridge %s has no archive', async (_, args) => {
  const { graph: without, bridge } = await deploy(args);

  expect(without.resources.filter(({ type }) => type.startsWith('aws:s3') || type.endsWith(':Archive'))).toEqual([]);
  expect(bridge.archiveBucketName).toBeUndefined();
});

test('the archive is one bucket, which is an output, and what is set for it is set for that bucket', () => {
  expect(graph.ofType(BUCKET)).toHaveLength(1);
  expect(bucketName).toBe(NAME_OF_BUCKET);
  expect(Object.values(KINDS).map((type) => graph.one(type).inputs.bucket)).toEqual(
    Object.keys(KINDS).map(() => NAME_OF_BUCKET),
  );
});

test.each([
  [NAME, `${NAME}-archive-`],
  ['Events_EU', 'events-eu-archive-'],
  // The longest that a bridge may have: 37 are the most that leave room for the provider's digits.
  ['b'.repeat(33), `${'b'.repeat(28)}-archive-`],
])('the bucket of %s is called what S3 takes, %s', async (name, prefix) => {
  const { graph: named } = await deploy(archiving(), { name });

  expect(named.one(BUCKET).inputs.bucketPrefix).toBe(prefix);
  expect(prefix).toMatch(/^[a-z][a-z0-9-]{0,35}-$/);
});

test('nothing can make it public', () => {
  expect(given('publicAccess')).toEqual({
    bucket: NAME_OF_BUCKET,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  expect(given('ownership').rule).toEqual({ objectOwnership: 'BucketOwnerEnforced' });
});

test('its policy allows nobody anything, and refuses what comes without TLS 1.2 or newer', () => {
  const denial = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [`arn:aws:s3:::${NAME_OF_BUCKET}`, `arn:aws:s3:::${NAME_OF_BUCKET}/*`],
  };

  expect(policyOf(graph.one(KINDS.policy)).map(({ Sid: _sid, ...statement }) => statement)).toEqual([
    { ...denial, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    { ...denial, Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } },
  ]);
});

test('it is encrypted with S3’s key or the customer’s, of which each object does not cost a call', async () => {
  const { graph: most } = await deploy(MOST);

  expect(given('encryption').rules).toEqual([{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }]);
  expect(given('encryption', most).rules).toEqual([
    {
      applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: KEY_ARN },
      bucketKeyEnabled: true,
    },
  ]);
});

interface Rule {
  status: string;
  filter: { objectSizeGreaterThan?: number };
  expiration?: { days?: number; expiredObjectDeleteMarker?: boolean };
  noncurrentVersionExpiration?: { noncurrentDays: number };
  abortIncompleteMultipartUpload?: { daysAfterInitiation: number };
  transitions?: { days: number; storageClass: string }[];
}

async function rulesWith(retentionDays?: number): Promise<Rule[]> {
  return given('lifecycle', (await deploy(archiving({ retentionDays }))).graph).rules as Rule[];
}

test('it keeps versions, and forgets everything after its time', async () => {
  expect(given('versioning').versioningConfiguration).toEqual({ status: 'Enabled' });
  for (const [retentionDays, days] of [
    [undefined, 30],
    [1, 1],
    [3_650, 3_650],
  ]) {
    const rules = await rulesWith(retentionDays);
    const forAll = rules.filter(({ filter }) => Object.keys(filter).length === 0);

    expect(rules.map(({ status }) => status)).toEqual(rules.map(() => 'Enabled'));
    expect(forAll.flatMap(({ expiration }) => expiration)).toEqual([{ days }, { expiredObjectDeleteMarker: true }]);
    expect(forAll.flatMap((rule) => rule.noncurrentVersionExpiration ?? [])).toEqual([{ noncurrentDays: 1 }]);
    expect(forAll.flatMap((rule) => rule.abortIncompleteMultipartUpload ?? [])).toEqual([{ daysAfterInitiation: 1 }]);
  }
});

test('objects go to a cheaper class only where that saves more than the way there costs', async () => {
  const transitionsWith = async (retentionDays: number) =>
    (await rulesWith(retentionDays)).flatMap(({ transitions, filter }) =>
      transitions ? [{ transitions, filter }] : [],
    );

  expect(await transitionsWith(30)).toEqual([]);
  expect(await transitionsWith(59)).toEqual([]);
  for (const retentionDays of [60, 90, 365, 3_650]) {
    const [{ transitions, filter } = { transitions: [], filter: {} }, ...others] = await transitionsWith(retentionDays);
    const bytes = filter.objectSizeGreaterThan ?? 0;

    expect(others).toEqual([]);
    expect(transitions).toEqual([{ days: 30, storageClass: 'STANDARD_IA' }]);
    // Dollars: by the month and GB in Standard and in Standard-IA, and a thousand transitions, in us-east-1.
    const saved = (bytes / 2 ** 30) * (0.023 - 0.0125) * ((retentionDays - 30) / 30);
    expect(saved).toBeGreaterThanOrEqual(0.01 / 1_000);
    // What S3 bills at least for an object there.
    expect(bytes).toBeGreaterThanOrEqual(128 * 1_024);
  }
  expect((await transitionsWith(365))[0]?.filter.objectSizeGreaterThan).toBe(128 * 1_024);
});

test('it is protected before ingest puts anything into it', () => {
  const settings = Object.values(KINDS).map((type) => graph.one(type).urn);
  const { dependencies } = graph.one('aws:lambda/alias:Alias', 'ingest');

  expect(dependencies).toEqual(expect.arrayContaining(settings));
});

test('its settings are made one after the other, since S3 refuses changes of a bucket at the same time', () => {
  const settings = Object.values(KINDS).map((type) => graph.one(type));
  const before = (urn: string): string[] => {
    const others = settings.find((each) => each.urn === urn)?.dependencies ?? [];
    return others.flatMap((each) => [each, ...before(each)]);
  };
  const apart = settings.flatMap((one) =>
    settings.filter(
      (other) => other !== one && !before(one.urn).includes(other.urn) && !before(other.urn).includes(one.urn),
    ),
  );

  expect(apart.map(({ type }) => type)).toEqual([]);
});

test('ingest may add what the archive’s keys begin with, and no other object', () => {
  const statement = policyOf(graph.one('aws:iam/rolePolicy:RolePolicy', 'ingest')).find(({ Action }) =>
    JSON.stringify(Action).includes('s3:'),
  );

  expect(statement).toEqual({
    Sid: 'ArchiveRequests',
    Effect: 'Allow',
    Action: ['s3:PutObject'],
    Resource: `arn:aws:s3:::${NAME_OF_BUCKET}/${ARCHIVE_PREFIX}*`,
  });
});
