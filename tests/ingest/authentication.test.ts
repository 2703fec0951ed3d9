import { parseEndpointTokens } from '../../runtime/ingest/authentication';
import { currentsEvents } from '../support/events';
import { base64, currentsRequest, Ingesting, TOKENS } from '../support/ingesting';

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

const EVENTS = { events: currentsEvents(2) };

/** A request with these credentials, from Braze or from anyone. */
function requestWith(
  credentials: { authorization?: string; query?: string },
  body: unknown,
  { isFromBraze }: { isFromBraze: boolean },
) {
  return currentsRequest(body, {
    headers: {
      authorization: credentials.authorization,
      'braze-currents-version': isFromBraze ? '1' : undefined,
    },
    rawQueryString: credentials.query ?? '',
  });
}

const VALID: [string, { authorization?: string; query?: string }, string][] = [
  ['the current token as bearer', { authorization: `Bearer ${TOKENS.current}` }, 'current'],
  ['the previous token as bearer', { authorization: `Bearer ${TOKENS.previous}` }, 'previous'],
  ['the scheme in small letters', { authorization: `bearer  ${TOKENS.current} ` }, 'current'],
  ['the current token in the query', { query: `writeKey=${encodeURIComponent(TOKENS.current)}` }, 'current'],
  ['the same unescaped, plus sign and all', { query: `writeKey=${TOKENS.current}` }, 'current'],
  ['the previous token in the query', { query: `region=eu&writeKey=${TOKENS.previous}` }, 'previous'],
  [
    'a good one in the query beside a wrong bearer',
    { authorization: 'Bearer wrong', query: `writeKey=${TOKENS.previous}` },
    'previous',
  ],
];

const INVALID: [string, { authorization?: string; query?: string }][] = [
  ['no token', {}],
  ['an empty bearer', { authorization: 'Bearer ' }],
  ['a wrong bearer', { authorization: 'Bearer wrong' }],
  ['another scheme', { authorization: `Basic ${TOKENS.current}` }],
  ['the start of a token', { authorization: `Bearer ${TOKENS.current.slice(0, -1)}` }],
  ['a wrong token in the query', { query: 'writeKey=wrong' }],
  ['an empty token in the query', { query: 'writeKey=' }],
];

describe.each(VALID)('with %s', (_which, credentials, tokenUsed) => {
  test('events are queued and the token is counted', async () => {
    const { status, written } = await ingesting.request(requestWith(credentials, EVENTS, { isFromBraze: true }));

    expect(status).toBe(200);
    expect(ingesting.queues.events).toEqual(EVENTS.events);
    expect(written.metrics).toMatchObject({ [`RequestsAuthenticated token=${tokenUsed}`]: 1 });
  });
});

describe.each(INVALID)('with %s', (_which, credentials) => {
  const BODIES: [string, unknown, number][] = [
    ['events', EVENTS, 503],
    ['no body', undefined, 401],
    ['no events', { events: [] }, 401],
    ['an empty array', [], 401],
    ['half a body', '{"events":[{"event_type":"x"', 503],
    ['no Currents request', '"hello"', 503],
  ];

  test.each(BODIES)('Braze, sending %s, gets a status that loses nothing', async (_what, body, expected) => {
    const { status, answer, written } = await ingesting.request(requestWith(credentials, body, { isFromBraze: true }));

    expect(status).toBe(expected);
    expect(ingesting.queues.bodies).toEqual([]);
    expect(ingesting.queues.letters).toEqual([]);
    expect(written.metrics.EventsWithUnknownToken).toBe(expected === 503 ? 1 : undefined);
    expect(written.metrics).toMatchObject({ [`RequestsRefused reason=${String(answer.error)}`]: 1 });
  });

  test('anyone else gets 401, whatever is sent, unless it may be the RudderStack export connector', async () => {
    for (const [, body, toBraze] of BODIES) {
      const { status, headers, answer } = await ingesting.request(
        requestWith(credentials, body, { isFromBraze: false }),
      );

      if (isInQuery(credentials) && toBraze === 503) {
        expect(status).toBe(503);
        continue;
      }
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toBe('Bearer');
      expect(answer).toEqual({ error: 'unknown_token', message: expect.stringContaining('Bearer') as string });
    }
    expect(ingesting.queues.bodies).toEqual([]);
  });
});

test('Braze, sending what cannot be decompressed with a wrong token, gets a status that loses nothing', async () => {
  const request = currentsRequest(undefined, {
    ...base64('\x1f\x8bnot gzip'),
    headers: { authorization: 'Bearer wrong' },
  });

  expect(await ingesting.request(request)).toMatchObject({ status: 503 });
});

describe('a rotation', () => {
  const NEW = 'new-token';
  const withNewToken = () => requestWith({ authorization: `Bearer ${NEW}` }, EVENTS, { isFromBraze: true });

  test('of a moment ago is known before the new token is refused', async () => {
    await ingesting.request(currentsRequest(EVENTS));
    ingesting.secrets.text = JSON.stringify({ current: NEW, previous: TOKENS.current });
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 6_000);

    const { status, written } = await ingesting.request(withNewToken());

    expect(status).toBe(200);
    expect(written.metrics['RequestsAuthenticated token=current']).toBe(1);
    expect(await ingesting.request(currentsRequest(EVENTS))).toMatchObject({ status: 200 });
  });

  test('leaves a token that is neither of the two refused', async () => {
    ingesting.secrets.text = JSON.stringify({ current: NEW });

    expect(await ingesting.request(withNewToken())).toMatchObject({ status: 200 });
    expect(await ingesting.request(currentsRequest(EVENTS))).toMatchObject({ status: 503 });
  });
});

test('a flood of wrong tokens reads the secret at most once in five seconds', async () => {
  const wrong = requestWith({ authorization: 'Bearer wrong' }, EVENTS, { isFromBraze: false });
  let now = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => now);

  for (let request = 0; request < 100; request += 1) await ingesting.request(wrong);
  expect(ingesting.secrets.reads).toBe(1);
  now += 5_000;
  for (let request = 0; request < 100; request += 1) await ingesting.request(wrong);

  expect(ingesting.secrets.reads).toBe(2);
});

test('a request without any token reads no secret', async () => {
  await ingesting.request(requestWith({}, EVENTS, { isFromBraze: true }));

  expect(ingesting.secrets.reads).toBe(0);
});

describe('tokens that cannot be read', () => {
  test.each([
    ['because Secrets Manager is down', undefined],
    ['because the secret is something else', 'no JSON'],
  ])('are our own trouble: 503 %s', async (_why, text) => {
    ingesting.secrets.text = text;

    const { status, headers, answer, written } = await ingesting.request(currentsRequest({ events: [] }));

    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('10');
    expect(answer.error).toBe('secret_unavailable');
    expect(written.metrics).toMatchObject({ 'RequestsRefused reason=secret_unavailable': 1 });
    expect(written.logs).toHaveLength(1);
  });

  test('leave those in use that were read before', async () => {
    await ingesting.request(currentsRequest(EVENTS));
    ingesting.secrets.text = undefined;
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 3_600_000);

    expect(await ingesting.request(currentsRequest(EVENTS))).toMatchObject({ status: 200 });
    // Not 401: the token may have become valid meanwhile.
    const withAnother = requestWith({ authorization: 'Bearer another' }, { events: [] }, { isFromBraze: true });
    expect(await ingesting.request(withAnother)).toMatchObject({ status: 503 });
  });
});

test.each([
  ['{"current":"a","previous":"b"}', { current: 'a', previous: 'b' }],
  ['{"current":"a"}', { current: 'a', previous: undefined }],
  ['{"current":"a","previous":""}', { current: 'a', previous: undefined }],
  ['{"current":"","previous":"b"}', undefined],
  ['{"previous":"b"}', undefined],
  ['["a"]', undefined],
  ['a', undefined],
])('the secret %s holds %o', (text, tokens) => {
  expect(parseEndpointTokens(text)).toEqual(tokens);
});
