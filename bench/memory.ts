import { gzipSync } from 'node:zlib';
import { bundleIngest, bundleProcessor, type FunctionName } from '../runtime/bundle';
import type { HttpRequest } from '../runtime/ingest/ingest';
import { MAX_REQUEST_BYTES } from '../runtime/transform/currents';
import { CountingAws } from './aws';
import { CountingDataPlane } from './data-plane';
import { FunctionProcess } from './function-process';
import { CountingS3 } from './s3';
import { bodyOf, eventLists, invocationOf, messagesOf, requestOf } from './traffic';

const STEPS = 10;
const EVENTS_PER_STEP = 100_000;
const EVENTS_PER_REQUEST = 100;
/** Of one invocation of the processor. */
const MESSAGES = 10;

/** Bytes of an invocation that Lambda takes from an event source (AWS, August 2026). */
const MAX_PAYLOAD_BYTES = 6_000_000;

export interface MemoryFigures {
  name: FunctionName;
  /** Bytes after each 100,000 events: of the heap after garbage collection, and of the process. */
  steps: { events: number; heapUsed: number; rss: number }[];
  /** The largest thing that can come, in a fresh process. */
  largest: LargestFigures[];
}

export interface LargestFigures {
  what: string;
  bytes: number;
  /** Bytes of resident memory at most. */
  peak: number;
  /** What the peak is over the memory before the first invocation, as a multiple of `bytes`. */
  multiple: number;
}

/**
 * Memory over a million events, of both functions at the same time, and at the largest request and invocation; with the
 * archive on, which takes more.
 */
export async function benchMemory(): Promise<MemoryFigures[]> {
  const [aws, s3] = await Promise.all([CountingAws.start(), CountingS3.start()]);
  const dataPlane = await CountingDataPlane.start();
  const environment = { ...aws.environment, ...s3.environment, RUDDERSTACK_DATA_PLANE_URL: dataPlane.url };
  const bundles = { ingest: await bundleIngest(), processor: await bundleProcessor() };
  const lists = eventLists(MESSAGES, EVENTS_PER_REQUEST);

  const forget = () => {
    aws.take();
    dataPlane.discard();
  };
  const overAMillion = (name: FunctionName, payloads: readonly unknown[], eventsPerRound: number) =>
    FunctionProcess.during({ bundle: bundles[name], environment, collectsGarbage: true }, async (subject) => {
      const steps: MemoryFigures['steps'] = [];
      for (let step = 1; step <= STEPS; step += 1) {
        const { heapUsed, rss } = await subject.invoke(payloads, EVENTS_PER_STEP / eventsPerRound);
        forget();
        steps.push({ events: step * EVENTS_PER_STEP, heapUsed, rss });
      }
      return steps;
    });
  const atOnce = (name: FunctionName, what: string, payload: unknown, bytes: number): Promise<LargestFigures> =>
    FunctionProcess.during({ bundle: bundles[name], environment }, async (subject) => {
      const { peak } = await subject.invoke([payload]);
      forget();
      return { what, bytes, peak, multiple: (peak - subject.rss) / bytes };
    });

  try {
    const perRound = MESSAGES * EVENTS_PER_REQUEST;
    const [ingest, processor] = await Promise.all([
      overAMillion('ingest', lists.map(requestOf), perRound),
      overAMillion('processor', [invocationOf(lists.flatMap(messagesOf))], perRound),
    ]);
    const request = largestBody();
    const arrays = bodyOf([eventOfArrays()]);
    const messages = largestBatch();
    const batchBytes = Buffer.byteLength(messages.join(''));
    return [
      {
        name: 'ingest',
        steps: ingest,
        largest: [
          await atOnce('ingest', 'a request of 6 MiB', compressed(request), Buffer.byteLength(request)),
          await atOnce('ingest', 'one of nothing but empty arrays', compressed(arrays), Buffer.byteLength(arrays)),
        ],
      },
      {
        name: 'processor',
        steps: processor,
        largest: [await atOnce('processor', 'messages of 6 MB', invocationOf(messages), batchBytes)],
      },
    ];
  } finally {
    await Promise.all([aws.stop(), s3.stop(), dataPlane.stop()]);
  }
}

/** As many events as fit into the largest request that is accepted. */
function largestBody(): string {
  const [events = []] = eventLists(1, MAX_REQUEST_BYTES / 600);
  let [count, bytes] = [0, bodyOf([]).length];
  for (const event of events) {
    bytes += Buffer.byteLength(event) + 1;
    if (bytes > MAX_REQUEST_BYTES) break;
    count += 1;
  }
  return bodyOf(events.slice(0, count));
}

/** What takes most memory for its bytes, and is accepted. */
function eventOfArrays(): string {
  const event = '{"event_type":"users.behaviors.CustomEvent","id":"1","properties":{"custom_properties":{"arrays":[';
  const [first, another, end] = ['[]', ',[]', ']}}}'];
  const room = MAX_REQUEST_BYTES - bodyOf([event, first, end]).length;
  return event + first + another.repeat(Math.floor(room / another.length)) + end;
}

/** As many messages as fit into one invocation. */
function largestBatch(): string[] {
  const messages = eventLists(100, EVENTS_PER_REQUEST).flatMap(messagesOf);
  while (Buffer.byteLength(JSON.stringify(invocationOf(messages))) > MAX_PAYLOAD_BYTES) messages.pop();
  return messages;
}

/** Larger than Lambda's own 6 MB, this size can come compressed only. */
function compressed(body: string): HttpRequest {
  return { ...requestOf([]), body: gzipSync(body).toString('base64'), isBase64Encoded: true };
}
