import { gunzipSync } from 'node:zlib';
import type { DataPlaneRequest, Journal } from './journal';
import type { Answer, Handled, Passage, Request, Service } from './network';
import { valueAt, type Timeline } from './secrets-manager';
import { insteadOf, NETWORK_FAULTS, type Disturbance, type Weather } from './weather';

export const DATA_PLANE_HOST = 'example.dataplane.rudderstack.com';

/** RudderStack's limit for a batch, in bytes. */
const MAX_BATCH_BYTES = 4_096_000;

const HTML = { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html><body>Please wait</body></html>' };

export const DATA_PLANE_FAULTS = {
  ...NETWORK_FAULTS,
  'status 500': insteadOf({ status: 500, body: 'internal error' }),
  'status 503': insteadOf({ status: 503, body: '' }),
  'status 504, taken or not': insteadOf({ status: 504, body: 'timeout' }, 0.5),
  'status 429': insteadOf({ status: 429, body: 'too many requests' }),
  'status 429 with Retry-After': (random) => ({
    arrives: false,
    instead: { status: 429, headers: { 'retry-after': String(random.magnitude(1, 120)) }, body: '' },
  }),
  'HTML with 200': insteadOf({ status: 200, ...HTML }),
  'HTML with 502': insteadOf({ status: 502, ...HTML }, 0.3),
  redirect: insteadOf({ status: 302, headers: { location: 'https://login.example.com/' }, body: '' }),
  'status 401': insteadOf({ status: 401, body: 'Invalid Write Key' }),
  'status 404': insteadOf({ status: 404, body: 'source is disabled' }),
  'status 403 for everything': insteadOf({ status: 403, body: 'forbidden' }),
  'status 400 for everything': insteadOf({ status: 400, body: 'bad gateway configuration' }),
  'a status that nobody knows': insteadOf({ status: 299, body: '' }),
} satisfies Record<string, Disturbance>;

/** With these a batch is refused for what is in it. */
const ABOUT_THE_EVENTS = new Set([400, 403, 413]);

/** RudderStack's data plane. What an event's property `poison` says is the status with which it is refused. */
export class DataPlane implements Service {
  constructor(
    private readonly writeKeys: Timeline<string>,
    private readonly weather: Weather<keyof typeof DATA_PLANE_FAULTS>,
    private readonly journal: Journal,
  ) {}

  passage(): Passage {
    return this.weather.passage();
  }

  handle(request: Request, { instead }: Passage): Handled {
    const text = bodyOf(request);
    const own = this.#answer(text, request.headers.authorization);
    return this.#record(request, { text, isTaken: own.status === 200, answer: instead ?? own });
  }

  intercepted(request: Request, answer: Answer): Handled {
    return this.#record(request, { text: bodyOf(request), isTaken: false, answer });
  }

  #record({ caller }: Request, { text, isTaken, answer }: { text: string; isTaken: boolean; answer: Answer }): Handled {
    const { status } = answer;
    const request: DataPlaneRequest = {
      at: Date.now(),
      invocation: caller.invocation,
      body: isTaken || ABOUT_THE_EVENTS.has(status) ? text : undefined,
      isTaken,
      status,
      isHeard: false,
    };
    this.journal.requests.push(request);
    return {
      answer,
      heard: (isHeard) => {
        request.isHeard = isHeard;
      },
    };
  }

  #answer(text: string, authorization: string | undefined): Answer {
    const writeKey = Buffer.from(String(authorization).replace('Basic ', ''), 'base64').toString();
    if (writeKey !== `${valueAt(this.writeKeys, Date.now())}:`) return { status: 401, body: 'Invalid Write Key' };
    if (Buffer.byteLength(text) > MAX_BATCH_BYTES) return { status: 413, body: 'Request size exceeds max limit' };
    const { batch } = JSON.parse(text) as { batch: Entry[] };
    if (batch.length === 0) return { status: 400, body: 'Empty batch payload' };
    for (const { userId, anonymousId, properties } of batch) {
      if ((userId ?? anonymousId ?? '') === '') {
        return { status: 400, body: 'request neither has anonymousId nor userId' };
      }
      if (properties?.poison !== undefined) return { status: properties.poison, body: 'refused for what is in it' };
    }
    return { status: 200, body: 'OK' };
  }
}

function bodyOf({ headers, body }: Request): string {
  return (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
}

interface Entry {
  userId?: string;
  anonymousId?: string;
  properties?: { poison?: number };
}
