import {
  DescribeAlarmsCommand,
  type CloudWatchClient,
  type MetricAlarm,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import type { Project } from './project';

/** What `pulumi stack export` says of an alarm. */
interface ExportedAlarm {
  type: string;
  /** The alarm's name. */
  id: string;
  inputs: { metricQueries?: ExportedQuery[] };
}

interface ExportedQuery {
  id: string;
  expression?: string;
  returnData?: boolean;
  metric?: { namespace: string; metricName: string; dimensions: Record<string, string>; stat: string; period: number };
}

/** A stack's alarms as CloudWatch has them, by their headings in the runbook. */
export async function deployedAlarms(
  cloudWatch: CloudWatchClient,
  project: Project,
): Promise<ReadonlyMap<string, MetricAlarm>> {
  const { deployment } = JSON.parse(await project.pulumi(['stack', 'export'])) as {
    deployment: { resources: ExportedAlarm[] };
  };
  const exported = deployment.resources.filter(({ type }) => type === 'aws:cloudwatch/metricAlarm:MetricAlarm');
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ MaxRecords: 100 }));
  return new Map(
    MetricAlarms.map((alarm) => {
      const heading = alarm.AlarmDescription?.split('#').at(-1) ?? '';
      // MiniStack forgets what an expression is made of.
      const queries = exported.find(({ id }) => id === alarm.AlarmName)?.inputs.metricQueries;
      return [heading, { ...alarm, Metrics: queries?.map(queryOf) }];
    }),
  );
}

function queryOf({ id, expression, metric, returnData = false }: ExportedQuery): MetricDataQuery {
  if (metric === undefined) return { Id: id, Expression: expression, ReturnData: returnData };
  const { namespace, metricName, dimensions, stat, period } = metric;
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: namespace, MetricName: metricName, Dimensions };
  return { Id: id, MetricStat: { Metric, Stat: stat, Period: period }, ReturnData: returnData };
}
