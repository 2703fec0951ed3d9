import { ACCESS_LOG_BYTES } from '../../cost/work';
import {
  ALARM_METRICS,
  ARCHIVE_ALARM_METRICS,
  ARCHIVE_METRICS,
  archiveCost,
  costOf,
  CUSTOM_METRICS,
  DESIGNS,
  eventsToPayOff,
  GATHERED_ARCHIVE,
  infrequentAccessBytes,
  kmsKeyPerMonth,
  REPLAY,
  type Design,
} from '../../cost/cost';
import { dollarsFor, PRICED_REGIONS, PRICES, type Price, type PriceName } from '../../cost/prices';
// Before anything of runtime/, which reads the name of the function as soon as it is loaded.
import { Processing } from '../support/processing';
import { Archive } from '../support/archive';
import { LEAST } from '../support/args';
import { deploy } from '../support/bridge';
import { currentsEvent } from '../support/events';
import { currentsRequest, Ingesting } from '../support/ingesting';
import type { Graph } from '../support/mocks';
import { scenario } from './scenario';

const RATES = [0.1, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
const designs = Object.entries<Design>(DESIGNS);

/** Dollars a month. */
function itemsOf(cost: ReturnType<typeof costOf>): Record<string, number> {
  return Object.fromEntries(cost.items.map(({ item, dollars }) => [item, dollars]));
}

describe('the cost of one request a second with 100 events of 1,000 bytes in us-east-1', () => {
  const cost = costOf(DESIGNS.bridge, scenario(), 'us-east-1');
  const items = itemsOf(cost);
  const SECONDS = 2_592_000;

  test.each([
    ['API requests', SECONDS * 1e-6],
    // Sent 2, received 2, deleted 1; and five receivers that wait 20 seconds each.
    ['Queue', SECONDS * (5 + 0.25) * 0.4e-6],
    ['Ingest, requests', SECONDS * 0.2e-6],
    ['Ingest, duration', SECONDS * 0.048 * 0.5 * 0.0000133334],
    ['Ingest, log', SECONDS * 600e-9 * 0.5],
    ['Processor, duration', SECONDS * 0.16910156 * 0.5 * 0.0000133334],
    ['Data to RudderStack', SECONDS * 25_000e-9 * 0.09],
    // Each of two processes reads its secret every five minutes.
    ['Secrets', 0.8 + (SECONDS / 300) * 2 * 5e-6],
  ])('has the item %s', (item, dollars) => {
    expect(items[item]).toBeCloseTo(dollars, 5);
  });

  test('is the sum of its items, the dearest first', () => {
    const dollars = cost.items.map((item) => item.dollars);
    expect(dollars.reduce((sum, each) => sum + each, 0)).toBeCloseTo(cost.perMonth, 9);
    expect([...dollars].sort((one, other) => other - one)).toStrictEqual(dollars);
    expect(cost.perMillionEvents).toBeCloseTo(cost.perMonth / 259.2, 9);
  });
});

describe('the archive of one request a second with 100 events of 1,000 bytes in us-east-1', () => {
  const SECONDS = 2_592_000;
  // 300 bytes of the request, and 300 of each event.
  const GIGABYTES = SECONDS * 30_300e-9;
  const added = (scenarioOf = scenario()) => itemsOf(archiveCost(scenarioOf, 'us-east-1'));
  const keptFor = (archiveRetentionDays: number, load = {}) =>
    added(scenario(load, { tuning: { ...scenario().tuning, archiveRetentionDays } }))['Archive, storage'];

  test('adds a PUT, the storage, what ingest does and waits for longer, and what watches it', () => {
    expect(added()).toEqual({
      'Archive, PUT': expect.closeTo(SECONDS * 0.005e-3, 9) as number,
      // A day more, in which it is a noncurrent version.
      'Archive, storage': expect.closeTo(GIGABYTES * (31 / 30) * 0.023, 9) as number,
      // 21.9 ms of a core and 100 ms of S3 in place of 10.9 ms and 10 of SQS.
      'Ingest, duration': expect.closeTo(SECONDS * (0.176 - 0.048) * 0.5 * 0.0000133334, 9) as number,
      'Ingest, log': expect.closeTo(SECONDS * 100e-9 * 0.5, 9) as number,
      'Logs, storage': expect.closeTo(SECONDS * 100e-9 * 0.03, 9) as number,
      'Metrics, alarms, dashboard': expect.closeTo(0.4, 9) as number,
    });
  });

  test('is what the bridge costs with it less what it costs without it', () => {
    const [archived, without] = [true, false].map((isArchived) =>
      costOf(DESIGNS.bridge, scenario({}, { isArchived }), 'us-east-1'),
    );
    const { perMonth, perMillionEvents } = archiveCost(scenario(), 'us-east-1');
    // Its process of ingest lives no longer, so its secret is read no more often.
    expect(perMonth).toBeCloseTo((archived?.perMonth ?? 0) - (without?.perMonth ?? 0), 9);
    expect(perMillionEvents).toBeCloseTo(perMonth / 259.2, 9);
  });

  test('stays in the standard class where objects are small, for as long as they are kept', () => {
    expect(keptFor(1)).toBeCloseTo(GIGABYTES * (2 / 30) * 0.023, 9);
    expect(keptFor(365)).toBeCloseTo(GIGABYTES * (366 / 30) * 0.023, 9);
  });

  test('goes to Standard-IA after 30 days where objects are large and are kept for long', () => {
    // Objects of 300,300 bytes, which is enough for a year and too little for 60 days.
    const gigabytes = SECONDS * 300_300e-9;
    const large = { eventBytes: 10_000 };
    expect(keptFor(60, large)).toBeCloseTo(gigabytes * (61 / 30) * 0.023, 9);
    expect(keptFor(365, large)).toBeCloseTo(gigabytes * (0.023 + (336 / 30) * 0.0125) + SECONDS * 0.01e-3, 9);
  });

  test('pays off from so many events a request on, and not with one fewer', () => {
    const events = eventsToPayOff(scenario(), 'us-east-1');
    expect(events).toBeGreaterThan(1);
    for (const [eventsPerRequest, isDearer] of [
      [events - 1, true],
      [events, false],
    ] as const) {
      const at = scenario({ eventsPerRequest });
      const bridge = costOf(DESIGNS.bridge, at, 'us-east-1').perMonth;
      expect(archiveCost(at, 'us-east-1').perMonth > bridge).toBe(isDearer);
    }
  });

  test('is read with one GET, and what is replayed pays for queue, processor and data again', () => {
    const { 'Archive, GET': get, ...again } = itemsOf(costOf(REPLAY, scenario(), 'us-east-1'));
    const live = itemsOf(costOf(DESIGNS.bridge, scenario(), 'us-east-1'));
    expect(get).toBeCloseTo(SECONDS * 0.0004e-3, 9);
    expect(Object.keys(again).sort()).toStrictEqual([
      'Data to RudderStack',
      'Processor, duration',
      'Processor, log',
      'Processor, requests',
      'Queue',
    ]);
    for (const [item, dollars] of Object.entries(again)) expect(dollars).toBe(live[item]);
  });

  test('would be records of 5 KB steps in Firehose, and one PUT a minute', () => {
    expect(itemsOf(costOf(GATHERED_ARCHIVE, scenario(), 'us-east-1'))).toEqual({
      Firehose: expect.closeTo(SECONDS * 30_720e-9 * 0.029, 9) as number,
      'Archive, PUT': expect.closeTo((SECONDS / 60) * 0.005e-3, 9) as number,
    });
  });
});

describe.each(designs)('the design %s', (_key, design) => {
  test.each(PRICED_REGIONS)('costs more with each event, and less for each, in %s', (region) => {
    const costs = RATES.map((eventsPerSecond) => costOf(design, scenario({ eventsPerSecond }), region));
    for (const [index, { perMonth, perMillionEvents }] of costs.slice(1).entries()) {
      expect(perMonth).toBeGreaterThan(costs[index]?.perMonth ?? 0);
      expect(perMillionEvents).toBeLessThan((costs[index]?.perMillionEvents ?? 0) * 1.01);
    }
  });

  test('costs more for larger events, and for smaller requests', () => {
    const perMonth = (load: Parameters<typeof scenario>[0]) => costOf(design, scenario(load), 'us-east-1').perMonth;
    expect(perMonth({ eventBytes: 5_000 })).toBeGreaterThan(perMonth({ eventBytes: 1_000 }));
    expect(perMonth({ eventsPerRequest: 1 })).toBeGreaterThan(perMonth({ eventsPerRequest: 100 }));
  });
});

test('one message an event is dearer by its SQS requests, and no dearer where each event comes alone', () => {
  const queueOf = (design: Design, eventsPerRequest: number) =>
    itemsOf(costOf(design, scenario({ eventsPerRequest }), 'us-east-1')).Queue ?? 0;
  // Sent in tens, received one by one at this rate, and deleted with the 20 that came together: 10 + 100 + 10.
  expect(queueOf(DESIGNS.messagePerEvent, 100)).toBeCloseTo(2_592_000 * (120 + 0.25) * 0.4e-6, 5);
  expect(queueOf(DESIGNS.messagePerEvent, 1)).toBeCloseTo(queueOf(DESIGNS.bridge, 1), 9);
});

test('Kinesis needs a shard for each MiB a second, and half as many again', () => {
  // 10 MB a second: 9.54 MiB × 1.5 = 14.3; each record is 4 units of 25 KB.
  const { items } = costOf(DESIGNS.kinesis, scenario({ eventsPerSecond: 10_000 }), 'us-east-1');
  const stream = items.find(({ item }) => item === 'Stream')?.dollars;
  expect(stream).toBeCloseTo(15 * 720 * (0.015 + 0.02) + 100 * 4 * 2_592_000 * 0.014e-6, 5);
});

test('Firehose rounds each record up to 5 KB', () => {
  const { items } = costOf(DESIGNS.firehose, scenario({ eventsPerRequest: 1 }), 'us-east-1');
  const firehose = items.find(({ item }) => item === 'Firehose')?.dollars;
  expect(firehose).toBeCloseTo(100 * 2_592_000 * 5_120e-9 * 0.029, 5);
});

test('a KMS key of one’s own costs a dollar and 25,920 requests', () => {
  expect(kmsKeyPerMonth('us-east-1')).toBeCloseTo(1 + 25_920 * 3e-6, 9);
});

test('every price is used, is above 0, and says where it is from', () => {
  const used = new Set<PriceName>(
    [...designs.map(([, design]) => design), REPLAY].flatMap(({ needs }) =>
      needs(scenario({}, { isArchived: true })).map(({ price }) => price),
    ),
  );
  const rest = (Object.keys(PRICES) as PriceName[]).filter((name) => !used.has(name));
  expect(rest.sort()).toStrictEqual(['kmsKey', 'kmsRequest']);
  for (const { dollars, source } of Object.values<Price>(PRICES)) {
    expect(source).not.toBe('');
    for (const region of PRICED_REGIONS) expect(dollars[region]).toBeGreaterThan(0);
  }
  expect(dollarsFor('sqsRequest', 'us-east-1')).toBeCloseTo(0.4e-6, 12);
});

describe('what is counted without a measurement', () => {
  let graph: Graph;
  let archived: Graph;
  beforeAll(async () => {
    ({ graph } = await deploy(LEAST));
    ({ graph: archived } = await deploy({ ...LEAST, archive: { enabled: true } }));
  });

  test('are the metrics that the deployed alarms watch', () => {
    expect(metricsWatchedIn(graph)).toBe(ALARM_METRICS);
    expect(metricsWatchedIn(archived)).toBe(ALARM_METRICS + ARCHIVE_ALARM_METRICS);
  });

  test.each([30, 59, 60, 90, 365, 3_650])(
    'is the size from which the deployed archive of %i days moves objects to a cheaper class',
    async (retentionDays) => {
      const deployed = await deploy({ ...LEAST, archive: { enabled: true, retentionDays } });
      const { rules } = deployed.graph.one('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration')
        .inputs as { rules: { transitions?: unknown; filter: { objectSizeGreaterThan?: number } }[] };
      const sizes = rules.flatMap(({ transitions, filter }) => (transitions ? [filter.objectSizeGreaterThan] : []));
      expect(sizes).toStrictEqual([infrequentAccessBytes(retentionDays)].filter(Number.isFinite));
    },
  );

  test('are the dashboard, and the secrets', () => {
    const { items } = costOf(DESIGNS.bridge, scenario(), 'us-east-1');
    expect(graph.ofType('aws:cloudwatch/dashboard:Dashboard')).toHaveLength(1);
    expect(graph.ofType('aws:secretsmanager/secret:Secret')).toHaveLength(2);
    expect(itemsOf({ items, perMonth: 0, perMillionEvents: 0 })['Metrics, alarms, dashboard']).toBeCloseTo(
      CUSTOM_METRICS * 0.3 + ALARM_METRICS * 0.1 + 3,
      9,
    );
  });

  test('is a line of the access log in its deployed format', () => {
    const { accessLogSettings } = graph.one('aws:apigatewayv2/stage:Stage').inputs as {
      accessLogSettings: { format: string };
    };
    const values: Record<string, string> = {
      '$context.requestId': 'JKJaXmPLvHcESHA=',
      '$context.requestTimeEpoch': '1795641971319',
      '$context.identity.sourceIp': '52.58.142.242',
      '$context.routeKey': 'ANY /v1/webhook',
      '$context.httpMethod': 'POST',
      '$context.status': '200',
      '$context.integration.status': '200',
      '$context.integrationLatency': '28',
      '$context.responseLatency': '31',
      '$context.responseLength': '46',
    };
    const line = accessLogSettings.format.replace(/\$context[.\w]+/g, (variable) => values[variable] ?? '-');
    expect(Math.abs(line.length - ACCESS_LOG_BYTES)).toBeLessThan(20);
  });

  test('are the metrics that the functions write when one user is known and another is not', async () => {
    const body = { events: [currentsEvent('known'), currentsEvent('unknown', { user: { user_id: 'braze-1' } })] };
    const ingesting = await Ingesting.start();
    const { written: ingested } = await ingesting.request(currentsRequest(body));
    const archive = await Archive.start();
    ingesting.options = { archive: archive.writer };
    const { written: kept } = await ingesting.request(currentsRequest(body));
    await archive.stop();
    await ingesting.stop();
    const processing = await Processing.start();
    await processing.queues.send(body.events);
    const { written: processed } = await processing.receiveAndInvoke();
    await processing.stop();
    const namesIn = (...written: (typeof ingested)[]) => written.flatMap(({ metrics }) => Object.keys(metrics));
    expect(namesIn(ingested, processed)).toHaveLength(CUSTOM_METRICS);
    expect(namesIn(kept, processed)).toHaveLength(CUSTOM_METRICS + ARCHIVE_METRICS);
  });
});

function metricsWatchedIn(graph: Graph): number {
  return graph.ofType('aws:cloudwatch/metricAlarm:MetricAlarm').reduce((sum, { inputs }) => {
    const { metricQueries } = inputs as { metricQueries?: { metric?: unknown }[] };
    return sum + (metricQueries?.filter(({ metric }) => metric !== undefined).length ?? 1);
  }, 0);
}
