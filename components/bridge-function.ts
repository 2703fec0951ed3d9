import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Bundle, FunctionName } from '../runtime/bundle';
import type { LambdaRuntime, LogLevel } from './args';
import { METRICS_NAMESPACE } from './metrics';
import { policyDocument, type PolicyStatement, type Tags } from './policy';

/** What both functions have in common. */
export interface SharedFunctionArgs {
  /** In the name of the role, since IAM is the same in all regions. */
  awsRegion: string;
  runtime: LambdaRuntime;
  logLevel: LogLevel;
  /** Days. */
  logRetention: number;
  permissionsBoundaryArn: pulumi.Input<string> | undefined;
  vpc: { subnetIds: pulumi.Input<string[]>; securityGroupIds: pulumi.Input<string[]> } | undefined;
  tags: Tags;
}

export interface BridgeFunctionArgs extends SharedFunctionArgs {
  role: FunctionName;
  description: string;
  bundle: Promise<Bundle>;
  environment: Record<string, pulumi.Input<string>>;
  /** What it may do beside writing its logs. */
  statements: PolicyStatement[];
  /** MB. */
  memory: number;
  /** Seconds. */
  timeout: number;
  reservedConcurrency: number | undefined;
  /** Has to be there before the new code runs. */
  after: pulumi.Resource[];
}

/**
 * A Lambda function with its role, its log group and an alias `live`.
 *
 * Each change publishes a version, and then the alias moves. Lambda changes code and configuration in two calls: without
 * versions, new code would run with the old environment in between.
 */
export class BridgeFunction extends pulumi.ComponentResource {
  readonly function: aws.lambda.Function;
  readonly alias: aws.lambda.Alias;
  readonly role: aws.iam.Role;
  readonly logGroup: aws.cloudwatch.LogGroup;

  /** @param name of the bridge; the children's names begin with it and the function's role in it. */
  constructor(name: string, args: BridgeFunctionArgs, opts: pulumi.ComponentResourceOptions) {
    const prefix = `${name}-${args.role}`;
    super('currents-bridge:index:BridgeFunction', prefix, {}, opts);
    const { tags, vpc } = args;
    const child = { parent: this };

    this.logGroup = new aws.cloudwatch.LogGroup(
      prefix,
      { namePrefix: `/aws/lambda/${prefix}-`, retentionInDays: args.logRetention, tags },
      child,
    );
    this.role = new aws.iam.Role(
      `${prefix}-${args.awsRegion}`,
      {
        description: args.description,
        assumeRolePolicy: policyDocument([
          {
            Sid: 'LetLambdaAssume',
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ]),
        permissionsBoundary: args.permissionsBoundaryArn,
        tags,
      },
      child,
    );
    const writeLogs: PolicyStatement = {
      Sid: 'WriteLogs',
      Effect: 'Allow',
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: pulumi.interpolate`${this.logGroup.arn}:*`,
    };
    const policy = new aws.iam.RolePolicy(
      prefix,
      {
        role: this.role.name,
        policy: policyDocument([
          writeLogs,
          ...args.statements,
          ...(vpc === undefined ? [] : [MANAGE_NETWORK_INTERFACES]),
        ]),
      },
      child,
    );
    this.function = new aws.lambda.Function(
      prefix,
      {
        description: args.description,
        role: this.role.arn,
        runtime: args.runtime,
        architectures: ['arm64'],
        handler: 'index.handler',
        code: new pulumi.asset.AssetArchive(assetsOf(args.bundle)),
        publish: true,
        memorySize: args.memory,
        timeout: args.timeout,
        reservedConcurrentExecutions: args.reservedConcurrency,
        environment: {
          variables: {
            ...args.environment,
            NODE_OPTIONS: '--enable-source-maps',
            POWERTOOLS_LOG_LEVEL: args.logLevel,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
          },
        },
        loggingConfig: {
          logFormat: 'JSON',
          logGroup: this.logGroup.name,
          // Metrics are log lines of level INFO: a higher level here would drop them. The function itself filters its logs.
          applicationLogLevel: args.logLevel === 'DEBUG' ? 'DEBUG' : 'INFO',
          systemLogLevel: 'WARN',
        },
        vpcConfig: vpc,
        tags,
      },
      { ...child, dependsOn: [this.logGroup, policy] },
    );
    this.alias = new aws.lambda.Alias(
      prefix,
      {
        name: 'live',
        description: 'What the event sources invoke.',
        functionName: this.function.name,
        functionVersion: this.function.version,
      },
      { ...child, dependsOn: args.after },
    );
    this.registerOutputs({});
  }
}

/** Lambda's own interfaces in the VPC have no ARN before they exist, and EC2 has no other form for describing them. */
const MANAGE_NETWORK_INTERFACES: PolicyStatement = {
  Sid: 'ManageNetworkInterfaces',
  Effect: 'Allow',
  Action: [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ],
  Resource: '*',
};

async function assetsOf(bundle: Promise<Bundle>): Promise<pulumi.asset.AssetMap> {
  return Object.fromEntries(
    Object.entries(await bundle).map(([file, content]) => [file, new pulumi.asset.StringAsset(content)]),
  );
}
