import { randomBytes } from 'node:crypto';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse } from 'aws-lambda';
import type { FauxqsServer } from 'fauxqs';
import { bundleIngest, bundleProcessor, type ProcessorConfiguration } from '../bundle';
import type { HttpResponse } from '../ingest/ingest';
import { EventSource } from './event-source';
import { LocalFunction } from './function';
import { httpApi } from './http-api';
import { Output } from './output';
import { secretsManager } from './secrets-manager';
import { LocalServer } from './server';

const REGION = 'us-east-1';
const TOKENS_SECRET = 'endpoint-tokens';
const WRITE_KEY_SECRET = 'rudderstack-write-key';

export interface LocalBridgeArgs {
  dataPlaneUrl: string;
  writeKey: string;
  token: string;
  /** 0 for any free port. */
  port?: number;
  configuration?: ProcessorConfiguration;
  /** More of the processor's environment, such as `ANONYMOUS_USERS`. */
  environment?: Record<string, string>;
  /** Seconds until an unacknowledged message comes back. */
  visibilityTimeout?: number;
  /** Seconds until a function is killed. */
  timeout?: number;
}

/**
 * The whole bridge on this machine: the bundles that AWS runs, unchanged, between an HTTP API, SQS, Secrets Manager and
 * an event source mapping that speak the same protocols.
 */
export class LocalBridge {
  #token: string;

  private constructor(
    private readonly parts: {
      sqsServer: FauxqsServer;
      secrets: Map<string, string>;
      secretsManager: LocalServer;
      api: LocalServer;
      eventSource: EventSource;
    },
    readonly ingest: LocalFunction,
    readonly processor: LocalFunction,
    readonly sqs: SQSClient,
    readonly eventQueueUrl: string,
    readonly deadLetterQueueUrl: string,
    /** What the functions wrote. */
    readonly output: Output,
    token: string,
  ) {
    this.#token = token;
  }

  static async start({
    dataPlaneUrl,
    writeKey,
    token,
    port = 0,
    configuration,
    environment = {},
    visibilityTimeout = 30,
    timeout = 30,
  }: LocalBridgeArgs): Promise<LocalBridge> {
    const secrets = new Map<string, string>();
    const [ingestBundle, processorBundle, sqsServer, secretsServer] = await Promise.all([
      bundleIngest(),
      bundleProcessor(configuration),
      import('fauxqs').then(({ startFauxqs }) => startFauxqs({ port: 0, logger: false, defaultRegion: REGION })),
      LocalServer.listen(secretsManager(secrets)),
    ]);
    const output = new Output();
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const sqs = new SQSClient({ region: REGION, endpoint: sqsServer.address, credentials });
    const createQueue = async (QueueName: string, Attributes: Record<string, string>): Promise<string> => {
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
      return QueueUrl as string;
    };
    const deadLetterQueueUrl = await createQueue('dead-letters', {
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '1209600',
    });
    const eventQueueUrl = await createQueue('events', {
      MaximumMessageSize: '1048576',
      VisibilityTimeout: String(visibilityTimeout),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: `arn:aws:sqs:${REGION}:000000000000:dead-letters`,
        maxReceiveCount: '1000',
      }),
    });
    const shared = {
      PATH: process.env.PATH ?? '',
      // The bridge runs on Node.js 20 here, and on a newer one in AWS.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_SQS: sqsServer.address,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsServer.url,
      POWERTOOLS_METRICS_NAMESPACE: 'CurrentsBridge',
      EVENT_QUEUE_URL: eventQueueUrl,
      DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    };
    const onLine = (line: string) => {
      output.add(line);
    };
    const ingest = await LocalFunction.create({
      name: 'ingest',
      bundle: ingestBundle,
      environment: { ...shared, ENDPOINT_TOKENS_SECRET_ARN: TOKENS_SECRET },
      timeout,
      concurrency: 2,
      onLine,
    });
    const processor = await LocalFunction.create({
      name: 'processor',
      bundle: processorBundle,
      environment: {
        ...shared,
        RUDDERSTACK_DATA_PLANE_URL: dataPlaneUrl,
        RUDDERSTACK_WRITE_KEY_SECRET_ARN: WRITE_KEY_SECRET,
        ...environment,
      },
      timeout,
      concurrency: 2,
      onLine,
    });
    const eventSource = new EventSource({
      sqs,
      queueUrl: eventQueueUrl,
      batchSize: 20,
      batchingWindow: 0.2,
      maximumConcurrency: 2,
      invoke: (event) => processor.invoke(event) as Promise<SQSBatchResponse>,
    });
    const api = await LocalServer.listen(
      httpApi((request) => ingest.invoke(request) as Promise<HttpResponse>),
      port,
    );
    const parts = { sqsServer, secrets, secretsManager: secretsServer, api, eventSource };
    const bridge = new LocalBridge(parts, ingest, processor, sqs, eventQueueUrl, deadLetterQueueUrl, output, token);
    bridge.setTokens({ current: token });
    bridge.setWriteKey(writeKey);
    eventSource.start();
    return bridge;
  }

  /** Where Braze would send its requests. */
  get endpoint(): string {
    return `${this.parts.api.url}/v1/webhook`;
  }

  /** Where SQS is reached; the host in a queue's URL is not one that everyone can resolve. */
  get sqsEndpoint(): string {
    return this.parts.sqsServer.address;
  }

  /** The endpoint's current token. */
  get token(): string {
    return this.#token;
  }

  /** Puts a new token beside the present one, which stays valid; the one before it does not. */
  rotateToken(): void {
    const previous = this.#token;
    this.#token = newToken();
    this.setTokens({ current: this.#token, previous });
  }

  setTokens(tokens: { current: string; previous?: string }): void {
    this.parts.secrets.set(TOKENS_SECRET, JSON.stringify(tokens));
  }

  setWriteKey(writeKey: string): void {
    this.parts.secrets.set(WRITE_KEY_SECRET, writeKey);
  }

  /** Messages in the event queue, those in flight included. */
  get queued(): number {
    const { ready, delayed, inflight } = this.#messages('events');
    return ready.length + delayed.length + inflight.length;
  }

  /** The bodies of the dead letters. */
  get deadLetters(): string[] {
    const { ready, delayed, inflight } = this.#messages('dead-letters');
    return [...ready, ...delayed, ...inflight.map(({ message }) => message)].map(({ body }) => body);
  }

  async stop(): Promise<void> {
    const { api, eventSource, secretsManager: secretsServer, sqsServer } = this.parts;
    eventSource.stop();
    await Promise.all([this.ingest.stop(), this.processor.stop()]);
    await Promise.all([api.stop(), secretsServer.stop()]);
    this.sqs.destroy();
    await sqsServer.stop();
  }

  #messages(name: string) {
    const queue = this.parts.sqsServer.inspectQueue(name);
    if (queue === undefined) throw new Error(`The queue ${name} does not exist.`);
    return queue.messages;
  }
}

/** A token in Braze's alphabet. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}
