import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { DataPlane } from '../../runtime/processor/rudderstack';
import { FaultyServer, type Reply } from '../support/faulty-server';

const MESSAGES = ['{"messageId":"one","userId":"ü","number":12345678901234567890}', '{"messageId":"two","userId":"2"}'];
const BODY = `{"batch":[${MESSAGES.join(',')}]}`;

let server: FaultyServer;
beforeEach(async () => {
  server = await FaultyServer.start();
});
afterEach(() => server.stop());

function send({ gzip = true, timeout = 5_000 } = {}) {
  return new DataPlane(server.url, { gzip }).send(MESSAGES, 'write-key', timeout);
}

function sendAnswered(reply: Reply) {
  server.script = () => reply;
  return send();
}

describe('what is sent', () => {
  test.each([true, false])('is exactly the messages, with the write key as user name (gzip: %s)', async (gzip) => {
    const answer = await send({ gzip });

    expect(answer).toEqual({ kind: 'accepted' });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'POST', url: '/v1/batch', writeKey: 'write-key' });
    expect(request?.body.toString()).toBe(BODY);
    expect(request?.headers['content-encoding']).toBe(gzip ? 'gzip' : undefined);
    expect(request?.headers['content-type']).toBe('application/json');
    expect(Buffer.from(request?.headers.authorization?.slice(6) ?? '', 'base64').toString()).toBe('write-key:');
  });

  test('a batch of RudderStack’s full size goes out whole', async () => {
    const large = JSON.stringify({ messageId: 'large', userId: 'u', text: 'x'.repeat(4_095_900) });

    const answer = await new DataPlane(server.url, { gzip: false }).send([large], 'write-key', 5_000);

    expect(answer).toEqual({ kind: 'accepted' });
    expect(server.requests[0]?.body.toString()).toBe(`{"batch":[${large}]}`);
  });
});

describe('every status', () => {
  const KINDS: Record<number, object> = {
    200: { kind: 'accepted' },
    400: { kind: 'refused', status: 400, text: 'said' },
    413: { kind: 'refused', status: 413, text: 'said' },
    403: { kind: 'forbidden', status: 403, text: 'said' },
    401: { kind: 'unauthorized', status: 401 },
    404: { kind: 'unauthorized', status: 404 },
    408: { kind: 'unavailable', failure: 'timeout', status: 408 },
    429: { kind: 'unavailable', failure: 'rate_limited', status: 429 },
  };
  const expected = (status: number): object => {
    const kind = KINDS[status];
    if (kind !== undefined) return kind;
    if (status >= 500) return { kind: 'unavailable', failure: 'server_error', status };
    if (status >= 300 && status < 400) return { kind: 'unavailable', failure: 'redirect', status };
    return { kind: 'unavailable', failure: 'unexpected_status', status };
  };

  test('from 200 to 599 means what the issue says, known or not', async () => {
    const dataPlane = new DataPlane(server.url, { gzip: false });
    for (let status = 200; status < 600; status += 1) {
      const hasBody = ![204, 205, 304].includes(status);
      server.script = () => ({ status, body: hasBody ? 'said' : '' });
      expect(await dataPlane.send(MESSAGES, 'write-key', 5_000)).toEqual(expected(status));
    }
  });
});

describe('a 200 that is not RudderStack’s', () => {
  test.each([
    ['by its content type', { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: 'OK' }],
    ['by its text', { status: 200, headers: { 'content-type': 'text/plain' }, body: '\n <!doctype html><p>OK' }],
    ['by its text without a type', { status: 200, body: '<html>OK' }],
  ])('is not taken for success: HTML %s', async (_how, reply) => {
    expect(await sendAnswered(reply)).toEqual({ kind: 'unavailable', failure: 'not_rudderstack', status: 200 });
  });

  test.each(['OK', 'ok', '', '{"ok":true}'])('while %p is success', async (body) => {
    expect(await sendAnswered({ status: 200, body })).toEqual({ kind: 'accepted' });
  });
});

test.each([301, 302, 303, 307, 308])('a redirect with %d is not followed', async (status) => {
  const answer = await sendAnswered({ status, headers: { location: `${server.url}/elsewhere` } });

  expect(answer).toEqual({ kind: 'unavailable', failure: 'redirect', status });
  expect(server.requests.map(({ url }) => url)).toEqual(['/v1/batch']);
});

describe('Retry-After', () => {
  test.each([
    ['seconds', '7', 7_000, 7_000],
    ['zero', '0', 0, 0],
    ['a date', new Date(Date.now() + 60_000).toUTCString(), 50_000, 60_000],
    ['a date that is over', 'Wed, 21 Oct 2015 07:28:00 GMT', 0, 0],
  ])('is understood as %s', async (_form, header, least, most) => {
    const answer = await sendAnswered({ status: 429, headers: { 'retry-after': header } });

    expect(answer).toMatchObject({ kind: 'unavailable', failure: 'rate_limited' });
    const { retryAfter } = answer as { retryAfter: number };
    expect(retryAfter).toBeGreaterThanOrEqual(least);
    expect(retryAfter).toBeLessThanOrEqual(most);
  });

  test('that makes no sense is as none', async () => {
    expect(await sendAnswered({ status: 503, headers: { 'retry-after': 'soon' } })).not.toHaveProperty(
      'retryAfter',
      expect.anything(),
    );
  });
});

describe('faults of the network', () => {
  test.each<[string, Reply]>([
    ['a reset instead of an answer', (response) => response.socket?.resetAndDestroy()],
    [
      'a reset after the headers',
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.flushHeaders();
        setImmediate(() => response.socket?.resetAndDestroy());
      },
    ],
    [
      'half an answer',
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('OK');
        setImmediate(() => response.socket?.end());
      },
    ],
    ['no HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n')],
    ['an answer without an end', { status: 200, body: 'x'.repeat(2_000_000) }],
    ['broken gzip', { status: 200, headers: { 'content-encoding': 'gzip' }, body: 'no gzip' }],
  ])('%s is a failure of the network', async (_fault, reply) => {
    expect(await sendAnswered(reply)).toEqual({ kind: 'unavailable', failure: 'network' });
  });

  test('a port where nothing listens is a failure of the network', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => listener.once('listening', resolve));
    const { port } = listener.address() as AddressInfo;
    await new Promise((resolve) => listener.close(resolve));

    const answer = await new DataPlane(`http://127.0.0.1:${port}`, { gzip: true }).send(MESSAGES, 'write-key', 5_000);

    expect(answer).toEqual({ kind: 'unavailable', failure: 'network' });
  });

  test.each<[string, Reply]>([
    ['never begins', () => undefined],
    [
      'trickles',
      (response) => {
        response.writeHead(200);
        const trickle = setInterval(() => response.write('O'), 20);
        response.on('close', () => {
          clearInterval(trickle);
        });
      },
    ],
  ])('an answer that %s ends at the time-out', async (_fault, reply) => {
    server.script = () => reply;
    const start = Date.now();

    const answer = await send({ timeout: 300 });

    expect(answer).toEqual({ kind: 'unavailable', failure: 'timeout' });
    expect(Date.now() - start).toBeLessThan(3_000);
  });
});

describe('the connection', () => {
  test('is used again', async () => {
    const dataPlane = new DataPlane(server.url, { gzip: true });

    for (let request = 0; request < 3; request += 1) await dataPlane.send(MESSAGES, 'write-key', 5_000);

    expect(new Set(server.requests.map(({ socket }) => socket)).size).toBe(1);
  });

  test('that was closed while it was kept is no failure', async () => {
    const dataPlane = new DataPlane(server.url, { gzip: true });
    await dataPlane.send(MESSAGES, 'write-key', 5_000);
    // As a load balancer does: the connection looks open until the next request arrives on it.
    const [first] = server.requests;
    server.script = ({ socket }) => (socket === first?.socket ? (response) => response.socket?.resetAndDestroy() : 200);

    const answer = await dataPlane.send(MESSAGES, 'write-key', 5_000);

    expect(answer).toEqual({ kind: 'accepted' });
    expect(server.requests[2]?.body.toString()).toBe(BODY);
  });

  test('that is reset when new is tried no second time by the client itself', async () => {
    await sendAnswered((response) => response.socket?.resetAndDestroy());

    expect(server.requests).toHaveLength(1);
  });
});
