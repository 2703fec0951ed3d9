import type * as pulumi from '@pulumi/pulumi';

/** CloudWatch's namespace of the functions' own metrics. */
export const METRICS_NAMESPACE = 'CurrentsBridge';

/** Whose metrics are watched and shown. */
export interface MonitoringTargets {
  ingestFunctionName: pulumi.Input<string>;
  processorFunctionName: pulumi.Input<string>;
  eventQueueName: pulumi.Input<string>;
  deadLetterQueueName: pulumi.Input<string>;
  /** undefined where nothing is archived. */
  archiveBucketName: pulumi.Input<string> | undefined;
  apiId: pulumi.Input<string>;
}

/** A metric of CloudWatch, and how the values of a period become one. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, pulumi.Input<string>>;
  statistic: 'Sum' | 'Maximum';
}

/** One that a function writes itself, see `runtime/telemetry.ts`. */
export function ownMetric(
  functionName: pulumi.Input<string>,
  name: string,
  statistic: Metric['statistic'] = 'Sum',
  dimensions: Record<string, string> = {},
): Metric {
  return { namespace: METRICS_NAMESPACE, name, dimensions: { service: functionName, ...dimensions }, statistic };
}

export function lambdaMetric(functionName: pulumi.Input<string>, name: string): Metric {
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: functionName }, statistic: 'Sum' };
}

export function queueMetric(queueName: pulumi.Input<string>, name: string, statistic: Metric['statistic']): Metric {
  return { namespace: 'AWS/SQS', name, dimensions: { QueueName: queueName }, statistic };
}

export function apiMetric(apiId: pulumi.Input<string>, name: string): Metric {
  return { namespace: 'AWS/ApiGateway', name, dimensions: { ApiId: apiId }, statistic: 'Sum' };
}

/** What a bucket held at the end of each day, in bytes. */
export function bucketSizeMetric(bucketName: pulumi.Input<string>, storageType: string): Metric {
  const dimensions = { BucketName: bucketName, StorageType: storageType };
  return { namespace: 'AWS/S3', name: 'BucketSizeBytes', dimensions, statistic: 'Maximum' };
}
