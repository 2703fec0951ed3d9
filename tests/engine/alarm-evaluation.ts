import {
  GetMetricDataCommand,
  type CloudWatchClient,
  type MetricAlarm,
  type MetricDataQuery,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import { calculate, type Series } from './metric-math';

/** The periods that CloudWatch looks at beyond an alarm's own, in the example of its documentation. */
export const EXTRA_PERIODS = 2;

const IS_BREACHING: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
};

/** What of an alarm says which values are too many or too few. */
type Evaluated = Pick<
  MetricAlarm,
  'ComparisonOperator' | 'Threshold' | 'EvaluationPeriods' | 'DatapointsToAlarm' | 'TreatMissingData'
>;

/**
 * The state of a metric alarm at the end of one of its periods, from metrics that are in CloudWatch. MiniStack's own
 * evaluation knows neither dimensions nor periods, missing data or expressions, so this is our reading of CloudWatch's
 * documentation, and no proof.
 *
 * @throws Error where the state hangs on whether FILL fills a metric without any data, which is not documented.
 */
export async function evaluate(cloudWatch: CloudWatchClient, alarm: MetricAlarm, at: number): Promise<StateValue> {
  const queries = queriesOf(alarm);
  const metrics = queries.filter(({ MetricStat }) => MetricStat !== undefined);
  const period = periodOf(alarm) * 1_000;
  const periods = (alarm.EvaluationPeriods ?? 1) + EXTRA_PERIODS;
  const start = at - periods * period;
  const { MetricDataResults = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(start),
      EndTime: new Date(at),
      MetricDataQueries: metrics.map(asked),
    }),
  );
  const series = new Map<string, Series>();
  for (const { Id = '', Timestamps = [], Values = [] } of MetricDataResults) {
    const points = new Map(Timestamps.map((moment, index) => [moment.getTime(), Values[index]]));
    series.set(
      Id,
      Array.from({ length: periods }, (_, index) => points.get(start + index * period)),
    );
  }

  const result = queries.find(({ ReturnData }) => ReturnData === true);
  const [state, other] = [true, false].map((fillsEmpty) =>
    stateOf(calculate(result?.Expression ?? result?.Id ?? '', series, fillsEmpty), alarm),
  );
  if (state === undefined || state !== other) {
    throw new Error(`${alarm.AlarmName} is ${state} if FILL fills a metric without data, and ${other} if it does not.`);
  }
  return state;
}

/** The period of all metrics of an alarm, in seconds. */
export function periodOf(alarm: MetricAlarm): number {
  const periods = new Set(queriesOf(alarm).flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  const [period] = periods;
  if (period === undefined || periods.size > 1) throw new Error(`${alarm.AlarmName} has ${periods.size} periods.`);
  return period;
}

/**
 * The latest values count, as many as the alarm has evaluation periods. Where there are fewer in all that is looked at,
 * the rest is what missing data is said to mean.
 *
 * @param series of the alarm's result, oldest first.
 */
export function stateOf(series: Series, alarm: Evaluated): StateValue {
  const { ComparisonOperator = '', Threshold = 0, EvaluationPeriods = 1, TreatMissingData = 'missing' } = alarm;
  const isBreaching = IS_BREACHING[ComparisonOperator];
  if (isBreaching === undefined) throw new Error(`${ComparisonOperator} is not evaluated here.`);
  // The others take a look at the state before, and at the order of values.
  if (!/^(notB|b)reaching$/.test(TreatMissingData)) throw new Error(`${TreatMissingData} data is not evaluated here.`);
  const values = series.filter((value) => value !== undefined).slice(-EvaluationPeriods);
  const breaching = values.filter((value) => isBreaching(value, Threshold)).length;
  const missing = TreatMissingData === 'breaching' ? EvaluationPeriods - values.length : 0;
  return breaching + missing >= (alarm.DatapointsToAlarm ?? EvaluationPeriods) ? 'ALARM' : 'OK';
}

function queriesOf(alarm: MetricAlarm): MetricDataQuery[] {
  if (alarm.Metrics !== undefined && alarm.Metrics.length > 0) return alarm.Metrics;
  const { Namespace, MetricName, Dimensions, Period, Statistic: Stat } = alarm;
  const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Period, Stat };
  return [{ Id: 'only', MetricStat, ReturnData: true }];
}

/** All are asked for, also those that are but a part of the alarm's expression. */
function asked({ Id, MetricStat }: MetricDataQuery): MetricDataQuery {
  return { Id, MetricStat, ReturnData: true };
}
