interface EmbeddedMetrics {
  _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [key: string]: unknown;
}

/** What functions write: log lines, and metrics in CloudWatch's embedded format, which are summed up. */
export class Output {
  readonly logLines: string[] = [];
  readonly #sums = new Map<string, number>();

  add(line: string): void {
    const metrics = metricsIn(line);
    if (metrics === undefined) {
      this.logLines.push(line);
      return;
    }
    for (const { Dimensions, Metrics } of metrics._aws.CloudWatchMetrics) {
      const parts = (Dimensions[0] ?? []).filter((dimension) => dimension !== 'service');
      for (const { Name } of Metrics) {
        const values = [metrics[Name]].flat() as number[];
        const key = [Name, ...parts.map((dimension) => String(metrics[dimension]))].join(' ');
        this.#sums.set(key, this.sum(key) + values.reduce((sum, value) => sum + value, 0));
      }
    }
  }

  /** A metric's sum so far: of the whole by its name, of a part by its name and the dimension's value. */
  sum(key: string): number {
    return this.#sums.get(key) ?? 0;
  }

  /** A metric's sums by the value of its dimension. */
  sumsBy(name: string): Map<string, number> {
    const prefix = `${name} `;
    return new Map(
      [...this.#sums].filter(([key]) => key.startsWith(prefix)).map(([key, sum]) => [key.slice(prefix.length), sum]),
    );
  }
}

function metricsIn(line: string): EmbeddedMetrics | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Partial<EmbeddedMetrics>;
    return value._aws === undefined ? undefined : (value as EmbeddedMetrics);
  } catch {
    // Printed by a user's own transform, or cut off when the process was killed.
    return undefined;
  }
}
