import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type BucketLocationConstraint,
  type LifecycleRule,
  type OwnershipControlsRule,
  type PublicAccessBlockConfiguration,
  type S3Client,
  type ServerSideEncryptionRule,
  type VersioningConfiguration,
} from '@aws-sdk/client-s3';
import { ifThere } from './cloud';
import { capitalised, lowered, renamed } from './members';
import type { Properties, Property, ResourceType } from './resource-type';
import { tagList, type Tags, tagsOf } from './tags';
import { isSame } from './value';

const GONE = ['NoSuchBucket', 'NotFound'];

/** Whose buckets name no region, by an exception as old as S3. */
const UNNAMED_REGION = 'us-east-1';

type BucketInputs = { bucket?: string; bucketPrefix?: string; forceDestroy?: boolean; tags?: Tags };

/** Its id is its name. */
const bucket: ResourceType = {
  properties: {
    bucket: { reaches: 'CreateBucket Bucket', replaces: true },
    bucketPrefix: { reaches: 'CreateBucket Bucket, followed by 26 random characters', replaces: true },
    forceDestroy: { reaches: 'ListObjectVersions and DeleteObjects, before DeleteBucket' },
    tags: { reaches: 'PutBucketTagging Tagging; DeleteBucketTagging for none' },
  },
  outputs: ['arn', 'bucket'],
  autoName: { property: 'bucket', maxLength: 63 },
  async create({ s3, region, partition }, { bucket: name, bucketPrefix = '', tags }: BucketInputs) {
    const Bucket = name ?? `${bucketPrefix}${randomBytes(13).toString('hex')}`;
    const LocationConstraint = region === UNNAMED_REGION ? undefined : (region as BucketLocationConstraint);
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
    try {
      await setTags(s3, Bucket, tags);
    } catch (error) {
      await s3.send(new DeleteBucketCommand({ Bucket }));
      throw error;
    }
    return { id: Bucket, outputs: { bucket: Bucket, arn: `arn:${partition}:s3:::${Bucket}` } };
  },
  async read({ s3, partition }, Bucket, { bucketPrefix, forceDestroy }: BucketInputs) {
    if ((await ifThere(s3.send(new HeadBucketCommand({ Bucket })), ...GONE)) === undefined) return undefined;
    const tagging = await ifThere(s3.send(new GetBucketTaggingCommand({ Bucket })), 'NoSuchTagSet');
    const arn = `arn:${partition}:s3:::${Bucket}`;
    // S3 learns of the force at the deletion.
    return { bucket: Bucket, bucketPrefix, forceDestroy, tags: tagsOf(tagging?.TagSet), arn };
  },
  async update({ s3 }, Bucket, news: BucketInputs, olds: BucketInputs) {
    if (!isSame(news.tags, olds.tags)) await setTags(s3, Bucket, news.tags);
    return {};
  },
  async delete({ s3 }, Bucket, { forceDestroy = false }: BucketInputs) {
    if (forceDestroy) await ifThere(empty(s3, Bucket), ...GONE);
    await ifThere(s3.send(new DeleteBucketCommand({ Bucket })), ...GONE);
  },
};

async function setTags(s3: S3Client, Bucket: string, tags: Tags = {}): Promise<void> {
  const TagSet = tagList(tags);
  await (TagSet.length === 0
    ? s3.send(new DeleteBucketTaggingCommand({ Bucket }))
    : s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } })));
}

/** Deletes every version of every object, and every mark of a deletion. */
async function empty(s3: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return;
    const { Errors: [refused] = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    // The answer to the whole is a good one all the same.
    if (refused !== undefined) throw new Error(`${refused.Code ?? ''}: ${refused.Message ?? ''}`);
  }
}

/** What S3 keeps for a bucket, beside it. */
interface Setting<Inputs extends Properties> {
  /** The operation that sets it. */
  operation: string;
  properties: Readonly<Record<string, Property>>;
  put(s3: S3Client, Bucket: string, inputs: Inputs): Promise<unknown>;
  get(s3: S3Client, Bucket: string): Promise<Properties | undefined>;
  /** How S3 calls its absence, as an error. */
  absent?: string;
  remove(s3: S3Client, Bucket: string): Promise<unknown>;
}

/** Its id is the bucket's name. */
function setting<Inputs extends Properties>(of: Setting<Inputs>): ResourceType {
  return {
    properties: { bucket: { reaches: `${of.operation} Bucket`, replaces: true }, ...of.properties },
    outputs: [],
    async create({ s3 }, inputs: Properties) {
      const Bucket = inputs.bucket as string;
      await of.put(s3, Bucket, inputs as Inputs);
      return { id: Bucket, outputs: {} };
    },
    async read({ s3 }, Bucket) {
      const found = await ifThere(of.get(s3, Bucket), ...GONE, of.absent ?? '');
      return found && { bucket: Bucket, ...found };
    },
    async update({ s3 }, Bucket, news: Properties) {
      await of.put(s3, Bucket, news as Inputs);
      return {};
    },
    async delete({ s3 }, Bucket) {
      await ifThere(of.remove(s3, Bucket), ...GONE);
    },
  };
}

/** Names that S3 does not write as other services do. */
const ACRONYMS = { id: 'ID', sseAlgorithm: 'SSEAlgorithm', kmsMasterKeyId: 'KMSMasterKeyID' };

function forS3(value: unknown): unknown {
  const acronyms = new Map(Object.entries(ACRONYMS));
  return capitalised(renamed(value, (name) => acronyms.get(name) ?? name));
}

function ofS3(value: unknown): unknown {
  const names = new Map(Object.entries(ACRONYMS).map(([name, acronym]) => [acronym, name]));
  return lowered(renamed(value, (name) => names.get(name) ?? name));
}

const publicAccessBlock = setting({
  operation: 'PutPublicAccessBlock',
  properties: {
    blockPublicAcls: { reaches: 'PutPublicAccessBlock PublicAccessBlockConfiguration.BlockPublicAcls' },
    blockPublicPolicy: { reaches: 'PutPublicAccessBlock PublicAccessBlockConfiguration.BlockPublicPolicy' },
    ignorePublicAcls: { reaches: 'PutPublicAccessBlock PublicAccessBlockConfiguration.IgnorePublicAcls' },
    restrictPublicBuckets: { reaches: 'PutPublicAccessBlock PublicAccessBlockConfiguration.RestrictPublicBuckets' },
  },
  put: (s3, Bucket, { bucket: _bucket, ...blocks }) =>
    s3.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: forS3(blocks) as PublicAccessBlockConfiguration,
      }),
    ),
  get: async (s3, Bucket) => {
    const found = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    return ofS3(found.PublicAccessBlockConfiguration) as Properties;
  },
  absent: 'NoSuchPublicAccessBlockConfiguration',
  remove: (s3, Bucket) => s3.send(new DeletePublicAccessBlockCommand({ Bucket })),
});

const ownershipControls = setting<{ rule: object }>({
  operation: 'PutBucketOwnershipControls',
  properties: { rule: { reaches: 'PutBucketOwnershipControls OwnershipControls.Rules[0]' } },
  put: (s3, Bucket, { rule }) =>
    s3.send(
      new PutBucketOwnershipControlsCommand({
        Bucket,
        OwnershipControls: { Rules: [forS3(rule) as OwnershipControlsRule] },
      }),
    ),
  get: async (s3, Bucket) => {
    const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
    return { rule: ofS3(OwnershipControls?.Rules?.[0]) };
  },
  absent: 'OwnershipControlsNotFoundError',
  remove: (s3, Bucket) => s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket })),
});

const bucketPolicy = setting<{ policy: string }>({
  operation: 'PutBucketPolicy',
  properties: { policy: { reaches: 'PutBucketPolicy Policy' } },
  put: (s3, Bucket, { policy: Policy }) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy })),
  get: async (s3, Bucket) => ({ policy: (await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy }),
  absent: 'NoSuchBucketPolicy',
  remove: (s3, Bucket) => s3.send(new DeleteBucketPolicyCommand({ Bucket })),
});

/** There is always one: without it, S3's own. */
const encryption = setting<{ rules: object[] }>({
  operation: 'PutBucketEncryption',
  properties: { rules: { reaches: 'PutBucketEncryption ServerSideEncryptionConfiguration.Rules' } },
  put: (s3, Bucket, { rules }) =>
    s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: { Rules: forS3(rules) as ServerSideEncryptionRule[] },
      }),
    ),
  get: async (s3, Bucket) => {
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    return { rules: ofS3(ServerSideEncryptionConfiguration?.Rules) };
  },
  remove: (s3, Bucket) => s3.send(new DeleteBucketEncryptionCommand({ Bucket })),
});

/** Once turned on, it can be suspended, and not turned off. */
const versioning = setting<{ versioningConfiguration: object }>({
  operation: 'PutBucketVersioning',
  properties: { versioningConfiguration: { reaches: 'PutBucketVersioning VersioningConfiguration' } },
  put: (s3, Bucket, { versioningConfiguration }) =>
    s3.send(
      new PutBucketVersioningCommand({
        Bucket,
        VersioningConfiguration: forS3(versioningConfiguration) as VersioningConfiguration,
      }),
    ),
  get: async (s3, Bucket) => {
    const { Status: status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
    return status && { versioningConfiguration: { status } };
  },
  remove: (s3, Bucket) =>
    s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } })),
});

const lifecycle = setting<{ rules: object[] }>({
  operation: 'PutBucketLifecycleConfiguration',
  properties: { rules: { reaches: 'PutBucketLifecycleConfiguration LifecycleConfiguration.Rules' } },
  put: (s3, Bucket, { rules }) =>
    s3.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: { Rules: forS3(rules) as LifecycleRule[] },
      }),
    ),
  get: async (s3, Bucket) => {
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    return { rules: ofS3(Rules) };
  },
  absent: 'NoSuchLifecycleConfiguration',
  remove: (s3, Bucket) => s3.send(new DeleteBucketLifecycleCommand({ Bucket })),
});

export const s3: Record<string, ResourceType> = {
  'aws:s3/bucket:Bucket': bucket,
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': lifecycle,
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls': ownershipControls,
  'aws:s3/bucketPolicy:BucketPolicy': bucketPolicy,
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': publicAccessBlock,
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': encryption,
  'aws:s3/bucketVersioning:BucketVersioning': versioning,
};
