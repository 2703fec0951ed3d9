import { BlockList } from 'node:net';
import { currentsEvents } from '../support/events';
import { currentsRequest, Ingesting, TOKENS } from '../support/ingesting';

const KNOWN = '192.0.2.1';
const UNKNOWN = '203.0.113.1';
const EVENTS = { events: currentsEvents(2) };

let ingesting: Ingesting;
beforeAll(async () => {
  ingesting = await Ingesting.start();
});
beforeEach(() => {
  ingesting.renew();
  const sourceAddresses = new BlockList();
  sourceAddresses.addAddress(KNOWN);
  ingesting.options = { sourceAddresses };
});
afterAll(() => ingesting.stop());

test('a request from a known address is taken', async () => {
  const { status, written } = await ingesting.request(currentsRequest(EVENTS, { sourceIp: KNOWN }));

  expect(status).toBe(200);
  expect(ingesting.queues.events).toEqual(EVENTS.events);
  expect(written.metrics.RequestsRefused).toBeUndefined();
});

test.each([
  ['events with the current token', EVENTS, TOKENS.current],
  ['events with the previous token', EVENTS, TOKENS.previous],
  ['Braze’s test of the credentials', undefined, TOKENS.current],
  ['what is no Currents request', '"hello"', TOKENS.current],
])('from an unknown address, %s gets 503, so that nothing is lost, and is counted', async (_what, body, token) => {
  const { status, answer, written } = await ingesting.request(
    currentsRequest(body, { sourceIp: UNKNOWN, headers: { authorization: `Bearer ${token}` } }),
  );

  expect(status).toBe(503);
  expect(answer).toEqual({
    error: 'unknown_source_address',
    message: expect.stringContaining('additionalSourceAddresses') as string,
  });
  expect(ingesting.queues.bodies).toEqual([]);
  expect(ingesting.queues.letters).toEqual([]);
  expect(written.metrics).toMatchObject({ RequestsRefused: 1, 'RequestsRefused reason=unknown_source_address': 1 });
  expect(written.logs).toEqual([]);
});

test.each([
  ['anybody', undefined, EVENTS, 401, 'unknown_token'],
  ['who may be Braze, without events,', '1', undefined, 401, 'unknown_token'],
  ['who may be Braze, with events,', '1', EVENTS, 503, 'unknown_token_with_events'],
])('%s without a valid token gets the same answer from anywhere', async (_who, version, body, expected, error) => {
  for (const sourceIp of [KNOWN, UNKNOWN]) {
    const headers = { authorization: 'Bearer wrong', 'braze-currents-version': version };
    const { status, answer } = await ingesting.request(currentsRequest(body, { sourceIp, headers }));

    expect([sourceIp, status, answer.error]).toEqual([sourceIp, expected, error]);
  }
});

test('what a sender writes of its address is not believed', async () => {
  const headers = { 'x-forwarded-for': KNOWN, forwarded: `for=${KNOWN}`, 'x-real-ip': KNOWN };

  expect(await ingesting.request(currentsRequest(EVENTS, { sourceIp: UNKNOWN, headers }))).toMatchObject({
    status: 503,
  });
  headers['x-forwarded-for'] = UNKNOWN;
  expect(await ingesting.request(currentsRequest(EVENTS, { sourceIp: KNOWN, headers }))).toMatchObject({ status: 200 });
});

test('health is answered to anybody', async () => {
  const health = currentsRequest(undefined, { rawPath: '/health', method: 'GET', sourceIp: UNKNOWN });

  expect(await ingesting.request(health)).toMatchObject({ status: 200, answer: { status: 'ok' } });
});

test('by default a request is taken from anywhere', async () => {
  ingesting.options = {};

  expect(await ingesting.request(currentsRequest(EVENTS, { sourceIp: UNKNOWN }))).toMatchObject({ status: 200 });
});
