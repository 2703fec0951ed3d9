import { setTimeout as wait } from 'node:timers/promises';
import { CreateQueueCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { EventSource, type EventSourceArgs } from '../../runtime/local/event-source';
import { LocalFunction } from '../../runtime/local/function';

let server: FauxqsServer;
let sqs: SQSClient;
let queueUrl: string;
let eventSource: EventSource | undefined;
let queues = 0;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  sqs = new SQSClient({ endpoint: server.address, region: 'eu-central-1', credentials });
});
beforeEach(() => createQueue('30'));
afterEach(() => eventSource?.stop());
afterAll(async () => {
  sqs.destroy();
  await server.stop();
});

/** A new queue for this test. */
async function createQueue(VisibilityTimeout: string): Promise<void> {
  queues += 1;
  const Attributes = { MaximumMessageSize: '1048576', VisibilityTimeout };
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `events-${queues}`, Attributes }));
  queueUrl = QueueUrl;
}

async function send(bodies: readonly string[]): Promise<void> {
  for (let at = 0; at < bodies.length; at += 10) {
    const Entries = bodies.slice(at, at + 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `message-${index}`);
}

function start(invoke: EventSourceArgs['invoke'], args: Partial<EventSourceArgs> = {}): void {
  eventSource = new EventSource({
    sqs,
    queueUrl,
    batchSize: 20,
    batchingWindow: 0.3,
    maximumConcurrency: 1,
    invoke,
    ...args,
  });
  eventSource.start();
}

function bodiesOf({ Records }: SQSEvent): string[] {
  return Records.map(({ body }) => body);
}

function failuresOf({ Records }: SQSEvent, isFailed: (body: string) => boolean): SQSBatchResponse {
  const failed = Records.filter(({ body }) => isFailed(body));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** Messages that are neither acknowledged nor lost. */
function left(): number {
  const { ready, delayed, inflight } = server.inspectQueue(`events-${queues}`)?.messages ?? {};
  return (ready?.length ?? 0) + (delayed?.length ?? 0) + (inflight?.length ?? 0);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await wait(10);
}

const ALL_DONE: SQSBatchResponse = { batchItemFailures: [] };

test('a batch holds more than ten messages, each with what SQS knows of it', async () => {
  await send(names(20));
  const events: SQSEvent[] = [];

  start(
    (event) => {
      events.push(event);
      return Promise.resolve(ALL_DONE);
    },
    { batchingWindow: 5 },
  );
  await until(() => left() === 0);

  expect(events.map(bodiesOf).map((bodies) => bodies.sort())).toEqual([names(20).sort()]);
  expect(events[0]?.Records[0]).toMatchObject({
    messageId: expect.stringMatching(/./) as unknown,
    receiptHandle: expect.stringMatching(/./) as unknown,
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) as unknown },
    eventSource: 'aws:sqs',
  });
});

test('what does not fill a batch is handed over when the window ends', async () => {
  const sizes: number[] = [];
  start((event) => {
    sizes.push(event.Records.length);
    return Promise.resolve(null);
  });

  await send(names(3));
  await until(() => left() === 0);

  expect(sizes).toEqual([3]);
});

test('a batch stays within 6 MB and nothing of the rest is lost', async () => {
  const large = names(8).map((name) => name.padEnd(1_000_000, '.'));
  for (const body of large) await send([body]);
  const batches: string[][] = [];

  start(
    (event) => {
      batches.push(bodiesOf(event));
      return Promise.resolve(ALL_DONE);
    },
    { batchingWindow: 1 },
  );
  await until(() => left() === 0);

  expect(batches.flat().sort()).toEqual(large);
  expect(batches.map((batch) => batch.length).sort()).toEqual([2, 6]);
});

test('failed messages alone come back, when their visibility timeout ends', async () => {
  await createQueue('1');
  await send(names(5));
  const batches: string[][] = [];

  start((event) => {
    batches.push(bodiesOf(event).sort());
    return Promise.resolve(batches.length === 1 ? failuresOf(event, (body) => body === 'message-3') : ALL_DONE);
  });
  await until(() => left() === 0);

  expect(batches).toEqual([names(5), ['message-3']]);
});

test.each<[string, (event: SQSEvent) => Promise<SQSBatchResponse>]>([
  [
    'an identifier that is not of the batch',
    () => Promise.resolve({ batchItemFailures: [{ itemIdentifier: 'unknown' }] }),
  ],
  ['an error', () => Promise.reject(new Error('crashed'))],
])('%s fails the whole batch: all of it comes back', async (_what, fail) => {
  await createQueue('1');
  await send(names(4));
  const batches: string[][] = [];

  start((event) => {
    batches.push(bodiesOf(event).sort());
    return batches.length === 1 ? fail(event) : Promise.resolve(ALL_DONE);
  });
  await until(() => left() === 0);

  expect(batches).toEqual([names(4), names(4)]);
});

test('there are never more invocations at once than the maximum concurrency, and as many where there is work', async () => {
  await send(names(90));
  let running = 0;
  let most = 0;

  start(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await wait(150);
      running -= 1;
      return ALL_DONE;
    },
    { batchSize: 15, batchingWindow: 0.05, maximumConcurrency: 2 },
  );
  await until(() => left() === 0);

  expect(most).toBe(2);
});

test('messages of a function that is killed at its time-out come back', async () => {
  const local = await LocalFunction.create({
    name: 'processor',
    // The first process never answers.
    bundle: {
      'index.mjs': `export const handler = ({ Records }) => Records[0].attributes.ApproximateReceiveCount === '1'
        ? new Promise(() => {}) : { batchItemFailures: [] };`,
    },
    environment: { PATH: process.env.PATH ?? '' },
    timeout: 0.5,
    concurrency: 1,
    onLine: () => undefined,
  });
  const outcomes: string[] = [];
  await createQueue('1');
  await send(names(2));

  start(async (event) => {
    try {
      return (await local.invoke(event)) as SQSBatchResponse;
    } catch (error) {
      outcomes.push(`${(error as Error).message} ${bodiesOf(event).sort().join()}`);
      throw error;
    }
  });
  await until(() => left() === 0);
  await local.stop();

  expect(outcomes).toEqual(['The process ended before it answered. message-0,message-1']);
});
