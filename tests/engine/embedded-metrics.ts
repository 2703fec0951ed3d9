import { setTimeout as wait } from 'node:timers/promises';
import { CloudWatchClient, PutMetricDataCommand, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { Written, type Emitted } from '../support/output';
import type { Emulator } from './emulator';

/** The metrics in a log group, in embedded metric format. MiniStack does not take them up as CloudWatch does. */
export class EmbeddedMetrics {
  readonly #client: CloudWatchLogsClient;
  /** Lines that were taken, by log stream: MiniStack gives a line no id. */
  readonly #taken = new Map<string, number>();

  constructor(
    emulator: Emulator,
    region: string,
    private readonly logGroupName: string,
  ) {
    this.#client = emulator.client(CloudWatchLogsClient, region);
  }

  /** What was written since the last call. */
  async take(): Promise<Emitted[]> {
    const streams = new Map<string, string[]>();
    const { logGroupName } = this;
    // Nothing but such lines, since MiniStack gives no more than its first ten thousand.
    const lines = paginateFilterLogEvents({ client: this.#client }, { logGroupName, filterPattern: '"_aws"' });
    for await (const { events = [] } of lines) {
      for (const { logStreamName = '', message = '' } of events) {
        streams.set(logStreamName, [...(streams.get(logStreamName) ?? []), message]);
      }
    }
    return [...streams].flatMap(([name, messages]) => {
      const taken = this.#taken.get(name) ?? 0;
      this.#taken.set(name, messages.length);
      return new Written(messages.slice(taken).join('\n')).emitted;
    });
  }
}

/** Gives values to CloudWatch, each for its own moment. */
export async function putMetrics(cloudWatch: CloudWatchClient, emitted: readonly Emitted[]): Promise<void> {
  for (const Namespace of new Set(emitted.map(({ namespace }) => namespace))) {
    const MetricData = emitted.filter(({ namespace }) => namespace === Namespace).map(datumOf);
    await cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData }));
  }
}

function datumOf({ name, value, unit, dimensions, timestamp }: Emitted): MetricDatum {
  return {
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value: String(Value) })),
    Value: value,
    Unit: unit as MetricDatum['Unit'],
    Timestamp: new Date(timestamp),
  };
}

/** Carries the metrics in log groups to CloudWatch, each once, until it is stopped. */
export function carryMetrics(
  emulator: Emulator,
  region: string,
  logGroupNames: readonly string[],
): { stop: () => Promise<void> } {
  const cloudWatch = emulator.client(CloudWatchClient, region);
  const sources = logGroupNames.map((name) => new EmbeddedMetrics(emulator, region, name));
  let isOver = false;
  const carry = async () => {
    while (!isOver) {
      for (const source of sources) await putMetrics(cloudWatch, await source.take());
      await wait(100);
    }
  };
  const carrying = carry();
  return {
    async stop() {
      isOver = true;
      await carrying;
    },
  };
}
