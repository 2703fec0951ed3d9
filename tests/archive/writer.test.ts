import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parseArchiveKey } from '../../runtime/archive/key';
import { BUCKET, FaultyS3, KEPT, s3Error, type Fault } from '../support/faulty-s3';
import { countdown } from '../support/time';

let s3: FaultyS3;
beforeAll(async () => {
  s3 = await FaultyS3.start();
});
beforeEach(() => {
  s3.renew();
});
afterAll(() => s3.stop());

const ENTRY = { receivedAt: '2026-11-25T14:15:03.123Z', events: 1 };
const BODY = Buffer.from('{"events":[{"event_type":"users.messages.email.Open"}]}');

function put(remaining = countdown(15_000)): Promise<void> {
  return s3.writer.put(BODY, ENTRY, remaining);
}

test('a body is sent compressed, under a key of its own, with what S3 checks it by', async () => {
  await put();
  await put();

  const [request, other] = s3.requests;
  const path = new RegExp(`^/${BUCKET}/(.*)\\?`).exec(request?.url ?? '')?.[1] ?? '';
  expect(parseArchiveKey(decodeURIComponent(path))).toEqual({ ...ENTRY, id: expect.any(String) as string });
  expect(other?.url).not.toBe(request?.url);
  const sent = request?.body ?? Buffer.alloc(0);
  expect(gunzipSync(sent)).toEqual(BODY);
  expect(request?.headers).toMatchObject({
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'x-amz-checksum-crc32': expect.stringMatching(/^.{8}$/) as string,
    'x-amz-content-sha256': createHash('sha256').update(sent).digest('hex'),
  });
});

test.each<[string, Fault]>([
  ['500', s3Error(500, 'InternalError')],
  ['503', s3Error(503, 'SlowDown')],
  ['a broken connection', (response) => void response.destroy()],
])('after %s it is sent once more', async (_what, fault) => {
  s3.faults = [fault, KEPT];

  await put();

  expect(s3.requests).toHaveLength(2);
});

test('what fails twice is not sent a third time', async () => {
  s3.faults = [s3Error(500, 'InternalError')];

  await expect(put()).rejects.toMatchObject({ name: 'InternalError' });
  expect(s3.requests).toHaveLength(2);
});

test.each<[string, Fault]>([
  ['403', s3Error(403, 'AccessDenied')],
  ['404', s3Error(404, 'NoSuchBucket')],
  ['an object without a tag', (response) => void response.writeHead(200).end()],
  ['a page', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')],
  ['another status of success', (response) => void response.writeHead(202, { etag: '"0"' }).end()],
])('%s is no success, and sending again would not help', async (_what, fault) => {
  s3.faults = [fault];

  await expect(put()).rejects.toThrow();
  expect(s3.requests).toHaveLength(1);
});

test.each([301, 302, 307, 308])('a redirect (%i) is not followed', async (status) => {
  const elsewhere = await FaultyS3.start();
  s3.faults = [s3Error(status, 'TemporaryRedirect', { location: `${elsewhere.url}/${BUCKET}/key` })];
  process.env.AWS_ENDPOINT_URL_S3 = s3.url;

  await expect(put()).rejects.toThrow();
  expect(elsewhere.requests).toEqual([]);
  await elsewhere.stop();
});

test('what does not answer is given up in time, and what has no time left at once', async () => {
  s3.faults = [() => undefined];
  const remaining = countdown(15_000);

  await expect(put(remaining)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(s3.requests).toHaveLength(2);
  expect(remaining()).toBeGreaterThan(8_000);

  s3.requests.length = 0;
  await expect(put(() => -1)).rejects.toMatchObject({ name: 'AbortError' });
  expect(s3.requests.length).toBeLessThanOrEqual(1);
});

test('an answer that trickles without an end is given up in time', async () => {
  let timer: NodeJS.Timeout | undefined;
  s3.faults = [
    (response) => {
      response.writeHead(200, { etag: '"0"' });
      timer = setInterval(() => response.write(' '), 50);
    },
  ];
  const remaining = countdown(15_000);

  await put(remaining).catch(() => undefined);
  expect(remaining()).toBeGreaterThan(8_000);
  clearInterval(timer);
});
