import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parseJson, stringifyJson } from '../../runtime/transform/json';
import { currentsEvent, currentsEvents } from '../support/events';
import { LocalServer } from '../../runtime/local/server';
import { base64, currentsRequest, gzipped, Ingesting, TOKENS } from '../support/ingesting';
import { sqsAt } from '../support/queues';
import { countdown } from '../support/time';

let ingesting: Ingesting;
beforeAll(async () => {
  ingesting = await Ingesting.start();
});
beforeEach(() => {
  ingesting.renew();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => ingesting.stop());

const EVENTS = currentsEvents(3);

/** The queued request bodies among the dead letters, decompressed. */
function bodiesInDeadLetters(): Buffer[] {
  return ingesting.queues.letters.map(({ body }) => {
    const { request } = JSON.parse(body) as { request: string };
    return gunzipSync(Buffer.from(request, 'base64'));
  });
}

describe('a Currents request', () => {
  test('is queued whole, and only metrics are written', async () => {
    const { status, answer, written } = await ingesting.request(currentsRequest({ events: EVENTS }));

    expect(status).toBe(200);
    expect(answer).toEqual({ received: 3, queued: 3, rejected: 0 });
    expect(ingesting.queues.bodies).toHaveLength(1);
    expect(ingesting.queues.events).toEqual(EVENTS);
    expect(written.logs).toEqual([]);
    expect(written.metrics).toEqual({
      EventsReceived: 3,
      EventsQueued: 3,
      RequestsAuthenticated: 1,
      'RequestsAuthenticated token=current': 1,
    });
  });

  test.each([
    ['plain', currentsRequest({ events: EVENTS })],
    ['as an array of requests', currentsRequest([{ events: EVENTS.slice(0, 1) }, { events: EVENTS.slice(1) }])],
    ['with a byte-order mark', currentsRequest(`\uFEFF${JSON.stringify({ events: EVENTS })}`)],
    ['in base64', currentsRequest(undefined, base64(JSON.stringify({ events: EVENTS })))],
    ['as gzip', currentsRequest(undefined, gzipped({ events: EVENTS }))],
    ['as gzip without saying so', currentsRequest(undefined, { ...gzipped({ events: EVENTS }), headers: {} })],
    [
      'decompressed on its way, the header left behind',
      currentsRequest({ events: EVENTS }, { headers: { 'content-encoding': 'gzip' } }),
    ],
    [
      'with a mark, decompressed on its way',
      currentsRequest(`\uFEFF${JSON.stringify({ events: EVENTS })}`, { headers: { 'content-encoding': 'x-gzip' } }),
    ],
    [
      'with a charset',
      currentsRequest({ events: EVENTS }, { headers: { 'content-type': 'application/json; charset="UTF-8"' } }),
    ],
    ['without a content type', currentsRequest({ events: EVENTS }, { headers: { 'content-type': undefined } })],
  ])('is understood %s', async (_form, request) => {
    expect(await ingesting.request(request)).toMatchObject({ status: 200 });
    expect(ingesting.queues.events).toEqual(EVENTS);
  });

  test.each([
    ['no body', currentsRequest(undefined)],
    ['white space', currentsRequest(' \n')],
    ['an empty body that is said to be gzip', currentsRequest('', { headers: { 'content-encoding': 'gzip' } })],
    ['an empty object', currentsRequest({})],
    ['no events', currentsRequest({ events: [] })],
    ['an empty array', currentsRequest([])],
  ])('with %s is Braze’s test of the credentials: 200, nothing is queued', async (_body, request) => {
    const { status, answer } = await ingesting.request(request);

    expect(status).toBe(200);
    expect(answer).toEqual({ received: 0, queued: 0, rejected: 0 });
    expect(ingesting.queues.bodies).toEqual([]);
    expect(ingesting.queues.letters).toEqual([]);
  });

  test('keeps every digit and every character', async () => {
    const body =
      '{"events":[{"event_type":"x","n":12345678901234567890,"f":1.10000000000000000001,"__proto__":{"a.b":"\uFFFE\\ud800"}}]}';

    await ingesting.request(currentsRequest(body));

    expect(stringifyJson({ events: ingesting.queues.events })).toBe(body);
  });

  test('of more than ten messages and more than 1 MiB is queued whole', async () => {
    ingesting.options = { maxBatchEvents: 2 };
    const events = Array.from({ length: 50 }, (_, index) =>
      currentsEvent(`large-${index}`, { properties: { text: 'ü'.repeat(50_000) } }),
    );

    const { status } = await ingesting.request(currentsRequest({ events }));

    expect(status).toBe(200);
    expect(ingesting.queues.bodies).toHaveLength(25);
    expect(ingesting.queues.events).toEqual(events);
  });

  test('with an event that fits into a message only compressed is queued', async () => {
    const large = currentsEvent('large', { properties: { text: 'x'.repeat(1_200_000) } });

    const { status } = await ingesting.request(currentsRequest({ events: [EVENTS[0], large, EVENTS[1]] }));

    expect(status).toBe(200);
    expect(new Set(ingesting.queues.events)).toEqual(new Set([EVENTS[0], large, EVENTS[1]]));
  });

  test('with an event that does not fit even so is 413, and nothing of it is queued', async () => {
    const noise = Array.from({ length: 1_500_000 }, () => String.fromCharCode(48 + Math.floor(Math.random() * 74)));
    const events = [EVENTS[0], currentsEvent('noise', { properties: { text: noise.join('') } })];

    const { status, answer, written } = await ingesting.request(currentsRequest({ events }));

    expect(status).toBe(413);
    expect(answer.error).toBe('too_large_for_the_queue');
    expect(ingesting.queues.bodies).toEqual([]);
    expect(written.metrics).toMatchObject({ 'RequestsRefused reason=too_large_for_the_queue': 1 });
  });

  test.each([
    [1_000, 200, 1_000],
    [1_001, 413, 0],
  ])('that fills %d messages is %d, with %d of them queued', async (count, expected, queued) => {
    ingesting.options = { maxBatchEvents: 1 };
    const events = Array.from({ length: count }, (_, index) => currentsEvent(`many-${index}`));

    const { status } = await ingesting.request(currentsRequest({ events }));

    expect(status).toBe(expected);
    expect(ingesting.queues.bodies).toHaveLength(queued);
  });
});

describe('events that can never be messages', () => {
  test('become dead letters by reason; their neighbours are queued', async () => {
    const events = ['text', EVENTS[0], null, {}, { event_type: ' ' }, [1], EVENTS[1]];

    const { status, answer, written } = await ingesting.request(currentsRequest({ events }));

    expect(status).toBe(200);
    expect(answer).toEqual({ received: 7, queued: 2, rejected: 5 });
    expect(ingesting.queues.events).toEqual([EVENTS[0], EVENTS[1]]);
    expect(ingesting.queues.letters.map(({ deadLetter, events }) => [deadLetter?.reason, events])).toEqual([
      ['not_an_object', ['text', null, [1]]],
      ['no_event_type', [{}, { event_type: ' ' }]],
    ]);
    expect(written.metrics).toMatchObject({
      EventsReceived: 7,
      EventsQueued: 2,
      EventsRejected: 5,
      'EventsRejected reason=not_an_object': 3,
      'EventsRejected reason=no_event_type': 2,
      'DeadLetters reason=not_an_object': 1,
      'DeadLetters reason=no_event_type': 1,
    });
  });

  test('without the dead-letter queue are 503, their neighbours not queued until it is there', async () => {
    const request = currentsRequest({ events: [7, EVENTS[0]] });
    ingesting.queues.loseDeadLetters();
    ingesting.remaining = countdown(500);

    expect(await ingesting.request(request)).toMatchObject({ status: 503, answer: { error: 'queue_unavailable' } });
    expect(ingesting.queues.bodies).toEqual([]);

    ingesting.queues.restoreDeadLetters();
    ingesting.remaining = countdown(15_000);
    const { status, written } = await ingesting.request(request);

    expect(status).toBe(200);
    expect(ingesting.queues.events).toEqual([EVENTS[0]]);
    expect(ingesting.queues.letters.map(({ events }) => events)).toEqual([[7]]);
    expect(written.metrics).toMatchObject({ EventsQueued: 1, EventsRejected: 1, DeadLetters: 1 });
  });

  test('in great number take no time', async () => {
    ingesting.options = { maxBatchEvents: 200_000 };
    const start = Date.now();

    await ingesting.request(currentsRequest({ events: Array(100_000).fill(7) }));

    expect(Date.now() - start).toBeLessThan(3_000);
    expect(ingesting.queues.letters.flatMap(({ events }) => events)).toHaveLength(100_000);
  });
});

describe('what is no Currents request', () => {
  test.each([
    ['truncated JSON', '{"events":[{"event_type":"x"'],
    ['events that are no array', '{"events":{"event_type":"x"}}'],
    ['a bare event', '{"event_type":"x"}'],
    ['the cloud-storage shape', '{"id":"1","user_id":{"string":"x"},"time":{"long":1}}'],
    ['no JSON, with bytes that are no UTF-8 either', Buffer.from([0xff, 0xfe, 0x7b])],
    ['JSON in Latin-1', Buffer.from('{"events":[{"event_type":"x","properties":{"city":"Köln"}}]}', 'latin1')],
    ['nesting without end', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ])('is 400 (%s), and its body lies in the dead-letter queue', async (_what, body) => {
    const { status, answer, written } = await ingesting.request(currentsRequest(undefined, base64(body)));

    expect(status).toBe(400);
    expect(answer).toEqual({ error: 'not_a_currents_request', message: expect.stringMatching(/\.$/) as string });
    expect(ingesting.queues.bodies).toEqual([]);
    expect(ingesting.queues.letters.map(({ deadLetter }) => deadLetter?.reason)).toEqual(['not_a_currents_request']);
    expect(bodiesInDeadLetters()).toEqual([Buffer.from(body as string)]);
    expect(written.metrics).toMatchObject({
      'RequestsRefused reason=not_a_currents_request': 1,
      'DeadLetters reason=not_a_currents_request': 1,
    });
    expect(written.logs).toEqual([]);
  });

  test('is kept decompressed once, not gzip in gzip', async () => {
    await ingesting.request(currentsRequest(undefined, base64(gzipSync('{"events":'))));

    expect(bodiesInDeadLetters()).toEqual([Buffer.from('{"events":')]);
  });

  test('is 413 where even its compressed body is over 1 MiB', async () => {
    const noise = Array.from({ length: 1_500_000 }, () => String.fromCharCode(48 + Math.floor(Math.random() * 74)));

    const { status } = await ingesting.request(currentsRequest(noise.join('')));

    expect(status).toBe(413);
    expect(ingesting.queues.letters).toEqual([]);
  });

  test('is 503, not 400, while the dead-letter queue does not take it', async () => {
    ingesting.queues.loseDeadLetters();
    ingesting.remaining = countdown(500);

    const { status, written } = await ingesting.request(currentsRequest('{"events":'));

    expect(status).toBe(503);
    expect(written.metrics).not.toHaveProperty('DeadLetters');
  });
});

describe('a body that cannot be read', () => {
  test('bombs are stopped at the limit: 413', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, 32));

    expect(await ingesting.request(currentsRequest(undefined, base64(bomb)))).toMatchObject({
      status: 413,
      answer: { error: 'request_too_large', message: expect.stringContaining('6291456') as string },
    });
  });

  test('too large without compression is 413 too', async () => {
    const body = `{"events":[]${' '.repeat(6 * 1_024 * 1_024)}}`;

    expect(await ingesting.request(currentsRequest(body))).toMatchObject({ status: 413 });
  });

  const whole = gzipSync(JSON.stringify({ events: EVENTS }));
  test.each([
    ['half of a gzip', whole.subarray(0, whole.length / 2)],
    ['gzip with wrong bytes in it', Buffer.concat([whole.subarray(0, 20), Buffer.alloc(40), whole.subarray(60)])],
  ])('%s is 415, which Braze sends again', async (_what, bytes) => {
    const request = currentsRequest(undefined, { ...base64(bytes), headers: { 'content-encoding': 'gzip' } });

    expect(await ingesting.request(request)).toMatchObject({ status: 415, answer: { error: 'broken_gzip' } });
  });

  test('gzip that was treated as text on its way is 415', async () => {
    const request = currentsRequest(whole.toString('utf8'), { headers: { 'content-encoding': 'gzip' } });

    expect(await ingesting.request(request)).toMatchObject({ status: 415, answer: { error: 'broken_gzip' } });
  });

  test.each([
    ['an encoding', { 'content-encoding': 'br' }, 'unsupported_encoding'],
    ['a charset', { 'content-type': 'application/json; charset=utf-16' }, 'unsupported_charset'],
  ])('%s that is not understood is 415', async (_what, headers, error) => {
    const { status, answer } = await ingesting.request(currentsRequest({ events: EVENTS }, { headers }));

    expect(status).toBe(415);
    expect(answer).toEqual({ error, message: expect.stringMatching(/send .*\.$/) as string });
  });
});

describe('routes', () => {
  test('GET /health answers without any secret', async () => {
    ingesting.secrets.text = undefined;

    const { status, written } = await ingesting.request(
      currentsRequest(undefined, { rawPath: '/health', method: 'GET', headers: { authorization: undefined } }),
    );

    expect(status).toBe(200);
    expect(ingesting.secrets.reads).toBe(0);
    expect(written.text).toBe('');
  });

  test.each([
    ['GET', '/v1/webhook', 'POST'],
    ['PUT', '/v1/webhook', 'POST'],
    ['POST', '/health', 'GET'],
  ])('%s %s is 405 and says what is allowed', async (method, rawPath, allow) => {
    const { status, headers } = await ingesting.request(currentsRequest({ events: EVENTS }, { method, rawPath }));

    expect(status).toBe(405);
    expect(headers.allow).toBe(allow);
    expect(ingesting.queues.bodies).toEqual([]);
  });

  test('another path is 404', async () => {
    expect(await ingesting.request(currentsRequest({ events: EVENTS }, { rawPath: '/' }))).toMatchObject({
      status: 404,
      answer: { error: 'not_found', message: expect.stringContaining('/v1/webhook') as string },
    });
  });
});

describe('the queue', () => {
  test('that is down is 503 in good time, and nothing is said to be queued', async () => {
    ingesting.queues.loseEvents();
    ingesting.remaining = countdown(1_000);
    const start = Date.now();

    const { status, answer, headers, written } = await ingesting.request(currentsRequest({ events: EVENTS }));

    expect(status).toBe(503);
    expect(answer.error).toBe('queue_unavailable');
    expect(headers['retry-after']).toBe('10');
    expect(Date.now() - start).toBeLessThan(3_000);
    expect(written.metrics).not.toHaveProperty('EventsQueued');
    expect(written.metrics).toMatchObject({ 'RequestsRefused reason=queue_unavailable': 1 });
  });

  test('that fails one entry of a batch gets that one again, and no other', async () => {
    const sent: string[][] = [];
    const server = await LocalServer.listen((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { Entries } = JSON.parse(Buffer.concat(chunks).toString()) as {
          Entries: { Id: string; MessageBody: string }[];
        };
        sent.push(Entries.map(({ MessageBody }) => MessageBody));
        const failed = sent.length === 1 ? ['2'] : [];
        const isFailed = ({ Id }: { Id: string }) => failed.includes(Id);
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(
          JSON.stringify({
            Successful: Entries.filter((entry) => !isFailed(entry)).map(({ Id, MessageBody }) => ({
              Id,
              MessageId: Id,
              MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
            })),
            Failed: Entries.filter(isFailed).map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
          }),
        );
      });
    });
    const sqs = sqsAt(server.url);
    ingesting.remaining = countdown(5_000);
    ingesting.options = { sqs, eventQueueUrl: `${server.url}/000000000000/events`, maxBatchEvents: 1 };

    const events = currentsEvents(5);

    const { status } = await ingesting.request(currentsRequest({ events }));

    expect(status).toBe(200);
    expect(sent.map(({ length }) => length)).toEqual([5, 1]);
    expect(parseJson(sent[1]?.[0] ?? '')).toMatchObject({ events: [events[2]] });
    sqs.destroy();
    await server.stop();
  });
});

test('an error that nobody thought of is 503, told of without its message', async () => {
  const request = currentsRequest({ events: EVENTS });
  Object.defineProperty(request, 'headers', {
    get: () => {
      throw new Error(`words with ${TOKENS.current}`);
    },
  });

  const { status, answer, written } = await ingesting.request(request);

  expect(status).toBe(503);
  expect(answer.error).toBe('internal_error');
  expect(written.logs).toEqual([expect.objectContaining({ level: 'ERROR', reason: 'internal_error', error: 'Error' })]);
  expect(written.text).not.toContain('words with');
});
