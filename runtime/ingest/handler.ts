import type { Context } from 'aws-lambda';
import { Environment } from '../environment';
import { sqsClient } from '../queue/sqs';
import { CachedSecret, secretsManagerClient } from '../secret';
import { Telemetry } from '../telemetry';
import { parseEndpointTokens } from './authentication';
import { ingest, type HttpRequest, type HttpResponse, type IngestDependencies } from './ingest';

/** API Gateway gives up after 30 s and Braze's patience is not documented: answer 503 well before either. */
const PATIENCE = 15_000;

const environment = new Environment(process.env);
const tokensSecret = environment.text('ENDPOINT_TOKENS_SECRET_ARN', 'the ARN of the secret with the endpoint tokens');
const archiveBucket = environment.optionalText('ARCHIVE_BUCKET');
const telemetry = new Telemetry();
const dependencies: IngestDependencies = {
  sqs: sqsClient(),
  eventQueueUrl: environment.text('EVENT_QUEUE_URL', 'the URL of the event queue'),
  deadLetterQueueUrl: environment.text('DEAD_LETTER_QUEUE_URL', 'the URL of the dead-letter queue'),
  maxBatchEvents: environment.integer('MAX_BATCH_EVENTS', { min: 1, max: 1_000, default: 250 }),
  sourceAddresses: environment.addresses('SOURCE_ADDRESSES'),
  tokens: new CachedSecret(secretsManagerClient(), tokensSecret, parseEndpointTokens, telemetry.secretFailed),
  // A file of its own, since S3's client almost doubles the time of a cold start.
  archive: archiveBucket === undefined ? undefined : new (await import('./archive.mjs')).ArchiveWriter(archiveBucket),
  mustArchive: environment.oneOf('ARCHIVE_ON_FAILURE', ['alarm', 'refuse']) === 'refuse',
  telemetry,
};
environment.check();

/** Ingest: an API Gateway HTTP API route to the event queue. */
export async function handler(request: HttpRequest, context: Context): Promise<HttpResponse> {
  const deadline = Date.now() + Math.min(PATIENCE, context.getRemainingTimeInMillis() - 2_000);
  return ingest(request, dependencies, () => deadline - Date.now());
}
