import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { LocalDataPlane } from '../../runtime/local/data-plane';

let dataPlane: LocalDataPlane;
beforeEach(async () => {
  dataPlane = await LocalDataPlane.listen('write-key');
});
afterEach(() => dataPlane.stop());

const ENTRY = { messageId: 'one', userId: 'customer-1' };

function post(
  body: string | Uint8Array<ArrayBuffer>,
  { key = 'write-key', path = '/v1/batch', headers = {} }: { key?: string; path?: string; headers?: object } = {},
): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
  return fetch(`${dataPlane.url}${path}`, { method: 'POST', headers: { authorization, ...headers }, body });
}

function batchOf(...entries: unknown[]): string {
  return JSON.stringify({ batch: entries });
}

/** A batch of exactly so many bytes. */
function batchOfBytes(bytes: number): string {
  const frame = batchOf({ ...ENTRY, text: '' }).length;
  return batchOf({ ...ENTRY, text: 'x'.repeat(bytes - frame) });
}

test('a batch is accepted whole, plain or gzip', async () => {
  const plain = await post(batchOf(ENTRY, { messageId: 'two', anonymousId: 'braze-1' }));
  const compressed = await post(new Uint8Array(gzipSync(batchOf(ENTRY))), { headers: { 'content-encoding': 'gzip' } });

  expect([plain.status, compressed.status]).toEqual([200, 200]);
  expect(await plain.text()).toBe('OK');
  expect([...dataPlane.received.keys()]).toEqual(['one', 'two']);
  expect(dataPlane.received.get('one')).toEqual([ENTRY, ENTRY]);
});

test.each<[status: number, what: string, body: string | Uint8Array<ArrayBuffer>, options?: Parameters<typeof post>[1]]>(
  [
    [401, 'another write key', batchOf(ENTRY), { key: 'another' }],
    [404, 'another path', batchOf(ENTRY), { path: '/v1/track' }],
    [400, 'truncated JSON', '{"batch":['],
    [400, 'no batch', '{}'],
    [400, 'an empty batch', batchOf()],
    [400, 'an entry that is no object, beside good ones', batchOf(ENTRY, 'two')],
    [400, 'an entry without an id, beside good ones', batchOf(ENTRY, { messageId: 'two' })],
    [400, 'an id of invisible characters only', batchOf({ ...ENTRY, userId: '\u200b \u0000' })],
    [500, 'broken gzip', 'not gzip', { headers: { 'content-encoding': 'gzip' } }],
    [413, 'a byte too many', batchOfBytes(4_096_001)],
    [
      413,
      'a byte too many after gunzip',
      new Uint8Array(gzipSync(batchOfBytes(4_096_001))),
      { headers: { 'content-encoding': 'gzip' } },
    ],
  ],
)('%d for %s, and nothing of it is accepted', async (status, _what, body, options = {}) => {
  const response = await post(body, options);

  expect(response.status).toBe(status);
  expect(dataPlane.received.size).toBe(0);
});

test('a batch of exactly the largest size is accepted', async () => {
  expect((await post(batchOfBytes(4_096_000))).status).toBe(200);
});

test('a message id that is no string is replaced, so that two of them are not one', async () => {
  await post(batchOf({ ...ENTRY, messageId: 7 }, { ...ENTRY, messageId: 7 }));

  expect(dataPlane.received.size).toBe(2);
  expect(dataPlane.received.has('7')).toBe(false);
});

test('an objection to one entry refuses the whole batch with its status', async () => {
  dataPlane.objection = ({ messageId }) => (messageId === 'two' ? 403 : undefined);

  expect((await post(batchOf(ENTRY, { ...ENTRY, messageId: 'two' }))).status).toBe(403);
  expect(dataPlane.received.size).toBe(0);
  expect((await post(batchOf(ENTRY))).status).toBe(200);
});

test('an outage answers with its status, a proxy’s page or not at all, until it is over', async () => {
  dataPlane.outage = { status: 503 };
  expect((await post(batchOf(ENTRY))).status).toBe(503);
  dataPlane.outage = 'html';
  const page = await post(batchOf(ENTRY));
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
  dataPlane.outage = 'reset';
  await expect(post(batchOf(ENTRY))).rejects.toThrow();
  expect(dataPlane.received.size).toBe(0);

  dataPlane.outage = undefined;
  expect((await post(batchOf(ENTRY))).status).toBe(200);
});

test('a sender that breaks off in the middle of its body does no harm', async () => {
  const request = httpRequest(`${dataPlane.url}/v1/batch`, { method: 'POST', headers: { 'content-length': '1000' } });
  const isClosed = new Promise((resolve) => request.on('close', resolve));
  request.on('error', () => undefined);
  request.write('{"batch":[');
  while (dataPlane.requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  request.destroy();
  await isClosed;

  expect((await post(batchOf(ENTRY))).status).toBe(200);
  expect([...dataPlane.received.keys()]).toEqual(['one']);
});
