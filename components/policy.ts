import * as pulumi from '@pulumi/pulumi';

export type Tags = pulumi.Input<Record<string, pulumi.Input<string>>>;

/** What a role may do, as IAM writes it. */
export interface PolicyStatement {
  Sid: string;
  Effect: 'Allow';
  Action: string[];
  Resource: pulumi.Input<string> | pulumi.Input<string>[];
  Condition?: Record<string, Record<string, pulumi.Input<string>>>;
}

export function policyDocument(statements: readonly object[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: '2012-10-17', Statement: statements });
}

/** What a role needs of the customer's key, where queues are encrypted with one, to send to them and to take from them. */
export function useKeyOfQueues(keyArn: pulumi.Input<string> | undefined, region: string): PolicyStatement[] {
  if (keyArn === undefined) return [];
  return [keyStatement('UseKeyOfQueues', keyArn, 'sqs', region, ['kms:Decrypt', 'kms:GenerateDataKey'])];
}

/** What a role needs to add objects under a prefix of a bucket, which may be encrypted with the customer's key. */
export function archiveRequests(
  bucketArn: pulumi.Input<string>,
  prefix: string,
  keyArn: pulumi.Input<string> | undefined,
  region: string,
): PolicyStatement[] {
  const put: PolicyStatement = {
    Sid: 'ArchiveRequests',
    Effect: 'Allow',
    Action: ['s3:PutObject'],
    Resource: pulumi.interpolate`${bucketArn}/${prefix}*`,
  };
  if (keyArn === undefined) return [put];
  return [put, keyStatement('UseKeyOfArchive', keyArn, 's3', region, ['kms:GenerateDataKey'])];
}

export interface ReadableSecret {
  arn: pulumi.Input<string>;
  /** The customer's key that it is encrypted with. */
  keyArn: pulumi.Input<string> | undefined;
}

export function readSecret({ arn, keyArn }: ReadableSecret, region: string): PolicyStatement[] {
  const read: PolicyStatement = {
    Sid: 'ReadSecret',
    Effect: 'Allow',
    Action: ['secretsmanager:GetSecretValue'],
    Resource: arn,
  };
  if (keyArn === undefined) return [read];
  return [read, keyStatement('UseKeyOfSecret', keyArn, 'secretsmanager', region, ['kms:Decrypt'])];
}

/** By way of one service only. */
function keyStatement(
  sid: string,
  keyArn: pulumi.Input<string>,
  service: 's3' | 'secretsmanager' | 'sqs',
  region: string,
  actions: string[],
): PolicyStatement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: keyArn,
    Condition: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
  };
}
