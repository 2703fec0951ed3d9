import { gunzipSync } from 'node:zlib';
import type { HttpRequest, HttpResponse } from '../runtime/ingest/ingest';
import { MAX_NESTING, MAX_REQUEST_BYTES } from '../runtime/transform/currents';
import { CANARY, TOKENS, type Aftermath, type Exchange } from './endpoint';

/** All that the endpoint answers; the README's table says when. */
export const STATUSES = [200, 400, 401, 404, 405, 413, 415, 503];

/** Bytes: below, a body may not be refused for its size, whatever gzip makes of it. */
const ALWAYS_FITS = 700_000;

/** Bytes: what is no longer and has no events is Braze's test of the credentials, and must be told that they are wrong. */
const TEST_BYTES = 1_024;

/**
 * What is wrong after some requests, in whole sentences. The rules follow from the README's promises, and read bodies
 * and messages with code of their own.
 */
export function violationsOf({ exchanges, queued, deadLetters, archived, written }: Aftermath): string[] {
  const problems = exchanges.flatMap(({ request, response }) =>
    response === undefined
      ? ['The function ended without an answer: it threw, crashed or hung.']
      : [...faultsOfForm(response), ...faultsOfStatus(request, response)],
  );
  problems.push(...faultsOfQueues(exchanges, queued, deadLetters), ...faultsOfArchive(exchanges, archived));
  const said = JSON.stringify([exchanges.map(({ response }) => response), written]);
  if (said.includes(CANARY)) problems.push('Something of a request or a token was answered or written to the log.');
  if (!exchanges.every(({ request }) => isMisshapen(request))) {
    for (const line of written.filter((text) => !text.includes('"_aws"'))) {
      problems.push(`Input alone made the function write a log line: ${line.slice(0, 500)}`);
    }
  }
  return problems;
}

function faultsOfForm({ statusCode, headers, body }: HttpResponse): string[] {
  if (!STATUSES.includes(statusCode)) return [`The status ${statusCode} is not documented.`];
  if (headers['content-type'] !== 'application/json') return ['The answer is not said to be JSON.'];
  const answer = JSON.parse(body) as Record<string, unknown>;
  if (statusCode === 200) return [];
  const isSentence = typeof answer.message === 'string' && /^["`A-Z].*[.…]$/.test(answer.message);
  return isSentence && /^[a-z_]+$/.test(String(answer.error))
    ? []
    : [`The answer ${body} is not a word and a sentence.`];
}

/** Each status only where it is promised. */
function faultsOfStatus(request: HttpRequest, { statusCode, body }: HttpResponse): string[] {
  const { error } = JSON.parse(body) as { error?: string };
  if (isMisshapen(request)) return [];
  const { rawPath, requestContext, headers } = request;
  const method = rawPath === '/health' ? 'GET' : 'POST';
  const isKnown = rawPath === '/health' || rawPath === '/v1/webhook';
  if (!isKnown) return statusCode === 404 ? [] : [`Another path got ${statusCode}, not 404.`];
  if (requestContext.http.method !== method)
    return statusCode === 405 ? [] : [`Another method got ${statusCode}, not 405.`];
  if (rawPath === '/health') return statusCode === 200 ? [] : [`/health got ${statusCode}.`];

  const plain = plainBytes(request);
  const isFromBraze =
    headers['braze-currents-version'] !== undefined || /(?:^\??|&)writeKey(?:=|&|$)/.test(decodedQuery(request));
  const isEncoded = headers['content-encoding'] !== undefined || (headers['content-type'] ?? '').includes('charset');
  const isTest = plain !== undefined && plain.length <= TEST_BYTES && eventsOf(plain)?.length === 0 && !isEncoded;
  const promised: Record<number, boolean> = {
    200: mayHaveValidToken(request),
    400: mayHaveValidToken(request) && (plain === undefined || !isCurrentsRequest(plain)),
    401: !hasValidToken(request) && (!isFromBraze || plain === undefined || eventsOf(plain)?.length === 0),
    413: mayHaveValidToken(request) && (plain === undefined || plain.length > ALWAYS_FITS),
    415: mayHaveValidToken(request) && (plain === undefined || isEncoded),
    503: !hasValidToken(request) && isFromBraze && error === 'unknown_token_with_events' && !isTest,
  };
  return promised[statusCode] === true ? [] : [`The status ${statusCode} (${String(error)}) is not promised for this.`];
}

/** What was answered 200 lies in the queues, what was answered 400 in the dead-letter queue, and nothing else anywhere. */
function faultsOfQueues(exchanges: readonly Exchange[], queued: readonly string[], deadLetters: readonly string[]) {
  const problems: string[] = [];
  const expected: string[] = [];
  const refused: string[] = [];
  for (const { request, response } of exchanges) {
    if (request.rawPath !== '/v1/webhook') continue;
    if (response?.statusCode !== 200 && response?.statusCode !== 400) continue;
    const plain = plainBytes(request);
    if (response.statusCode === 400) {
      refused.push((plain ?? Buffer.alloc(0)).toString('base64'));
      continue;
    }
    const events = plain === undefined ? undefined : eventsOf(plain);
    if (events === undefined) problems.push('What is no Currents request was answered 200.');
    else expected.push(...events.map((event) => JSON.stringify(event)));
  }

  const letters = deadLetters.map(contentOf);
  const found = [...queued.map(contentOf), ...letters].flatMap(({ events }) =>
    events.map((event) => JSON.stringify(event)),
  );
  const kept = letters.flatMap(({ body }) => (body === undefined ? [] : [body.toString('base64')]));
  if (!areEqual(found, expected)) {
    problems.push(`${expected.length} events were acknowledged, but the queues hold ${found.length}, or others.`);
  }
  if (!areEqual(kept, refused))
    problems.push('What was refused with 400 does not lie in the dead-letter queue as it came.');
  for (const body of [...queued, ...deadLetters]) {
    if (!/^[\t\n\r\x20-\uD7FF\uE000-\uFFFD]*$/.test(body)) problems.push('A message has characters that SQS refuses.');
  }
  return problems;
}

/** What was answered 200 or 400 lies in the archive as it came, unless it holds no event at all, and nothing else does. */
function faultsOfArchive(exchanges: readonly Exchange[], archived: readonly Buffer[]): string[] {
  const expected = exchanges
    .filter(
      ({ request, response }) => request.rawPath === '/v1/webhook' && [200, 400].includes(response?.statusCode ?? 0),
    )
    .map(({ request }) => plainBytes(request) ?? Buffer.alloc(0))
    .filter((plain) => eventsOf(plain)?.length !== 0);
  const texts = (bodies: readonly Buffer[]) => bodies.map((body) => body.toString('base64'));
  return areEqual(texts(archived), texts(expected))
    ? []
    : [`The archive should hold ${expected.length} requests as they came, but holds ${archived.length}, or others.`];
}

interface Message {
  events: unknown[];
  /** What was no Currents request. */
  body?: Buffer;
}

function contentOf(message: string): Message {
  const { events, request, deadLetter } = JSON.parse(message) as Message & {
    request?: string;
    deadLetter?: { reason: string };
  };
  if (request === undefined) return { events };
  const body = gunzipSync(Buffer.from(request, 'base64'));
  return deadLetter?.reason === 'not_a_currents_request' ? { events, body } : { events: eventsOf(body) ?? [] };
}

/** Of a body that is a Currents request; undefined for all else. */
function eventsOf(plain: Buffer): unknown[] | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(plain).trim();
    const requests: unknown = text === '' ? {} : JSON.parse(text);
    return [requests].flat().flatMap((part) => {
      const { events } = part as { events?: unknown };
      if (Array.isArray(events)) return events as unknown[];
      if (JSON.stringify(part) === '{}') return [];
      throw new TypeError('no Currents request');
    });
  } catch {
    return undefined;
  }
}

/** Whether a body must be taken: it has events, in the shape of the Custom HTTP connector, and is not nested too deep. */
function isCurrentsRequest(plain: Buffer): boolean {
  const events = eventsOf(plain);
  if (events === undefined || (plain.toString().match(/[[{]/g)?.length ?? 0) > MAX_NESTING) return false;
  return !/\{"(?:string|long)":/.test(JSON.stringify(events));
}

/** A body without its encodings; undefined where that cannot be had, or is far too large. */
function plainBytes({ body, isBase64Encoded }: HttpRequest): Buffer | undefined {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_REQUEST_BYTES });
  } catch {
    return undefined;
  }
}

/** What API Gateway never sends with payload format 2.0: then the stack is at fault, and 503 is right. */
function isMisshapen(request: HttpRequest): boolean {
  const { rawPath, rawQueryString, headers, body = '', isBase64Encoded, requestContext } = request as Misshapen;
  const { method, sourceIp } = requestContext?.http ?? {};
  const texts = [rawPath, rawQueryString, body, method, sourceIp, ...Object.values(headers ?? { none: undefined })];
  return typeof isBase64Encoded !== 'boolean' || !texts.every((text) => typeof text === 'string');
}

type Misshapen = Record<Exclude<keyof HttpRequest, 'headers' | 'requestContext'>, unknown> & {
  headers?: Record<string, unknown> | null;
  requestContext?: { http?: Record<string, unknown> };
};

function decodedQuery({ rawQueryString }: HttpRequest): string {
  return rawQueryString.replace(/%([\da-f]{2})/gi, (_escape, code: string) => String.fromCharCode(parseInt(code, 16)));
}

/** Whether a token stands in full where one may stand, in whatever form. */
function mayHaveValidToken(request: HttpRequest): boolean {
  const offered = `${request.headers.authorization ?? ''} ${decodedQuery(request)}`;
  return Object.values(TOKENS).some((token) => offered.includes(token));
}

/** Whether a request is authenticated beyond doubt. */
function hasValidToken({ headers }: HttpRequest): boolean {
  return Object.values(TOKENS).some((token) => headers.authorization === `Bearer ${token}`);
}

/** Whether two lists hold the same texts, in any order. */
function areEqual(one: readonly string[], other: readonly string[]): boolean {
  const sorted = [...other].sort();
  return one.length === other.length && [...one].sort().every((text, index) => text === sorted[index]);
}
