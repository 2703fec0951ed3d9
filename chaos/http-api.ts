import { gunzipSync, gzipSync } from 'node:zlib';
import type { HttpRequest, HttpResponse } from '../runtime/ingest/ingest';
import { sleep } from './clock';
import type { Attempt, Journal } from './journal';
import type { LambdaFunction } from './lambda';
import type { Random } from './random';
import { insteadOf, NETWORK_FAULTS, type Disturbance, type Weather } from './weather';

/** What happens between Braze and the function. */
export const INTERNET_FAULTS = {
  ...NETWORK_FAULTS,
  'body cut off': () => ({}),
  throttled: insteadOf({ status: 429, body: '{"message":"Too Many Requests"}' }),
  unavailable: insteadOf({ status: 503, body: '{"message":"Service Unavailable"}' }),
} satisfies Record<string, Disturbance>;

/** Seconds that an HTTP API waits for its function. */
const INTEGRATION_TIMEOUT = 30;

export interface Post {
  ids: readonly string[];
  token: string;
  body: string;
}

/** How a sender goes about it; not documented of Braze, so a schedule chooses. */
export interface SenderHabits {
  credentials: 'bearer' | 'query';
  gzip: boolean;
  /** Whether API Gateway takes the body for binary. */
  base64: boolean;
  /** Seconds until it gives up waiting. */
  timeout: number;
}

/** An HTTP API before the ingest function, and the Internet before it. */
export class HttpApi {
  constructor(
    private readonly ingest: LambdaFunction<HttpRequest, HttpResponse>,
    private readonly weather: Weather<keyof typeof INTERNET_FAULTS>,
    private readonly habits: SenderHabits,
    private readonly random: Random,
    private readonly journal: Journal,
  ) {}

  /** @returns the status that the sender sees; undefined for none. */
  async post({ ids, token, body }: Post): Promise<number | undefined> {
    const attempt: Attempt = {
      at: Date.now(),
      ids,
      arrived: undefined,
      invocation: undefined,
      answered: undefined,
      status: undefined,
    };
    this.journal.attempts.push(attempt);
    const { there, back, arrives, end, instead, fault } = this.weather.passage();
    const exchange = async (): Promise<number | undefined> => {
      await sleep(there);
      const own = arrives
        ? await this.#invoke(token, this.#encoded(body, fault === 'body cut off'), attempt)
        : undefined;
      await sleep(back);
      if (end !== 'answer') return end === 'silence' ? new Promise(() => undefined) : undefined;
      return instead?.status ?? own;
    };
    const patience = sleep(this.habits.timeout * 1_000).then(() => undefined);
    attempt.status = await Promise.race([exchange(), patience]);
    return attempt.status;
  }

  #encoded(body: string, isCut: boolean): Buffer {
    const bytes = this.habits.gzip ? gzipSync(body) : Buffer.from(body);
    // Not to nothing: a body of no bytes says that there are no events.
    return isCut ? bytes.subarray(0, this.random.integer(1, bytes.length - 1)) : bytes;
  }

  async #invoke(token: string, bytes: Buffer, attempt: Attempt): Promise<number> {
    const { credentials, gzip, base64 } = this.habits;
    attempt.arrived = gzip ? decompressed(bytes) : bytes.toString('latin1');
    const isBase64Encoded = base64 || gzip || !isText(bytes);
    const invocation = this.ingest.invoke({
      rawPath: '/v1/webhook',
      rawQueryString: credentials === 'query' ? `writeKey=${encodeURIComponent(token)}` : '',
      headers: {
        'content-type': 'application/json',
        ...(credentials === 'bearer' ? { authorization: `Bearer ${token}`, 'braze-currents-version': '1' } : {}),
        ...(gzip ? { 'content-encoding': 'gzip' } : {}),
      },
      body: bytes.toString(isBase64Encoded ? 'base64' : 'utf8'),
      isBase64Encoded,
      requestContext: { http: { method: 'POST', sourceIp: '52.58.142.242' } },
    });
    const patience = sleep(INTEGRATION_TIMEOUT * 1_000).then(() => 'too late' as const);
    const outcome = await Promise.race([invocation, patience]);
    if (outcome === 'too late') return 503;
    attempt.invocation = outcome.invocation;
    attempt.answered = outcome.result?.statusCode;
    return attempt.answered ?? 500;
  }
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8')).equals(bytes);
}

function decompressed(bytes: Buffer): string | undefined {
  try {
    return gunzipSync(bytes).toString('latin1');
  } catch {
    return undefined;
  }
}
