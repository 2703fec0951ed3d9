import { attack } from '../fuzz/campaign';
import { Endpoint, TOKENS, type Aftermath } from '../fuzz/endpoint';
import { HEAVY_BODIES, MEMORY_BOUND, MemoryGauge } from '../fuzz/memory';
import { STATUSES, violationsOf } from '../fuzz/rules';
import type { HttpRequest, HttpResponse } from '../runtime/ingest/ingest';
import { encodeEvents, encodeRequest } from '../runtime/queue/envelope';
import { MAX_REQUEST_BYTES } from '../runtime/transform/currents';
import { Page } from './support/markdown';

const RECEIVED_AT = '2026-11-05T00:00:00.000Z';

function requestOf(body: string, changes: Partial<HttpRequest> = {}): HttpRequest {
  return {
    rawPath: '/v1/webhook',
    rawQueryString: '',
    headers: { authorization: `Bearer ${TOKENS.current}`, 'braze-currents-version': '1' },
    requestContext: { http: { method: 'POST', sourceIp: '192.0.2.1' } },
    body,
    isBase64Encoded: false,
    ...changes,
  };
}

describe('the endpoint', () => {
  let endpoint: Endpoint;
  beforeAll(async () => {
    endpoint = await Endpoint.start();
  });
  afterAll(() => endpoint.stop());

  test('breaks no rule, whatever is sent to it', async () => {
    const { statuses, finding } = await attack(endpoint, { requests: 400, seed: 1 });

    expect(finding).toBeUndefined();
    // Enough of everything got past the doors.
    for (const status of STATUSES) expect(statuses.get(String(status))).toBeGreaterThan(0);
  });

  test('takes what fills a thousand queue messages; of more, it queues nothing and has it split', async () => {
    const answers = [];
    for (const events of [250_000, 250_001]) {
      const { statusCode, body } = await endpoint.invoke(requestOf(`{"events":[7${',7'.repeat(events - 1)}]}`));
      const { queued, deadLetters } = await endpoint.take();
      answers.push([statusCode, (JSON.parse(body) as { error?: string }).error, queued.length, deadLetters.length]);
    }
    expect(answers).toEqual([
      [200, undefined, 0, 1_000],
      [413, 'too_many_messages', 0, 0],
    ]);
  });

  describe('at the largest body', () => {
    let gauge: MemoryGauge;
    beforeAll(async () => {
      gauge = await MemoryGauge.create(endpoint);
    });
    afterAll(() => gauge.remove());

    test.each(['events without a type', 'numbers beyond a double', 'nesting without end'])(
      'stays within its memory: %s',
      async (name) => {
        const body = (HEAVY_BODIES[name] as () => Buffer)();
        expect(body).toHaveLength(MAX_REQUEST_BYTES);

        const peak = await gauge.measure(body);

        expect(peak?.peakBytes).toBeLessThanOrEqual(MEMORY_BOUND * 1_048_576);
      },
    );
  });
});

test('the rules know the statuses that the README promises, and no other', () => {
  const promised = new Page('README.md').tableAfter('## What the endpoint answers').map(([status]) => Number(status));
  expect(STATUSES).toEqual(promised);
});

describe('the rules see', () => {
  const EVENT = { event_type: 'x', id: '1' };
  const BODY = JSON.stringify({ events: [EVENT] });
  const json = { 'content-type': 'application/json' };
  const ok: HttpResponse = { statusCode: 200, headers: json, body: '{"received":1,"queued":1,"rejected":0}' };
  const refusal = (statusCode: number, error = 'some_error', message = 'A whole sentence.'): HttpResponse => ({
    statusCode,
    headers: json,
    body: JSON.stringify({ error, message }),
  });
  const aftermath = (
    request: HttpRequest,
    response: HttpResponse | undefined,
    others: Partial<Aftermath> = {},
  ): Aftermath => ({
    exchanges: [{ request, response }],
    queued: [],
    deadLetters: [],
    archived: [],
    written: [],
    ...others,
  });
  const queued = (...events: unknown[]) => [
    encodeEvents(
      RECEIVED_AT,
      events.map((event) => JSON.stringify(event)),
    ),
  ];
  const kept = (body: string) => [
    encodeRequest(RECEIVED_AT, body, { reason: 'not_a_currents_request', at: RECEIVED_AT }),
  ];
  const anybodys = requestOf(BODY, { headers: {} });

  test.each<[string, Aftermath]>([
    [
      'an event that is queued',
      aftermath(requestOf(BODY), ok, { queued: queued(EVENT), archived: [Buffer.from(BODY)] }),
    ],
    [
      'a body that is kept',
      aftermath(requestOf('{'), refusal(400), { deadLetters: kept('{'), archived: [Buffer.from('{')] }),
    ],
    ['a test of the credentials', aftermath(requestOf(''), ok)],
    ['a wrong token of nobody known', aftermath(anybodys, refusal(401))],
    ['metrics', aftermath(anybodys, refusal(401), { written: ['{"_aws":{},"RequestsRefused":1}'] })],
  ])('nothing wrong with %s', (_what, right) => {
    expect(violationsOf(right)).toEqual([]);
  });

  test.each<[string, Aftermath, RegExp]>([
    ['no answer', aftermath(requestOf(BODY), undefined), /without an answer/],
    ['500', aftermath(requestOf(BODY), refusal(500)), /500 is not documented/],
    ['no sentence', aftermath(anybodys, refusal(401, 'unknown', 'bad token')), /not a word and a sentence/],
    ['503 of our own', aftermath(requestOf(BODY), refusal(503, 'internal_error')), /503 \(internal_error\)/],
    [
      '503 to a test of the credentials',
      aftermath(
        requestOf('{}', { headers: { 'braze-currents-version': '1' } }),
        refusal(503, 'unknown_token_with_events'),
      ),
      /503 .* not promised/,
    ],
    ['401 to Braze’s events', aftermath(requestOf(BODY), refusal(401)), /401 .* not promised/],
    ['200 without a token', aftermath(anybodys, ok, { queued: queued(EVENT) }), /200 .* not promised/],
    ['400 to a request', aftermath(requestOf(BODY), refusal(400), { deadLetters: kept(BODY) }), /400 .* not promised/],
    ['413 for little', aftermath(requestOf(BODY), refusal(413)), /413 .* not promised/],
    ['415 for plain JSON', aftermath(requestOf(BODY), refusal(415)), /415 .* not promised/],
    ['404 at the webhook', aftermath(requestOf(BODY), refusal(404)), /404 .* not promised/],
    ['an answer at another path', aftermath(requestOf(BODY, { rawPath: '/v1' }), refusal(401)), /got 401, not 404/],
    ['an event that is lost', aftermath(requestOf(BODY), ok), /1 events were acknowledged, but the queues hold 0/],
    [
      'an event that is changed',
      aftermath(requestOf(BODY), ok, { queued: queued({ ...EVENT, id: '2' }) }),
      /or others/,
    ],
    ['an event doubled', aftermath(requestOf(BODY), ok, { queued: queued(EVENT, EVENT) }), /hold 2/],
    ['an event queued beside a refusal', aftermath(anybodys, refusal(401), { queued: queued(EVENT) }), /hold 1/],
    ['a refused body that is lost', aftermath(requestOf('{'), refusal(400)), /does not lie/],
    [
      'a refused body that is changed',
      aftermath(requestOf('{'), refusal(400), { deadLetters: kept('[') }),
      /as it came/,
    ],
    [
      'a request that is not archived',
      aftermath(requestOf(BODY), ok, { queued: queued(EVENT) }),
      /archive should hold 1 .* but holds 0/,
    ],
    [
      'a request that is archived in another form',
      aftermath(requestOf(BODY), ok, { queued: queued(EVENT), archived: [Buffer.from(`${BODY} `)] }),
      /archive should hold 1 .* or others/,
    ],
    [
      'a refused request in the archive',
      aftermath(anybodys, refusal(401), { archived: [Buffer.from(BODY)] }),
      /archive should hold 0 .* but holds 1/,
    ],
    ['a token in a log', aftermath(anybodys, refusal(401), { written: [`{"_aws":"${TOKENS.current}"}`] }), /written/],
    ['a token in an answer', aftermath(anybodys, refusal(401, 'x', `Not ${TOKENS.previous}.`)), /answered or written/],
    ['an error in the log', aftermath(anybodys, refusal(401), { written: ['{"level":"ERROR"}'] }), /log line/],
    [
      'what SQS refuses',
      aftermath(requestOf(BODY), ok, {
        queued: queued(EVENT).map((body) => `${body}\uFFFF`.replace('}\uFFFF', ',"\uFFFF":1}')),
      }),
      /characters that SQS refuses/,
    ],
  ])('%s', (_what, wrong, problem) => {
    expect(violationsOf(wrong).join('\n')).toMatch(problem);
  });
});
