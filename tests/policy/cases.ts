import { DATA_PLANE_URL, KEY_ARN, OTHER_KEY_ARN } from '../support/args';
import { MASK } from '../../graph/graph';
import type { Draft } from './draft';

type Change = (draft: Draft) => void;

interface Cases {
  catches: { change: Change; message: string }[];
  leaves: { what: string; change: Change }[];
}

const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const DOMAIN = 'aws:apigatewayv2/domainName:DomainName';
const FUNCTION = 'aws:lambda/function:Function';
const LOG_GROUP = 'aws:cloudwatch/logGroup:LogGroup';
const MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
const PERMISSION = 'aws:lambda/permission:Permission';
const POLICY = 'aws:iam/policy:Policy';
const QUEUE = 'aws:sqs/queue:Queue';
const QUEUE_POLICY = 'aws:sqs/queuePolicy:QueuePolicy';
const ROLE = 'aws:iam/role:Role';
const ROLE_POLICY = 'aws:iam/rolePolicy:RolePolicy';
const SECRET = 'aws:secretsmanager/secret:Secret';
const SECRET_VERSION = 'aws:secretsmanager/secretVersion:SecretVersion';
const SUBSCRIPTION = 'aws:sns/topicSubscription:TopicSubscription';
const TOPIC = 'aws:sns/topic:Topic';
const TOPIC_POLICY = 'aws:sns/topicPolicy:TopicPolicy';
const BUCKET = 'aws:s3/bucket:Bucket';
const BUCKET_ENCRYPTION = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
const BUCKET_LIFECYCLE = 'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration';
const BUCKET_OWNERSHIP = 'aws:s3/bucketOwnershipControls:BucketOwnershipControls';
const BUCKET_POLICY = 'aws:s3/bucketPolicy:BucketPolicy';
const BUCKET_PUBLIC_ACCESS = 'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock';
const BUCKET_VERSIONING = 'aws:s3/bucketVersioning:BucketVersioning';

const BASIC_EXECUTION = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';

function policy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statement });
}

const NO_DENIAL = 'Add a statement that denies everybody s3:* on the bucket and on its objects, under no condition but';
const EXPIRE = {
  id: 'expire',
  status: 'Enabled',
  filter: {},
  expiration: { days: 30 },
  noncurrentVersionExpiration: { noncurrentDays: 1 },
};

/** By the rule's name: what it must catch with just this message, and what it must not bother. */
export const CASES: Readonly<Partial<Record<string, Cases>>> = {
  'queues-encrypted-at-rest': {
    catches: [
      {
        change: (draft) => {
          draft.set(QUEUE, '-events', { kmsMasterKeyId: undefined });
        },
        message:
          'The queue bridge-events is not encrypted at rest. Set sqsManagedSseEnabled to true, or kmsMasterKeyId to the ' +
          'ARN of a KMS key.',
      },
      {
        change: (draft) => {
          draft.set(QUEUE, '-dead-letters', { kmsMasterKeyId: undefined, sqsManagedSseEnabled: false });
        },
        message:
          'The queue bridge-dead-letters is not encrypted at rest. Set sqsManagedSseEnabled to true, or kmsMasterKeyId to ' +
          'the ARN of a KMS key.',
      },
    ],
    leaves: [
      {
        what: 'a queue that SQS encrypts with a key of its own',
        change: (draft) => {
          draft.set(QUEUE, '-events', { kmsMasterKeyId: undefined, sqsManagedSseEnabled: true });
        },
      },
      {
        what: 'a topic without a key: CloudWatch could not publish to it',
        change: (draft) => {
          draft.add(TOPIC, 'other', {});
        },
      },
    ],
  },
  'secrets-encrypted-like-queues': {
    catches: [
      {
        change: (draft) => {
          draft.set(SECRET, '-write-key', { kmsKeyId: OTHER_KEY_ARN });
        },
        message:
          `The secret bridge-write-key is not encrypted with ${KEY_ARN}, the KMS key of the queue bridge-dead-letters. ` +
          'Set its kmsKeyId to that key.',
      },
      {
        change: (draft) => {
          draft.set(SECRET, '-endpoint-tokens', { kmsKeyId: undefined });
        },
        message:
          `The secret bridge-endpoint-tokens is not encrypted with ${KEY_ARN}, the KMS key of the queue ` +
          'bridge-dead-letters. Set its kmsKeyId to that key.',
      },
    ],
    leaves: [
      {
        what: 'secrets with a key where the queues have none',
        change: (draft) => {
          draft.set(QUEUE, '-events', { kmsMasterKeyId: undefined, sqsManagedSseEnabled: true });
          draft.set(QUEUE, '-dead-letters', { kmsMasterKeyId: undefined, sqsManagedSseEnabled: true });
        },
      },
    ],
  },
  'queues-refuse-plain-http': {
    catches: [
      { Effect: 'Allow' },
      { Principal: { AWS: 'arn:aws:iam::123456789012:root' } },
      { Action: 'sqs:ReceiveMessage' },
      { Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
      { Condition: { Bool: { 'aws:SecureTransport': 'false' }, IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } },
    ].map((keys) => ({
      change: (draft: Draft) => {
        draft.setStatement(QUEUE_POLICY, '-events', keys);
      },
      message:
        'The queue policy bridge-events does not deny requests without TLS. Add a statement that denies everybody sqs:* ' +
        'under no condition but Bool aws:SecureTransport false.',
    })),
    leaves: [
      {
        what: 'the same denial with lists and a boolean',
        change: (draft) => {
          draft.setStatement(QUEUE_POLICY, '-events', {
            Principal: { AWS: ['*'] },
            Action: ['sqs:*'],
            Condition: { Bool: { 'aws:SecureTransport': [false] } },
          });
        },
      },
      {
        what: 'the policy of a topic',
        change: (draft) => {
          draft.set(TOPIC_POLICY, '-page', { policy: policy([]) });
        },
      },
    ],
  },
  'topics-refuse-plain-http': {
    catches: [
      {
        change: (draft) => {
          draft.set(TOPIC_POLICY, '-page', { policy: policy([]) });
        },
        message:
          'The topic policy bridge-page does not deny what is published without TLS. Add a statement that denies ' +
          'everybody sns:Publish under no condition but Bool aws:SecureTransport false.',
      },
    ],
    leaves: [
      {
        what: 'the policy of a queue',
        change: (draft) => {
          draft.set(QUEUE_POLICY, '-events', { policy: policy([]) });
        },
      },
    ],
  },
  'queues-and-topics-have-a-policy': {
    catches: [
      {
        change: (draft) => {
          draft.remove(QUEUE_POLICY, '-events');
        },
        message: 'The queue bridge-events has no policy. Add a QueuePolicy that denies requests without TLS.',
      },
      {
        change: (draft) => {
          draft.remove(TOPIC_POLICY, '-ticket');
        },
        message: 'The topic bridge-ticket has no policy. Add a TopicPolicy that denies what is published without TLS.',
      },
    ],
    leaves: [
      {
        what: 'a log group',
        change: (draft) => {
          draft.add(LOG_GROUP, 'other', { retentionInDays: 30 });
        },
      },
    ],
  },
  'domains-demand-tls-1-2': {
    catches: [
      {
        change: (draft) => {
          draft.set(DOMAIN, '', { domainNameConfiguration: { securityPolicy: 'TLS_1_0' } });
        },
        message:
          'The domain name bridge-domain has the security policy TLS_1_0. Set securityPolicy to TLS_1_2, the only one that ' +
          'API Gateway has for HTTP APIs.',
      },
    ],
    leaves: [
      {
        what: 'an API without a domain',
        change: (draft) => {
          draft.remove(DOMAIN, '');
        },
      },
    ],
  },
  'nothing-is-sent-by-plain-http': {
    catches: [
      {
        change: (draft) => {
          draft.set(FUNCTION, '-processor', { environment: { variables: { URL: 'http://example.com' } } });
        },
        message: 'The function bridge-processor is given an address without TLS in URL. Give it one with https://.',
      },
      {
        change: (draft) => {
          draft.set(SUBSCRIPTION, '-page', { protocol: 'http', endpoint: 'http://example.com' });
        },
        message: 'The topic subscription bridge-page has the protocol http. Set it to https.',
      },
    ],
    leaves: [
      {
        what: 'an address in words for people',
        change: (draft) => {
          draft.set(FUNCTION, '-processor', { description: 'http://example.com' });
        },
      },
      {
        what: 'an address with TLS that names another',
        change: (draft) => {
          const variables = { URL: `${DATA_PLANE_URL}?next=http://example.com` };
          draft.set(FUNCTION, '-processor', { environment: { variables } });
        },
      },
    ],
  },
  'no-wildcard-actions': {
    catches: [
      {
        change: (draft) => {
          draft.setStatement(ROLE_POLICY, '-ingest', { Action: ['sqs:*', 'sqs:Get*', 'sqs:SendMessage'] });
        },
        message:
          'The role policy bridge-ingest allows sqs:* and sqs:Get* in its statement WriteLogs. Name each action that is ' +
          'needed.',
      },
      {
        change: (draft) => {
          draft.add(POLICY, 'other', {
            policy: policy({ Effect: 'Allow', Action: '*', Resource: 'arn:aws:sqs:eu-central-1:1:queue' }),
          });
        },
        message: 'The policy other allows * in its statement 1. Name each action that is needed.',
      },
      {
        change: (draft) => {
          const statement = { Sid: 'Most', Effect: 'Allow', NotAction: 'iam:*', Resource: KEY_ARN };
          draft.set(ROLE, '-ingest-eu-central-1', { inlinePolicies: [{ policy: policy(statement) }] });
        },
        message:
          'The role bridge-ingest-eu-central-1 allows all but what is named, in its statement Most. Name what is allowed, ' +
          'with Action and Resource in place of NotAction and NotResource.',
      },
    ],
    leaves: [
      {
        what: 'a denial of everything',
        change: (draft) => {
          draft.setStatement(ROLE_POLICY, '-ingest', { Effect: 'Deny', Action: '*' });
        },
      },
    ],
  },
  'no-wildcard-resources': {
    catches: [
      ...[
        '*',
        'arn:aws:logs:eu-central-1:123456789012:*',
        'arn:aws:logs:eu-central-1:123456789012:log-group:*',
        'arn:aws:logs:*:123456789012:log-group:name',
        'arn:aws:kms:eu-central-1:123456789012:key/*',
      ].map((resource) => ({
        change: (draft: Draft) => {
          draft.setStatement(ROLE_POLICY, '-ingest', { Resource: resource });
        },
        message:
          `The role policy bridge-ingest allows logs:CreateLogStream and logs:PutLogEvents on ${resource} in its ` +
          'statement WriteLogs. Name the ARNs that it is needed on.',
      })),
      {
        change: (draft) => {
          const action = ['ec2:CreateNetworkInterface', 'ec2:RunInstances'];
          draft.setStatement(ROLE_POLICY, '-ingest', { Action: action, Resource: '*' });
        },
        message:
          'The role policy bridge-ingest allows ec2:CreateNetworkInterface and ec2:RunInstances on * in its statement ' +
          'WriteLogs. Name the ARNs that it is needed on.',
      },
    ],
    leaves: [
      {
        what: 'the streams of a log group',
        change: (draft) => {
          draft.setStatement(ROLE_POLICY, '-ingest', {
            Resource: 'arn:aws:logs:eu-central-1:123456789012:log-group:name:*',
          });
        },
      },
      {
        what: 'network interfaces, which have no ARN before they exist',
        change: (draft) => {
          draft.setStatement(ROLE_POLICY, '-ingest', { Action: 'ec2:CreateNetworkInterface', Resource: '*' });
        },
      },
      {
        what: 'the policy of a queue that denies everything',
        change: (draft) => {
          draft.setStatement(QUEUE_POLICY, '-events', { Resource: '*' });
        },
      },
    ],
  },
  'no-managed-policies-of-aws': {
    catches: [
      {
        change: (draft) => {
          draft.add('aws:iam/rolePolicyAttachment:RolePolicyAttachment', 'logs', { policyArn: BASIC_EXECUTION });
        },
        message:
          `The role policy attachment logs gives a role the policy ${BASIC_EXECUTION}, which AWS manages. Write a policy ` +
          'of just what the role needs.',
      },
      {
        change: (draft) => {
          draft.add('aws:iam/policyAttachment:PolicyAttachment', 'all', {
            policyArn: 'arn:aws-us-gov:iam::aws:policy/AdministratorAccess',
          });
        },
        message:
          'The policy attachment all gives a role the policy arn:aws-us-gov:iam::aws:policy/AdministratorAccess, which AWS ' +
          'manages. Write a policy of just what the role needs.',
      },
      {
        change: (draft) => {
          draft.set(ROLE, '-ingest-eu-central-1', {
            managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonSQSFullAccess'],
          });
        },
        message:
          'The role bridge-ingest-eu-central-1 gives a role the policy arn:aws:iam::aws:policy/AmazonSQSFullAccess, which ' +
          'AWS manages. Write a policy of just what the role needs.',
      },
    ],
    leaves: [
      {
        what: 'a policy that the account manages itself',
        change: (draft) => {
          draft.add('aws:iam/rolePolicyAttachment:RolePolicyAttachment', 'own', {
            policyArn: 'arn:aws:iam::123456789012:policy/own',
          });
        },
      },
    ],
  },
  'roles-for-lambda-only': {
    catches: [
      {
        change: (draft) => {
          const principal = { Service: ['lambda.amazonaws.com', 'ec2.amazonaws.com'], AWS: '*' };
          draft.setStatement(ROLE, '-ingest-eu-central-1', { Principal: principal }, 'assumeRolePolicy');
        },
        message:
          'The role bridge-ingest-eu-central-1 lets Service:ec2.amazonaws.com and * assume it, in its statement ' +
          'LetLambdaAssume. Trust the service lambda.amazonaws.com alone.',
      },
      {
        change: (draft) => {
          const statement = { Effect: 'Allow', NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' } };
          draft.set(ROLE, '-processor-eu-central-1', { assumeRolePolicy: policy(statement) });
        },
        message:
          'The role bridge-processor-eu-central-1 lets all but some assume it, in its statement 1. Trust the service ' +
          'lambda.amazonaws.com alone.',
      },
    ],
    leaves: [
      {
        what: 'who may use a queue',
        change: (draft) => {
          draft.setStatement(QUEUE_POLICY, '-events', { Principal: { Service: 'ec2.amazonaws.com' } });
        },
      },
    ],
  },
  'no-function-url-without-auth': {
    catches: [
      {
        change: (draft) => {
          draft.add('aws:lambda/functionUrl:FunctionUrl', 'ingest', { authorizationType: 'NONE' });
        },
        message:
          'The function URL ingest takes requests of anybody: its authorizationType is NONE. Set it to AWS_IAM, or remove ' +
          'it; requests come by way of the HTTP API.',
      },
    ],
    leaves: [
      {
        what: 'a function URL that IAM guards',
        change: (draft) => {
          draft.add('aws:lambda/functionUrl:FunctionUrl', 'ingest', { authorizationType: 'AWS_IAM' });
        },
      },
      {
        what: 'the route of the endpoint, whose requests bring a token',
        change: (draft) => {
          draft.set('aws:apigatewayv2/route:Route', '-health', { authorizationType: 'NONE' });
        },
      },
    ],
  },
  'nothing-allowed-to-anybody': {
    catches: [
      {
        change: (draft) => {
          draft.setStatement(QUEUE_POLICY, '-events', { Effect: 'Allow' });
        },
        message:
          'The queue policy bridge-events allows anybody something, in its statement DenyInsecureTransport. Name the ' +
          'principals that need it.',
      },
      {
        change: (draft) => {
          draft.setStatement(TOPIC_POLICY, '-page', { Principal: { AWS: '*' } });
        },
        message:
          'The topic policy bridge-page allows anybody something, in its statement LetAlarmsOfThisAccountPublish. Name the ' +
          'principals that need it.',
      },
      {
        change: (draft) => {
          const statement = { Effect: 'Allow', NotPrincipal: { AWS: 'arn:aws:iam::123456789012:root' } };
          draft.add('aws:secretsmanager/secretPolicy:SecretPolicy', 'tokens', { policy: policy(statement) });
        },
        message:
          'The secret policy tokens allows anybody something, in its statement 1. Name the principals that need it.',
      },
      ...(
        [
          [QUEUE, '-events', 'The queue bridge-events'],
          [TOPIC, '-page', 'The topic bridge-page'],
          [BUCKET, '-archive', 'The bucket bridge-archive'],
          [BUCKET_POLICY, '-archive', 'The bucket policy bridge-archive'],
          [SECRET, '-write-key', 'The secret bridge-write-key'],
        ] as const
      ).map(([type, suffix, who]) => ({
        change: (draft: Draft) => {
          draft.set(type, suffix, { policy: policy({ Effect: 'Allow', Principal: '*' }) });
        },
        message: `${who} allows anybody something, in its statement 1. Name the principals that need it.`,
      })),
      {
        change: (draft) => {
          draft.set(PERMISSION, '-webhook', { principal: '*' });
        },
        message:
          'The permission bridge-webhook lets anybody invoke a function. Name the service or account that needs it.',
      },
    ],
    leaves: [
      {
        what: 'a denial of everybody',
        change: (draft) => {
          draft.setStatement(QUEUE_POLICY, '-events', { Action: '*' });
        },
      },
    ],
  },
  'services-act-for-a-named-source': {
    catches: [
      {
        change: (draft) => {
          draft.setStatement(TOPIC_POLICY, '-page', { Condition: { StringEquals: { 'aws:RequestedRegion': 'eu' } } });
        },
        message:
          'The topic policy bridge-page allows Service:cloudwatch.amazonaws.com something on behalf of anybody, in its ' +
          'statement LetAlarmsOfThisAccountPublish. Add a condition on aws:SourceArn or aws:SourceAccount.',
      },
      {
        change: (draft) => {
          draft.set(PERMISSION, '-webhook', { sourceArn: undefined });
        },
        message:
          'The permission bridge-webhook lets apigateway.amazonaws.com invoke a function on behalf of anybody. Set ' +
          'sourceArn to the ARN of what invokes it.',
      },
    ],
    leaves: [
      {
        what: 'a condition whose key is written otherwise',
        change: (draft) => {
          draft.setStatement(TOPIC_POLICY, '-page', { Condition: { ArnLike: { 'AWS:SourceArn': KEY_ARN } } });
        },
      },
      {
        what: 'an account that is named',
        change: (draft) => {
          draft.setStatement(TOPIC_POLICY, '-page', {
            Principal: { AWS: 'arn:aws:iam::123456789012:root' },
            Condition: {},
          });
        },
      },
    ],
  },
  'no-secret-in-environment': {
    catches: ['RUDDERSTACK_WRITE_KEY', 'TOKEN', 'DATABASE_PASSWORD', 'KEY_ARN_SECRETS'].map((variable) => ({
      change: (draft: Draft) => {
        draft.set(FUNCTION, '-processor', { environment: { variables: { [variable]: 'text' } } });
      },
      message:
        `The function bridge-processor has the environment variable ${variable}, which by its name holds a secret. Hand ` +
        'over the ARN of a secret in place of it, in a variable that ends with _ARN, and read the secret in the function.',
    })),
    leaves: [
      {
        what: 'the ARN of a secret, and words that only begin like one',
        change: (draft) => {
          const variables = { API_KEY_ARN: 'arn', WRITE_KEY_JSON_KEY: 'key', KEYBOARD: 'text', TOKENIZER: 'text' };
          draft.set(FUNCTION, '-processor', { environment: { variables } });
        },
      },
      {
        what: 'a function without variables',
        change: (draft) => {
          draft.set(FUNCTION, '-processor', { environment: undefined });
        },
      },
    ],
  },
  'secrets-in-secrets-manager-only': {
    catches: [
      {
        change: (draft) => {
          draft.set(SECRET_VERSION, '-write-key', { secretString: 'RECOGNISABLE' });
          draft.set(FUNCTION, '-processor', { environment: { variables: { URL: 'https://x?key=RECOGNISABLE' } } });
        },
        message:
          'The Function bridge-processor holds what the secret version bridge-write-key holds. Hand over the ARN of the ' +
          'secret in place of it.',
      },
      {
        change: (draft) => {
          draft.set(SECRET_VERSION, '-endpoint-tokens', { secretString: '{"current":"RECOGNISABLE"}' });
          draft.set(QUEUE, '-events', { tags: { note: 'RECOGNISABLE' } });
        },
        message:
          'The Queue bridge-events holds what the secret version bridge-endpoint-tokens holds. Hand over the ARN of the ' +
          'secret in place of it.',
      },
    ],
    leaves: [
      {
        what: 'what is too short to be a secret',
        change: (draft) => {
          draft.set(SECRET_VERSION, '-write-key', { secretString: 'live' });
        },
      },
      {
        what: "Random's password, of which a secret is made",
        change: (draft) => {
          draft.set('random:index/randomPassword:RandomPassword', '-token-2', { result: MASK });
        },
      },
    ],
  },
  'buckets-have-all-settings': {
    catches: [
      [BUCKET_PUBLIC_ACCESS, 'BucketPublicAccessBlock', 'blocks public access'],
      [BUCKET_OWNERSHIP, 'BucketOwnershipControls', 'turns access control lists off'],
      [BUCKET_POLICY, 'BucketPolicy', 'denies requests without TLS'],
      [BUCKET_ENCRYPTION, 'BucketServerSideEncryptionConfiguration', 'says how objects are encrypted'],
      [BUCKET_VERSIONING, 'BucketVersioning', 'keeps what is overwritten'],
      [BUCKET_LIFECYCLE, 'BucketLifecycleConfiguration', 'makes objects expire'],
    ].map(([type = '', name = '', reason = '']) => ({
      change: (draft: Draft) => {
        draft.remove(type, '');
      },
      message: `The bucket bridge-archive has no ${name}. Add one that ${reason}.`,
    })),
    leaves: [
      {
        what: 'a stack without a bucket',
        change: (draft) => {
          draft.remove(BUCKET, '');
        },
      },
    ],
  },
  'buckets-block-public-access': {
    catches: [
      {
        change: (draft) => {
          draft.set(BUCKET_PUBLIC_ACCESS, '', { blockPublicAcls: false, restrictPublicBuckets: undefined });
        },
        message:
          'The bucket public access block bridge-archive leaves something open. Set blockPublicAcls and ' +
          'restrictPublicBuckets to true.',
      },
      {
        change: (draft) => {
          draft.set(BUCKET_PUBLIC_ACCESS, '', { blockPublicPolicy: false, ignorePublicAcls: false });
        },
        message:
          'The bucket public access block bridge-archive leaves something open. Set blockPublicPolicy and ' +
          'ignorePublicAcls to true.',
      },
    ],
    leaves: [
      {
        what: 'a block that stays when the bucket goes',
        change: (draft) => {
          draft.set(BUCKET_PUBLIC_ACCESS, '', { skipDestroy: true });
        },
      },
    ],
  },
  'buckets-owned-by-their-account': {
    catches: [
      {
        change: (draft) => {
          draft.set(BUCKET_OWNERSHIP, '', { rule: { objectOwnership: 'ObjectWriter' } });
        },
        message:
          'The bucket ownership controls bridge-archive leave access control lists on: objectOwnership is ObjectWriter. ' +
          'Set it to BucketOwnerEnforced.',
      },
    ],
    leaves: [
      {
        what: 'an owner that is named',
        change: (draft) => {
          draft.set(BUCKET_OWNERSHIP, '', { expectedBucketOwner: '123456789012' });
        },
      },
    ],
  },
  'buckets-refuse-weak-transport': {
    catches: [
      ...[
        { Effect: 'Allow' },
        { Principal: { AWS: 'arn:aws:iam::123456789012:root' } },
        { Action: 's3:GetObject' },
        { Resource: 'arn:aws:s3:::archive' },
        { Resource: 'arn:aws:s3:::archive/*' },
        { NotResource: 'arn:aws:s3:::archive' },
        { Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
        { Condition: { Bool: { 'aws:SecureTransport': 'false' }, IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } },
      ].map((keys) => ({
        change: (draft: Draft) => {
          draft.setStatement(BUCKET_POLICY, '', keys);
        },
        message:
          `The bucket policy bridge-archive does not deny requests without TLS. ${NO_DENIAL} Bool aws:SecureTransport ` +
          'false.',
      })),
      {
        change: (draft) => {
          const document = JSON.parse(draft.one(BUCKET_POLICY).inputs.policy as string) as { Statement: object[] };
          draft.set(BUCKET_POLICY, '', { policy: policy(document.Statement.slice(0, 1)) });
        },
        message:
          `The bucket policy bridge-archive does not deny requests with a TLS older than 1.2. ${NO_DENIAL} ` +
          'NumericLessThan s3:TlsVersion 1.2.',
      },
    ],
    leaves: [
      {
        what: 'the same denial with lists and a boolean',
        change: (draft) => {
          draft.setStatement(BUCKET_POLICY, '', {
            Principal: { AWS: ['*'] },
            Action: ['s3:*'],
            Condition: { Bool: { 'aws:SecureTransport': [false] } },
          });
        },
      },
    ],
  },
  'buckets-encrypted-like-queues': {
    catches: [
      {
        change: (draft) => {
          const rule = {
            applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: OTHER_KEY_ARN },
          };
          draft.set(BUCKET_ENCRYPTION, '', { rules: [rule] });
        },
        message:
          `The bucket encryption bridge-archive is not with ${KEY_ARN}, the KMS key of the queues. Set its ` +
          'kmsMasterKeyId to that key, and its sseAlgorithm to aws:kms.',
      },
      {
        change: (draft) => {
          const rule = { applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } };
          draft.set(BUCKET_ENCRYPTION, '', { rules: [rule] });
        },
        message:
          `The bucket encryption bridge-archive is not with ${KEY_ARN}, the KMS key of the queues. Set its ` +
          'kmsMasterKeyId to that key, and its sseAlgorithm to aws:kms.',
      },
    ],
    leaves: [
      {
        what: 'a bucket with a key where the queues have none',
        change: (draft) => {
          draft.set(QUEUE, '-events', { kmsMasterKeyId: undefined, sqsManagedSseEnabled: true });
          draft.set(QUEUE, '-dead-letters', { kmsMasterKeyId: undefined, sqsManagedSseEnabled: true });
        },
      },
    ],
  },
  'buckets-versioned': {
    catches: [
      {
        change: (draft) => {
          draft.set(BUCKET_VERSIONING, '', { versioningConfiguration: { status: 'Suspended' } });
        },
        message: 'The bucket versioning bridge-archive has the status Suspended. Set it to Enabled.',
      },
    ],
    leaves: [
      {
        what: 'versioning without a second factor for deletions, which no program could give',
        change: (draft) => {
          draft.set(BUCKET_VERSIONING, '', { versioningConfiguration: { status: 'Enabled', mfaDelete: 'Disabled' } });
        },
      },
    ],
  },
  'archives-expire': {
    catches: [
      {
        change: (draft) => {
          draft.set(BUCKET_LIFECYCLE, '', { rules: [{ ...EXPIRE, expiration: { expiredObjectDeleteMarker: true } }] });
        },
        message:
          'The bucket lifecycle bridge-archive keeps objects for ever. Set expiration.days in a rule without a filter.',
      },
      {
        change: (draft) => {
          draft.set(BUCKET_LIFECYCLE, '', {
            rules: [
              { ...EXPIRE, noncurrentVersionExpiration: { noncurrentDays: 0 } },
              { ...EXPIRE, filter: { prefix: 'requests/' } },
              { ...EXPIRE, status: 'Disabled' },
            ],
          });
        },
        message:
          'The bucket lifecycle bridge-archive keeps for ever what was overwritten or deleted. Set ' +
          'noncurrentVersionExpiration.noncurrentDays in a rule without a filter.',
      },
    ],
    leaves: [
      {
        what: 'more than one rule, and none for a cheaper class',
        change: (draft) => {
          const { noncurrentVersionExpiration, ...expire } = EXPIRE;
          draft.set(BUCKET_LIFECYCLE, '', {
            rules: [expire, { id: 'versions', status: 'Enabled', noncurrentVersionExpiration }],
          });
        },
      },
    ],
  },
  residency: {
    catches: [
      {
        change: (draft) => {
          draft.set(BUCKET, '-archive', { region: 'ap-southeast-2' });
        },
        message:
          'The Bucket bridge-archive belongs into the European Union, by the Braze cluster EU-01, but it is in ' +
          'ap-southeast-2 in Australia. Choose places in one jurisdiction; or, where whoever answers for data protection ' +
          'agrees to this transfer, add EU-AU to allowedCrossings of the policy residency in the file for ' +
          '--policy-pack-config.',
      },
      {
        change: (draft) => {
          draft.set(QUEUE, '-events', { region: 'us-east-1' });
        },
        message:
          'The Queue bridge-events belongs into the European Union, by the Braze cluster EU-01, but it is in us-east-1 in ' +
          'the United States. Choose places in one jurisdiction; or, where whoever answers for data protection agrees to ' +
          'this transfer, add EU-US to allowedCrossings of the policy residency in the file for --policy-pack-config.',
      },
      {
        change: (draft) => {
          draft.set(SUBSCRIPTION, '-page', { topicArn: 'arn:aws:sns:eu-west-2:123456789012:page' });
        },
        message:
          "The TopicSubscription bridge-page belongs into the European Union, by the AWS provider's region eu-central-1, " +
          'but arn:aws:sns:eu-west-2:123456789012:page is in eu-west-2 in the United Kingdom. Choose places in one ' +
          'jurisdiction; or, where whoever answers for data protection agrees to this transfer, add EU-GB to ' +
          'allowedCrossings of the policy residency in the file for --policy-pack-config.',
      },
      {
        change: (draft) => {
          const variables = { EVENT_QUEUE_URL: 'https://sqs.us-west-2.amazonaws.com/123456789012/events' };
          draft.set(FUNCTION, '-ingest', { environment: { variables } });
        },
        message:
          'The Function bridge-ingest belongs into the European Union, by the Braze cluster EU-01, but ' +
          'sqs.us-west-2.amazonaws.com is in us-west-2 in the United States. Choose places in one jurisdiction; or, where ' +
          'whoever answers for data protection agrees to this transfer, add EU-US to allowedCrossings of the policy ' +
          'residency in the file for --policy-pack-config.',
      },
      {
        change: (draft) => {
          draft.set(QUEUE, '-events', { region: 'xx-north-9' });
        },
        message:
          'The Queue bridge-events belongs into the European Union, by the Braze cluster EU-01, but it is in xx-north-9, a ' +
          'region that components/regions.ts does not know. Choose places in one jurisdiction.',
      },
      {
        change: (draft) => {
          draft.set(LOG_GROUP, '-ingest', { tags: { 'braze-cluster': 'US-01' } });
        },
        message:
          'The LogGroup bridge-ingest belongs into the United States, by the Braze cluster US-01, but it is in eu-central-1 ' +
          'in the European Union. Choose places in one jurisdiction; or, where whoever answers for data protection agrees ' +
          'to this transfer, add US-EU to allowedCrossings of the policy residency in the file for --policy-pack-config.',
      },
    ],
    leaves: [
      {
        what: 'another region of the same jurisdiction',
        change: (draft) => {
          draft.set(QUEUE, '-events', { region: 'eu-west-1' });
        },
      },
      {
        what: 'what belongs to no region',
        change: (draft) => {
          draft.set(ROLE, '-ingest-eu-central-1', { permissionsBoundary: 'arn:aws:iam::123456789012:policy/other' });
        },
      },
      {
        what: 'a region that is only talked about',
        change: (draft) => {
          draft.set(FUNCTION, '-ingest', { description: 'Not in us-east-1.' });
        },
      },
      {
        what: 'what is not of AWS',
        change: (draft) => {
          draft.set('random:index/randomPassword:RandomPassword', '-token-2', { region: 'us-east-1' });
        },
      },
    ],
  },
  'logs-expire': {
    catches: [
      {
        change: (draft) => {
          draft.set(LOG_GROUP, '-ingest', { retentionInDays: undefined });
        },
        message: 'The log group bridge-ingest keeps its logs for ever. Set retentionInDays.',
      },
      {
        change: (draft) => {
          draft.set(LOG_GROUP, '-processor', { retentionInDays: 0 });
        },
        message: 'The log group bridge-processor keeps its logs for ever. Set retentionInDays.',
      },
      {
        change: (draft) => {
          draft.set(FUNCTION, '-ingest', { loggingConfig: { logFormat: 'JSON' } });
        },
        message:
          'The function bridge-ingest writes to a log group that Lambda makes, which keeps its logs for ever. Set ' +
          'loggingConfig.logGroup to a log group with a retention.',
      },
    ],
    leaves: [
      {
        what: 'a queue, which has a retention of another kind',
        change: (draft) => {
          draft.set(QUEUE, '-events', { messageRetentionSeconds: undefined });
        },
      },
    ],
  },
  'everything-tagged': {
    catches: [
      {
        change: (draft) => {
          draft.set(ALARM, '-backlog', { tags: { 'currents-bridge': 'bridge' } });
        },
        message:
          'The MetricAlarm bridge-backlog lacks the tag braze-cluster. Add what is missing to its tags; where AWS has no ' +
          'tags for aws:cloudwatch/metricAlarm:MetricAlarm, add that to UNTAGGABLE in policy/operations.ts.',
      },
      {
        change: (draft) => {
          draft.add(BUCKET, 'other', {});
        },
        message:
          'The Bucket other lacks the tags currents-bridge and braze-cluster. Add what is missing to its tags; where AWS ' +
          'has no tags for aws:s3/bucket:Bucket, add that to UNTAGGABLE in policy/operations.ts.',
      },
    ],
    leaves: [
      {
        what: 'a type that AWS keeps no tags for, and what is not of AWS',
        change: (draft) => {
          draft.add(ROLE_POLICY, 'other', {});
          draft.add('random:index/randomPassword:RandomPassword', 'other', {});
        },
      },
    ],
  },
  'queues-have-dead-letter-queues': {
    catches: [
      {
        change: (draft) => {
          draft.add(QUEUE, 'other', {});
        },
        message:
          'The queue other has no dead-letter queue and is none: what is never delivered vanishes when it expires. Set ' +
          'redrivePolicy.',
      },
    ],
    leaves: [
      {
        what: 'a queue whose dead-letter queue is of another stack',
        change: (draft) => {
          const deadLetterTargetArn = 'arn:aws:sqs:eu-central-1:123456789012:dead-letters';
          draft.add(QUEUE, 'other', { redrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 9 }) });
        },
      },
      {
        what: 'a topic',
        change: (draft) => {
          draft.add(TOPIC, 'other', {});
        },
      },
    ],
  },
  'functions-run-supported-runtimes': {
    catches: [
      {
        change: (draft) => {
          draft.set(FUNCTION, '-ingest', { runtime: 'nodejs20.x' });
        },
        message: 'The function bridge-ingest has the runtime nodejs20.x. Set runtime to one of nodejs24.x, nodejs22.x.',
      },
      {
        change: (draft) => {
          draft.set(FUNCTION, '-ingest', { runtime: undefined, packageType: 'Image' });
        },
        message:
          'The function bridge-ingest has the runtime of a container image. Set runtime to one of nodejs24.x, nodejs22.x.',
      },
    ],
    leaves: [
      {
        what: 'the older of two supported ones',
        change: (draft) => {
          draft.set(FUNCTION, '-ingest', { runtime: 'nodejs22.x' });
        },
      },
    ],
  },
  'alarms-tell-somebody': {
    catches: [{ alarmActions: [] }, { alarmActions: undefined }, { actionsEnabled: false }].map((inputs) => ({
      change: (draft: Draft) => {
        draft.set(ALARM, '-backlog', inputs);
      },
      message:
        'The alarm bridge-backlog tells nobody. Put the ARN of a topic into alarmActions, and leave actionsEnabled as it ' +
        'is.',
    })),
    leaves: [
      {
        what: 'an alarm that does not tell when it is over',
        change: (draft) => {
          draft.set(ALARM, '-backlog', { okActions: [] });
        },
      },
    ],
  },
  'failed-messages-come-back-alone': {
    catches: [
      {
        change: (draft) => {
          draft.set(MAPPING, '', { functionResponseTypes: [] });
        },
        message:
          'The event source mapping bridge-events takes a whole batch for failed when one message of it is. Set ' +
          'functionResponseTypes to ["ReportBatchItemFailures"].',
      },
      {
        change: (draft) => {
          draft.add(MAPPING, 'other', { eventSourceArn: 'arn:aws:sqs:eu-central-1:123456789012:other' });
        },
        message:
          'The event source mapping other takes a whole batch for failed when one message of it is. Set ' +
          'functionResponseTypes to ["ReportBatchItemFailures"].',
      },
    ],
    leaves: [
      {
        what: 'a mapping from something else than a queue',
        change: (draft) => {
          draft.add(MAPPING, 'other', { eventSourceArn: 'arn:aws:kinesis:eu-central-1:123456789012:stream/other' });
        },
      },
    ],
  },
  'messages-stay-away-while-worked-on': {
    catches: [
      {
        change: (draft) => {
          draft.set(QUEUE, '-events', { visibilityTimeoutSeconds: 119 });
          draft.set(FUNCTION, '-processor', { timeout: 120 });
        },
        message:
          'The queue bridge-events hands a message out again after 119 seconds, while the function bridge-processor may ' +
          'work on it for 120. Set visibilityTimeoutSeconds to at least 120.',
      },
      {
        change: (draft) => {
          draft.set(QUEUE, '-events', { visibilityTimeoutSeconds: undefined });
          draft.set(FUNCTION, '-processor', { timeout: 31 });
        },
        message:
          'The queue bridge-events hands a message out again after 30 seconds, while the function bridge-processor may ' +
          'work on it for 31. Set visibilityTimeoutSeconds to at least 31.',
      },
    ],
    leaves: [
      {
        what: 'a timeout of the same length',
        change: (draft) => {
          draft.set(QUEUE, '-events', { visibilityTimeoutSeconds: 120 });
          draft.set(FUNCTION, '-processor', { timeout: 120 });
        },
      },
      {
        what: 'a queue that nothing takes from',
        change: (draft) => {
          draft.set(QUEUE, '-dead-letters', { visibilityTimeoutSeconds: 0 });
        },
      },
    ],
  },
  'messages-outlast-throttling': {
    catches: [
      {
        change: (draft) => {
          draft.set(QUEUE, '-events', { visibilityTimeoutSeconds: 359 });
          draft.set(FUNCTION, '-processor', { timeout: 60 });
        },
        message:
          'The queue bridge-events hands a message out again after 359 seconds, less than six times the timeout of the ' +
          'function bridge-processor. Set visibilityTimeoutSeconds to 360 or more.',
      },
    ],
    leaves: [
      {
        what: "a function that takes nothing from a queue, and has Lambda's own timeout",
        change: (draft) => {
          draft.set(FUNCTION, '-ingest', { timeout: undefined });
        },
      },
    ],
  },
};
