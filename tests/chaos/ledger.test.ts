import crypto from 'node:crypto';
import { START } from '../../chaos/clock';
import { EventMaker, type EventKind } from '../../chaos/events';
import { audit, type BreachKind } from '../../chaos/ledger';
import { PRODUCT, type Product } from '../../chaos/product';
import { Random } from '../../chaos/random';
import type { Schedule } from '../../chaos/schedule';
import { S3_FAULTS } from '../../chaos/s3';
import { simulate } from '../../chaos/simulation';
import type { ArchiveWriter } from '../../runtime/archive/writer';
import type { HttpResponse } from '../../runtime/ingest/ingest';
import type { UserTransform } from '../../runtime/transform/transform';

const HOUR = 3_600_000;

/** A quiet hour with one event of each kind in each of two requests; `changes` replace parts of it. */
function quiet(random: Random, kinds: readonly EventKind[], changes: Partial<Schedule> = {}): Schedule {
  const maker = new EventMaker(random);
  const always = (value: string) => [{ from: 0, value }];
  return {
    options: OPTIONS,
    eventSource: { batchSize: 10, batchWindow: 1, maxConcurrency: 2, deletesLost: 0 },
    habits: { credentials: 'bearer', gzip: false, base64: false, timeout: 30 },
    maxReceiveCount: 956,
    duplicates: 0,
    flushes: [0, 1_000].map((after) => ({ at: START + after, events: kinds.map((kind) => maker.of(kind)) })),
    faults: CALM,
    tokensSecret: always('{"current":"token"}'),
    brazeToken: always('token'),
    writeKeySecret: always('write-key'),
    writeKey: always('write-key'),
    settledBy: START + HOUR,
    ...changes,
  };
}

const OPTIONS: Schedule['options'] = {
  maxBatchEvents: 250,
  maxEventBytes: undefined,
  anonymousUsers: 'skip',
  gzip: true,
  archive: 'none',
};
const CALM: Schedule['faults'] = { dataPlane: [], sqs: [], s3: [], secretsManager: [], internet: [], crashes: [] };

const KINDS: readonly EventKind[] = ['ordinary', 'fixture', 'strange', 'anonymous', 'trap', 'drop', 'refused with 400'];

/** What the ledger says of a product that is not as it should be. */
async function breachesOf(
  product: Partial<Product>,
  changes?: Partial<Schedule>,
  kinds: readonly EventKind[] = KINDS,
): Promise<BreachKind[]> {
  const random = new Random(1);
  const schedule = quiet(random, kinds, changes);
  const { journal } = await simulate(schedule, random, { ...PRODUCT, ...product });
  return [...new Set(audit(journal, schedule.options).map(({ kind }) => kind))];
}

function answer(statusCode: number): HttpResponse {
  return { statusCode, headers: {}, body: '{}' };
}

/** The processor with another transform of the user's than the one that the ledger knows of. */
function transforming(change: UserTransform): Product['processBatch'] {
  return (records, dependencies, remaining) =>
    PRODUCT.processBatch(
      records,
      {
        ...dependencies,
        transformOptions: {
          ...dependencies.transformOptions,
          transform: (message, event) => {
            const usual = dependencies.transformOptions.transform?.(message, event) ?? null;
            return usual && change(usual, event);
          },
        },
      },
      remaining,
    );
}

/** For the first minute. */
const down = (kind: string) => [{ kind, from: START, until: START + 60_000, share: 1 }];
const unavailable = { ...CALM, sqs: down('unavailable') };

describe('the ledger', () => {
  test('has nothing to say of the product on a quiet day, nor of one while SQS is down', async () => {
    expect(await breachesOf({})).toStrictEqual([]);
    expect(await breachesOf({}, { faults: unavailable })).toStrictEqual([]);
  });

  test('has nothing to say where each request arrives cut off, and lies in the dead-letter queue as it arrived', async () => {
    const cutOff = { kind: 'body cut off', from: START, until: START + HOUR, share: 1 };

    expect(await breachesOf({}, { faults: { ...CALM, internet: [cutOff] } })).toStrictEqual([]);
  });

  test.each(['alarm', 'refuse'] as const)(
    'has nothing to say while the archive is down, and what it may cost is %s',
    async (archive) => {
      const changes = { options: { ...OPTIONS, archive }, faults: { ...CALM, s3: down('internal error') } };

      expect(await breachesOf({}, changes)).toStrictEqual([]);
    },
  );

  test('sees what was acknowledged and is not in the archive, where nothing may be missing from it', async () => {
    const ingest: Product['ingest'] = (request, dependencies, remaining) =>
      PRODUCT.ingest(request, { ...dependencies, mustArchive: false }, remaining);
    const changes = { options: { ...OPTIONS, archive: 'refuse' as const }, faults: { ...CALM, s3: down('slow down') } };

    expect(await breachesOf({ ingest }, changes)).toStrictEqual(['not archived']);
  });

  test('sees that nothing is archived, where nothing may be missing', async () => {
    const ingest: Product['ingest'] = (request, dependencies, remaining) =>
      PRODUCT.ingest(request, { ...dependencies, archive: undefined }, remaining);

    expect(await breachesOf({ ingest }, { options: { ...OPTIONS, archive: 'refuse' } })).toStrictEqual([
      'not archived',
    ]);
    expect(await breachesOf({ ingest }, { options: { ...OPTIONS, archive: 'alarm' } })).toStrictEqual([]);
  });

  test.each(Object.keys(S3_FAULTS).filter((kind) => kind !== 'slow'))(
    'sees a refusal for the sake of an archive that may be missing, with %s',
    async (kind) => {
      const ingest: Product['ingest'] = (request, dependencies, remaining) =>
        PRODUCT.ingest(request, { ...dependencies, mustArchive: true }, remaining);
      const changes = {
        options: { ...OPTIONS, archive: 'alarm' as const },
        faults: { ...CALM, s3: down(kind) },
      };

      expect(await breachesOf({}, changes)).toStrictEqual([]);
      expect(await breachesOf({ ingest }, changes)).toStrictEqual(['refused without a cause']);
    },
  );

  test('sees a refusal on a quiet day', async () => {
    let requests = 0;
    const ingest: Product['ingest'] = async (...call) => {
      const response = await PRODUCT.ingest(...call);
      requests += 1;
      return requests === 1 ? answer(503) : response;
    };

    expect(await breachesOf({ ingest })).toStrictEqual(['refused without a cause']);
  });

  test('sees that one object takes the place of another in the archive', async () => {
    const ingest: Product['ingest'] = (request, dependencies, remaining) => {
      const archive = dependencies.archive as ArchiveWriter;
      const put = archive.put.bind(archive);
      jest.spyOn(archive, 'put').mockImplementation((body, entry, ...rest) => {
        jest.spyOn(crypto, 'randomUUID').mockReturnValueOnce('00000000-0000-4000-8000-000000000000');
        return put(body, { ...entry, receivedAt: '2026-11-25T08:00:00.000Z' }, ...rest);
      });
      return PRODUCT.ingest(request, dependencies, remaining);
    };

    expect(await breachesOf({ ingest }, { options: { ...OPTIONS, archive: 'refuse' } })).toStrictEqual([
      'not archived',
    ]);
  });

  test('sees that the archive holds something else than what has arrived', async () => {
    const ingest: Product['ingest'] = async (request, dependencies, remaining) => {
      const receivedAt = new Date().toISOString();
      await dependencies.archive?.put(Buffer.from('{"events":[]}'), { receivedAt, events: 1 }, remaining);
      return PRODUCT.ingest(request, dependencies, remaining);
    };

    expect(await breachesOf({ ingest }, { options: { ...OPTIONS, archive: 'alarm' } })).toStrictEqual([
      'changed on its way',
    ]);
  });

  test('sees an event that was acknowledged without being queued', async () => {
    const ingest: Product['ingest'] = () => Promise.resolve(answer(200));

    expect(await breachesOf({ ingest })).toStrictEqual(['lost']);
  });

  test('sees an acknowledgement while SQS takes nothing', async () => {
    const ingest: Product['ingest'] = async (...call) => {
      const response = await PRODUCT.ingest(...call);
      return response.statusCode === 503 ? answer(200) : response;
    };

    expect(await breachesOf({ ingest }, { faults: unavailable })).toStrictEqual(['lost']);
  });

  test.each([401, 403, 404])(
    'sees that events were answered %d, after which Braze does not send again',
    async (status) => {
      const ingest: Product['ingest'] = () => Promise.resolve(answer(status));

      expect(await breachesOf({ ingest })).toStrictEqual(['turned away']);
    },
  );

  test('sees that a request was answered 400 and not kept', async () => {
    const ingest: Product['ingest'] = () => Promise.resolve(answer(400));

    expect(await breachesOf({ ingest }, {}, ['cloud storage'])).toStrictEqual(['lost']);
    expect(await breachesOf({}, {}, ['cloud storage'])).toStrictEqual([]);
  });

  test('sees a message that was deleted without being delivered', async () => {
    const processBatch: Product['processBatch'] = () => Promise.resolve({ batchItemFailures: [] });

    expect(await breachesOf({ processBatch })).toStrictEqual(['lost']);
  });

  test('sees that only the last of several messages was left out', async () => {
    const processBatch: Product['processBatch'] = (records, ...rest) =>
      PRODUCT.processBatch(records.length > 1 ? records.slice(0, -1) : records, ...rest);

    expect(await breachesOf({ processBatch })).toStrictEqual(['lost']);
  });

  test('sees messages that never come to their end', async () => {
    const processBatch: Product['processBatch'] = (records) =>
      Promise.resolve({ batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) });

    expect(await breachesOf({ processBatch })).toStrictEqual(['not at its end', 'lost']);
  });

  test('sees an event that was delivered twice for no reason', async () => {
    const processBatch: Product['processBatch'] = async (...call) => {
      await PRODUCT.processBatch(...call);
      return PRODUCT.processBatch(...call);
    };

    expect(await breachesOf({ processBatch }, {}, ['ordinary'])).toStrictEqual(['doubled without a cause']);
  });

  test('sees that a message was handed back though all of it was delivered', async () => {
    let invocations = 0;
    const processBatch: Product['processBatch'] = async (records, ...rest) => {
      invocations += 1;
      const response = await PRODUCT.processBatch(records, ...rest);
      return invocations === 1
        ? { batchItemFailures: records.map((one) => ({ itemIdentifier: one.messageId })) }
        : response;
    };

    expect(await breachesOf({ processBatch }, {}, ['ordinary', 'drop'])).toStrictEqual(['doubled without a cause']);
  });

  test('sees a request that was queued twice for no reason', async () => {
    const ingest: Product['ingest'] = async (...call) => {
      await PRODUCT.ingest(...call);
      return PRODUCT.ingest(...call);
    };

    expect(await breachesOf({ ingest })).toStrictEqual(['doubled without a cause']);
  });

  test.each<[string, UserTransform]>([
    ['an id', (message) => ({ ...message, userId: 'somebody else' })],
    ['the time', (message) => ({ ...message, timestamp: '2026-11-25T08:00:00.000Z' })],
    [
      'a property',
      ({ properties, ...message }) => ({ ...message, properties: { ...properties, campaign_name: null } }),
    ],
    [
      'a property that has a place of its own',
      ({ context, ...message }) => ({ ...message, context: { ...context, traits: {} } }),
    ],
    ['a property too many', ({ properties, ...message }) => ({ ...message, properties: { ...properties, more: 1 } })],
  ])('sees that %s was changed', async (_what, change) => {
    expect(await breachesOf({ processBatch: transforming(change) }, {}, ['ordinary'])).toStrictEqual([
      'changed on its way',
    ]);
  });

  test('sees digits that were lost', async () => {
    const rounded: UserTransform = (message) => JSON.parse(JSON.stringify(message)) as typeof message;
    const strange: EventKind[] = Array.from({ length: 12 }, () => 'strange');

    expect(await breachesOf({ processBatch: transforming(rounded) }, {}, strange)).toStrictEqual([
      'changed on its way',
    ]);
    expect(await breachesOf({}, {}, strange)).toStrictEqual([]);
  });

  test('sees an event under an id that nobody has sent', async () => {
    const renamed: UserTransform = (message) => ({ ...message, messageId: 'another' });

    const breaches = await breachesOf({ processBatch: transforming(renamed) }, {}, ['ordinary']);

    expect(breaches).toStrictEqual(['invented', 'lost']);
  });

  test('sees an event of an anonymous user that was delivered though it is to be skipped', async () => {
    const processBatch: Product['processBatch'] = (records, { transformOptions, ...others }, remaining) => {
      const dependencies = { ...others, transformOptions: { ...transformOptions, anonymousUsers: 'forward' as const } };
      return PRODUCT.processBatch(records, dependencies, remaining);
    };

    expect(await breachesOf({ processBatch })).toStrictEqual(['delivered though it is to be skipped']);
  });

  test('sees a dead letter whose reason is not true', async () => {
    const processBatch: Product['processBatch'] = (records, dependencies, remaining) =>
      PRODUCT.processBatch(records, { ...dependencies, maxEventBytes: 1 }, remaining);

    expect(await breachesOf({ processBatch }, {}, ['ordinary'])).toStrictEqual(['dead letter without a true reason']);
  });

  test('sees a dead letter that SQS has moved without a cause', async () => {
    const processBatch: Product['processBatch'] = (records) =>
      Promise.resolve({ batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) });

    expect(await breachesOf({ processBatch }, { maxReceiveCount: 3 })).toStrictEqual([
      'dead letter without a true reason',
    ]);
  });
});
