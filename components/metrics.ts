/** CloudWatch's namespace of the functions' own metrics. */
export const METRICS_NAMESPACE = 'CurrentsBridge';
