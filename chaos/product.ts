// First: the product keeps zlib's functions as it finds them.
import { restoreZlib } from './zlib-at-once';
import https from 'node:https';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import axios from 'axios';
import { ArchiveWriter, s3Client } from '../runtime/archive/writer';
import { parseEndpointTokens } from '../runtime/ingest/authentication';
import { ingest, type HttpRequest, type HttpResponse, type IngestDependencies } from '../runtime/ingest/ingest';
import { Breaker } from '../runtime/processor/breaker';
import { processBatch, type ProcessorDependencies } from '../runtime/processor/processor';
import { DataPlane } from '../runtime/processor/rudderstack';
import { parseWriteKey } from '../runtime/processor/write-key';
import { sqsClient, type Remaining } from '../runtime/queue/sqs';
import { CachedSecret, secretsManagerClient } from '../runtime/secret';
import { Telemetry } from '../runtime/telemetry';
import type { TransformOptions } from '../runtime/transform/transform';
import { DATA_PLANE_HOST } from './data-plane';
import { ARCHIVE_BUCKET } from './s3';

restoreZlib();

Object.assign(process.env, {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'simulated',
  AWS_SECRET_ACCESS_KEY: 'simulated',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
  POWERTOOLS_METRICS_NAMESPACE: 'Simulated',
});

export const EVENT_QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/events';
export const DEAD_LETTER_QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead-letters';
export const TOKENS_SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:tokens-Ab1Cd2';
export const WRITE_KEY_SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:write-key-Ab1Cd2';

/** What of the stack's configuration a schedule chooses. */
export interface ProductOptions {
  maxBatchEvents: number;
  maxEventBytes: number | undefined;
  anonymousUsers: TransformOptions['anonymousUsers'];
  gzip: boolean;
  /** Whether requests are archived, and what becomes of one that cannot be. */
  archive: 'none' | 'alarm' | 'refuse';
}

/** The two functions, as their handlers put them together. A test may put something else in their place. */
export interface Product {
  ingest: typeof ingest;
  processBatch: typeof processBatch;
}

export const PRODUCT: Product = { ingest, processBatch };

/** A process of ingest. */
export function startIngest(
  product: Product,
  agent: https.Agent,
  { maxBatchEvents, archive }: ProductOptions,
): (request: HttpRequest, remaining: Remaining) => Promise<HttpResponse> {
  const telemetry = new Telemetry();
  const dependencies: IngestDependencies = {
    sqs: through(agent, sqsClient()),
    eventQueueUrl: EVENT_QUEUE_URL,
    deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL,
    maxBatchEvents,
    sourceAddresses: undefined,
    archive: archive === 'none' ? undefined : new ArchiveWriter(ARCHIVE_BUCKET, through(agent, s3Client())),
    mustArchive: archive === 'refuse',
    tokens: new CachedSecret(
      through(agent, secretsManagerClient()),
      TOKENS_SECRET,
      parseEndpointTokens,
      telemetry.secretFailed,
    ),
    telemetry,
  };
  return (request, remaining) => {
    const deadline = Date.now() + Math.min(PATIENCE, remaining() - 2_000);
    return product.ingest(request, dependencies, () => deadline - Date.now());
  };
}

/** As in ingest's handler. */
const PATIENCE = 15_000;

/**
 * A process of the processor.
 *
 * @param die what an event does to it whose property `kill` is set.
 */
export function startProcessor(
  product: Product,
  agent: https.Agent,
  { maxBatchEvents, maxEventBytes, anonymousUsers, gzip }: ProductOptions,
  die: () => void,
): (records: readonly SQSRecord[], remaining: Remaining) => Promise<SQSBatchResponse> {
  const telemetry = new Telemetry();
  const dependencies: ProcessorDependencies = {
    sqs: through(agent, sqsClient()),
    eventQueueUrl: EVENT_QUEUE_URL,
    deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL,
    dataPlane: dataPlaneThrough(agent, gzip),
    writeKey: new CachedSecret(
      through(agent, secretsManagerClient()),
      WRITE_KEY_SECRET,
      (text) => parseWriteKey(text, undefined),
      telemetry.secretFailed,
    ),
    breaker: new Breaker(),
    maxBatchEvents,
    maxEventBytes,
    transformOptions: {
      eventNames: new Map(),
      anonymousUsers,
      transform: (message, { properties }) => {
        if (properties?.kill === true) die();
        if (properties?.trap === true) throw new Error('An event that this transform does not like.');
        return properties?.drop === true ? null : message;
      },
    },
    progress: new Map(),
    telemetry,
  };
  return (records, remaining) => product.processBatch(records, dependencies, remaining);
}

/** The product's own client with its own time-outs and retries; only its connections end inside this process. */
function through<Client extends SQSClient | SecretsManagerClient | S3Client>(
  agent: https.Agent,
  client: Client,
): Client {
  const handler = client.config.requestHandler as unknown as {
    updateHttpClientConfig: (key: string, value: unknown) => void;
  };
  handler.updateHttpClientConfig('httpsAgent', agent);
  return client;
}

function dataPlaneThrough(agent: https.Agent, gzip: boolean): DataPlane {
  const defaults = axios.defaults as { transport?: Pick<typeof https, 'request'> };
  const request = (options: https.RequestOptions, onResponse: Parameters<typeof https.request>[2]) =>
    https.request({ ...options, agent }, onResponse);
  // Taken over by the instance that the constructor makes.
  defaults.transport = { request } as Pick<typeof https, 'request'>;
  try {
    return new DataPlane(`https://${DATA_PLANE_HOST}`, { gzip });
  } finally {
    delete defaults.transport;
  }
}

let warm: Promise<void> | undefined;

/** Lets the SDK read from disk what it reads once in a process: simulated time does not wait for a disk. */
export function warmUp(): Promise<void> {
  warm ??= (async () => {
    const nowhere = new https.Agent();
    nowhere.createConnection = () => {
      throw new Error('There is no network.');
    };
    await Promise.allSettled([
      through(nowhere, sqsClient()).send(new DeleteMessageBatchCommand({ QueueUrl: EVENT_QUEUE_URL, Entries: [] })),
      through(nowhere, s3Client()).send(new PutObjectCommand({ Bucket: ARCHIVE_BUCKET, Key: 'key', Body: 'body' })),
      through(nowhere, secretsManagerClient()).send(new GetSecretValueCommand({ SecretId: TOKENS_SECRET })),
    ]);
  })();
  return warm;
}
