import * as aws from '@pulumi/aws';
import { validateResourceOfType, type Policies } from '@pulumi/policy';
import { statementsOf, type Statement } from './documents';
import { known, texts } from './known';
import { without, type Class } from './missing';

/** What a bucket cannot be without, and what for. */
const PARTS: [Class, name: string, reason: string][] = [
  [aws.s3.BucketPublicAccessBlock, 'BucketPublicAccessBlock', 'that blocks public access'],
  [aws.s3.BucketOwnershipControls, 'BucketOwnershipControls', 'that turns access control lists off'],
  [aws.s3.BucketPolicy, 'BucketPolicy', 'that denies requests without TLS'],
  [
    aws.s3.BucketServerSideEncryptionConfiguration,
    'BucketServerSideEncryptionConfiguration',
    'that says how objects are encrypted',
  ],
  [aws.s3.BucketVersioning, 'BucketVersioning', 'that keeps what is overwritten'],
  [aws.s3.BucketLifecycleConfiguration, 'BucketLifecycleConfiguration', 'that makes objects expire'],
];

const WITHOUT_TLS = 'Bool aws:SecureTransport false';
const OLD_TLS = 'NumericLessThan s3:TlsVersion 1.2';

/** A bucket of events is for the stack alone, and for a time. */
export const BUCKETS: Policies = [
  {
    name: 'buckets-have-all-settings',
    description: 'Of every bucket it is said who may reach it, how it is encrypted, and when its objects expire.',
    validateStack: (args, report) => {
      for (const [part, name, reason] of PARTS) {
        for (const bucket of without(args, aws.s3.Bucket, part, 'bucket')) {
          report(`The bucket ${bucket.name} has no ${name}. Add one ${reason}.`, bucket.urn);
        }
      }
    },
  },
  {
    name: 'buckets-block-public-access',
    description: 'No access control list and no policy can make a bucket public.',
    validateResource: validateResourceOfType(aws.s3.BucketPublicAccessBlock, (block, { name }, report) => {
      const open = (
        ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'] as const
      ).filter((each) => block[each] !== true);
      if (open.length === 0) return;
      report(`The bucket public access block ${name} leaves something open. Set ${open.join(' and ')} to true.`);
    }),
  },
  {
    name: 'buckets-owned-by-their-account',
    description: 'Every object belongs to the account of its bucket, and access control lists are off.',
    validateResource: validateResourceOfType(aws.s3.BucketOwnershipControls, ({ rule }, { name }, report) => {
      if (rule.objectOwnership === 'BucketOwnerEnforced') return;
      report(
        `The bucket ownership controls ${name} leave access control lists on: objectOwnership is ` +
          `${rule.objectOwnership}. Set it to BucketOwnerEnforced.`,
      );
    }),
  },
  {
    name: 'buckets-refuse-weak-transport',
    description: 'The policy of a bucket denies every request that comes without TLS, or with a TLS older than 1.2.',
    validateResource: validateResourceOfType(aws.s3.BucketPolicy, ({ policy }, { name }, report) => {
      const statements = statementsOf(policy);
      for (const [what, condition] of [
        ['without TLS', WITHOUT_TLS],
        ['with a TLS older than 1.2', OLD_TLS],
      ] as const) {
        if (statements.some((each) => deniesAll(each, condition))) continue;
        report(
          `The bucket policy ${name} does not deny requests ${what}. Add a statement that denies everybody s3:* on the ` +
            `bucket and on its objects, under no condition but ${condition}.`,
        );
      }
    }),
  },
  {
    name: 'buckets-encrypted-like-queues',
    description: 'Where the queues are encrypted with a KMS key of the customer, so is every bucket of the stack.',
    validateStack: ({ resources }, report) => {
      const queues = resources.filter((each) => each.isType(aws.sqs.Queue));
      const [key] = queues.flatMap(({ props }) => texts(known(props, 'kmsMasterKeyId')));
      const encryptions = resources.filter((each) => each.isType(aws.s3.BucketServerSideEncryptionConfiguration));
      for (const { name, urn, props } of key === undefined ? [] : encryptions) {
        if (texts(known(props, 'rules')).includes(key ?? '')) continue;
        report(
          `The bucket encryption ${name} is not with ${key ?? ''}, the KMS key of the queues. Set its kmsMasterKeyId to ` +
            `that key, and its sseAlgorithm to aws:kms.`,
          urn,
        );
      }
    },
  },
  {
    name: 'buckets-versioned',
    description: 'Every bucket keeps what is overwritten or deleted for a while, since both can be a mistake.',
    validateResource: validateResourceOfType(
      aws.s3.BucketVersioning,
      ({ versioningConfiguration: { status } }, { name }, report) => {
        if (status === 'Enabled') return;
        report(`The bucket versioning ${name} has the status ${status}. Set it to Enabled.`);
      },
    ),
  },
  {
    name: 'archives-expire',
    description:
      'Every object of a bucket expires, and so does what was overwritten or deleted: events are personal data.',
    validateResource: validateResourceOfType(aws.s3.BucketLifecycleConfiguration, ({ rules }, { name }, report) => {
      const forAll = (rules ?? []).filter(({ status, filter }) => status === 'Enabled' && isForAll(filter));
      if (!forAll.some(({ expiration }) => (expiration?.days ?? 0) > 0)) {
        report(`The bucket lifecycle ${name} keeps objects for ever. Set expiration.days in a rule without a filter.`);
      }
      if (!forAll.some(({ noncurrentVersionExpiration: of }) => (of?.noncurrentDays ?? 0) > 0)) {
        report(
          `The bucket lifecycle ${name} keeps for ever what was overwritten or deleted. Set ` +
            `noncurrentVersionExpiration.noncurrentDays in a rule without a filter.`,
        );
      }
    }),
  },
];

function deniesAll(
  { isAllow, isInverted, principals, actions, resources, conditions }: Statement,
  condition: string,
): boolean {
  return (
    !isAllow &&
    !isInverted &&
    principals.includes('*') &&
    actions.includes('s3:*') &&
    resources.some((each) => !each.endsWith('/*')) &&
    resources.some((each) => each.endsWith('/*')) &&
    conditions.join() === condition
  );
}

function isForAll(filter: object | undefined): boolean {
  return Object.keys(filter ?? {}).length === 0;
}
