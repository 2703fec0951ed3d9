import { batchesOf } from '../../replay/batches';
import { NOTHING_YET } from '../../replay/checkpoint';
import { selectedRequests, totalOf, type SelectedRequest } from '../../replay/requests';
import type { ArchivedRequest } from '../../runtime/archive/reader';
import { Archive } from '../support/archive';
import { currentsEvents } from '../support/events';

const RANGE = { from: new Date('2026-10-01T14:00:00Z'), to: new Date('2026-10-01T15:00:00Z') };
const ALL = { eventTypes: [], users: [] };

let archive: Archive;

beforeAll(async () => {
  archive = await Archive.start();
});

beforeEach(() => {
  archive.renew();
});

afterAll(() => archive.stop());

async function keep(minute: number, body: string | Buffer, events: number): Promise<void> {
  const receivedAt = new Date(RANGE.from.getTime() + minute * 60_000).toISOString();
  await archive.writer.put(Buffer.from(body), { receivedAt, events }, () => 10_000);
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Requests as they are selected, without an archive. */
async function* requests(...counts: readonly number[]): AsyncGenerator<SelectedRequest> {
  for (const [index, events] of counts.entries()) {
    await Promise.resolve();
    const selected = currentsEvents(events, `request-${index}`) as unknown as SelectedRequest['selected'];
    const receivedAt = '2026-10-01T14:00:00.000Z';
    yield { key: `key-${index}`, id: 'id', receivedAt, events, selected, unusable: 0, hasExpired: false };
  }
}

test('requests come in the order of their receipt, however long each takes to read', async () => {
  for (let minute = 0; minute < 40; minute += 1) {
    await keep(minute, JSON.stringify({ events: currentsEvents(1 + (minute % 7) * 50, `m-${minute}`) }), 1);
  }

  const found = await all(selectedRequests(archive.reader, RANGE, ALL));

  expect(found.map(({ selected }) => String(selected[0]?.id))).toEqual(
    Array.from({ length: 40 }, (_, minute) => `m-${minute}-0`),
  );
  expect(await totalOf(archive.reader, RANGE)).toEqual({ requests: 40, events: 40 });
  expect(await totalOf(archive.reader, RANGE, found[29]?.key)).toEqual({ requests: 10, events: 10 });
});

test('a request that has expired since it was listed is told, and holds nothing', async () => {
  await keep(1, JSON.stringify({ events: currentsEvents(3) }), 3);
  const reader = archive.reader;
  reader.read = () => Promise.resolve(undefined);

  const batches = await all(batchesOf(selectedRequests(reader, RANGE, ALL), 1_000));

  expect(batches).toEqual([
    { ...NOTHING_YET, after: expect.any(String) as string, requests: 1, events: 3, expired: 1, bodies: [] },
  ]);
});

test('a request that an erasure has written anew since it was listed is found under its new key', async () => {
  await keep(1, JSON.stringify({ events: currentsEvents(2) }), 2);
  const reader = archive.reader;
  const [rewritten] = await all(reader.list(RANGE));
  const list = reader.list.bind(reader);
  reader.list = async function* () {
    reader.list = list;
    yield await Promise.resolve({
      ...rewritten,
      events: 3,
      key: rewritten?.key.replace('_2_', '_3_'),
    } as ArchivedRequest);
  };

  const [found] = await all(selectedRequests(reader, RANGE, ALL));

  expect(found?.selected).toHaveLength(2);
});

test('a damaged request ends the reading with its key and what to do', async () => {
  const key = 'requests/2026/10/01/14/2026-10-01T14:10:00.000Z_1_00000000-0000-4000-8000-000000000000.json.gz';
  const reader = archive.reader;
  reader.list = async function* () {
    yield await Promise.resolve({ key, id: 'id', receivedAt: '2026-10-01T14:10:00.000Z', events: 1 });
  };
  reader.read = () => Promise.reject(Object.assign(new Error('incorrect header check'), { code: 'Z_DATA_ERROR' }));

  await expect(all(selectedRequests(reader, RANGE, ALL))).rejects.toThrow(
    `The object ${key} of the archive is damaged (Z_DATA_ERROR); move it out of the bucket`,
  );
});

test('a batch holds whole requests that follow one another: ten messages, and no more events than go in a second', async () => {
  const shapes = async (most: number, ...counts: number[]) =>
    (await all(batchesOf(requests(...counts), most))).map(({ after, messages, queued }) => [after, messages, queued]);

  expect(await shapes(1_000_000, ...Array.from({ length: 12 }, () => 1))).toEqual([
    ['key-9', 10, 10],
    ['key-11', 2, 2],
  ]);
  expect(await shapes(100, 60, 40, 1, 0)).toEqual([
    ['key-1', 2, 100],
    ['key-3', 1, 1],
  ]);
  expect(await shapes(10, 300, 5)).toEqual([
    ['key-0', 2, 300],
    ['key-1', 1, 5],
  ]);
});

test('where nothing is to be sent for long, there are batches all the same, so that the progress shows', async () => {
  const batches = await all(batchesOf(requests(...Array.from({ length: 1_200 }, () => 0)), 100));

  expect(batches.map(({ requests, bodies }) => [requests, bodies.length])).toEqual([
    [500, 0],
    [500, 0],
    [200, 0],
  ]);
});
