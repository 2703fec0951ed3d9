import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { Braze, type Sent } from '../../runtime/local/braze';

/** An endpoint whose answers are decided by `status`: of a request's events, and how often it saw exactly these. */
let status: (events: readonly string[], times: number) => number | 'reset';
let requests: { events: readonly string[]; headers: IncomingHttpHeaders }[];
let server: Server;
let braze: Braze<string>;

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    void json(request).then((body) => {
      const { events } = body as { events: string[] };
      requests.push({ events, headers: request.headers });
      const answer = status(events, requests.filter((other) => other.events.join() === events.join()).length);
      if (answer === 'reset') request.socket.destroy();
      else response.writeHead(answer).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  braze = new Braze({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/webhook`,
    token: () => 'the-token',
    toJson: (event) => JSON.stringify(event),
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function sizes(): number[] {
  return requests.map(({ events }) => events.length);
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `event-${index}`);
}

const NOTHING: Sent<string> = { acknowledged: [], dropped: [], lost: [] };

test('events go out a hundred at a time, as the Custom HTTP connector sends them', async () => {
  status = () => 200;

  const sent = await braze.send(names(250));

  expect(sent).toEqual({ ...NOTHING, acknowledged: names(250) });
  expect(sizes()).toEqual([100, 100, 50]);
  expect(requests[0]?.headers).toMatchObject({
    authorization: 'Bearer the-token',
    'braze-currents-version': '1',
    'content-type': 'application/json',
  });
});

test.each([200, 202, 204])('%d: done', async (code) => {
  status = () => code;

  expect(await braze.send(['one', 'two'])).toEqual({ ...NOTHING, acknowledged: ['one', 'two'] });
  expect(sizes()).toEqual([2]);
});

test.each([429, 500, 503, 418, 302, 'reset'] as const)('%s: sent again until it is accepted', async (code) => {
  status = (_events, times) => (times < 3 ? code : 200);

  expect(await braze.send(['one', 'two'])).toEqual({ ...NOTHING, acknowledged: ['one', 'two'] });
  expect(sizes()).toEqual([2, 2, 2]);
});

test.each([401, 403, 404])('%d: never sent again, while later requests are', async (code) => {
  status = (events) => (events.includes('event-0') ? code : 200);

  const sent = await braze.send(names(101));

  expect(sent).toEqual({ ...NOTHING, lost: names(100), acknowledged: ['event-100'] });
  expect(sizes()).toEqual([100, 1]);
});

test('400: split into single events, and dropped after the second', async () => {
  status = (events) => (events.includes('bad') ? 400 : 200);

  const sent = await braze.send(['one', 'bad', 'two']);

  expect(sent).toEqual({ ...NOTHING, acknowledged: ['one', 'two'], dropped: ['bad'] });
  expect(sizes()).toEqual([3, 1, 1, 1]);
});

test('400: a single event is sent once more before it is dropped', async () => {
  status = (events, times) => (events.includes('bad') || times === 1 ? 400 : 200);

  expect(await braze.send(['bad'])).toEqual({ ...NOTHING, dropped: ['bad'] });
  expect(sizes()).toEqual([1, 1]);
  expect(await braze.send(['good'])).toEqual({ ...NOTHING, acknowledged: ['good'] });
});

test('413: split into smaller requests, all of which are accepted', async () => {
  status = (events) => (events.length > 2 ? 413 : 200);

  expect(await braze.send(names(7))).toEqual({ ...NOTHING, acknowledged: names(7) });
  expect(sizes()).toEqual([7, 4, 2, 2, 3, 2, 1]);
});

test('answers are counted by status', async () => {
  status = (_events, times) => [503, 429, 200][times - 1] ?? 500;

  await braze.send(['one']);

  expect(Object.fromEntries(braze.answers)).toEqual({ 503: 1, 429: 1, 200: 1 });
  expect(braze.requests).toBe(3);
});
