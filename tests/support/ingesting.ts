import { Output, type Written } from './output';
import { gzipSync } from 'node:zlib';
import { parseEndpointTokens } from '../../runtime/ingest/authentication';
import { ingest, type HttpRequest, type IngestDependencies } from '../../runtime/ingest/ingest';
import { CachedSecret } from '../../runtime/secret';
import { Telemetry } from '../../runtime/telemetry';
import { Queues } from './queues';
import { SecretsManagerStandIn } from './secrets-manager';

export const TOKENS = { current: 'current-token+/~._-==', previous: 'previous-token' };

/** A request as Braze's Custom HTTP connector sends it, authenticated; `changes` replace parts of it. */
export function currentsRequest(
  body: unknown,
  {
    headers = {},
    ...changes
  }: Omit<Partial<HttpRequest>, 'requestContext'> & Partial<HttpRequest['requestContext']['http']> = {},
): HttpRequest {
  const { method = 'POST', sourceIp = '52.58.142.242', ...others } = changes;
  return {
    rawPath: '/v1/webhook',
    rawQueryString: '',
    requestContext: { http: { method, sourceIp } },
    headers: {
      authorization: `Bearer ${TOKENS.current}`,
      'braze-currents-version': '1',
      'content-type': 'application/json',
      ...headers,
    },
    body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
    isBase64Encoded: false,
    ...others,
  };
}

/** A body as API Gateway hands over what is binary. */
export function base64(bytes: string | Uint8Array): { body: string; isBase64Encoded: true } {
  return { body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true };
}

export function gzipped(value: unknown): { body: string; isBase64Encoded: true; headers: Record<string, string> } {
  return { ...base64(gzipSync(JSON.stringify(value))), headers: { 'content-encoding': 'gzip' } };
}

export interface Answered {
  status: number;
  headers: Record<string, string>;
  /** The body's JSON. */
  answer: Record<string, unknown>;
  written: Written;
}

/** Ingest between real clients and local stand-ins. */
export class Ingesting {
  remaining: () => number = () => 15_000;
  options: Partial<IngestDependencies> = {};
  readonly telemetry = new Telemetry();
  #tokens: IngestDependencies['tokens'];

  private constructor(
    readonly queues: Queues,
    readonly secrets: SecretsManagerStandIn,
    readonly output: Output,
  ) {
    this.#tokens = this.#secret();
  }

  static async start(): Promise<Ingesting> {
    const secrets = await SecretsManagerStandIn.start(JSON.stringify(TOKENS));
    return new Ingesting(await Queues.start(), secrets, new Output());
  }

  /** Forgets everything: a new process, empty queues. */
  renew(): void {
    this.queues.renew();
    this.secrets.text = JSON.stringify(TOKENS);
    this.secrets.reads = 0;
    this.remaining = () => 15_000;
    this.options = {};
    this.#tokens = this.#secret();
    this.output.take();
  }

  async request(request: HttpRequest): Promise<Answered> {
    const dependencies: IngestDependencies = {
      sqs: this.queues.client,
      eventQueueUrl: this.queues.eventQueueUrl,
      deadLetterQueueUrl: this.queues.deadLetterQueueUrl,
      tokens: this.#tokens,
      sourceAddresses: undefined,
      maxBatchEvents: 250,
      archive: undefined,
      mustArchive: false,
      telemetry: this.telemetry,
      ...this.options,
    };
    const { statusCode, headers, body } = await ingest(request, dependencies, this.remaining);
    const answer = JSON.parse(body) as Record<string, unknown>;
    return { status: statusCode, headers, answer, written: this.output.take() };
  }

  async stop(): Promise<void> {
    this.output.stop();
    await Promise.all([this.queues.stop(), this.secrets.stop()]);
  }

  #secret(): IngestDependencies['tokens'] {
    return new CachedSecret(this.secrets.client, 'secret', parseEndpointTokens, this.telemetry.secretFailed);
  }
}
