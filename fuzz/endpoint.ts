import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { FauxqsServer } from 'fauxqs';
import { bundleIngest } from '../runtime/bundle';
import type { HttpRequest, HttpResponse } from '../runtime/ingest/ingest';
import { LocalFunction } from '../runtime/local/function';
import { httpApi } from '../runtime/local/http-api';
import { secretsManager } from '../runtime/local/secrets-manager';
import { LocalServer } from '../runtime/local/server';

const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const QUEUES = { events: 'events', deadLetters: 'dead-letters' };
const ARCHIVE_BUCKET = 'archive';

/** Nothing that ingest writes or answers may hold this word; tokens and events of the fuzzer do. */
export const CANARY = 'canary';

export const TOKENS = { current: `${CANARY}-Current.token~41`, previous: `${CANARY}-previous_token-42` };

/**
 * Seconds until the function is killed, which counts as a failure: a hang. Far more than the heaviest request takes, so
 * that a slow machine finds none.
 */
const WATCHDOG = 25;

/** One request as ingest saw it, and its answer; none where the function ended without one. */
export interface Exchange {
  request: HttpRequest;
  response: HttpResponse | undefined;
}

/** What requests have left behind. */
export interface Aftermath {
  exchanges: readonly Exchange[];
  /** Bodies in the event queue. */
  queued: readonly string[];
  /** Bodies in the dead-letter queue. */
  deadLetters: readonly string[];
  /** Bodies in the archive, decompressed. */
  archived: readonly Buffer[];
  /** Lines of logs and metrics. */
  written: readonly string[];
}

/** Environment of the ingest function between emulators on this machine, whose queues and bucket it creates. */
function createEnvironment(aws: FauxqsServer, secretsManagerUrl: string): Record<string, string> {
  const queueUrl = (name: string) => aws.createQueue(name, { attributes: { MaximumMessageSize: '1048576' } }).queueUrl;
  aws.createBucket(ARCHIVE_BUCKET);
  return {
    PATH: process.env.PATH ?? '',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: aws.address,
    AWS_ENDPOINT_URL_S3: aws.address,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManagerUrl,
    POWERTOOLS_METRICS_NAMESPACE: 'CurrentsBridge',
    EVENT_QUEUE_URL: queueUrl(QUEUES.events),
    DEAD_LETTER_QUEUE_URL: queueUrl(QUEUES.deadLetters),
    ARCHIVE_BUCKET,
    ENDPOINT_TOKENS_SECRET_ARN: 'endpoint-tokens',
  };
}

/** The endpoint as it is deployed, without anything behind its queues and its archive: the ingest bundle behind an HTTP API. */
export class Endpoint {
  #exchanges: Exchange[] = [];
  #written: string[] = [];
  readonly #invocations = new Set<Promise<unknown>>();

  private constructor(
    /** SQS and S3. */
    private readonly aws: FauxqsServer,
    private readonly s3: S3Client,
    private readonly secretsManager: LocalServer,
    private readonly ingest: LocalFunction,
    private readonly api: LocalServer,
    /** Of the ingest function. */
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(): Promise<Endpoint> {
    const { startFauxqs } = await import('fauxqs');
    const aws = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, defaultRegion: REGION });
    const secrets = await LocalServer.listen(secretsManager(new Map([['endpoint-tokens', JSON.stringify(TOKENS)]])));
    const environment = createEnvironment(aws, secrets.url);
    const ingest = await LocalFunction.create({
      name: 'ingest',
      bundle: await bundleIngest(),
      environment,
      timeout: WATCHDOG,
      concurrency: 1,
      onLine: (line) => endpoint.#written.push(line),
    });
    const api = await LocalServer.listen(httpApi((request) => endpoint.invoke(request)));
    const s3 = new S3Client({ region: REGION, endpoint: aws.address, credentials: CREDENTIALS });
    const endpoint = new Endpoint(aws, s3, secrets, ingest, api, environment);
    return endpoint;
  }

  /** Hands the function an event as API Gateway does. @throws FunctionError where it ends without an answer. */
  async invoke(request: HttpRequest): Promise<HttpResponse> {
    const exchange: Exchange = { request, response: undefined };
    this.#exchanges.push(exchange);
    const invocation = this.ingest.invoke(request) as Promise<HttpResponse>;
    this.#invocations.add(invocation);
    exchange.response = await invocation.finally(() => this.#invocations.delete(invocation));
    return exchange.response;
  }

  /**
   * Sends bytes to the HTTP API, whatever they are.
   *
   * @param isWhole whether the API will know where they end; else they end with the connection.
   */
  async send(bytes: Buffer, isWhole: boolean): Promise<void> {
    const socket = connect(Number(new URL(this.api.url).port), '127.0.0.1');
    if (isWhole) socket.write(bytes);
    else socket.end(bytes);
    // The API may hang up before all is sent.
    await once(socket.resume(), 'close').catch(() => undefined);
    // A connection may end before what came over it has been dealt with.
    await Promise.allSettled(this.#invocations);
  }

  /** All since the last call; queues and archive are empty afterwards. */
  async take(): Promise<Aftermath> {
    // What the function has written before its answer lies in a pipe of its own.
    await setImmediate();
    await setImmediate();
    const aftermath = {
      exchanges: this.#exchanges,
      queued: this.#bodies(QUEUES.events),
      deadLetters: this.#bodies(QUEUES.deadLetters),
      archived: await this.#archived(),
      written: this.#written,
    };
    this.aws.reset();
    this.#exchanges = [];
    this.#written = [];
    return aftermath;
  }

  async stop(): Promise<void> {
    await this.ingest.stop();
    this.s3.destroy();
    await Promise.all([this.api.stop(), this.secretsManager.stop(), this.aws.stop()]);
  }

  #bodies(name: string): string[] {
    return this.aws.inspectQueue(name)?.messages.ready.map(({ body }) => body) ?? [];
  }
  async #archived(): Promise<Buffer[]> {
    const { Contents = [] } = await this.s3.send(new ListObjectsV2Command({ Bucket: ARCHIVE_BUCKET }));
    return Promise.all(
      Contents.map(async ({ Key }) => {
        const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: ARCHIVE_BUCKET, Key }));
        return gunzipSync((await Body?.transformToByteArray()) ?? '');
      }),
    );
  }
}
