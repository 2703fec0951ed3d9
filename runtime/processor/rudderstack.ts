import { Agent as HttpAgent, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { version } from '../../package.json';

/** RudderStack refuses more after decompression (rudder-server gateway, August 2026). */
export const MAX_BATCH_BYTES = 4_096_000;

/** What the data plane, or something in front of it, made of a batch. */
export type Answer =
  | { kind: 'accepted' }
  /** 400, 413: the batch itself is at fault, so at least one of its events is. */
  | { kind: 'refused'; status: number; text: string }
  /** 403: not of RudderStack's; a proxy or firewall objects to the caller or to an event's content. */
  | { kind: 'forbidden'; status: number; text: string }
  /** 401, 404: wrong write key, wrong URL or a disabled source. */
  | { kind: 'unauthorized'; status: number }
  /** All else: worth sending again. */
  | { kind: 'unavailable'; failure: Failure; status?: number; retryAfter?: number };

/** How a delivery failed that may yet succeed: the `class` of the metric `DeliveryFailures`. */
export type Failure =
  'timeout' | 'network' | 'rate_limited' | 'server_error' | 'redirect' | 'not_rudderstack' | 'unexpected_status';

const gzipAsync = promisify(gzip);

/** RudderStack's data plane, `POST /v1/batch`. */
export class DataPlane {
  readonly #http: AxiosInstance;

  /** @param url without a trailing slash. */
  constructor(
    url: string,
    private readonly options: { gzip: boolean },
  ) {
    this.#http = axios.create({
      baseURL: url,
      // A followed redirect turns the POST into a GET whose 200 means nothing.
      maxRedirects: 0,
      httpAgent: new HttpAgent({ keepAlive: true }),
      httpsAgent: new HttpsAgent({ keepAlive: true }),
      headers: {
        'content-type': 'application/json',
        'user-agent': `currents-bridge/${version}`,
        ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
      },
      responseType: 'text',
      transformRequest: [],
      transformResponse: [],
      validateStatus: () => true,
      maxContentLength: 1_048_576,
    });
  }

  /**
   * Sends one batch. All or nothing: one event at fault refuses all of them.
   *
   * @param messages as JSON.
   * @param timeout milliseconds for the whole exchange; the gateway itself takes up to 10 s before it answers 504.
   */
  async send(messages: readonly string[], writeKey: string, timeout: number): Promise<Answer> {
    const text = `{"batch":[${messages.join(',')}]}`;
    const body = this.options.gzip ? await gzipAsync(text) : Buffer.from(text);
    const signal = AbortSignal.timeout(timeout);
    const auth = { username: writeKey, password: '' };
    const post = () => this.#http.post<string>('/v1/batch', body, { auth, signal });
    try {
      const response = await post().catch((error: unknown) => {
        if (isStaleConnection(error)) return post();
        throw error;
      });
      return answerOf({ ...response, data: response.data.replaceAll(writeKey, '…') });
    } catch {
      // The client's own error holds the request with its key and events: nothing of it goes further.
      return { kind: 'unavailable', failure: signal.aborted ? 'timeout' : 'network' };
    }
  }
}

function answerOf({ status, headers, data }: AxiosResponse<string>): Answer {
  const isHtml = /html/i.test(String(headers['content-type'] ?? '')) || /^\s*</.test(data);
  const unavailable = (failure: Failure): Answer => ({
    kind: 'unavailable',
    failure,
    status,
    retryAfter: retryAfterOf(headers['retry-after']),
  });
  if (status === 200) return isHtml ? unavailable('not_rudderstack') : { kind: 'accepted' };
  if (status === 400 || status === 413) return { kind: 'refused', status, text: data };
  if (status === 403) return { kind: 'forbidden', status, text: data };
  if (status === 401 || status === 404) return { kind: 'unauthorized', status };
  if (status === 408) return unavailable('timeout');
  if (status === 429) return unavailable('rate_limited');
  if (status >= 500) return unavailable('server_error');
  if (status >= 300 && status < 400) return unavailable('redirect');
  return unavailable('unexpected_status');
}

/** Milliseconds of a Retry-After, in seconds or as a date; undefined where there is none. */
function retryAfterOf(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(milliseconds, 0);
}

/** A kept connection that the other side closed meanwhile, as happens while a function is frozen. */
function isStaleConnection(error: unknown): boolean {
  if (!axios.isAxiosError(error)) return false;
  const { reusedSocket } = (error.request ?? {}) as Partial<ClientRequest>;
  return reusedSocket === true && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
