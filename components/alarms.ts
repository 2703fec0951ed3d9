import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { apiMetric, lambdaMetric, ownMetric, queueMetric, type Metric, type MonitoringTargets } from './metrics';
import type { Tags } from './policy';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** What somebody must be woken for, and what can wait until the morning. */
export type Severity = 'page' | 'ticket';

export interface AlarmThresholds {
  runbookUrl: string;
  /** 0 for no such alarm. */
  noTrafficHours: number;
  deliveryFailingMinutes: number;
  oldestMessageMinutes: number;
  backlogMessages: number;
  skippedPercent: number;
  refusedRequests: number;
  previousTokenDays: number;
}

export interface AlarmsArgs {
  targets: MonitoringTargets;
  thresholds: AlarmThresholds;
  /** Whether ingest takes requests from some addresses only; else there is no alarm for the others. */
  areSourceAddressesChecked: boolean;
  /** Gets both severities. */
  email: pulumi.Input<string> | undefined;
  /** Topics that exist already. */
  pageTopicArn: pulumi.Input<string> | undefined;
  ticketTopicArn: pulumi.Input<string> | undefined;
  tags: Tags;
}

interface Alarm {
  severity: Severity;
  /** A sentence for whoever gets it. */
  meaning: string;
  /** One metric, or several by id with an expression of them. */
  watches: Metric | { expression: string; metrics: Record<string, Metric> };
  /** Alarming from this value on, or below it. */
  threshold: number;
  isAlarmingBelow?: true;
  /** In seconds, and how many of them in a row. */
  period: number;
  periods: number;
  /** How many of them are enough; by default, all. */
  datapoints?: number;
  /** What no data means: by default, that nothing happened. */
  missingData?: 'breaching';
}

/** In seconds. Every message that was handed back has come again by then, so each such period has an attempt in it. */
const DELIVERY_PERIOD = 15 * MINUTE;

/** All alarms, by the heading of their entry in the runbook. */
function alarmsOf({ targets, thresholds, areSourceAddressesChecked }: AlarmsArgs): Record<string, Alarm> {
  const { ingestFunctionName: ingest, processorFunctionName: processor } = targets;
  const { eventQueueName: events, deadLetterQueueName: deadLetters, apiId } = targets;
  // Not shorter, or an alarm would end between two attempts.
  const once = { threshold: 1, period: DELIVERY_PERIOD, periods: 1 };
  const eitherFunction = (metric: (functionName: pulumi.Input<string>) => Metric) => ({
    expression: 'FILL(ingest, 0) + FILL(processor, 0)',
    metrics: { ingest: metric(ingest), processor: metric(processor) },
  });
  const leaving = {
    delivered: ownMetric(processor, 'EventsDelivered'),
    skipped: ownMetric(processor, 'EventsSkipped'),
    rejected: ownMetric(processor, 'EventsRejected'),
  };
  const unknownSource: Record<string, Alarm> = areSourceAddressesChecked
    ? {
        'unknown-source': {
          severity: 'page',
          meaning:
            'Requests with a valid token come from an address that is not known. If it is Braze, it holds the events for up to five days.',
          watches: ownMetric(ingest, 'RequestsRefused', 'Sum', { reason: 'unknown_source_address' }),
          ...once,
        },
      }
    : {};
  const archiveFailed: Record<string, Alarm> =
    targets.archiveBucketName === undefined
      ? {}
      : {
          'archive-failed': {
            severity: 'ticket',
            meaning:
              'Requests cannot be archived. Unless they are refused for that, their events go on, and cannot be sent again later.',
            watches: ownMetric(ingest, 'ArchiveFailures'),
            ...once,
          },
        };
  const noTraffic: Record<string, Alarm> =
    thresholds.noTrafficHours === 0
      ? {}
      : {
          'no-traffic': {
            severity: 'page',
            meaning:
              'No event has come from Braze. After five days of failure Braze gives up, and nothing else shows it.',
            // Filled, since an alarm passes over hours without data while it finds older ones with some.
            watches: {
              expression: 'FILL(received, 0)',
              metrics: { received: ownMetric(ingest, 'EventsReceived') },
            },
            threshold: 1,
            isAlarmingBelow: true,
            period: HOUR,
            periods: thresholds.noTrafficHours,
            // Nothing was received in all the time that is looked at.
            missingData: 'breaching',
          },
        };
  return {
    'ingest-errors': {
      severity: 'page',
      meaning: 'The endpoint answers with 5xx. Braze sends again, for up to five days.',
      watches: apiMetric(apiId, '5xx'),
      threshold: 1,
      period: 5 * MINUTE,
      periods: 3,
      datapoints: 2,
    },
    'unknown-token': {
      severity: 'page',
      meaning: 'Braze sends events with a token that is not valid here. They are held at Braze, for up to five days.',
      watches: ownMetric(ingest, 'EventsWithUnknownToken'),
      ...once,
    },
    ...unknownSource,
    'credential-failure': {
      severity: 'page',
      meaning: 'RudderStack does not accept the write key. Events wait in the queue.',
      watches: ownMetric(processor, 'CredentialFailures'),
      ...once,
    },
    'secret-failure': {
      severity: 'page',
      meaning: 'A function cannot read its secret, or the secret does not hold what it should.',
      watches: eitherFunction((name) => ownMetric(name, 'SecretFailures')),
      ...once,
      // A reading that fails once is made good by the next.
      periods: 2,
    },
    'delivery-failing': {
      severity: 'page',
      meaning: 'Every attempt to deliver to RudderStack fails. Events wait in the queue.',
      // Where nothing failed, 1 is as good as a delivery.
      watches: {
        expression: 'IF(FILL(failures, 0) > 0, FILL(delivered, 0), 1)',
        metrics: { failures: ownMetric(processor, 'DeliveryFailures'), delivered: leaving.delivered },
      },
      threshold: 1,
      isAlarmingBelow: true,
      period: DELIVERY_PERIOD,
      periods: (thresholds.deliveryFailingMinutes * MINUTE) / DELIVERY_PERIOD,
    },
    'nothing-delivered': {
      severity: 'page',
      meaning: 'Events are queued, but none leaves the queue.',
      watches: {
        expression: 'IF(FILL(queued, 0) > 0, FILL(delivered, 0) + FILL(skipped, 0) + FILL(rejected, 0), 1)',
        metrics: { queued: ownMetric(ingest, 'EventsQueued'), ...leaving },
      },
      threshold: 1,
      isAlarmingBelow: true,
      period: DELIVERY_PERIOD,
      periods: 2,
    },
    ...noTraffic,
    'dead-lettered': {
      severity: 'ticket',
      meaning: 'Something was newly put into the dead-letter queue.',
      watches: eitherFunction((name) => ownMetric(name, 'DeadLetters')),
      ...once,
    },
    'dead-letters-waiting': {
      severity: 'ticket',
      meaning: 'The dead-letter queue is not empty.',
      watches: queueMetric(deadLetters, 'ApproximateNumberOfMessagesVisible', 'Maximum'),
      ...once,
    },
    'dead-letters-expiring': {
      severity: 'ticket',
      meaning:
        'The dead-letter queue has not been empty for four days. Dead letters expire 14 days after they were first queued.',
      // The age metric would leave out those that were looked at three times.
      watches: {
        expression: 'visible + taken',
        metrics: {
          visible: queueMetric(deadLetters, 'ApproximateNumberOfMessagesVisible', 'Maximum'),
          taken: queueMetric(deadLetters, 'ApproximateNumberOfMessagesNotVisible', 'Maximum'),
        },
      },
      threshold: 1,
      period: HOUR,
      periods: (4 * DAY) / HOUR,
    },
    'old-message': {
      severity: 'ticket',
      meaning: 'A message that the processor has seen is old.',
      watches: ownMetric(processor, 'OldestMessageAge', 'Maximum'),
      threshold: thresholds.oldestMessageMinutes * MINUTE * 1_000,
      period: DELIVERY_PERIOD,
      periods: 1,
    },
    'unreceived-message': {
      severity: 'ticket',
      meaning: 'A message is old that nobody takes from the event queue.',
      watches: queueMetric(events, 'ApproximateAgeOfOldestMessage', 'Maximum'),
      threshold: thresholds.oldestMessageMinutes * MINUTE,
      period: 5 * MINUTE,
      periods: 1,
    },
    backlog: {
      severity: 'ticket',
      meaning: 'Many messages are in the event queue.',
      watches: {
        // What was handed back counts as not visible.
        expression: 'visible + away',
        metrics: {
          visible: queueMetric(events, 'ApproximateNumberOfMessagesVisible', 'Maximum'),
          away: queueMetric(events, 'ApproximateNumberOfMessagesNotVisible', 'Maximum'),
        },
      },
      threshold: thresholds.backlogMessages,
      period: 5 * MINUTE,
      periods: 3,
    },
    'processor-errors': {
      severity: 'ticket',
      meaning: 'The processor fails: it crashes, runs out of time or memory, or meets what it does not expect.',
      watches: {
        expression: 'FILL(failed, 0) + FILL(caught, 0)',
        metrics: { failed: lambdaMetric(processor, 'Errors'), caught: ownMetric(processor, 'ProcessorErrors') },
      },
      ...once,
    },
    throttles: {
      severity: 'ticket',
      meaning: 'Lambda throttles a function. Throttling of the processor uses up receives.',
      watches: eitherFunction((name) => lambdaMetric(name, 'Throttles')),
      threshold: 1,
      period: 5 * MINUTE,
      periods: 3,
    },
    'skipped-share': {
      severity: 'ticket',
      meaning: 'A large share of the events is skipped.',
      watches: {
        expression: '100 * FILL(skipped, 0) / (FILL(skipped, 0) + FILL(delivered, 0) + FILL(rejected, 0))',
        metrics: leaving,
      },
      threshold: thresholds.skippedPercent,
      period: HOUR,
      periods: 1,
    },
    'refused-requests': {
      severity: 'ticket',
      meaning: 'Many requests are answered with 4xx, by ingest or by API Gateway itself.',
      // The function never sees what API Gateway turns away: too many requests, or another path.
      watches: apiMetric(apiId, '4xx'),
      threshold: thresholds.refusedRequests,
      period: HOUR,
      periods: 1,
    },
    'previous-token': {
      severity: 'ticket',
      meaning: 'Braze still sends the previous token, which the next rotation drops.',
      watches: ownMetric(ingest, 'RequestsAuthenticated', 'Sum', { token: 'previous' }),
      threshold: 1,
      period: DAY,
      periods: thresholds.previousTokenDays,
    },
    ...archiveFailed,
    'unknown-version': {
      severity: 'ticket',
      meaning: 'The queue holds messages of a newer release than the processor knows.',
      watches: ownMetric(processor, 'UnknownVersions'),
      ...once,
    },
  };
}

/** Alarms of two severities, with an SNS topic each. */
export class Alarms extends pulumi.ComponentResource {
  readonly pageTopicArn: pulumi.Output<string>;
  readonly ticketTopicArn: pulumi.Output<string>;

  constructor(name: string, args: AlarmsArgs, opts: pulumi.ComponentResourceOptions) {
    super('currents-bridge:index:Alarms', name, {}, opts);
    const { thresholds, tags } = args;
    this.pageTopicArn = this.#topic(`${name}-page`, args.pageTopicArn, args);
    this.ticketTopicArn = this.#topic(`${name}-ticket`, args.ticketTopicArn, args);
    const topicArns = { page: this.pageTopicArn, ticket: this.ticketTopicArn };
    for (const [key, alarm] of Object.entries(alarmsOf(args))) {
      const actions = [topicArns[alarm.severity]];
      new aws.cloudwatch.MetricAlarm(
        `${name}-${key}`,
        {
          alarmDescription: `${alarm.meaning} Runbook: ${thresholds.runbookUrl}#${key}`,
          comparisonOperator: alarm.isAlarmingBelow === true ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
          threshold: alarm.threshold,
          evaluationPeriods: alarm.periods,
          datapointsToAlarm: alarm.datapoints,
          treatMissingData: alarm.missingData ?? 'notBreaching',
          alarmActions: actions,
          okActions: actions,
          ...watched(alarm),
          tags,
        },
        { parent: this },
      );
    }
    this.registerOutputs({});
  }

  #topic(name: string, existing: pulumi.Input<string> | undefined, { email, tags }: AlarmsArgs): pulumi.Output<string> {
    const arn = existing === undefined ? this.#newTopic(name, tags) : pulumi.output(existing);
    if (email !== undefined) {
      new aws.sns.TopicSubscription(name, { topic: arn, protocol: 'email', endpoint: email }, { parent: this });
    }
    return arn;
  }

  /** Without a key of its own: CloudWatch cannot publish to a topic that is encrypted with SNS's. */
  #newTopic(name: string, tags: Tags): pulumi.Output<string> {
    const topic = new aws.sns.Topic(name, { tags }, { parent: this });
    const { accountId } = aws.getCallerIdentityOutput({}, { parent: this });
    new aws.sns.TopicPolicy(
      name,
      {
        arn: topic.arn,
        policy: pulumi.jsonStringify({
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'LetAlarmsOfThisAccountPublish',
              Effect: 'Allow',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Action: 'sns:Publish',
              Resource: topic.arn,
              Condition: {
                StringEquals: { 'aws:SourceAccount': accountId },
                ArnLike: { 'aws:SourceArn': pulumi.interpolate`arn:*:cloudwatch:*:${accountId}:alarm:*` },
              },
            },
            {
              Sid: 'DenyInsecureTransport',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Publish',
              Resource: topic.arn,
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        }),
      },
      { parent: this },
    );
    return topic.arn;
  }
}

function watched({ watches, period }: Alarm) {
  if ('name' in watches) {
    const { namespace, name: metricName, dimensions, statistic } = watches;
    return { namespace, metricName, dimensions, statistic, period };
  }
  const metrics = Object.entries(watches.metrics).map(
    ([id, { namespace, name: metricName, dimensions, statistic }]) => ({
      id,
      metric: { namespace, metricName, dimensions, stat: statistic, period },
    }),
  );
  return { metricQueries: [{ id: 'result', expression: watches.expression, returnData: true }, ...metrics] };
}
