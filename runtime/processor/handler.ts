import { readFileSync } from 'node:fs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { Environment } from '../environment';
import { sqsClient } from '../queue/sqs';
import { CachedSecret, secretsManagerClient } from '../secret';
import { Telemetry } from '../telemetry';
import { ANONYMOUS_USERS } from '../transform/transform';
import { Breaker } from './breaker';
import { processBatch, type ProcessorDependencies } from './processor';
import { DataPlane } from './rudderstack';
import transform from './transform.mjs';
import { parseWriteKey } from './write-key';

/** A file beside the handler, as `transform.mjs` is: both are made from the configuration. */
const eventNames = JSON.parse(readFileSync(new URL('event-names.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;

const environment = new Environment(process.env);
const url = environment.url('RUDDERSTACK_DATA_PLANE_URL', "the data plane URL in RudderStack's web app, with https://");
const secret = environment.text(
  'RUDDERSTACK_WRITE_KEY_SECRET_ARN',
  "the ARN of the secret with the source's write key",
);
const secretKey = environment.optionalText('RUDDERSTACK_WRITE_KEY_JSON_KEY');
const gzip = environment.oneOf('RUDDERSTACK_GZIP', ['true', 'false']) === 'true';
const telemetry = new Telemetry();
const dependencies: ProcessorDependencies = {
  sqs: sqsClient(),
  eventQueueUrl: environment.text('EVENT_QUEUE_URL', 'the URL of the event queue'),
  deadLetterQueueUrl: environment.text('DEAD_LETTER_QUEUE_URL', 'the URL of the dead-letter queue'),
  dataPlane: new DataPlane(url, { gzip }),
  writeKey: new CachedSecret(
    secretsManagerClient(),
    secret,
    (text) => parseWriteKey(text, secretKey),
    telemetry.secretFailed,
  ),
  breaker: new Breaker(),
  maxBatchEvents: environment.integer('MAX_BATCH_EVENTS', { min: 1, max: 1_000, default: 250 }),
  maxEventBytes: environment.integer('MAX_EVENT_BYTES', { min: 1_024, max: 4_000_000, default: undefined }),
  transformOptions: {
    eventNames: new Map(Object.entries(eventNames)),
    anonymousUsers: environment.oneOf('ANONYMOUS_USERS', ANONYMOUS_USERS),
    transform,
  },
  progress: new Map(),
  telemetry,
};
environment.check();

/** The processor: the event queue to RudderStack, with partial batch responses. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return processBatch(event.Records, dependencies, () => context.getRemainingTimeInMillis());
}
