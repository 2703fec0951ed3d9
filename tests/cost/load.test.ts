// Before anything of runtime/, which reads the name of the function as soon as it is loaded.
import { Processing } from '../support/processing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS, type Setting } from '../../components/settings';
import {
  delayOf,
  demandOf,
  eventsPerSecondAt,
  eventsPerSecondOf,
  eventsPerSecondToDrainIn,
  LIMITS,
  longestAnswer,
  outageOf,
  RETENTION_HOURS,
  SPARE_MILLISECONDS,
  USUAL_DRAIN_HOURS,
  type Limit,
} from '../../cost/load';
import { fullInvocation } from '../../cost/work';
import { archiveKey } from '../../runtime/archive/key';
import { LEAST, NAME } from '../support/args';
import { deploy } from '../support/bridge';
import { currentsEvents } from '../support/events';
import { scenario } from './scenario';

const SCALING = readFileSync(join(__dirname, '../../docs/scaling.md'), 'utf8');
const RATES = [0.1, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

function limit(name: Limit['name']): Limit {
  return LIMITS.find((each) => each.name === name) as Limit;
}

describe('what one request a second with 100 events needs', () => {
  const one = scenario();
  const demand = demandOf(one);

  test('is a part of a process for each function', () => {
    expect(demand.ingestConcurrency).toBeCloseTo(0.048, 9);
    expect(demand.processorConcurrency).toBeCloseTo(((20 * 1_769) / 512 + 100) / 1_000, 9);
  });

  test('is acknowledged when it is queued, and delivered after the window and the invocation', () => {
    expect(delayOf(demand, one)).toStrictEqual({
      acknowledgement: 0.048,
      delivery: 1 + (10 + demand.work.invocation.milliseconds) / 1_000,
    });
  });
});

test.each(LIMITS.map((each) => [each.name, each] as const))('more events need no less of %s', (_name, { needed }) => {
  const needs = RATES.map((eventsPerSecond) => {
    const at = scenario({ eventsPerSecond });
    return needed(demandOf(at), at);
  });
  expect([...needs].sort((one, other) => one - other)).toStrictEqual(needs);
});

describe('a limit', () => {
  test.each([
    ['endpointRateLimit', 100, 50_000],
    ['endpointRateLimit', 1, 500],
    ['API Gateway', 100, 1_000_000],
    ['S3', 100, 350_000],
    ['S3', 1, 3_500],
    ['RudderStack', 100, 1_000],
  ] as const)('such as %s is met with %i events a request at %i events a second', (name, eventsPerRequest, rate) => {
    const met = eventsPerSecondAt(limit(name), scenario({ eventsPerRequest }));
    expect((met ?? 0) / rate).toBeCloseTo(1, 3);
  });

  test('of the processor is met where ten processes have all hands full', () => {
    const met = eventsPerSecondAt(limit('maxConcurrency'), scenario()) ?? 0;
    const full = eventsPerSecondOf(fullInvocation(scenario()));
    // Invocations that are not full are the less efficient ones.
    expect(met).toBeLessThanOrEqual(full * 10 * 1.001);
    expect(met).toBeGreaterThan(full * 10 * 0.7);
  });

  test('of Lambda is met earlier with the archive, since ingest waits for S3', () => {
    const met = (isArchived: boolean) => eventsPerSecondAt(limit('Lambda'), scenario({}, { isArchived })) ?? 0;
    expect(met(true)).toBeLessThan(met(false));
  });

  test('of S3 is one of a prefix, which all keys of an hour share and those of the next do not', () => {
    const prefixOf = (time: string) => archiveKey({ receivedAt: time, events: 1, id: '0' }).replace(/[^/]*$/, '');
    expect(prefixOf('2026-11-25T14:00:00.000Z')).toBe(prefixOf('2026-11-25T14:59:59.999Z'));
    expect(prefixOf('2026-11-25T15:00:00.000Z')).not.toBe(prefixOf('2026-11-25T14:59:59.999Z'));
    expect(SCALING).toContain(`\`${prefixOf('2026-11-25T14:00:00.000Z')}\``);
  });

  test('that is out of reach is not met', () => {
    expect(eventsPerSecondAt({ ...limit('Lambda'), most: 1e12 }, scenario())).toBeUndefined();
  });

  test.each([
    ['endpointRateLimit', 10_000],
    ['maxConcurrency', 1_000],
  ] as const)('%s is a setting, with the default and the maximum that are told', (name, most) => {
    const setting: Setting = SETTINGS[name];
    expect(limit(name).most).toBe(setting.default);
    expect(limit(name).remedy).toContain(`up to ${most.toLocaleString('en-US')}`);
    expect(setting.kind.faults(most)).toStrictEqual([]);
    expect(setting.kind.faults(most + 1)).not.toStrictEqual([]);
  });

  test('names settings that there are', () => {
    const named = LIMITS.flatMap(({ remedy }) => remedy.match(/(?<=`)\w+(?=`)/g) ?? []);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !(name in SETTINGS))).toStrictEqual([]);
  });
});

describe('slow answers', () => {
  test('are waited for as long as the real processor begins requests', async () => {
    const [events, latency, timeout] = [30, 1_500, 45_000];
    const processing = await Processing.start();
    processing.options = { maxBatchEvents: 1 };
    processing.remaining = () => timeout - processing.dataPlane.requests.length * latency;
    await processing.queues.send(currentsEvents(events));
    await processing.receiveAndInvoke();
    await processing.stop();
    // The first, and then one after each that leaves enough.
    expect(processing.dataPlane.requests).toHaveLength(1 + Math.floor((timeout - SPARE_MILLISECONDS) / latency));
  });

  test('of a full invocation may take what is left of its time, by its deliveries', () => {
    // 45 s less 16 s, and 570 ms of CPU at 512 of 1,769 MB; the last of 28 may begin at the end.
    expect(longestAnswer(scenario())).toBeCloseTo((29_000 - (570 * 1_769) / 512) / 27, 6);
  });
});

describe('an outage of 72 hours', () => {
  test('leaves all events in the queue', () => {
    expect(outageOf(scenario())).toMatchObject({ events: 25_920_000, messages: 259_200, gigabytes: 25.92 });
  });

  test.each([1, 100, 10_000])('at %i events a second takes the receives that a simulation takes', (eventsPerSecond) => {
    const messagesPerSecond = eventsPerSecond / 100;
    let [waiting, receives] = [0, 0];
    for (let minute = 0; minute < 72 * 60; minute += 1) {
      waiting += messagesPerSecond * 60;
      // Each that is out comes back after 450 seconds, as a mean.
      receives += (Math.min(waiting, 120_000) * 60) / 450;
    }
    const model = outageOf(scenario({ eventsPerSecond })).receives;
    expect(Math.abs(model / receives - 1)).toBeLessThan(0.01);
  });

  test('takes one message fewer receives than SQS allows', () => {
    const { receivesOfOne, maxReceiveCount } = outageOf(scenario());
    expect(receivesOfOne).toBe(576);
    expect(maxReceiveCount).toBe(956);
  });

  test('is worked off by what ten processes do beyond what goes on coming', () => {
    const perSecond = eventsPerSecondOf(fullInvocation(scenario()));
    expect(outageOf(scenario()).drainHours).toBeCloseTo(25_920_000 / (10 * perSecond - 100) / 3_600, 9);
  });

  test('is never worked off where more comes than leaves', () => {
    expect(outageOf(scenario({ eventsPerSecond: 100_000 })).drainHours).toBe(Infinity);
  });

  test('is worked off in six hours with the concurrency that is told, and not with one less', () => {
    const { concurrencyForSixHours } = outageOf(scenario({ eventsPerSecond: 5_000 }));
    const hours = (maxConcurrency: number) => {
      const { tuning } = scenario();
      return outageOf(scenario({ eventsPerSecond: 5_000 }, { tuning: { ...tuning, maxConcurrency } })).drainHours;
    };
    expect(hours(concurrencyForSixHours)).toBeLessThanOrEqual(USUAL_DRAIN_HOURS);
    expect(hours(concurrencyForSixHours - 1)).toBeGreaterThan(USUAL_DRAIN_HOURS);
  });

  test.each([USUAL_DRAIN_HOURS, RETENTION_HOURS - 72])(
    'is worked off in %i hours at the rate that is told',
    (hours) => {
      const eventsPerSecond = eventsPerSecondToDrainIn(hours, scenario());
      expect(outageOf(scenario({ eventsPerSecond })).drainHours).toBeCloseTo(hours, 6);
    },
  );

  test('reckons with the retention of the deployed queue', async () => {
    const { graph } = await deploy(LEAST);
    const { messageRetentionSeconds } = graph.one('aws:sqs/queue:Queue', `${NAME}-events`).inputs;
    expect(messageRetentionSeconds).toBe(RETENTION_HOURS * 3_600);
  });
});
