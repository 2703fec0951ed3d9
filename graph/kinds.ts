import type * as aws from '@pulumi/aws';
import type * as random from '@pulumi/random';

/** How the graph shows resources of one type. */
export interface Kind {
  /** What a resource of this type is called; its name stands before it. */
  noun: string;
  /**
   * The outputs that other resources are given, nested ones with a dot. An input that is nothing but another output is
   * shown as not set.
   */
  outputs: readonly string[];
  /** Those of them that the provider makes secret. */
  secretOutputs?: readonly string[];
  /** The inputs that are shown, in this order. */
  shown: readonly string[];
  /** Those of them of which it is not worth a line that they are not set, since others are set in their place. */
  alternatives?: readonly string[];
  /** The inputs that are left out, and why that hides nothing. */
  leftOut: Readonly<Partial<Record<string, string>>>;
  /** The input with an IAM policy; and the one with the role that holds it, where its statements name no principal. */
  policy?: { input: string; holder?: string };
  /**
   * Of a stateful resource: the inputs whose change replaces it. They are what the schemas of Terraform's AWS provider,
   * on which Pulumi's is built, mark with `ForceNew`, as of version 6; and of the Random provider, `RequiresReplace`.
   */
  replacedBy?: readonly string[];
}

interface KindOf<Input extends string> extends Omit<Partial<Kind>, 'leftOut'> {
  noun: string;
  shown: readonly Input[];
  alternatives?: readonly Input[];
  leftOut?: Readonly<Partial<Record<Input, string>>>;
  policy?: { input: Input; holder?: Input };
  replacedBy?: readonly Input[];
}

function kind<Args>(of: KindOf<keyof Args & string>): Kind {
  return { outputs: [], ...of, leftOut: of.leftOut ?? {} };
}

/** By type, in the order of the pipeline. */
export const KINDS: Readonly<Record<string, Kind>> = {
  'pulumi:providers:aws': kind<aws.ProviderArgs>({
    noun: 'provider',
    shown: ['region', 'defaultTags', 'endpoints', 'assumeRoles', 'profile'],
    leftOut: {
      skipCredentialsValidation: 'the default of @pulumi/aws, for every program',
      skipRegionValidation: 'the default of @pulumi/aws, for every program',
    },
  }),
  'aws:apigatewayv2/api:Api': kind<aws.apigatewayv2.ApiArgs>({
    noun: 'HTTP API',
    outputs: ['id', 'arn', 'executionArn', 'apiEndpoint'],
    shown: ['description', 'protocolType', 'corsConfiguration', 'disableExecuteApiEndpoint', 'tags'],
    replacedBy: ['protocolType', 'credentialsArn', 'routeKey', 'target'],
  }),
  'aws:apigatewayv2/stage:Stage': kind<aws.apigatewayv2.StageArgs>({
    noun: 'stage',
    outputs: ['id', 'arn', 'invokeUrl'],
    shown: ['apiId', 'name', 'autoDeploy', 'defaultRouteSettings', 'accessLogSettings', 'tags'],
    replacedBy: ['apiId', 'name'],
  }),
  'aws:apigatewayv2/route:Route': kind<aws.apigatewayv2.RouteArgs>({
    noun: 'route',
    outputs: ['id'],
    shown: ['apiId', 'routeKey', 'target', 'authorizationType', 'authorizerId', 'apiKeyRequired'],
    replacedBy: ['apiId'],
  }),
  'aws:apigatewayv2/integration:Integration': kind<aws.apigatewayv2.IntegrationArgs>({
    noun: 'integration',
    outputs: ['id'],
    shown: [
      'apiId',
      'integrationType',
      'integrationUri',
      'payloadFormatVersion',
      'timeoutMilliseconds',
      'credentialsArn',
      'requestParameters',
    ],
  }),
  'aws:apigatewayv2/domainName:DomainName': kind<aws.apigatewayv2.DomainNameArgs>({
    noun: 'domain name',
    outputs: ['id', 'arn', 'domainNameConfiguration.targetDomainName', 'domainNameConfiguration.hostedZoneId'],
    shown: ['domainName', 'domainNameConfiguration', 'mutualTlsAuthentication', 'tags'],
    replacedBy: ['domainName'],
  }),
  'aws:apigatewayv2/apiMapping:ApiMapping': kind<aws.apigatewayv2.ApiMappingArgs>({
    noun: 'API mapping',
    outputs: ['id'],
    shown: ['apiId', 'domainName', 'stage', 'apiMappingKey'],
  }),
  'aws:lambda/permission:Permission': kind<aws.lambda.PermissionArgs>({
    noun: 'permission',
    outputs: ['id'],
    shown: ['action', 'function', 'qualifier', 'principal', 'sourceArn', 'sourceAccount'],
  }),
  'aws:lambda/function:Function': kind<aws.lambda.FunctionArgs>({
    noun: 'function',
    outputs: ['id', 'arn', 'name', 'version', 'invokeArn', 'qualifiedArn'],
    shown: [
      'description',
      'role',
      'runtime',
      'architectures',
      'handler',
      'code',
      'publish',
      'memorySize',
      'timeout',
      'reservedConcurrentExecutions',
      'environment',
      'loggingConfig',
      'vpcConfig',
      'tags',
    ],
  }),
  'aws:lambda/alias:Alias': kind<aws.lambda.AliasArgs>({
    noun: 'alias',
    outputs: ['id', 'arn', 'name', 'invokeArn'],
    shown: ['description', 'name', 'functionName', 'functionVersion', 'routingConfig'],
  }),
  'aws:lambda/eventSourceMapping:EventSourceMapping': kind<aws.lambda.EventSourceMappingArgs>({
    noun: 'source mapping',
    outputs: ['id', 'arn'],
    shown: [
      'eventSourceArn',
      'functionName',
      'batchSize',
      'maximumBatchingWindowInSeconds',
      'functionResponseTypes',
      'scalingConfig',
      'filterCriteria',
      'tags',
    ],
  }),
  'aws:iam/role:Role': kind<aws.iam.RoleArgs>({
    noun: 'role',
    outputs: ['id', 'arn', 'name'],
    shown: ['description', 'assumeRolePolicy', 'permissionsBoundary', 'tags'],
    policy: { input: 'assumeRolePolicy' },
  }),
  'aws:iam/rolePolicy:RolePolicy': kind<aws.iam.RolePolicyArgs>({
    noun: 'role policy',
    outputs: ['id'],
    shown: ['role', 'policy'],
    policy: { input: 'policy', holder: 'role' },
  }),
  'aws:cloudwatch/logGroup:LogGroup': kind<aws.cloudwatch.LogGroupArgs>({
    noun: 'log group',
    outputs: ['id', 'arn', 'name'],
    shown: ['namePrefix', 'retentionInDays', 'kmsKeyId', 'skipDestroy', 'tags'],
    replacedBy: ['name', 'namePrefix', 'logGroupClass'],
  }),
  'aws:sqs/queue:Queue': kind<aws.sqs.QueueArgs>({
    noun: 'queue',
    outputs: ['id', 'arn', 'url', 'name'],
    shown: [
      'sqsManagedSseEnabled',
      'kmsMasterKeyId',
      'messageRetentionSeconds',
      'visibilityTimeoutSeconds',
      'maxMessageSize',
      'redrivePolicy',
      'tags',
    ],
    replacedBy: ['name', 'namePrefix', 'fifoQueue'],
  }),
  'aws:sqs/queuePolicy:QueuePolicy': kind<aws.sqs.QueuePolicyArgs>({
    noun: 'queue policy',
    shown: ['queueUrl', 'policy'],
    policy: { input: 'policy' },
  }),
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': kind<aws.sqs.RedriveAllowPolicyArgs>({
    noun: 'queue redrive allow policy',
    shown: ['queueUrl', 'redriveAllowPolicy'],
  }),
  'aws:s3/bucket:Bucket': kind<aws.s3.BucketArgs>({
    noun: 'bucket',
    outputs: ['id', 'arn', 'bucket'],
    shown: ['bucketPrefix', 'forceDestroy', 'objectLockEnabled', 'tags'],
    replacedBy: ['bucket', 'bucketPrefix', 'bucketNamespace', 'objectLockEnabled'],
  }),
  'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': kind<aws.s3.BucketPublicAccessBlockArgs>({
    noun: 'bucket public access block',
    shown: ['bucket', 'blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'],
  }),
  'aws:s3/bucketOwnershipControls:BucketOwnershipControls': kind<aws.s3.BucketOwnershipControlsArgs>({
    noun: 'bucket ownership controls',
    shown: ['bucket', 'rule'],
  }),
  'aws:s3/bucketPolicy:BucketPolicy': kind<aws.s3.BucketPolicyArgs>({
    noun: 'bucket policy',
    shown: ['bucket', 'policy'],
    policy: { input: 'policy' },
  }),
  'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration':
    kind<aws.s3.BucketServerSideEncryptionConfigurationArgs>({
      noun: 'bucket encryption',
      shown: ['bucket', 'rules'],
    }),
  'aws:s3/bucketVersioning:BucketVersioning': kind<aws.s3.BucketVersioningArgs>({
    noun: 'bucket versioning',
    shown: ['bucket', 'versioningConfiguration'],
  }),
  'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': kind<aws.s3.BucketLifecycleConfigurationArgs>({
    noun: 'bucket lifecycle',
    shown: ['bucket', 'rules', 'transitionDefaultMinimumObjectSize'],
  }),
  'random:index/randomPassword:RandomPassword': kind<random.RandomPasswordArgs>({
    noun: 'random password',
    outputs: ['id', 'result'],
    secretOutputs: ['result'],
    shown: ['length', 'special', 'overrideSpecial'],
    replacedBy: [
      'length',
      'lower',
      'minLower',
      'minNumeric',
      'minSpecial',
      'minUpper',
      'numeric',
      'overrideSpecial',
      'special',
      'upper',
      'keepers',
    ],
  }),
  'aws:secretsmanager/secret:Secret': kind<aws.secretsmanager.SecretArgs>({
    noun: 'secret',
    outputs: ['id', 'arn', 'name'],
    shown: ['description', 'kmsKeyId', 'recoveryWindowInDays', 'tags'],
    replacedBy: ['name', 'namePrefix'],
  }),
  'aws:secretsmanager/secretVersion:SecretVersion': kind<aws.secretsmanager.SecretVersionArgs>({
    noun: 'secret version',
    outputs: ['id', 'arn', 'versionId'],
    shown: ['secretId', 'secretString'],
  }),
  'aws:sns/topic:Topic': kind<aws.sns.TopicArgs>({
    noun: 'topic',
    outputs: ['id', 'arn', 'name'],
    shown: ['displayName', 'kmsMasterKeyId', 'tags'],
    replacedBy: ['name', 'namePrefix', 'fifoTopic'],
  }),
  'aws:sns/topicPolicy:TopicPolicy': kind<aws.sns.TopicPolicyArgs>({
    noun: 'topic policy',
    outputs: ['id'],
    shown: ['arn', 'policy'],
    policy: { input: 'policy' },
  }),
  'aws:sns/topicSubscription:TopicSubscription': kind<aws.sns.TopicSubscriptionArgs>({
    noun: 'topic subscription',
    outputs: ['id', 'arn'],
    shown: ['topic', 'protocol', 'endpoint'],
  }),
  'aws:cloudwatch/metricAlarm:MetricAlarm': kind<aws.cloudwatch.MetricAlarmArgs>({
    noun: 'alarm',
    outputs: ['id', 'arn', 'name'],
    shown: [
      'alarmDescription',
      'namespace',
      'metricName',
      'dimensions',
      'statistic',
      'extendedStatistic',
      'metricQueries',
      'period',
      'evaluationPeriods',
      'datapointsToAlarm',
      'comparisonOperator',
      'threshold',
      'treatMissingData',
      'alarmActions',
      'okActions',
      'tags',
    ],
    alternatives: [
      'namespace',
      'metricName',
      'dimensions',
      'statistic',
      'extendedStatistic',
      'metricQueries',
      'period',
      'datapointsToAlarm',
    ],
  }),
  'aws:cloudwatch/dashboard:Dashboard': kind<aws.cloudwatch.DashboardArgs>({
    noun: 'dashboard',
    outputs: ['id', 'dashboardArn', 'dashboardName'],
    shown: ['dashboardName'],
    leftOut: { dashboardBody: 'it draws metrics, and gives nobody access to anything' },
  }),
};

/** @throws where the type has no entry yet. */
export function kindOf(type: string): Kind {
  const kind = KINDS[type];
  if (kind !== undefined) return kind;
  throw new GraphError(
    `The graph does not know resources of the type ${type}; add an entry to KINDS in graph/kinds.ts that says which of ` +
      `its inputs are shown.`,
  );
}

/** What has to be added before the graph can be shown without hiding something. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}
