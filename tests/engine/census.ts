import { ApiGatewayV2Client, GetApisCommand } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { LambdaClient, ListEventSourceMappingsCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Emulator } from './emulator';

/**
 * The names or ARNs of all that an account has in a region, by kind; dashboards are not among them, since the SDK cannot
 * read MiniStack's list of them. Roles are the same in every region.
 */
export async function census(emulator: Emulator, region: string): Promise<Record<string, string[]>> {
  const lambda = emulator.client(LambdaClient, region);
  const [functions, mappings, queues, apis, roles, logGroups, secrets, topics, alarms, buckets] = await Promise.all([
    lambda.send(new ListFunctionsCommand()),
    lambda.send(new ListEventSourceMappingsCommand()),
    emulator.client(SQSClient, region).send(new ListQueuesCommand()),
    emulator.client(ApiGatewayV2Client, region).send(new GetApisCommand()),
    emulator.client(IAMClient, region).send(new ListRolesCommand()),
    emulator.client(CloudWatchLogsClient, region).send(new DescribeLogGroupsCommand()),
    emulator.client(SecretsManagerClient, region).send(new ListSecretsCommand({ IncludePlannedDeletion: true })),
    emulator.client(SNSClient, region).send(new ListTopicsCommand()),
    emulator.client(CloudWatchClient, region).send(new DescribeAlarmsCommand({ MaxRecords: 100 })),
    emulator.client(S3Client, region).send(new ListBucketsCommand({ BucketRegion: region })),
  ]);
  return {
    functions: named(functions.Functions, 'FunctionName'),
    eventSourceMappings: named(mappings.EventSourceMappings, 'UUID'),
    queues: [...(queues.QueueUrls ?? [])].sort(),
    apis: named(apis.Items, 'ApiId'),
    roles: named(roles.Roles, 'RoleName'),
    logGroups: named(logGroups.logGroups, 'logGroupName'),
    secrets: named(secrets.SecretList, 'ARN'),
    topics: named(topics.Topics, 'TopicArn'),
    alarms: named(alarms.MetricAlarms, 'AlarmName'),
    buckets: named(buckets.Buckets, 'Name'),
  };
}

function named<Key extends string>(items: readonly { [key in Key]?: string }[] | undefined, key: Key): string[] {
  return (items ?? []).map((item) => item[key] ?? '').sort();
}
