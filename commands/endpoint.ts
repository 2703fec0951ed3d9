import axios, { type AxiosRequestConfig } from 'axios';
import { CommandError } from './command-line';

/** Milliseconds for a request: API Gateway itself gives up after 30 seconds. */
const PATIENCE = 35_000;

/** What the endpoint's own refusals mean for whoever deployed it. */
const REFUSALS: Readonly<Record<string, string>> = {
  unknown_token: 'It does not know the token of this stack; run npx pulumi up, and see docs/runbook.md#unknown-token.',
  unknown_token_with_events:
    'It does not know the token of this stack; run npx pulumi up, and see docs/runbook.md#unknown-token.',
  unknown_source_address:
    "It takes requests from Braze's addresses alone; put this machine's into additionalSourceAddresses, and see docs/runbook.md#unknown-source.",
  secret_unavailable: 'Ingest cannot read its secret; see docs/runbook.md#secret-failure.',
  queue_unavailable: 'Ingest cannot put messages into the queue; see docs/runbook.md#ingest-errors.',
  internal_error: 'Ingest meets what it does not expect; see docs/runbook.md#ingest-errors.',
};

/** A deployed endpoint, as Braze's Custom HTTP connector uses it. Nothing that it answers is ever shown. */
export class Endpoint {
  /** @param url of the webhook. */
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** @throws CommandError */
  async health(): Promise<void> {
    await this.#request({ method: 'GET', url: this.url.replace(/\/v1\/webhook$/, '/health') });
  }

  /**
   * Sends a request of Braze; without a body it is Braze's test of the credentials.
   *
   * @throws CommandError unless it was accepted.
   */
  async send(body: string): Promise<void> {
    await this.#request({
      method: 'POST',
      url: this.url,
      data: Buffer.from(body),
      headers: {
        authorization: `Bearer ${this.token}`,
        'braze-currents-version': '1',
        'content-type': 'application/json',
      },
    });
  }

  async #request(request: AxiosRequestConfig): Promise<void> {
    const { method, url } = request;
    const { status, data } = await axios
      .request<string>({
        ...request,
        responseType: 'text',
        transformResponse: [],
        validateStatus: () => true,
        // The token is for the endpoint alone.
        maxRedirects: 0,
        proxy: false,
        signal: AbortSignal.timeout(PATIENCE),
      })
      .catch((error: unknown) => {
        const { code } = error as { code?: string };
        const why = code === 'ERR_CANCELED' ? `does not answer in ${PATIENCE / 1_000} seconds` : 'cannot be reached';
        throw new CommandError([
          `${url} ${why} (${code}); check the network, its name in DNS, and with npx pulumi refresh that the API is still there.`,
        ]);
      });
    if (status === 200) return;
    throw new CommandError([`${method} ${url} answered ${status} in place of 200. ${meaningOf(status, data)}`]);
  }
}

/** @param body may hold anything, the token as well. */
function meaningOf(status: number, body: string): string {
  const refusal = /^\{"error":"(\w+)"/.exec(body)?.[1];
  const known = REFUSALS[refusal ?? ''];
  if (known !== undefined) return known;
  if (status >= 500) return 'The function fails or does not run; see docs/runbook.md#ingest-errors.';
  if (status === 429) return 'API Gateway limits the rate; see docs/runbook.md#refused-requests.';
  return 'Something else than the bridge answers there; see docs/runbook.md#refused-requests, and run npx pulumi up.';
}
