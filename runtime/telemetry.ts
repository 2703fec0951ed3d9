import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

const serviceName = process.env.AWS_LAMBDA_FUNCTION_NAME;

/**
 * Logs and metrics of a function, by way of CloudWatch's embedded metric format. The service is the function's name,
 * which is its own in account and region; the namespace comes from `POWERTOOLS_METRICS_NAMESPACE`, the level from
 * `POWERTOOLS_LOG_LEVEL`.
 *
 * Neither takes anything of an event, a key or an error's message: those may hold personal data. The one exception is the
 * id that a smoke test has made up.
 */
export class Telemetry {
  readonly logger = new Logger({ serviceName });
  readonly #metrics = new Metrics({ serviceName });
  #counts = new Map<string, { name: string; dimensions: Record<string, string>; count: number }>();

  /** Adds to a counter of this invocation and, with a dimension, to its part there as well. */
  count(name: string, count: number, dimensions?: Record<string, string>): void {
    if (count === 0) return;
    this.#add(name, count, {});
    if (dimensions !== undefined) this.#add(name, count, dimensions);
  }

  /** Records a duration in milliseconds; one that is not known is left out. */
  duration(name: string, milliseconds: number): void {
    if (!Number.isFinite(milliseconds)) return;
    this.#metrics.addMetric(name, MetricUnit.Milliseconds, Math.max(milliseconds, 0));
  }

  /** Records a value as it is, 0 included. */
  gauge(name: string, value: number): void {
    this.#metrics.addMetric(name, MetricUnit.Count, value);
  }

  /** Reports a secret that could not be read: the metric `SecretFailures`, and why. */
  readonly secretFailed = (error: Error): void => {
    this.count('SecretFailures', 1);
    // Its message is one of ours.
    this.logger.error(error.message, Telemetry.describe(error));
  };

  /** Writes what this invocation has counted. */
  publish(): void {
    for (const { name, dimensions, count } of this.#counts.values()) {
      if (Object.keys(dimensions).length === 0) this.#metrics.addMetric(name, MetricUnit.Count, count);
      else this.#metrics.singleMetric().addDimensions(dimensions).addMetric(name, MetricUnit.Count, count);
    }
    this.#counts = new Map();
    if (this.#metrics.hasStoredMetrics()) this.#metrics.publishStoredMetrics();
  }

  /** An exception's name, code and place: never its message, which may quote an event. */
  static describe(error: unknown): Record<string, unknown> {
    if (!(error instanceof Error)) return { error: typeof error };
    const { name, message, stack = '', cause } = error;
    return {
      error: name,
      code: (error as { code?: unknown }).code,
      // The stack begins with the message, and a line of that may look like a place.
      at: stack
        .replace(message, () => '')
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 8),
      ...(cause instanceof Error ? { cause: Telemetry.describe(cause) } : {}),
    };
  }

  #add(name: string, count: number, dimensions: Record<string, string>): void {
    const key = JSON.stringify([name, dimensions]);
    const counter = this.#counts.get(key) ?? { name, dimensions, count: 0 };
    counter.count += count;
    this.#counts.set(key, counter);
  }
}
