import { gzipSync } from 'node:zlib';
import { parseEndpointTokens } from '../../runtime/ingest/authentication';
import { currentsEvents } from '../support/events';
import { base64, currentsRequest, gzipped, Ingesting, TOKENS } from '../support/ingesting';

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

interface Credentials {
  authorization?: string;
  query?: string;
}

/** A request with these credentials, from Braze or from anyone. */
function requestWith(credentials: Credentials, body: unknown, { isFromBraze }: { isFromBraze: boolean }) {
  return currentsRequest(body, {
    headers: {
      authorization: credentials.authorization,
      'braze-currents-version': isFromBraze ? '1' : undefined,
    },
    rawQueryString: credentials.query ?? '',
  });
}

const VALID: [string, Credentials, string][] = [
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

const INVALID_IN_HEADER: [string, Credentials][] = [
  ['no token', {}],
  ['an empty bearer', { authorization: 'Bearer ' }],
  ['a wrong bearer', { authorization: 'Bearer wrong' }],
  ['another scheme', { authorization: `Basic ${TOKENS.current}` }],
  ['the start of a token', { authorization: `Bearer ${TOKENS.current.slice(0, -1)}` }],
];

const INVALID_IN_QUERY: [string, Credentials][] = [
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

/** Bodies, and what a sender gets who may be Braze and has no valid token. */
const BODIES: [string, unknown, number][] = [
  ['events', EVENTS, 503],
  ['no body', undefined, 401],
  ['no events', { events: [] }, 401],
  ['an empty array', [], 401],
  ['no events in more than 1 KiB', `{"events":[${' '.repeat(1_024)}]}`, 503],
  ['half a body', '{"events":[{"event_type":"x"', 503],
  ['no Currents request', '"hello"', 503],
];

describe.each([
  ...[...INVALID_IN_HEADER, ...INVALID_IN_QUERY].map(
    ([which, credentials]) => [`Braze with ${which}`, credentials, true] as const,
  ),
  ...INVALID_IN_QUERY.map(
    ([which, credentials]) =>
      [`what may be the RudderStack export connector with ${which}`, credentials, false] as const,
  ),
])('%s', (_who, credentials, isFromBraze) => {
  test.each(BODIES)('gets a status that loses nothing: sending %s', async (_what, body, expected) => {
    const { status, answer, written } = await ingesting.request(requestWith(credentials, body, { isFromBraze }));

    expect(status).toBe(expected);
    expect(ingesting.queues.bodies).toEqual([]);
    expect(ingesting.queues.letters).toEqual([]);
    expect(written.metrics.EventsWithUnknownToken).toBe(expected === 503 ? 1 : undefined);
    expect(written.metrics).toMatchObject({ [`RequestsRefused reason=${String(answer.error)}`]: 1 });
  });
});

test.each(INVALID_IN_HEADER)('anyone else with %s gets 401, whatever is sent', async (_which, credentials) => {
  for (const [, body] of BODIES) {
    const { status, headers, answer } = await ingesting.request(requestWith(credentials, body, { isFromBraze: false }));

    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Bearer');
    expect(answer).toEqual({ error: 'unknown_token', message: expect.stringContaining('Bearer') as string });
  }
  expect(ingesting.queues.bodies).toEqual([]);
});

test.each([
  ['what cannot be decompressed', base64('\x1f\x8bnot gzip'), 503],
  ['no events, compressed', gzipped({ events: [] }), 401],
  ['no events in megabytes, compressed', base64(gzipSync(`{"events":[${' '.repeat(5_000_000)}]}`)), 503],
])('Braze, sending %s with a wrong token, gets a status that loses nothing', async (_what, body, expected) => {
  const request = currentsRequest(undefined, { ...body, headers: { authorization: 'Bearer wrong' } });

  expect(await ingesting.request(request)).toMatchObject({ status: expected });
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
    expect(written.metrics).toMatchObject({ 'RequestsRefused reason=secret_unavailable': 1, SecretFailures: 1 });
    expect(written.logs).toEqual([expect.objectContaining({ level: 'ERROR', error: 'SecretUnavailable' })]);
  });

  test('are told of at each reading, of which there is one in five seconds', async () => {
    ingesting.secrets.text = undefined;
    let now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now);
    const written = [];

    for (const time of [0, 0, 4_999, 1, 0]) {
      now += time;
      written.push((await ingesting.request(currentsRequest(EVENTS))).written);
    }

    expect(ingesting.secrets.reads).toBe(2);
    expect(written.map(({ metrics }) => metrics.SecretFailures)).toEqual([1, undefined, undefined, 1, undefined]);
    expect(written.map(({ logs }) => logs.length)).toEqual([1, 0, 0, 1, 0]);
  });

  test('leave those in use that were read before', async () => {
    await ingesting.request(currentsRequest(EVENTS));
    ingesting.secrets.text = undefined;
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 3_600_000);

    const { status, written } = await ingesting.request(currentsRequest(EVENTS));

    expect(status).toBe(200);
    expect(written.metrics.SecretFailures).toBe(1);
    expect(written.logs).toHaveLength(1);
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
