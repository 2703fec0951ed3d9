import { GetMetricDataCommand, type CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { METRICS_NAMESPACE } from '../components/metrics';
import { CommandError } from './command-line';

/** Seconds: the finest that CloudWatch keeps of these metrics. */
const PERIOD = 60;

/** A counter of a function, or its part by a second dimension. */
export interface Counter {
  name: string;
  dimensions?: Readonly<Record<string, string>>;
}

/** What AWS's errors mean, by the error's name or code. */
const ERRORS: Readonly<Record<string, string>> = {
  AccessDenied: 'You may not read metrics; you need cloudwatch:GetMetricData.',
  AccessDeniedException: 'You may not read metrics; you need cloudwatch:GetMetricData.',
  ECONNREFUSED: 'CloudWatch cannot be reached; check the network and AWS_ENDPOINT_URL.',
  ENOTFOUND: 'CloudWatch cannot be reached; check the network and AWS_ENDPOINT_URL.',
  TimeoutError: 'CloudWatch does not answer in time; check the network and AWS_ENDPOINT_URL.',
};

/** What a function has counted since a moment, as far as CloudWatch has taken it up. */
export class FunctionMetrics {
  /** @param since in milliseconds; all of that minute counts. */
  constructor(
    private readonly client: CloudWatchClient,
    private readonly functionName: string,
    private readonly since: number,
  ) {}

  /** The sum of each counter, in order. */
  async sums(counters: readonly Counter[]): Promise<number[]> {
    const { MetricDataResults = [] } = await this.client
      .send(
        new GetMetricDataCommand({
          StartTime: new Date(Math.floor(this.since / 60_000) * 60_000),
          // Clocks differ.
          EndTime: new Date(Date.now() + 300_000),
          MetricDataQueries: counters.map(({ name, dimensions }, index) => ({
            Id: `counter${index}`,
            MetricStat: {
              Metric: {
                Namespace: METRICS_NAMESPACE,
                MetricName: name,
                Dimensions: Object.entries({ service: this.functionName, ...dimensions }).map(([Name, Value]) => ({
                  Name,
                  Value,
                })),
              },
              Period: PERIOD,
              Stat: 'Sum',
            },
          })),
        }),
      )
      .catch((error: unknown) => {
        const { name, code } = error as { name?: string; code?: string };
        const known = ERRORS[name ?? ''] ?? ERRORS[code ?? ''];
        throw known === undefined ? error : new CommandError([known]);
      });
    const values = new Map(MetricDataResults.map(({ Id, Values = [] }) => [Id, Values]));
    return counters.map((_, index) => (values.get(`counter${index}`) ?? []).reduce((sum, value) => sum + value, 0));
  }
}
