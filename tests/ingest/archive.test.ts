import { randomBytes } from 'node:crypto';
import { BlockList } from 'node:net';
import { gzipSync } from 'node:zlib';
import { parseJson } from '../../runtime/transform/json';
import { Archive } from '../support/archive';
import { currentsEvent, currentsEvents } from '../support/events';
import { BUCKET, FaultyS3, KEPT, s3Error, type Fault } from '../support/faulty-s3';
import { base64, currentsRequest, gzipped, Ingesting } from '../support/ingesting';
import { countdown, until } from '../support/time';

let ingesting: Ingesting;
let archive: Archive;
let s3: FaultyS3;
beforeAll(async () => {
  [ingesting, archive, s3] = await Promise.all([Ingesting.start(), Archive.start(), FaultyS3.start()]);
});
beforeEach(() => {
  ingesting.renew();
  archive.renew();
  s3.renew();
  ingesting.options = { archive: archive.writer };
});
afterAll(() => Promise.all([ingesting.stop(), archive.stop(), s3.stop()]));

const EVENTS = currentsEvents(3);
const BODY = JSON.stringify({ events: EVENTS });

/** The times of receipt in everything that is queued or a dead letter. */
function receivedAts(): unknown[] {
  const bodies = [...ingesting.queues.bodies, ...ingesting.queues.letters.map(({ body }) => body)];
  return bodies.map((body) => (parseJson(body) as { receivedAt: string }).receivedAt);
}

describe('what is archived', () => {
  test('is the request as it came, with its number of events and the time of receipt that is queued', async () => {
    const { status, written } = await ingesting.request(currentsRequest(BODY));

    expect(status).toBe(200);
    const [kept, ...others] = await archive.requests();
    expect(others).toEqual([]);
    expect(String(kept?.body)).toBe(BODY);
    expect(kept?.events).toBe(3);
    expect(receivedAts()).toEqual([kept?.receivedAt]);
    expect(await archive.reader.read(kept?.key ?? '')).toEqual(EVENTS);
    expect(written.logs).toEqual([]);
    expect(written.metrics).toMatchObject({ ArchivedRequests: 1, EventsQueued: 3 });
    expect(written.metrics).not.toHaveProperty('ArchiveFailures');
  });

  test.each([
    ['in base64', currentsRequest(undefined, base64(BODY)), BODY],
    ['as gzip', currentsRequest(undefined, gzipped({ events: EVENTS })), BODY],
    ['with a byte-order mark', currentsRequest(`\uFEFF${BODY}`), `\uFEFF${BODY}`],
    ['with its own spaces and digits', currentsRequest(`[ ${BODY} ]`), `[ ${BODY} ]`],
  ])('is what a request %s holds, to the byte', async (_form, request, body) => {
    await ingesting.request(request);

    expect((await archive.requests()).map((kept) => [String(kept.body), kept.events])).toEqual([[body, 3]]);
  });

  test('is each request, under a key of its own, however many come at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => ingesting.request(currentsRequest(BODY))));

    expect(await archive.requests()).toHaveLength(20);
  });

  test('are events that can never be messages, too', async () => {
    const events = [null, EVENTS[0], { event_type: ' ' }];

    await ingesting.request(currentsRequest({ events }));

    const [kept] = await archive.requests();
    expect(kept?.events).toBe(3);
    expect(String(kept?.body)).toBe(JSON.stringify({ events }));
    expect(new Set(receivedAts())).toEqual(new Set([kept?.receivedAt]));
  });

  test('is what is no Currents request, as one of no events', async () => {
    const body = Buffer.from([0x7b, 0xff, 0xfe]);

    const { status } = await ingesting.request(currentsRequest(undefined, base64(body)));

    expect(status).toBe(400);
    const [kept] = await archive.requests();
    expect(kept?.body).toEqual(body);
    expect(kept?.events).toBe(0);
    expect(receivedAts()).toEqual([kept?.receivedAt]);
  });

  test.each([
    ['JSON', Buffer.from(JSON.stringify({ events: largeEvents() }))],
    ['what cannot be compressed', Buffer.from(JSON.stringify({ events: noisyEvents() }))],
  ])('is a request of almost 6 MiB of %s', async (_what, body) => {
    expect(body.length).toBeGreaterThan(6_000_000);

    const { status } = await ingesting.request(currentsRequest(undefined, base64(gzipSync(body, { level: 1 }))));

    expect(status).toBe(200);
    const [kept] = await archive.requests();
    expect(kept?.body.equals(body)).toBe(true);
    expect(ingesting.queues.events).toHaveLength(kept?.events ?? 0);
  });
});

describe('what is not archived', () => {
  test.each([
    ['Braze’s test of the credentials', currentsRequest(undefined), 200],
    ['one with an empty list', currentsRequest({ events: [] }), 200],
    ['events with a token that is not valid', currentsRequest(BODY, { headers: { authorization: 'Bearer no' } }), 503],
    ['what is too large', currentsRequest(`{"events":[]${' '.repeat(6 * 1_024 * 1_024)}}`), 413],
    ['what cannot be decompressed', currentsRequest(undefined, base64(gzipSync(BODY).subarray(0, 50))), 415],
    ['an event that fits into no message', currentsRequest({ events: [noise(1_500_000)] }), 413],
    ['a request for something else', currentsRequest(undefined, { rawPath: '/health', method: 'GET' }), 200],
  ])('is %s', async (_what, request, status) => {
    expect(await ingesting.request(request)).toMatchObject({ status });
    expect(await archive.requests()).toEqual([]);
  });

  test('is a request from an unknown address', async () => {
    ingesting.options = { archive: archive.writer, sourceAddresses: new BlockList() };

    expect(await ingesting.request(currentsRequest(BODY))).toMatchObject({ status: 503 });
    expect(await archive.requests()).toEqual([]);
  });
});

const FAULTS: [string, Fault][] = [
  ['fails', s3Error(500, 'InternalError')],
  ['is overloaded', s3Error(503, 'SlowDown')],
  ['denies access', s3Error(403, 'AccessDenied')],
  ['has no such bucket', s3Error(404, 'NoSuchBucket')],
  ['finds the body damaged', s3Error(400, 'BadDigest')],
  ['redirects', s3Error(307, 'TemporaryRedirect', { location: 'http://127.0.0.1:9/' })],
  ['breaks the connection', (response) => void response.destroy()],
  ['does not answer', () => undefined],
  ['is a page of a proxy', (response) => void response.writeHead(200).end('<html>Sign in</html>')],
];

describe('while S3 cannot keep a request, an archive that must not hold up events', () => {
  beforeEach(() => {
    ingesting.options = { archive: s3.writer, mustArchive: false };
    ingesting.remaining = countdown(15_000);
  });

  test.each(FAULTS)('queues them all the same when S3 %s, and tells', async (_what, fault) => {
    s3.faults = [fault];

    const { status, answer, written } = await ingesting.request(currentsRequest({ events: [...EVENTS, 7] }));

    expect(status).toBe(200);
    expect(answer).toEqual({ received: 4, queued: 3, rejected: 1 });
    expect(ingesting.queues.events).toEqual(EVENTS);
    expect(ingesting.queues.letters.map(({ events }) => events)).toEqual([[7]]);
    expect(ingesting.remaining()).toBeGreaterThan(5_000);
    expect(written.metrics).toMatchObject({ ArchiveFailures: 1, EventsQueued: 3 });
    expect(written.metrics).not.toHaveProperty('ArchivedRequests');
    expect(written.metrics).not.toHaveProperty('RequestsRefused');
    expect(written.logs).toMatchObject([{ level: 'ERROR', message: 'A request could not be archived.' }]);
    // Neither the object's key nor words of S3, which quote it, nor anything of the events.
    expect(written.text).not.toMatch(/requests\/|words of S3|customer-|event-0/);
    expect(written.text).not.toContain(BUCKET);
  });

  test('never changes the answer to what is no Currents request', async () => {
    s3.faults = [s3Error(403, 'AccessDenied')];

    const { status } = await ingesting.request(currentsRequest('{"events":'));

    expect(status).toBe(400);
    expect(ingesting.queues.letters).toHaveLength(1);
  });

  test('still refuses what is not queued either', async () => {
    s3.faults = [s3Error(403, 'AccessDenied')];
    ingesting.queues.loseEvents();
    ingesting.remaining = countdown(500);

    const { status, answer, written } = await ingesting.request(currentsRequest(BODY));

    expect([status, answer.error]).toEqual([503, 'queue_unavailable']);
    expect(written.metrics).toMatchObject({ ArchiveFailures: 1, RequestsRefused: 1 });
  });

  test('answers only when S3 has answered, the events being queued meanwhile', async () => {
    let keep: () => void = () => undefined;
    s3.faults = [
      (response, request) => {
        keep = () => {
          KEPT(response, request);
        };
      },
    ];
    let isAnswered = false;

    const answered = ingesting.request(currentsRequest(BODY)).finally(() => (isAnswered = true));
    await until(() => s3.requests.length === 1 && ingesting.queues.bodies.length === 1);
    expect(isAnswered).toBe(false);
    keep();

    expect((await answered).written.metrics).toMatchObject({ ArchivedRequests: 1, EventsQueued: 3 });
  });
});

describe('while S3 cannot keep a request, an archive that must have all', () => {
  beforeEach(() => {
    ingesting.options = { archive: s3.writer, mustArchive: true };
    ingesting.remaining = countdown(15_000);
  });

  test.each(FAULTS)('refuses them with 503 when S3 %s, and nothing of them is queued', async (_what, fault) => {
    s3.faults = [fault];

    const { status, answer, headers, written } = await ingesting.request(currentsRequest({ events: [...EVENTS, 7] }));

    expect([status, answer.error]).toEqual([503, 'archive_unavailable']);
    expect(headers['retry-after']).toBe('10');
    expect(ingesting.queues.bodies).toEqual([]);
    expect(ingesting.queues.letters).toEqual([]);
    expect(ingesting.remaining()).toBeGreaterThan(5_000);
    expect(written.metrics).toMatchObject({ ArchiveFailures: 1, 'RequestsRefused reason=archive_unavailable': 1 });
    expect(written.metrics).not.toHaveProperty('EventsReceived');
    expect(written.text).not.toMatch(/requests\/|words of S3|customer-|event-0/);
  });

  test('refuses what is no Currents request with 503 as well, so that Braze does not drop it', async () => {
    s3.faults = [s3Error(403, 'AccessDenied')];

    expect(await ingesting.request(currentsRequest('{"events":'))).toMatchObject({ status: 503 });
    expect(ingesting.queues.letters).toEqual([]);
  });

  test('queues nothing before S3 has answered', async () => {
    let keep: () => void = () => undefined;
    s3.faults = [
      (response, request) => {
        keep = () => {
          KEPT(response, request);
        };
      },
    ];

    const answered = ingesting.request(currentsRequest(BODY));
    await until(() => s3.requests.length === 1);
    expect(ingesting.queues.bodies).toEqual([]);
    keep();

    expect((await answered).status).toBe(200);
    expect(ingesting.queues.events).toEqual(EVENTS);
  });

  test('passes Braze’s test of the credentials', async () => {
    s3.faults = [s3Error(403, 'AccessDenied')];

    expect(await ingesting.request(currentsRequest({ events: [] }))).toMatchObject({ status: 200 });
  });
});

describe('an archive that works, and a queue that does not', () => {
  test.each([false, true])(
    'the request is refused, kept, and kept again when it comes again (%s)',
    async (mustArchive) => {
      ingesting.options = { archive: archive.writer, mustArchive };
      ingesting.queues.loseEvents();
      ingesting.remaining = countdown(500);

      const refused = await ingesting.request(currentsRequest(BODY));
      expect([refused.status, refused.answer.error]).toEqual([503, 'queue_unavailable']);
      expect(refused.written.metrics).toMatchObject({ ArchivedRequests: 1 });

      ingesting.queues.renew();
      ingesting.remaining = countdown(15_000);
      expect(await ingesting.request(currentsRequest(BODY))).toMatchObject({ status: 200 });

      expect(ingesting.queues.events).toEqual(EVENTS);
      const kept = await archive.requests();
      expect(await Promise.all(kept.map(({ key }) => archive.reader.read(key)))).toEqual([EVENTS, EVENTS]);
      // The events' ids are the same, so RudderStack can drop the doubles of a replay.
      expect(receivedAts()).toEqual([kept[1]?.receivedAt]);
    },
  );
});

test('a failure that passes is repeated, and nobody notices', async () => {
  ingesting.options = { archive: s3.writer, mustArchive: true };
  s3.faults = [s3Error(500, 'InternalError'), KEPT];

  const { status, written } = await ingesting.request(currentsRequest(BODY));

  expect(status).toBe(200);
  expect(written.metrics).toMatchObject({ ArchivedRequests: 1 });
  expect(written.metrics).not.toHaveProperty('ArchiveFailures');
  expect(written.logs).toEqual([]);
});

function largeEvents(): unknown[] {
  return Array.from({ length: 62 }, (_, index) =>
    currentsEvent(`large-${index}`, { properties: { text: `${index} and `.repeat(20_000).slice(0, 100_000) } }),
  );
}

function noisyEvents(): unknown[] {
  return Array.from({ length: 12 }, () => noise(510_000));
}

/** An event with random text of so many characters. */
function noise(characters: number): Record<string, unknown> {
  const text = randomBytes(characters).toString('base64').slice(0, characters);
  return currentsEvent('noise', { properties: { text } });
}
