import { PutObjectCommand } from '@aws-sdk/client-s3';
import { gzipSync } from 'node:zlib';
import { archiveKey } from '../../runtime/archive/key';
import { Archive } from '../support/archive';

let archive: Archive;
beforeAll(async () => {
  archive = await Archive.start();
});
beforeEach(() => {
  archive.renew();
});
afterAll(() => archive.stop());

async function put(key: string, body: Uint8Array | string): Promise<void> {
  await archive.s3.send(new PutObjectCommand({ Bucket: archive.bucket, Key: key, Body: body }));
}

/** Archives a request for each time. @returns their keys. */
async function requestsAt(...times: string[]): Promise<string[]> {
  const keys = times.map((receivedAt, index) =>
    archiveKey({ receivedAt, events: index, id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}` }),
  );
  for (const key of keys) await put(key, gzipSync('{}'));
  return keys;
}

async function listed(from: string, to: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of archive.reader.list({ from: new Date(from), to: new Date(to) }, after)) keys.push(key);
  return keys;
}

describe('a request that was written anew', () => {
  const id = '00000000-0000-4000-8000-000000000000';
  const receivedAt = '2026-11-25T14:00:00.000Z';
  const request = { receivedAt, events: 3, id, key: archiveKey({ receivedAt, events: 3, id }) };

  test('is found under its new key, beside another of the same millisecond', async () => {
    const key = archiveKey({ receivedAt, events: 2, id });
    await put(archiveKey({ receivedAt, events: 1, id: id.replace(/^0/, '1') }), gzipSync('{}'));
    await put(key, gzipSync('{}'));

    expect(await archive.reader.findRewritten(request)).toEqual({ receivedAt, events: 2, id, key });
  });

  test('is not found where nothing was left of it', async () => {
    expect(await archive.reader.findRewritten(request)).toBeUndefined();
    expect(await listed('2020-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z')).toEqual([]);
  });

  test('cannot be read where it is damaged', async () => {
    await put(request.key, 'no gzip');

    await expect(archive.reader.readBody(request.key)).rejects.toMatchObject({ code: 'Z_DATA_ERROR' });
  });
});

describe('a listing', () => {
  test('has the requests from the first moment up to the last, which is not in it, in order', async () => {
    const keys = await requestsAt(
      '2026-11-25T13:59:59.999Z',
      '2026-11-25T14:00:00.000Z',
      '2026-11-25T14:30:00.000Z',
      '2026-12-01T00:00:00.000Z',
      '2026-12-01T00:00:00.001Z',
    );

    expect(await listed('2026-11-25T14:00:00.000Z', '2026-12-01T00:00:00.001Z')).toEqual(keys.slice(1, 4));
    expect(await listed('2026-11-25T14:00:00.001Z', '2026-11-25T14:30:00.000Z')).toEqual([]);
    expect(await listed('2020-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z')).toEqual(keys);
  });

  test('goes on after a key, and does not go back before its own first moment', async () => {
    const keys = await requestsAt('2026-11-25T14:00:00.000Z', '2026-11-25T15:00:00.000Z', '2026-11-25T16:00:00.000Z');
    const [first, second] = keys;

    expect(await listed('2026-11-25T14:00:00.000Z', '2026-11-26T00:00:00.000Z', second)).toEqual(keys.slice(2));
    expect(await listed('2026-11-25T15:00:00.000Z', '2026-11-26T00:00:00.000Z', first)).toEqual(keys.slice(1));
  });

  test('of more than one page is whole', async () => {
    const times = Array.from({ length: 1_001 }, (_, index) => new Date(Date.UTC(2026, 10, 25) + index).toISOString());
    const keys = await requestsAt(...times);

    expect(await listed('2026-11-25T00:00:00.000Z', '2026-11-26T00:00:00.000Z')).toEqual(keys);
  });

  test('leaves out what is none of the archive’s', async () => {
    const keys = await requestsAt('2026-11-25T14:00:00.000Z');
    for (const key of ['requests/2026/11/25/14/', 'requests/notes.txt', 'other/2026', 'a']) await put(key, 'x');

    expect(await listed('2020-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z')).toEqual(keys);
  });
});

describe('a request', () => {
  const key = archiveKey({ receivedAt: '2026-11-25T14:00:00.000Z', events: 1, id: crypto.randomUUID() });

  test('has the events that Braze sent', async () => {
    await put(key, gzipSync('[{"events":[{"event_type":"x"}]},{"events":[7]}]'));

    expect(await archive.reader.read(key)).toEqual([{ event_type: 'x' }, 7]);
  });

  test('that is no Currents request has none, and its body', async () => {
    await put(key, gzipSync('{"events":[{"event_ty'));

    expect(await archive.reader.read(key)).toEqual([]);
    expect(String(await archive.reader.readBody(key))).toBe('{"events":[{"event_ty');
  });

  test('that has expired since it was listed is undefined', async () => {
    expect(await archive.reader.read(key)).toBeUndefined();
    expect(await archive.reader.readBody(key)).toBeUndefined();
  });

  test('that is damaged is an error, and so is one without a bucket', async () => {
    await put(key, gzipSync('{"events":[]}').subarray(0, 20));
    await expect(archive.reader.read(key)).rejects.toThrow();

    archive.bucket = 'no-such-bucket';
    await expect(archive.reader.read(key)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  test('that would not end is cut off', async () => {
    await put(key, gzipSync(Buffer.alloc(7 * 1_024 * 1_024, ' ')));

    await expect(archive.reader.read(key)).rejects.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
  });
});
