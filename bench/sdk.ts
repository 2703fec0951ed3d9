import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE_OPTIONS, bundleProcessor, type Bundle } from '../runtime/bundle';
import { CountingAws } from './aws';
import { CountingDataPlane } from './data-plane';
import { FunctionProcess } from './function-process';
import { inTurn, spreadOf, type Spread } from './measure';
import { eventLists, invocationOf, messagesOf } from './traffic';

const ROUNDS = 5;
const MESSAGES = 10;
const EVENTS_PER_MESSAGE = 100;

/** One way of sending the same queue messages to the same data plane. */
export interface SdkFigures {
  name: string;
  eventsPerSecond: Spread;
  /** Seconds of CPU for a million events. */
  cpuPerMillion: Spread;
  /** Bytes that go over the wire for an event, in requests' bodies. */
  wireBytesPerEvent: number;
  requestsPerThousandEvents: number;
}

/** The processor, and a function around `@rudderstack/rudder-sdk-node`, with its own batch size and with ours. */
export async function benchSdk(): Promise<SdkFigures[]> {
  const aws = await CountingAws.start();
  const dataPlane = await CountingDataPlane.start();
  const environment = { ...aws.environment, RUDDERSTACK_DATA_PLANE_URL: dataPlane.url };
  const sdk = await bundleSdk();
  const start = (bundle: Bundle, more: Record<string, string> = {}) =>
    FunctionProcess.start({ bundle, environment: { ...environment, ...more } });
  const functions = {
    'the processor, batches of 250': await start(await bundleProcessor()),
    'the SDK, batches of 250': await start(sdk, { FLUSH_AT: '250' }),
    'the SDK, its own batches of 20': await start(sdk, { FLUSH_AT: '20' }),
  };
  try {
    const payload = invocationOf(eventLists(MESSAGES, EVENTS_PER_MESSAGE).flatMap(messagesOf));
    const events = MESSAGES * EVENTS_PER_MESSAGE;
    const run = async (subject: FunctionProcess) => {
      const { durations, cpu } = await subject.invoke([payload]);
      const work = dataPlane.take();
      if (work.events !== events) throw new Error(`${work.events} of ${events} events came to the data plane.`);
      return { seconds: durations.reduce((sum, duration) => sum + duration) / 1_000, cpu: cpu / 1_000, work };
    };
    const subjects = Object.entries(functions).map(([name, subject]) => [name, () => run(subject)] as const);
    const results = await inTurn(Object.fromEntries(subjects), ROUNDS);
    return Object.entries(results).map(([name, rounds]) => {
      const { work } = rounds[0] as (typeof rounds)[number];
      return {
        name,
        eventsPerSecond: spreadOf(rounds.map(({ seconds }) => events / seconds)),
        cpuPerMillion: spreadOf(rounds.map(({ cpu }) => (cpu * 1_000_000) / events)),
        wireBytesPerEvent: work.wireBytes / events,
        requestsPerThousandEvents: (work.requests * 1_000) / events,
      };
    });
  } finally {
    await Promise.all(Object.values(functions).map((subject) => subject.stop()));
    await Promise.all([aws.stop(), dataPlane.stop()]);
  }
}

async function bundleSdk(): Promise<Bundle> {
  const { outputFiles } = await build({
    ...BUNDLE_OPTIONS,
    entryPoints: [join(__dirname, 'sdk-handler.ts')],
    outdir: 'dist/sdk',
    // Asked for only where the SDK keeps events in Redis.
    external: ['bull', 'supports-color'],
    sourcemap: false,
  });
  return { 'index.mjs': outputFiles[0]?.text ?? '' };
}
