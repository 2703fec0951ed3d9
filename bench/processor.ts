import { bundleProcessor } from '../runtime/bundle';
import { CountingAws } from './aws';
import { CountingDataPlane } from './data-plane';
import { FunctionProcess } from './function-process';
import { inTurn, spreadOf, type Spread } from './measure';
import { eventLists, invocationOf, messagesOf } from './traffic';

const ROUNDS = 7;
const MESSAGES = 10;
const EVENTS_PER_MESSAGE = 100;
const EVENTS = MESSAGES * EVENTS_PER_MESSAGE;

/** Invocations of a round with a single event: one alone is shorter than the clock of the CPU. */
const SMALL_INVOCATIONS = 200;

/** Milliseconds that the data plane takes. */
const LATENCIES = [0, 20, 200] as const;

export interface ProcessorFigures {
  /** Delivered by one process, by milliseconds that the data plane takes to answer. */
  eventsPerSecond: Record<(typeof LATENCIES)[number], Spread>;
  /** Milliseconds of CPU of an invocation, whatever is in it. */
  cpuPerInvocation: Spread;
  /** Milliseconds of CPU that each event adds. */
  cpuPerEvent: Spread;
  requestsPerThousandEvents: number;
  /** Bytes an event in the queue's message, in the invocation's payload, in the request, and in that compressed. */
  messageBytes: number;
  payloadBytes: number;
  deliveryBytes: number;
  deliveryGzipBytes: number;
  logBytesPerInvocation: number;
}

/** Invocations of 1,000 events, ten messages of 100, as busy traffic makes them. */
export async function benchProcessor(): Promise<ProcessorFigures> {
  const aws = await CountingAws.start();
  const dataPlane = await CountingDataPlane.start();
  const environment = { ...aws.environment, RUDDERSTACK_DATA_PLANE_URL: dataPlane.url };
  const processor = await FunctionProcess.start({ bundle: await bundleProcessor(), environment });
  try {
    const messages = eventLists(MESSAGES, EVENTS_PER_MESSAGE).flatMap(messagesOf);
    const payload = invocationOf(messages);
    const small = eventLists(SMALL_INVOCATIONS, 1).map((events) => invocationOf(messagesOf(events)));
    const at = (latency: number) => async () => {
      dataPlane.latency = latency;
      const invocations = await processor.invoke([payload]);
      const work = dataPlane.take();
      if (work.events !== EVENTS) throw new Error(`${work.events} of ${EVENTS} events came to the data plane.`);
      return { ...invocations, work };
    };
    const rounds = await inTurn(
      {
        0: at(0),
        20: at(20),
        200: at(200),
        small: async () => {
          dataPlane.latency = 0;
          return { ...(await processor.invoke(small)), work: dataPlane.take() };
        },
      },
      ROUNDS,
    );
    const eventsPerSecond = LATENCIES.map((latency) => [
      latency,
      spreadOf(rounds[latency].map(({ durations: [duration = 0] }) => (EVENTS * 1_000) / duration)),
    ]);
    // What both kinds of invocation have in common, and what an event adds: two equations, two unknowns.
    const pairs = rounds.small.map(({ cpu }, round) => {
      const ofOne = cpu / SMALL_INVOCATIONS;
      const perEvent = ((rounds[0][round]?.cpu ?? 0) - ofOne) / (EVENTS - 1);
      return { perEvent, perInvocation: ofOne - perEvent };
    });
    const { work, logBytes } = rounds[0][0] as (typeof rounds)[0][number];
    return {
      eventsPerSecond: Object.fromEntries(eventsPerSecond) as ProcessorFigures['eventsPerSecond'],
      cpuPerInvocation: spreadOf(pairs.map(({ perInvocation }) => perInvocation)),
      cpuPerEvent: spreadOf(pairs.map(({ perEvent }) => perEvent)),
      requestsPerThousandEvents: (work.requests * 1_000) / EVENTS,
      messageBytes: Buffer.byteLength(messages.join('')) / EVENTS,
      payloadBytes: Buffer.byteLength(JSON.stringify(payload)) / EVENTS,
      deliveryBytes: work.plainBytes / EVENTS,
      deliveryGzipBytes: work.wireBytes / EVENTS,
      logBytesPerInvocation: logBytes,
    };
  } finally {
    await processor.stop();
    await Promise.all([aws.stop(), dataPlane.stop()]);
  }
}
