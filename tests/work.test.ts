import { CountingAws } from '../bench/aws';
import { CountingDataPlane } from '../bench/data-plane';
import { FunctionProcess } from '../bench/function-process';
import { CountingS3 } from '../bench/s3';
import { bodyOf, eventLists, invocationOf, messagesOf, requestOf } from '../bench/traffic';
import { bundleIngest, bundleProcessor, type Bundle } from '../runtime/bundle';

/**
 * What fixed traffic makes the bundles do: requests, messages, bytes and lines, which are the same on every machine.
 * A bound is what is needed today, or a little above; who needs more says why.
 */

let aws: CountingAws;
let s3: CountingS3;
let dataPlane: CountingDataPlane;
let bundles: { ingest: Bundle; processor: Bundle };
let subject: FunctionProcess;

beforeAll(async () => {
  [aws, s3, dataPlane] = await Promise.all([CountingAws.start(), CountingS3.start(), CountingDataPlane.start()]);
  bundles = { ingest: await bundleIngest(), processor: await bundleProcessor() };
});

afterEach(async () => {
  await subject.stop();
  aws.take();
  s3.take();
  dataPlane.take();
});

afterAll(() => Promise.all([aws.stop(), s3.stop(), dataPlane.stop()]));

/** @param more environment than every function has. */
async function start(name: keyof typeof bundles, more: Record<string, string> = {}): Promise<void> {
  const environment = { ...aws.environment, RUDDERSTACK_DATA_PLANE_URL: dataPlane.url, ...more };
  subject = await FunctionProcess.start({ bundle: bundles[name], environment });
}

const HUNDREDS = eventLists(10, 100);
const SINGLES = eventLists(100, 1);

function bytesOf(texts: readonly string[]): number {
  return Buffer.byteLength(texts.join(''));
}

describe('ingest', () => {
  beforeEach(() => start('ingest'));

  test('queues each request of 100 events as one message, with one SQS request, and asks S3 for nothing', async () => {
    await subject.invoke(HUNDREDS.map(requestOf));

    expect(s3.take().puts).toBe(0);

    const { sqsRequests, messages, secretReads } = aws.take();
    expect({ sqsRequests, messages: messages.length, secretReads }).toEqual({
      sqsRequests: 10,
      messages: 10,
      secretReads: 1,
    });
    expect(bytesOf(messages) / bytesOf(HUNDREDS.map(bodyOf))).toBeLessThan(1.005);
  });

  test('queues each single event with one SQS request, and adds little to it', async () => {
    await subject.invoke(SINGLES.map(requestOf));

    const { sqsRequests, messages, secretReads } = aws.take();
    expect({ sqsRequests, messages: messages.length, secretReads }).toEqual({
      sqsRequests: 100,
      messages: 100,
      secretReads: 1,
    });
    expect((bytesOf(messages) - bytesOf(SINGLES.flat())) / 100).toBeLessThan(65);
  });

  test('writes little of a request, however many events it has', async () => {
    for (const lists of [HUNDREDS, SINGLES]) {
      const { logLines, logBytes } = await subject.invoke(lists.map(requestOf));
      expect(logLines / lists.length).toBe(2);
      expect(logBytes / lists.length).toBeLessThan(600);
    }
  });
});

describe('ingest with the archive', () => {
  beforeEach(() => start('ingest', s3.environment));

  test.each([
    { what: '100 events', lists: HUNDREDS, share: 0.37 },
    { what: 'one event', lists: SINGLES, share: 0.65 },
  ])('keeps each request of $what with one PUT, compressed, and queues it as without', async ({ lists, share }) => {
    const { logLines, logBytes } = await subject.invoke(lists.map(requestOf));

    const { puts, bytes } = s3.take();
    const { sqsRequests, messages, secretReads } = aws.take();
    expect({ puts, sqsRequests, messages: messages.length, secretReads }).toEqual({
      puts: lists.length,
      sqsRequests: lists.length,
      messages: lists.length,
      secretReads: 1,
    });
    expect(bytes / bytesOf(lists.map(bodyOf))).toBeLessThan(share);
    expect(logLines / lists.length).toBe(2);
    expect(logBytes / lists.length).toBeLessThan(670);
  });

  test('keeps nothing of a request without events', async () => {
    await subject.invoke([requestOf([])]);

    expect(s3.take()).toEqual({ puts: 0, bytes: 0 });
  });
});

describe('the processor', () => {
  beforeEach(() => start('processor'));

  test('loads no more than it uses', () => {
    const { 'index.mjs': code = '', 'index.mjs.map': map = '' } = bundles.processor;
    expect(Buffer.byteLength(code)).toBeLessThan(515_000);
    // The table of MIME types that axios would bring for multipart bodies.
    expect(map).not.toContain('mime-db');
  });

  test.each([
    { what: '1,000 events in messages of 100', lists: HUNDREDS, requests: 5 },
    { what: '100 single events', lists: SINGLES, requests: 1 },
  ])(
    'delivers $what in as few requests as whole messages allow, and asks SQS for nothing',
    async ({ lists, requests }) => {
      await subject.invoke([invocationOf(lists.flatMap(messagesOf))]);

      const delivered = dataPlane.take();
      const { sqsRequests, secretReads } = aws.take();
      expect({ requests: delivered.requests, events: delivered.events, sqsRequests, secretReads }).toEqual({
        requests,
        events: lists.flat().length,
        sqsRequests: 0,
        secretReads: 1,
      });
    },
  );

  test('sends an event with few more bytes than it came with, and little over a third of them on the wire', async () => {
    await subject.invoke([invocationOf(HUNDREDS.flatMap(messagesOf))]);

    const { plainBytes, wireBytes } = dataPlane.take();
    const received = bytesOf(HUNDREDS.map(bodyOf));
    expect(plainBytes / received).toBeLessThan(1.26);
    expect(wireBytes / received).toBeLessThan(0.38);
  });

  test('reads its secret once, whatever it delivers in the next five minutes', async () => {
    await subject.invoke([invocationOf(HUNDREDS.flatMap(messagesOf))], 10);

    expect(dataPlane.take().events).toBe(10_000);
    expect(aws.take().secretReads).toBe(1);
  });

  test('writes little of an invocation, however many events it has', async () => {
    for (const lists of [HUNDREDS, SINGLES]) {
      const { logLines, logBytes } = await subject.invoke([invocationOf(lists.flatMap(messagesOf))]);
      expect(logLines).toBe(1);
      expect(logBytes).toBeLessThan(480);
    }
  });
});
