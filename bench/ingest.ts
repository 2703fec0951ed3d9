import type { FauxqsServer } from 'fauxqs';
import { bundleIngest } from '../runtime/bundle';
import { CountingAws } from './aws';
import { FunctionProcess, type Invocations } from './function-process';
import { inTurn, quantile, spreadOf, type Spread } from './measure';
import { CountingS3 } from './s3';
import { bodyOf, eventLists, requestOf } from './traffic';

const ROUNDS = 7;

/** Requests of a round, by the events in each. */
const REQUESTS = { 1: 200, 10: 100, 100: 50 };

export const EVENTS_PER_REQUEST = [1, 10, 100] as const;
export type EventsPerRequest = (typeof EVENTS_PER_REQUEST)[number];

/** Milliseconds from the request to the answer, without API Gateway. */
interface Acknowledgement {
  p50: number;
  p99: number;
}

/** Of one process, which answers one request after the other. */
export interface IngestFigures {
  eventsPerRequest: EventsPerRequest;
  requestsPerSecond: Spread;
  acknowledgement: Acknowledgement;
  /** The same median with an SQS that does nothing but accept: the difference is the emulator's. */
  acceptedP50: number;
  /** Milliseconds of CPU. */
  cpu: Spread;
  /** Of the request's body. */
  bytesPerEvent: number;
  queueBytesPerEvent: number;
  /** Of one request. */
  sqsRequests: number;
  logBytes: number;
  /** The same with the archive on, and an S3 that does nothing but accept. */
  archiving: {
    acknowledgement: Acknowledgement;
    cpu: Spread;
    logBytes: number;
    /** Of what is kept of one request, compressed. */
    objectBytes: number;
  };
}

/**
 * The acknowledgement of requests, with an emulated SQS (fauxqs) and with one that does nothing but accept; and with the
 * archive on beside the former.
 */
export async function benchIngest(): Promise<IngestFigures[]> {
  const [aws, s3] = await Promise.all([CountingAws.start(), CountingS3.start()]);
  const { startFauxqs } = await import('fauxqs');
  const fauxqs = await startFauxqs({ port: 0, logger: false, defaultRegion: 'us-east-1' });
  const bundle = await bundleIngest();
  const accepting = await FunctionProcess.start({ bundle, environment: aws.environment });
  const environment = { ...aws.environment, AWS_ENDPOINT_URL_SQS: fauxqs.address, EVENT_QUEUE_URL: newQueue(fauxqs) };
  const emulated = await FunctionProcess.start({ bundle, environment });
  const archiving = await FunctionProcess.start({ bundle, environment: { ...environment, ...s3.environment } });
  try {
    const figures: IngestFigures[] = [];
    for (const eventsPerRequest of EVENTS_PER_REQUEST) {
      const lists = eventLists(REQUESTS[eventsPerRequest], eventsPerRequest);
      const payloads = lists.map(requestOf);
      const events = eventsPerRequest * payloads.length;
      const invoke = async (subject: FunctionProcess) => ({
        ...(await subject.invoke(payloads)),
        work: { ...aws.take(), ...s3.take() },
      });
      const rounds = await inTurn(
        {
          emulated: () => invoke(emulated),
          accepting: () => invoke(accepting),
          archiving: () => invoke(archiving),
        },
        ROUNDS,
      );
      const [{ work, logBytes }] = rounds.accepting as [(typeof rounds.accepting)[number]];
      const [archived] = rounds.archiving as [(typeof rounds.archiving)[number]];
      figures.push({
        eventsPerRequest,
        requestsPerSecond: spreadOf(
          rounds.emulated.map(({ durations }) => (durations.length * 1_000) / sum(durations)),
        ),
        acknowledgement: acknowledgementOf(rounds.emulated),
        acceptedP50: quantile(durationsOf(rounds.accepting), 0.5),
        cpu: cpuOf(rounds.accepting),
        bytesPerEvent: sum(lists.map((events) => Buffer.byteLength(bodyOf(events)))) / events,
        queueBytesPerEvent: sum(work.messages.map((message) => Buffer.byteLength(message))) / events,
        sqsRequests: work.sqsRequests / payloads.length,
        logBytes: logBytes / payloads.length,
        archiving: {
          acknowledgement: acknowledgementOf(rounds.archiving),
          cpu: cpuOf(rounds.archiving),
          logBytes: archived.logBytes / payloads.length,
          objectBytes: archived.work.bytes / payloads.length,
        },
      });
    }
    return figures;
  } finally {
    await Promise.all([accepting.stop(), emulated.stop(), archiving.stop()]);
    await Promise.all([aws.stop(), s3.stop(), fauxqs.stop()]);
  }
}

function newQueue(fauxqs: FauxqsServer): string {
  return fauxqs.createQueue('events', { attributes: { MaximumMessageSize: '1048576' } }).queueUrl;
}

function acknowledgementOf(rounds: readonly Invocations[]): Acknowledgement {
  const durations = durationsOf(rounds);
  return { p50: quantile(durations, 0.5), p99: quantile(durations, 0.99) };
}

/** Of one request. */
function cpuOf(rounds: readonly Invocations[]): Spread {
  return spreadOf(rounds.map(({ cpu, durations }) => cpu / durations.length));
}

function durationsOf(rounds: readonly Invocations[]): number[] {
  return rounds.flatMap(({ durations }) => durations);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
