import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { changeVisibility, deleteMessages, sendMessages } from '../../runtime/queue/sqs';

const QUEUE = 'events';
const MIB = 1_048_576;

interface BatchRequest {
  Entries: { Id: string; MessageBody?: string; ReceiptHandle?: string }[];
}

/** What the proxy does to a call: the ids of the entries to fail, an HTTP status, or no answer at all. */
type Fault = (request: BatchRequest, call: number) => string[] | number | 'silence';

let sqs: FauxqsServer;
let proxy: Server;
let client: SQSClient;
let queueUrl: string;
let fault: Fault;
let calls: BatchRequest[];

const plenty = () => 20_000;

/** Milliseconds that are left of so many from now on. */
const countdown = (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  return () => end - performance.now();
};

const clientOf = (port: number, maxAttempts: number) =>
  new SQSClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
  });

/** Passes a call on without the entries that are to fail. */
async function forward(
  headers: IncomingHttpHeaders,
  request: BatchRequest,
  except: readonly string[],
): Promise<{ Successful?: object[]; Failed?: object[] }> {
  const entries = request.Entries.filter(({ Id }) => !except.includes(Id));
  if (entries.length === 0) return { Successful: [] };
  const response = await fetch(`http://127.0.0.1:${sqs.port}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': String(headers['x-amz-target']),
      authorization: String(headers.authorization),
    },
    body: JSON.stringify({ ...request, Entries: entries }),
  });
  return (await response.json()) as { Successful?: object[]; Failed?: object[] };
}

beforeAll(async () => {
  sqs = await startFauxqs({ port: 0, logger: false });
  queueUrl = sqs.createQueue(QUEUE, { attributes: { MaximumMessageSize: String(MIB) } }).queueUrl;
  proxy = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const request = JSON.parse(Buffer.concat(chunks).toString('utf8')) as BatchRequest;
      calls.push(request);
      const effect = fault(request, calls.length);
      if (effect === 'silence') return;
      if (typeof effect === 'number') {
        outgoing.writeHead(effect, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
        return;
      }
      const { Failed = [], ...answer } = await forward(incoming.headers, request, effect);
      const failed = [...Failed, ...effect.map((Id) => ({ Id, SenderFault: false, Code: 'InternalError' }))];
      // SQS leaves the list out where nothing failed.
      outgoing
        .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
        .end(JSON.stringify({ ...answer, ...(failed.length > 0 ? { Failed: failed } : {}) }));
    })();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  client = clientOf((proxy.address() as AddressInfo).port, 1);
});

beforeEach(() => {
  sqs.purgeAll();
  sqs.createQueue(QUEUE, { attributes: { MaximumMessageSize: String(MIB) } });
  calls = [];
  fault = () => [];
});

afterAll(async () => {
  client.destroy();
  proxy.closeAllConnections();
  proxy.close();
  await sqs.stop();
});

const bodiesOf = (count: number) => Array.from({ length: count }, (_, index) => `body ${index}`);
const inQueue = () => sqs.inspectQueue(QUEUE)?.messages.ready.map(({ body }) => body) ?? [];

describe('sending', () => {
  it('puts each message into the queue once, ten at a time', async () => {
    expect((await sendMessages(client, queueUrl, bodiesOf(25), plenty)).bodies).toStrictEqual([]);
    expect(inQueue()).toStrictEqual(bodiesOf(25));
    expect(calls.map(({ Entries }) => Entries.length)).toStrictEqual([10, 10, 5]);
  });

  it('keeps to the bytes of a batch, which are those of all its messages', async () => {
    const bodies = [MIB, 400_000, 600_000, 48_576, 1, MIB - 1, 1, 1].map((bytes, index) =>
      index === 1 ? 'é'.repeat(bytes / 2) : 'x'.repeat(bytes),
    );
    expect((await sendMessages(client, queueUrl, bodies, plenty)).bodies).toStrictEqual([]);
    expect(inQueue().join('\n') === bodies.join('\n')).toBe(true);
    expect(calls.map(({ Entries }) => Entries.length)).toStrictEqual([1, 3, 2, 2]);
  });

  it('does nothing where there is nothing', async () => {
    expect((await sendMessages(client, queueUrl, [], plenty)).bodies).toStrictEqual([]);
    expect(calls).toStrictEqual([]);
  });

  it('sends what failed, and that alone, again', async () => {
    const failures = [['1', '7'], ['1'], []];
    fault = (_request, call) => failures[call - 1] ?? [];
    expect((await sendMessages(client, queueUrl, bodiesOf(10), plenty)).bodies).toStrictEqual([]);
    expect(calls.map(({ Entries }) => Entries.map(({ MessageBody }) => MessageBody))).toStrictEqual([
      bodiesOf(10),
      ['body 1', 'body 7'],
      ['body 7'],
    ]);
    expect(inQueue().sort()).toStrictEqual(bodiesOf(10));
  });

  it('sends all of a call that failed again', async () => {
    fault = (_request, call) => (call === 1 ? 503 : []);
    expect((await sendMessages(client, queueUrl, bodiesOf(3), plenty)).bodies).toStrictEqual([]);
    expect(inQueue()).toStrictEqual(bodiesOf(3));
  });

  it('gives back at once what SQS will never take, with its reason, after the others had their turn', async () => {
    const unsent = await sendMessages(client, queueUrl, ['one', 'not within the alphabet: \u0001', 'two'], plenty);
    expect(unsent.bodies).toStrictEqual(['not within the alphabet: \u0001']);
    expect(unsent.error).toMatchObject({ name: 'EntriesFailed', code: 'InvalidMessageContents' });
    expect(calls).toHaveLength(1);
    expect(inQueue().sort()).toStrictEqual(['one', 'two']);
  });

  it('gives back what it could not send in time, after the other batches had their turn', async () => {
    fault = ({ Entries }) => Entries.filter(({ MessageBody }) => MessageBody === 'body 4').map(({ Id }) => Id);
    const start = performance.now();
    expect((await sendMessages(client, queueUrl, bodiesOf(12), countdown(600))).bodies).toStrictEqual(['body 4']);
    expect(performance.now() - start).toBeLessThan(2_500);
    expect(inQueue()).toStrictEqual(bodiesOf(12).filter((body) => body !== 'body 4'));
  });

  it('gives all back, in time, where nobody answers', async () => {
    fault = () => 'silence';
    const start = performance.now();
    expect((await sendMessages(client, queueUrl, bodiesOf(12), countdown(300))).bodies).toStrictEqual(bodiesOf(12));
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('messages that were received', () => {
  const receive = async (count: number) => {
    await sendMessages(client, queueUrl, bodiesOf(count), plenty);
    const direct = clientOf(sqs.port, 1);
    const handles: string[] = [];
    while (handles.length < count) {
      const { Messages = [] } = await direct.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
      );
      handles.push(...Messages.map(({ ReceiptHandle }) => ReceiptHandle ?? ''));
    }
    direct.destroy();
    calls = [];
    return handles;
  };
  const inFlight = () => sqs.inspectQueue(QUEUE)?.messages.inflight ?? [];

  it('are deleted, however many', async () => {
    const handles = await receive(23);
    expect(await deleteMessages(client, queueUrl, handles, plenty)).toBe(0);
    expect([...inFlight(), ...inQueue()]).toStrictEqual([]);
  });

  it('that could not be deleted are counted and stay', async () => {
    const handles = await receive(12);
    fault = ({ Entries }) => (Entries.length === 2 ? 503 : ['0', '3', '9']);
    expect(await deleteMessages(client, queueUrl, handles, plenty)).toBe(5);
    expect(inFlight()).toHaveLength(5);
  });

  it('come back after the seconds that were drawn for each, however many', async () => {
    const handles = await receive(23);
    let seconds = 0;
    const now = Date.now();
    expect(await changeVisibility(client, queueUrl, handles, () => (seconds += 1_000), plenty)).toBe(0);
    const deadlines = inFlight().map(({ visibilityDeadline }) => Math.floor((visibilityDeadline - now) / 1_000_000));
    expect(deadlines.sort((one, other) => one - other)).toStrictEqual(
      Array.from({ length: 23 }, (_, index) => index + 1),
    );
  });

  it('that are not known any more are counted, and the others are changed', async () => {
    const handles = await receive(11);
    expect(await changeVisibility(client, queueUrl, ['gone', ...handles, 'lost'], () => 0, plenty)).toBe(2);
    expect(inQueue().sort()).toStrictEqual(bodiesOf(11).sort());
  });

  it('count in full for a call that fails or is not answered in time', async () => {
    const handles = await receive(12);
    fault = ({ Entries }) => (Entries.length === 2 ? 'silence' : []);
    expect(await changeVisibility(client, queueUrl, handles, () => 0, countdown(300))).toBe(2);
    expect(inQueue()).toHaveLength(10);
  });

  it('that are none need no call', async () => {
    expect(await deleteMessages(client, queueUrl, [], plenty)).toBe(0);
    expect(await changeVisibility(client, queueUrl, [], () => 0, plenty)).toBe(0);
    expect(calls).toStrictEqual([]);
  });
});
