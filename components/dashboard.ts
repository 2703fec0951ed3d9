import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import {
  apiMetric,
  bucketSizeMetric,
  lambdaMetric,
  METRICS_NAMESPACE,
  ownMetric,
  queueMetric,
  type Metric,
  type MonitoringTargets,
} from './metrics';

/** Of CloudWatch's grid, which is 24 wide. */
const WIDTH = 8;
const HEIGHT = 6;
const HEADING_HEIGHT = 1;
const PER_ROW = 24 / WIDTH;

export interface DashboardArgs {
  targets: MonitoringTargets;
  region: string;
}

interface Graph {
  title: string;
  metrics: Metric[];
  /** Seconds. Default: 300. */
  period?: number;
  /** In addition: a counter by all values of its second dimension, at the functions that have it. */
  by?: { functionNames: pulumi.Input<string>[]; name: string; dimension: string };
}

/** Questions in the order in which somebody on call asks them, with the graphs that answer them. */
function answersFrom(targets: MonitoringTargets): Record<string, Graph[]> {
  const { ingestFunctionName: ingest, processorFunctionName: processor } = targets;
  const { eventQueueName: events, deadLetterQueueName: deadLetters, archiveBucketName: archive, apiId } = targets;
  const archived: Record<string, Graph[]> =
    archive === undefined
      ? {}
      : {
          'Is it archived?': [
            {
              title: 'Requests archived, and not',
              metrics: [ownMetric(ingest, 'ArchivedRequests'), ownMetric(ingest, 'ArchiveFailures')],
            },
            {
              title: 'Size of the archive, once a day (bytes)',
              metrics: ['StandardStorage', 'StandardIAStorage'].map((type) => bucketSizeMetric(archive, type)),
              period: 86_400,
            },
          ],
        };
  return {
    'Is data arriving?': [
      { title: 'Events', metrics: [ownMetric(ingest, 'EventsReceived'), ownMetric(ingest, 'EventsQueued')] },
      { title: 'Requests', metrics: [apiMetric(apiId, 'Count'), apiMetric(apiId, '4xx'), apiMetric(apiId, '5xx')] },
      {
        title: 'Tokens in use',
        metrics: [],
        by: { functionNames: [ingest], name: 'RequestsAuthenticated', dimension: 'token' },
      },
    ],
    'Is it leaving?': [
      {
        title: 'Events',
        metrics: ['EventsDelivered', 'EventsSkipped', 'EventsRejected'].map((name) => ownMetric(processor, name)),
      },
      {
        title: 'Failed attempts',
        metrics: [ownMetric(processor, 'BreakerOpen', 'Maximum')],
        by: { functionNames: [processor], name: 'DeliveryFailures', dimension: 'class' },
      },
      {
        title: 'Functions',
        metrics: [ingest, processor].flatMap((name) => [lambdaMetric(name, 'Errors'), lambdaMetric(name, 'Throttles')]),
      },
    ],
    'How old is it?': [
      {
        title: 'From receipt, and from the event, to delivery (ms)',
        metrics: [ownMetric(processor, 'DeliveryDelay', 'Maximum'), ownMetric(processor, 'EventAge', 'Maximum')],
      },
      { title: 'Oldest message seen (ms)', metrics: [ownMetric(processor, 'OldestMessageAge', 'Maximum')] },
      {
        title: 'Event queue',
        metrics: ['ApproximateNumberOfMessagesVisible', 'ApproximateNumberOfMessagesNotVisible'].map((name) =>
          queueMetric(events, name, 'Maximum'),
        ),
      },
    ],
    'What was refused, and why?': [
      {
        title: 'Requests refused',
        metrics: [],
        by: { functionNames: [ingest], name: 'RequestsRefused', dimension: 'reason' },
      },
      {
        title: 'Events skipped',
        metrics: [],
        by: { functionNames: [processor], name: 'EventsSkipped', dimension: 'reason' },
      },
      {
        title: 'Dead letters',
        metrics: [queueMetric(deadLetters, 'ApproximateNumberOfMessagesVisible', 'Maximum')],
        by: { functionNames: [ingest, processor], name: 'DeadLetters', dimension: 'reason' },
      },
    ],
    ...archived,
  };
}

/** A CloudWatch dashboard of the bridge. */
export class Dashboard extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;

  constructor(name: string, { targets, region }: DashboardArgs, opts: pulumi.ComponentResourceOptions) {
    super('currents-bridge:index:Dashboard', name, {}, opts);
    const dashboard = new aws.cloudwatch.Dashboard(
      name,
      {
        // All dashboards of an account share one namespace, and an equal name would overwrite: a queue's name is unique.
        dashboardName: pulumi.interpolate`${targets.eventQueueName}-${region}`,
        dashboardBody: pulumi.jsonStringify({ widgets: widgetsOf(answersFrom(targets), region) }),
      },
      { parent: this },
    );
    this.url = pulumi.interpolate`https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboard.dashboardName}`;
    this.registerOutputs({});
  }
}

function widgetsOf(answers: Record<string, Graph[]>, region: string): object[] {
  return Object.entries(answers).flatMap(([question, graphs], row) => {
    const y = row * (HEADING_HEIGHT + HEIGHT);
    return [
      {
        type: 'text',
        x: 0,
        y,
        width: WIDTH * PER_ROW,
        height: HEADING_HEIGHT,
        properties: { markdown: `# ${question}` },
      },
      ...graphs.map((graph, column) => ({
        type: 'metric',
        x: column * WIDTH,
        y: y + HEADING_HEIGHT,
        width: WIDTH,
        height: HEIGHT,
        properties: {
          title: graph.title,
          region,
          period: graph.period ?? 300,
          view: 'timeSeries',
          metrics: seriesOf(graph),
        },
      })),
    ];
  });
}

function seriesOf({ metrics, by }: Graph): unknown[] {
  const series: unknown[] = metrics.map(({ namespace, name, dimensions, statistic }) => [
    namespace,
    name,
    ...Object.entries(dimensions).flat(),
    { stat: statistic },
  ]);
  if (by === undefined) return series;
  const { functionNames, name, dimension } = by;
  const services = pulumi
    .all(functionNames)
    .apply((names) => names.map((functionName) => `service="${functionName}"`).join(' OR '));
  const expression = pulumi.interpolate`SEARCH('{${METRICS_NAMESPACE},service,${dimension}} MetricName="${name}" (${services})', 'Sum')`;
  return [...series, [{ expression, id: 'by' }]];
}
