import type { BlockList } from 'node:net';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetter } from '../queue/envelope';
import { packEvents, packRequest } from '../queue/packing';
import { sendMessages, type Remaining } from '../queue/sqs';
import { SecretUnavailable, type CachedSecret } from '../secret';
import { Telemetry } from '../telemetry';
import { NotACurrentsRequest, parseCurrentsRequest, rejectionOf } from '../transform/currents';
import { stringifyJson } from '../transform/json';
import type { RejectionReason } from '../transform/reasons';
import { archiveWhile, type ArchivingDependencies } from './archiving';
import { authenticate, type EndpointTokens } from './authentication';
import { readBody, type EncodedBody } from './body';
import { cannotTakeEvents, Refusal } from './refusal';

/** What of an API Gateway HTTP API event (payload format 2.0) ingest looks at. */
export interface HttpRequest extends EncodedBody {
  rawPath: string;
  rawQueryString: string;
  requestContext: {
    http: {
      method: string;
      /** The other end of the connection to API Gateway; `X-Forwarded-For` is whatever the sender writes. */
      sourceIp: string;
    };
  };
}

export interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

export interface IngestDependencies extends ArchivingDependencies {
  sqs: SQSClient;
  eventQueueUrl: string;
  deadLetterQueueUrl: string;
  tokens: CachedSecret<EndpointTokens>;
  /** Where requests with a valid token are taken from; undefined for everywhere. */
  sourceAddresses: BlockList | undefined;
  /** The most events in one message. */
  maxBatchEvents: number;
}

/** Bytes; a test of the credentials has none, or `{"events":[]}`. */
const MAX_TEST_BYTES = 1_024;

/**
 * The most that one request may become: a hundred calls of SQS. Many more would not be accepted in time, and each
 * repetition would begin anew. Requests of Braze's become a few.
 */
const MAX_MESSAGES = 1_000;

/** A queue did not accept everything in the time there was. */
class QueueUnavailable extends Error {
  override readonly name = 'QueueUnavailable';

  constructor(messages: number, cause: unknown) {
    super(`${messages} messages were not accepted in time.`, { cause });
  }
}

/** Answers one request; never throws. 200 means that every event is durably queued. */
export async function ingest(
  request: HttpRequest,
  dependencies: IngestDependencies,
  remaining: Remaining,
): Promise<HttpResponse> {
  const { telemetry } = dependencies;
  try {
    if (request.rawPath === '/health') {
      allowOnly('GET', request);
      return respond(200, { status: 'ok' });
    }
    if (request.rawPath !== '/v1/webhook') {
      throw new Refusal(404, 'not_found', 'There is nothing at this path; send Currents requests to /v1/webhook.');
    }
    allowOnly('POST', request);
    return respond(200, await receive(request, dependencies, remaining));
  } catch (error) {
    const refusal = error instanceof Refusal ? error : unavailable(error, telemetry);
    telemetry.count('RequestsRefused', 1, { reason: refusal.error });
    const { status, message, headers } = refusal;
    return respond(status, { error: refusal.error, message }, headers);
  } finally {
    telemetry.publish();
  }
}

async function receive(
  request: HttpRequest,
  dependencies: IngestDependencies,
  remaining: Remaining,
): Promise<{ received: number; queued: number; rejected: number }> {
  const { sqs, eventQueueUrl, deadLetterQueueUrl, tokens, sourceAddresses, maxBatchEvents, telemetry } = dependencies;
  const { headers, rawQueryString: query } = request;
  const tokenUsed = await authenticate({ authorization: headers.authorization, query }, tokens);
  if (tokenUsed === undefined) throw await unauthenticated(request, telemetry);
  telemetry.count('RequestsAuthenticated', 1, { token: tokenUsed });
  if (sourceAddresses?.check(request.requestContext.http.sourceIp) === false) throw unknownSourceAddress();

  const receivedAt = new Date().toISOString();
  const bytes = await readBody(request);
  const queue = async (queueUrl: string, bodies: readonly string[]) => {
    const unsent = await sendMessages(sqs, queueUrl, bodies, remaining);
    if (unsent.bodies.length > 0) throw new QueueUnavailable(unsent.bodies.length, unsent.error);
  };
  const keepAsDeadLetters = async (bodies: readonly string[], reason: RejectionReason, count: number) => {
    await queue(deadLetterQueueUrl, bodies);
    telemetry.count('EventsRejected', count, { reason });
    telemetry.count('DeadLetters', bodies.length, { reason });
  };

  let events: unknown[];
  try {
    events = parseCurrentsRequest(bytes);
  } catch (error) {
    if (!(error instanceof NotACurrentsRequest)) throw error;
    // Braze drops what gets 400 twice, so it is kept here first.
    const reason = 'not_a_currents_request';
    const body = packRequest(bytes, { receivedAt, deadLetter: { reason, at: receivedAt } });
    if (body === undefined) throw tooLargeForTheQueue();
    const queueBody = () => keepAsDeadLetters([body], reason, 0);
    await archiveWhile(queueBody, bytes, { receivedAt, events: 0 }, dependencies, remaining);
    throw new Refusal(400, reason, error.message);
  }

  const accepted: string[] = [];
  const rejected = new Map<RejectionReason, string[]>();
  for (const event of events) {
    const reason = rejectionOf(event);
    const texts = reason === undefined ? accepted : (rejected.get(reason) ?? []);
    texts.push(stringifyJson(event));
    if (reason !== undefined) rejected.set(reason, texts);
  }
  const pack = (texts: readonly string[], deadLetter?: DeadLetter) => {
    const { bodies, tooLarge } = packEvents(texts, { receivedAt, maxEvents: maxBatchEvents, deadLetter });
    if (tooLarge > 0) throw tooLargeForTheQueue();
    return bodies;
  };
  const messages = pack(accepted);
  const deadLetters = [...rejected].map(([reason, texts]) => ({
    reason,
    count: texts.length,
    bodies: pack(texts, { reason, at: receivedAt }),
  }));
  const bodies = deadLetters.reduce((sum, { bodies }) => sum + bodies.length, messages.length);
  if (bodies > MAX_MESSAGES) {
    throw new Refusal(413, 'too_many_messages', `These events fill over ${MAX_MESSAGES} messages; send fewer at once.`);
  }

  const queueAll = async () => {
    // First, so that Braze's repetitions do not queue the others again while the dead-letter queue is down.
    for (const { bodies, reason, count } of deadLetters) await keepAsDeadLetters(bodies, reason, count);
    await queue(eventQueueUrl, messages);
  };
  // Braze's test of the credentials holds nothing to keep.
  if (events.length > 0) {
    await archiveWhile(queueAll, bytes, { receivedAt, events: events.length }, dependencies, remaining);
  }
  telemetry.count('EventsReceived', events.length);
  telemetry.count('EventsQueued', accepted.length);
  return { received: events.length, queued: accepted.length, rejected: events.length - accepted.length };
}

/**
 * The answer to a key that is not valid: 401 only where nothing can be lost by it, which is Braze's test of the
 * credentials and whatever is not Braze. Events get 503, so that a slip in a rotation can be put right for five days.
 */
async function unauthenticated(request: HttpRequest, telemetry: Telemetry): Promise<Refusal> {
  // The RudderStack export connector's headers are not documented; nobody else sends a `writeKey`.
  const isFromBraze =
    request.headers['braze-currents-version'] !== undefined ||
    new URLSearchParams(request.rawQueryString).has('writeKey');
  if (isFromBraze && (await mayHoldEvents(request))) {
    telemetry.count('EventsWithUnknownToken', 1);
    return new Refusal(
      503,
      'unknown_token_with_events',
      "The token is not valid here; put the stack's current token into the Braze connector. Braze sends these events again.",
    );
  }
  return new Refusal(
    401,
    'unknown_token',
    'The token is missing or not valid here; send it as "Authorization: Bearer …" or as ?writeKey=….',
    { 'www-authenticate': 'Bearer' },
  );
}

/** Looks at no more than a small body, since anybody can send this. */
async function mayHoldEvents(request: HttpRequest): Promise<boolean> {
  try {
    return parseCurrentsRequest(await readBody(request, MAX_TEST_BYTES)).length > 0;
  } catch {
    return true;
  }
}

/** Braze, from an address that it has added, or somebody who has its token: 503 loses nothing, and an alarm tells. */
function unknownSourceAddress(): Refusal {
  return new Refusal(
    503,
    'unknown_source_address',
    "The token is valid, but this is no known address of Braze's; if it is one, put it into additionalSourceAddresses. Braze sends these events again.",
  );
}

function allowOnly(method: string, request: HttpRequest): void {
  if (request.requestContext.http.method === method) return;
  throw new Refusal(405, 'method_not_allowed', `Only ${method} is answered at ${request.rawPath}.`, { allow: method });
}

function tooLargeForTheQueue(): Refusal {
  return new Refusal(
    413,
    'too_large_for_the_queue',
    'Something in this request is over the 1 MiB of a message even when compressed; send fewer events at once.',
  );
}

/** Our own trouble is 503, whatever it is. */
function unavailable(error: unknown, telemetry: Telemetry): Refusal {
  const reason =
    error instanceof SecretUnavailable
      ? 'secret_unavailable'
      : error instanceof QueueUnavailable
        ? 'queue_unavailable'
        : 'internal_error';
  // A secret's failure was told when it was read, for all requests until the next reading.
  if (!(error instanceof SecretUnavailable)) {
    telemetry.logger.error('A request could not be taken; Braze sends it again.', {
      reason,
      ...Telemetry.describe(error),
    });
  }
  return cannotTakeEvents(reason);
}

function respond(statusCode: number, body: object, headers: Record<string, string> = {}): HttpResponse {
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}
