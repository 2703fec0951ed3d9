import type { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { fullInvocation, pack, workFor } from '../../cost/work';
import { packEvents } from '../../runtime/queue/packing';
import { sendMessages } from '../../runtime/queue/sqs';
import { ordinaryEvents } from '../../runtime/local/traffic';
import { Processing } from '../support/processing';
import { currentsEvents } from '../support/events';
import { FIGURES, scenario } from './scenario';

describe('the work of one request a second with 100 events of 1,000 bytes', () => {
  const work = workFor(scenario());

  test('is one message, which SQS bills as two requests at each step but the deletion', () => {
    expect(work.packed).toStrictEqual({ messages: 1, messageBytes: 100_000, sendRequests: 2 });
    expect(work.sqsRequests).toStrictEqual({ sent: 2, received: 2, deleted: 1 });
  });

  test('takes ingest its CPU, slowed by the memory, and one call of SQS', () => {
    // 0.9 + 100 × 0.1 = 10.9 ms of a whole core; 512 MB are 512 / 1,769 of one; 10 ms for SQS.
    expect(work.ingestMilliseconds).toBe(Math.ceil((10.9 * 1_769) / 512 + 10));
  });

  test('takes the processor one invocation with one delivery', () => {
    expect(work.invocations).toBe(1);
    expect(work.invocation).toMatchObject({ messages: 1, events: 100, deliveries: 1 });
    expect(work.invocation.milliseconds).toBeCloseTo((20 * 1_769) / 512 + 100, 6);
  });

  test('writes a line of the access log, and the metrics of two functions', () => {
    expect(work.logs.ingest).toBe(600);
    expect(work.logs.processor).toBe(500);
  });
});

describe('an archived request', () => {
  const archived = (load = {}, changes = {}) => workFor(scenario(load, { isArchived: true, ...changes }));

  test('is one object, its size that of its events, compressed', () => {
    expect(archived().archived).toStrictEqual({ objects: 1, objectBytes: 30_300 });
    expect(archived({ eventBytes: 2_000 }).archived.objectBytes).toBe(60_300);
    expect(workFor(scenario()).archived.objects).toBe(0);
  });

  test('takes ingest its CPU, and the longer of S3 and SQS, which it waits for at the same time', () => {
    const cpu = (21.9 * 1_769) / 512;
    expect(archived().ingestMilliseconds).toBe(Math.ceil(cpu + 100));
    const { latency } = scenario();
    expect(archived({}, { latency: { ...latency, sqs: 300 } }).ingestMilliseconds).toBe(Math.ceil(cpu + 300));
    expect(archived().logs.ingest).toBe(700);
  });
});

test('events that fill a message each go two at a time into a call of SQS', () => {
  // 2 × 400,000 bytes are 13 of 64 KB, and there are 50 pairs.
  const { packed } = workFor(scenario({ eventBytes: 400_000 }));
  expect(packed).toStrictEqual({ messages: 100, messageBytes: 400_000, sendRequests: 650 });
});

describe('a full invocation', () => {
  test('holds what fits into a payload of 6 MiB', () => {
    // 6,291,456 / (100 × 1,100 + 900) = 56.7; RudderStack gets whole messages, so 200 events of the 250 that are allowed.
    expect(fullInvocation(scenario())).toMatchObject({ messages: 56, events: 5_600, deliveries: 28 });
  });

  test('holds the batch size, where messages are small', () => {
    expect(fullInvocation(scenario({ eventsPerRequest: 1 }))).toMatchObject({ messages: 100, deliveries: 1 });
  });

  test('comes about when so much arrives that five receivers are filled within the window', () => {
    expect(workFor(scenario({ eventsPerSecond: 27_900 })).invocation.messages).toBeCloseTo(55.8, 6);
    expect(workFor(scenario({ eventsPerSecond: 28_100 })).invocation.messages).toBe(56);
  });
});

test('a core is not used by more than one process, however much memory there is', () => {
  const tuned = (ingestMemoryMb: number) => {
    const { tuning } = scenario();
    return workFor(scenario({}, { tuning: { ...tuning, ingestMemoryMb } })).ingestMilliseconds;
  };
  expect(tuned(1_769)).toBe(21);
  expect(tuned(10_240)).toBe(21);
});

const REQUESTS = 10;

/** Events of the mix in requests of 100, each made longer by so many bytes, with their mean size. */
function traffic(padding: number) {
  const texts = ordinaryEvents(11)
    .slice(0, REQUESTS * 100)
    .map(({ json }) => json.replace('"properties":{', `"properties":{"padding":"${'x'.repeat(padding)}",`));
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / texts.length;
  return { texts, bytes };
}

describe('1,000 events through the real packing', () => {
  test.each([0, 1_500, 30_000])(
    'are as many messages and SQS requests as the model says, with %i bytes more in each',
    async (padding) => {
      const { texts, bytes } = traffic(padding);
      const counted = { messages: 0, requests: 0, calls: 0 };
      const client = {
        send: ({ input: { Entries = [] } }: SendMessageBatchCommand) => {
          const sum = Entries.reduce((total, { MessageBody = '' }) => total + Buffer.byteLength(MessageBody), 0);
          counted.messages += Entries.length;
          counted.requests += Math.ceil(sum / 65_536);
          counted.calls += 1;
          return Promise.resolve({});
        },
      } as unknown as SQSClient;
      for (let at = 0; at < texts.length; at += 100) {
        const { bodies } = packEvents(texts.slice(at, at + 100), { receivedAt: '2026-11-25', maxEvents: 250 });
        await sendMessages(client, 'url', bodies, () => 1_000);
      }
      // As the benchmark measures it: what frames the events is shared among them.
      const eventBytes = { ...FIGURES.eventBytes, request: bytes, message: bytes + 1 };
      const packed = pack(scenario({ eventBytes: bytes }, { figures: { ...FIGURES, eventBytes } }));
      const deviation = (model: number, real: number) => Math.abs(model * REQUESTS - real) / real;
      // Events of different sizes leave gaps that events of one size do not.
      expect(deviation(packed.messages, counted.messages)).toBeLessThan(0.1);
      expect(deviation(packed.sendRequests, counted.requests)).toBeLessThan(0.1);
    },
  );
});

describe('an invocation of the real processor', () => {
  let processing: Processing;
  beforeAll(async () => (processing = await Processing.start()));
  afterAll(() => processing.stop());

  test.each([
    [100, 10],
    [10, 30],
    [60, 9],
  ])('makes as many deliveries as the model says, with %i events in each of %i messages', async (events, messages) => {
    await processing.renew();
    const { tuning } = scenario();
    const one = scenario({ eventsPerRequest: events }, { tuning: { ...tuning, batchSize: messages } });
    await processing.queues.send(...Array.from({ length: messages }, (_, of) => currentsEvents(events, `${of}`)));
    const records = [];
    while (records.length < messages) records.push(...(await processing.queues.receive()));
    await processing.invoke(records);
    expect(processing.dataPlane.requests).toHaveLength(fullInvocation(one).deliveries);
  });
});
