import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Tags } from './policy';

/** Of a bucket's prefix; the provider appends 26 digits. */
const MAX_PREFIX = 37;

/** Days that S3 bills an object for in Standard-IA at least; also how old one must be to go there. */
const INFREQUENT_ACCESS_DAYS = 30;
/** Bytes that S3 bills an object for in Standard-IA at least. */
const INFREQUENT_ACCESS_BYTES = 131_072;
/** Dollars in us-east-1, by S3's price list: of one transition, and what a GB-month in Standard-IA is cheaper by. */
const TRANSITION_PRICE = 0.01 / 1_000;
const SAVING = 0.023 - 0.0125;

export interface ArchiveArgs {
  /** Days. */
  retentionDays: number;
  /** In place of S3's own. */
  kmsKeyArn: pulumi.Input<string> | undefined;
  /** The bucket is protected, and stays when the stack goes. */
  isRetained: boolean;
  tags: Tags;
}

/** A bucket with every request as Braze sent it. Nobody is allowed anything here: roles of the stack and people are by IAM. */
export class Archive extends pulumi.ComponentResource {
  readonly bucket: aws.s3.Bucket;
  /** What must be there before anything is put into the bucket. */
  readonly settings: pulumi.Resource[];

  constructor(name: string, args: ArchiveArgs, opts: pulumi.ComponentResourceOptions) {
    super('currents-bridge:index:Archive', name, {}, opts);
    // A bucket that stays goes on refusing and forgetting as before. Undefined leaves it to the options of the bridge.
    const retained = { parent: this, retainOnDelete: args.isRetained || undefined };
    this.bucket = new aws.s3.Bucket(
      `${name}-archive`,
      { bucketPrefix: bucketPrefixOf(name), forceDestroy: !args.isRetained, tags: args.tags },
      { ...retained, protect: args.isRetained || undefined },
    );
    this.settings = [];
    const { bucket } = this.bucket;
    const add = (make: (options: pulumi.CustomResourceOptions) => pulumi.Resource) => {
      // One after the other: S3 refuses changes of one bucket at the same time ("a conflicting conditional operation").
      this.settings.push(make({ ...retained, dependsOn: this.settings.slice(-1) }));
    };
    const key = `${name}-archive`;
    add((options) => new aws.s3.BucketPublicAccessBlock(key, { bucket, ...NOTHING_PUBLIC }, options));
    add(
      (options) =>
        new aws.s3.BucketOwnershipControls(
          key,
          // No access control lists: who may do what is said by policies alone.
          { bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } },
          options,
        ),
    );
    add((options) => new aws.s3.BucketPolicy(key, { bucket, policy: refuseWeakTransport(this.bucket.arn) }, options));
    add(
      (options) =>
        new aws.s3.BucketServerSideEncryptionConfiguration(
          key,
          { bucket, rules: [encryptionWith(args.kmsKeyArn)] },
          options,
        ),
    );
    add(
      (options) =>
        new aws.s3.BucketVersioning(key, { bucket, versioningConfiguration: { status: 'Enabled' } }, options),
    );
    add(
      (options) =>
        new aws.s3.BucketLifecycleConfiguration(key, { bucket, rules: lifecycleOf(args.retentionDays) }, options),
    );
    this.registerOutputs({});
  }
}

/** S3 takes neither capitals nor underscores, which the name of a bridge may have. */
function bucketPrefixOf(name: string): string {
  const suffix = '-archive-';
  return (
    name
      .toLowerCase()
      .replaceAll('_', '-')
      .slice(0, MAX_PREFIX - suffix.length) + suffix
  );
}

const NOTHING_PUBLIC = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};

function refuseWeakTransport(bucketArn: pulumi.Output<string>): pulumi.Output<string> {
  const denial = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [bucketArn, pulumi.interpolate`${bucketArn}/*`],
  };
  return pulumi.jsonStringify({
    Version: '2012-10-17',
    Statement: [
      { Sid: 'DenyInsecureTransport', ...denial, Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { Sid: 'DenyOldTls', ...denial, Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } },
    ],
  });
}

function encryptionWith(
  kmsKeyArn: pulumi.Input<string> | undefined,
): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  if (kmsKeyArn === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } };
  return {
    applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: kmsKeyArn },
    // Else each object costs a call of KMS.
    bucketKeyEnabled: true,
  };
}

/**
 * What becomes of objects without anybody's doing. They are gone up to three days after their time: S3 hides one that
 * expires before it deletes it, and looks for either once a day.
 */
function lifecycleOf(retentionDays: number): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
  const rule = { filter: {}, status: 'Enabled' };
  return [
    {
      ...rule,
      id: 'expire',
      expiration: { days: retentionDays },
      noncurrentVersionExpiration: { noncurrentDays: 1 },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
    },
    // S3 takes this beside no number of days.
    { ...rule, id: 'forget-deletions', expiration: { expiredObjectDeleteMarker: true } },
    ...infrequentAccess(retentionDays),
  ];
}

/** To Standard-IA, where an object is large enough, and stays for long enough, to save more than the way there costs. */
function infrequentAccess(retentionDays: number): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
  const days = retentionDays - INFREQUENT_ACCESS_DAYS;
  if (days < INFREQUENT_ACCESS_DAYS) return [];
  const worthwhile = (TRANSITION_PRICE / (SAVING * (days / 30))) * 2 ** 30;
  return [
    {
      id: 'move-large-objects',
      status: 'Enabled',
      filter: { objectSizeGreaterThan: Math.max(INFREQUENT_ACCESS_BYTES, Math.ceil(worthwhile)) },
      transitions: [{ days: INFREQUENT_ACCESS_DAYS, storageClass: 'STANDARD_IA' }],
    },
  ];
}
