import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { HttpRequest, HttpResponse } from '../../runtime/ingest/ingest';
import { httpApi } from '../../runtime/local/http-api';
import { LocalServer } from '../../runtime/local/server';

let api: LocalServer;
let invoked: HttpRequest[];
let invoke: () => Promise<HttpResponse>;

beforeEach(async () => {
  invoked = [];
  invoke = () => Promise.resolve({ statusCode: 200, headers: { 'x-of': 'the function' }, body: 'answered' });
  api = await LocalServer.listen(
    httpApi((request) => {
      invoked.push(request);
      return invoke();
    }),
  );
});
afterEach(() => api.stop());

test('a request becomes an event of payload format 2.0, and the function’s answer the response', async () => {
  const response = await fetch(`${api.url}/v1/webhook?writeKey=a+b%2Fc&x=`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Braze-Currents-Version': '1' },
    body: '{"events":["ü"]}',
  });

  expect([response.status, response.headers.get('x-of'), await response.text()]).toEqual([
    200,
    'the function',
    'answered',
  ]);
  expect(invoked).toEqual([
    {
      rawPath: '/v1/webhook',
      rawQueryString: 'writeKey=a+b%2Fc&x=',
      headers: expect.objectContaining({
        'content-type': 'application/json; charset=utf-8',
        'braze-currents-version': '1',
      }) as unknown,
      requestContext: { http: { method: 'POST', sourceIp: '127.0.0.1' } },
      body: '{"events":["ü"]}',
      isBase64Encoded: false,
    },
  ]);
});

test('a request without a body has none in the event', async () => {
  await fetch(`${api.url}/health`);

  expect(invoked[0]).toMatchObject({ rawPath: '/health', rawQueryString: '', isBase64Encoded: false });
  expect(invoked[0]).not.toHaveProperty('body');
});

test.each<[string, Record<string, string>]>([
  ['a binary type', { 'content-type': 'application/octet-stream' }],
  ['the type that curl -d sends', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['a content encoding', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
])('a body with %s arrives as base64, byte by byte', async (_what, headers) => {
  const bytes = new Uint8Array([0x1f, 0x8b, 0, 255, 254]);

  await fetch(`${api.url}/v1/webhook`, { method: 'POST', headers, body: bytes });

  expect(invoked[0]).toMatchObject({ body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true });
});

test.each([
  ['POST', '/'],
  ['POST', '/v1/webhook/'],
  ['POST', '/v1/WEBHOOK'],
  ['POST', '/health'],
  ['HEAD', '/health'],
])('%s %s has no route: 404 without the function', async (method, path) => {
  const response = await fetch(`${api.url}${path}`, { method });

  expect(response.status).toBe(404);
  expect(invoked).toEqual([]);
});

test('a target that is no URL is 404 as well, and the next request is answered', async () => {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.write('GET // HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');

  expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /);
  expect((await fetch(`${api.url}/health`)).status).toBe(200);
});

test.each(['GET', 'PUT', 'DELETE', 'HEAD'])(
  '%s reaches the function at the webhook, to be refused there',
  async (method) => {
    invoke = () => Promise.resolve({ statusCode: 405, headers: { allow: 'POST' }, body: '' });

    const response = await fetch(`${api.url}/v1/webhook`, { method });

    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(invoked[0]?.requestContext.http.method).toBe(method);
  },
);

test('a function that fails is 500', async () => {
  invoke = () => Promise.reject(new Error('crashed'));

  const response = await fetch(`${api.url}/v1/webhook`, { method: 'POST', body: '{}' });

  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ message: 'Internal Server Error' });
});

test.each([
  [200, 10_485_760],
  [413, 10_485_761],
])('%d for a body of %d bytes', async (status, bytes) => {
  const response = await fetch(`${api.url}/v1/webhook`, { method: 'POST', body: new Uint8Array(bytes) });

  expect(response.status).toBe(status);
  expect(invoked).toHaveLength(status === 200 ? 1 : 0);
});
