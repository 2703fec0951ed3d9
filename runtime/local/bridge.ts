import { randomBytes } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse } from 'aws-lambda';
import type { FauxqsServer } from 'fauxqs';
import { ArchiveReader } from '../archive/reader';
import { bundleIngest, bundleProcessor, type ProcessorConfiguration } from '../bundle';
import type { HttpResponse } from '../ingest/ingest';
import { EventSource } from './event-source';
import { LocalFunction } from './function';
import { httpApi } from './http-api';
import { Output } from './output';
import { secretsManager } from './secrets-manager';
import { LocalServer } from './server';

const REGION = 'us-east-1';
const ARCHIVE_BUCKET = 'archive';
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
 * The whole bridge on this machine: the bundles that AWS runs, unchanged, between an HTTP API, SQS, S3, Secrets Manager
 * and an event source mapping that speak the same protocols. Its archive is on.
 */
export class LocalBridge {
  readonly archiveBucket = ARCHIVE_BUCKET;
  #token: string;

  private constructor(
    private readonly parts: {
      /** SQS and S3. */
      awsServer: FauxqsServer;
      secrets: Map<string, string>;
      secretsManager: LocalServer;
      api: LocalServer;
      eventSource: EventSource;
      createProcessor: (configuration: ProcessorConfiguration) => Promise<LocalFunction>;
    },
    readonly ingest: LocalFunction,
    private latestProcessor: LocalFunction,
    readonly sqs: SQSClient,
    readonly s3: S3Client,
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
    const [ingestBundle, awsServer, secretsServer] = await Promise.all([
      bundleIngest(),
      import('fauxqs').then(({ startFauxqs }) => startFauxqs({ port: 0, logger: false, defaultRegion: REGION })),
      LocalServer.listen(secretsManager(secrets)),
    ]);
    const output = new Output();
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = { region: REGION, endpoint: awsServer.address, credentials };
    const [sqs, s3] = [new SQSClient(client), new S3Client(client)];
    awsServer.createBucket(ARCHIVE_BUCKET);
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
      AWS_ENDPOINT_URL_SQS: awsServer.address,
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
      environment: {
        ...shared,
        AWS_ENDPOINT_URL_S3: awsServer.address,
        ENDPOINT_TOKENS_SECRET_ARN: TOKENS_SECRET,
        ARCHIVE_BUCKET,
      },
      timeout,
      concurrency: 2,
      onLine,
    });
    const createProcessor = async (processorConfiguration?: ProcessorConfiguration) =>
      LocalFunction.create({
        name: 'processor',
        bundle: await bundleProcessor(processorConfiguration),
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
      invoke: (event) => bridge.processor.invoke(event) as Promise<SQSBatchResponse>,
    });
    const api = await LocalServer.listen(
      httpApi((request) => ingest.invoke(request) as Promise<HttpResponse>),
      port,
    );
    const parts = { awsServer, secrets, secretsManager: secretsServer, api, eventSource, createProcessor };
    const processor = await createProcessor(configuration);
    const bridge: LocalBridge = new LocalBridge(
      parts,
      ingest,
      processor,
      sqs,
      s3,
      eventQueueUrl,
      deadLetterQueueUrl,
      output,
      token,
    );
    bridge.setTokens({ current: token });
    bridge.setWriteKey(writeKey);
    eventSource.start();
    return bridge;
  }

  /** Where Braze would send its requests. */
  get endpoint(): string {
    return `${this.parts.api.url}/v1/webhook`;
  }

  /** Where SQS and S3 are reached; the host in a queue's URL is not one that everyone can resolve. */
  get sqsEndpoint(): string {
    return this.parts.awsServer.address;
  }

  /** The processor as it is deployed now. */
  get processor(): LocalFunction {
    return this.latestProcessor;
  }

  get archive(): ArchiveReader {
    return new ArchiveReader(this.s3, this.archiveBucket);
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

  /** Deploys the processor with another configuration; what the present one is at work on comes again. */
  async deploy(configuration: ProcessorConfiguration): Promise<void> {
    const previous = this.latestProcessor;
    this.latestProcessor = await this.parts.createProcessor(configuration);
    await previous.stop();
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
    const { api, eventSource, secretsManager: secretsServer, awsServer } = this.parts;
    eventSource.stop();
    await Promise.all([this.ingest.stop(), this.processor.stop()]);
    await Promise.all([api.stop(), secretsServer.stop()]);
    this.sqs.destroy();
    this.s3.destroy();
    await awsServer.stop();
  }

  #messages(name: string) {
    const queue = this.parts.awsServer.inspectQueue(name);
    if (queue === undefined) throw new Error(`The queue ${name} does not exist.`);
    return queue.messages;
  }
}

/** A token in Braze's alphabet. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}
