import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { ArchiveReader, type ArchivedRequest } from '../runtime/archive/reader';
import { CommandError } from './command-line';
import { stackOutputs } from './stack-outputs';

/** Milliseconds for a call of AWS, each of a few attempts. */
const PATIENCE = { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true };

/** What a replay or an erasure reaches of a deployed stack. */
export interface Stack {
  sqs: SQSClient;
  eventQueueUrl: string;
  deadLetterQueueUrl: string;
  /** Undefined where `archive` is off. */
  archive: Archive | undefined;
}

export interface Archive {
  s3: S3Client;
  bucket: string;
  reader: ArchiveReader;
}

/** @throws CommandError where there is no such stack. */
export async function readStack(name: string): Promise<Stack> {
  const { eventQueueUrl, eventQueueArn, deadLetterQueueUrl } = await stackOutputs(name, [
    'eventQueueUrl',
    'eventQueueArn',
    'deadLetterQueueUrl',
  ]);
  const region = eventQueueArn.split(':')[3];
  // The host in a queue's URL would win over a configured endpoint.
  const sqs = new SQSClient({ region, requestHandler: PATIENCE, useQueueUrlAsEndpoint: false });
  const bucket = await archiveBucketOf(name);
  if (bucket === undefined) return { sqs, eventQueueUrl, deadLetterQueueUrl, archive: undefined };
  const s3 = new S3Client({ region, requestHandler: PATIENCE });
  const archive = { s3, bucket, reader: new ArchiveReader(s3, bucket) };
  return { sqs, eventQueueUrl, deadLetterQueueUrl, archive };
}

async function archiveBucketOf(stack: string): Promise<string | undefined> {
  try {
    return (await stackOutputs(stack, ['archiveBucketName'])).archiveBucketName;
  } catch (error) {
    const isMissing = error instanceof CommandError && error.message.includes('has no output archiveBucketName');
    if (isMissing) return undefined;
    throw error;
  }
}

/**
 * The first request that the archive still holds; undefined where it is empty.
 *
 * @throws CommandError where the archive cannot be listed.
 */
export async function oldestRequest({ reader, bucket }: Archive): Promise<ArchivedRequest | undefined> {
  try {
    const first = await reader.list({ from: new Date(0), to: new Date() }).next();
    return first.done === true ? undefined : first.value;
  } catch (error) {
    const { name, code } = error as { name: string; code?: string };
    const why = S3_ERRORS[name] ?? S3_ERRORS[code ?? ''];
    if (why === undefined) throw error;
    throw new CommandError([`The archive in the bucket ${bucket} cannot be listed: ${why}`]);
  }
}

const S3_ERRORS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket in this account; run npx pulumi up.',
  AccessDenied: 'you may not; that needs s3:ListBucket on it, and s3:GetObject on what is in it.',
  ECONNREFUSED: 'S3 cannot be reached; check the network and AWS_ENDPOINT_URL_S3.',
  ENOTFOUND: 'S3 cannot be reached; check the network and AWS_ENDPOINT_URL_S3.',
  TimeoutError: 'S3 does not answer in time; check the network and AWS_ENDPOINT_URL_S3.',
};
