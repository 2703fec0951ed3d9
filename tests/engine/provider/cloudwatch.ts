import {
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  ListTagsForResourceCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  TagResourceCommand,
  UntagResourceCommand,
  type Dimension,
  type MetricAlarm,
  type MetricDataQuery,
  type PutMetricAlarmCommandInput,
  type Tag,
} from '@aws-sdk/client-cloudwatch';
import { type Cloud, ifThere } from './cloud';
import { capitalised, type Carried, membersOf, propertiesOf } from './members';
import type { Properties, ResourceType } from './resource-type';
import { changeTags, tagList, type Tags, tagsOf } from './tags';

/** What the two calls of a dashboard call one that is not there. */
const GONE = ['ResourceNotFound', 'DashboardNotFoundError'];

const ALARM = {
  name: { reaches: 'PutMetricAlarm AlarmName', replaces: true },
  alarmDescription: { reaches: 'PutMetricAlarm AlarmDescription' },
  comparisonOperator: { reaches: 'PutMetricAlarm ComparisonOperator' },
  threshold: { reaches: 'PutMetricAlarm Threshold' },
  evaluationPeriods: { reaches: 'PutMetricAlarm EvaluationPeriods' },
  datapointsToAlarm: { reaches: 'PutMetricAlarm DatapointsToAlarm' },
  treatMissingData: { reaches: 'PutMetricAlarm TreatMissingData' },
  alarmActions: { reaches: 'PutMetricAlarm AlarmActions' },
  okActions: { reaches: 'PutMetricAlarm OKActions' },
} satisfies Carried;

const METRIC = {
  namespace: { reaches: 'PutMetricAlarm Namespace' },
  metricName: { reaches: 'PutMetricAlarm MetricName' },
  statistic: { reaches: 'PutMetricAlarm Statistic' },
  period: { reaches: 'PutMetricAlarm Period' },
} satisfies Carried;

// Types, not interfaces: those have no index signature, which properties need.
type AlarmInputs = { name: string; dimensions?: Dimensions; metricQueries?: MetricQuery[]; tags?: Tags };

type Dimensions = Record<string, string>;

interface MetricQuery {
  metric?: { namespace?: string; metricName?: string; dimensions?: Dimensions };
  returnData?: boolean;
}

const metricAlarm: ResourceType = {
  properties: {
    ...ALARM,
    ...METRIC,
    dimensions: { reaches: 'PutMetricAlarm Dimensions' },
    metricQueries: { reaches: 'PutMetricAlarm Metrics' },
    tags: { reaches: 'PutMetricAlarm, TagResource Tags, UntagResource TagKeys' },
  },
  outputs: ['arn'],
  autoName: { property: 'name', maxLength: 255 },

  async create(cloud, inputs: AlarmInputs) {
    await put(cloud, inputs, tagList(inputs.tags));
    return { id: inputs.name, outputs: { arn: arnOf(cloud, inputs) } };
  },

  async read(cloud, name, olds: AlarmInputs) {
    const { MetricAlarms: [found] = [] } = await cloud.cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm'] }),
    );
    if (found === undefined) return undefined;
    const { AlarmArn: arn } = found;
    const { Tags } = await cloud.cloudWatch.send(new ListTagsForResourceCommand({ ResourceARN: arn }));
    return { ...propertiesOf(ALARM, found), ...watchedBy(found, olds), tags: tagsOf(Tags), arn };
  },

  async update(cloud, _name, news: AlarmInputs, olds: AlarmInputs) {
    // All of it: what is not given goes back to its default.
    await put(cloud, news);
    const ResourceARN = arnOf(cloud, news);
    await changeTags(news.tags, olds.tags, {
      set: (tags) => cloud.cloudWatch.send(new TagResourceCommand({ ResourceARN, Tags: tagList(tags) })),
      remove: (TagKeys) => cloud.cloudWatch.send(new UntagResourceCommand({ ResourceARN, TagKeys })),
    });
    return { arn: ResourceARN };
  },

  async delete(cloud, name) {
    await cloud.cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: [name] }));
  },
};

async function put({ cloudWatch }: Cloud, inputs: AlarmInputs, tags?: Tag[]): Promise<void> {
  const { dimensions, metricQueries } = inputs;
  await cloudWatch.send(
    new PutMetricAlarmCommand({
      ...membersOf({ ...ALARM, ...METRIC }, inputs),
      Dimensions: dimensionList(dimensions),
      Metrics: metricQueries?.map(queryOf),
      Tags: tags,
    } as PutMetricAlarmCommandInput),
  );
}

function queryOf({ metric, returnData = false, ...query }: MetricQuery): MetricDataQuery {
  // Without it the API returns the data; the AWS provider says no where the program is silent.
  return {
    ...(capitalised(query) as MetricDataQuery),
    ReturnData: returnData,
    ...(metric && { MetricStat: statOf(metric) }),
  };
}

function statOf({ namespace, metricName, dimensions, ...rest }: NonNullable<MetricQuery['metric']>) {
  return {
    ...(capitalised(rest) as { Period: number; Stat: string }),
    Metric: { Namespace: namespace, MetricName: metricName, Dimensions: dimensionList(dimensions) },
  };
}

function dimensionList(dimensions: Dimensions | undefined): Dimension[] | undefined {
  return dimensions && Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}

function watchedBy(alarm: MetricAlarm, olds: AlarmInputs): Properties {
  // MiniStack forgets an alarm's queries, and answers with defaults of a metric that it does not have.
  if (olds.metricQueries !== undefined) return { metricQueries: olds.metricQueries };
  const dimensions = Object.fromEntries((alarm.Dimensions ?? []).map(({ Name = '', Value }) => [Name, Value]));
  return { ...propertiesOf(METRIC, alarm), dimensions };
}

function arnOf({ partition, region, accountId }: Cloud, { name }: AlarmInputs): string {
  return `arn:${partition}:cloudwatch:${region}:${accountId}:alarm:${name}`;
}

type DashboardInputs = { dashboardName: string; dashboardBody: string };

const dashboard: ResourceType = {
  properties: {
    dashboardName: { reaches: 'PutDashboard DashboardName', replaces: true },
    dashboardBody: { reaches: 'PutDashboard DashboardBody' },
  },
  outputs: ['dashboardArn'],

  async create(cloud, inputs: DashboardInputs) {
    return { id: inputs.dashboardName, outputs: await draw(cloud, inputs) };
  },

  async read(cloud, DashboardName) {
    const found = await ifThere(cloud.cloudWatch.send(new GetDashboardCommand({ DashboardName })), ...GONE);
    return (
      found && { dashboardName: DashboardName, dashboardBody: found.DashboardBody, dashboardArn: found.DashboardArn }
    );
  },

  update(cloud, _name, news: DashboardInputs) {
    return draw(cloud, news);
  },

  async delete(cloud, name) {
    await ifThere(cloud.cloudWatch.send(new DeleteDashboardsCommand({ DashboardNames: [name] })), ...GONE);
  },
};

async function draw({ cloudWatch, partition, accountId }: Cloud, inputs: DashboardInputs): Promise<Properties> {
  const { dashboardName, dashboardBody } = inputs;
  await cloudWatch.send(new PutDashboardCommand({ DashboardName: dashboardName, DashboardBody: dashboardBody }));
  return { dashboardArn: `arn:${partition}:cloudwatch::${accountId}:dashboard/${dashboardName}` };
}

export const cloudWatch: Record<string, ResourceType> = {
  'aws:cloudwatch/metricAlarm:MetricAlarm': metricAlarm,
  'aws:cloudwatch/dashboard:Dashboard': dashboard,
};
