process.env.POWERTOOLS_METRICS_NAMESPACE = 'CurrentsBridge';
process.env.AWS_LAMBDA_FUNCTION_NAME = 'test';

/** Everything that is written to standard output and standard error from here on. */
export class Output {
  #text = '';
  readonly #restore: () => void;

  constructor() {
    const write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      this.#text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      const done = rest.find((argument) => typeof argument === 'function');
      if (done !== undefined) (done as () => void)();
      return true;
    };
    const streams = [process.stdout, process.stderr];
    for (const stream of streams) Object.assign(stream, { write });
    // Jest's own console writes to neither.
    const { log, info, debug, warn, error } = console;
    const tell = (...words: unknown[]) => (this.#text += `${words.map(String).join(' ')}\n`);
    Object.assign(console, { log: tell, info: tell, debug: tell, warn: tell, error: tell });
    this.#restore = () => {
      for (const stream of streams) Reflect.deleteProperty(stream, 'write');
      Object.assign(console, { log, info, debug, warn, error });
    };
  }

  /** Everything since the last call. */
  take(): Written {
    const written = new Written(this.#text);
    this.#text = '';
    return written;
  }

  stop(): void {
    this.#restore();
  }
}

/** A value as CloudWatch takes it up. */
export interface Emitted {
  namespace: string;
  name: string;
  value: number;
  unit: string;
  dimensions: Record<string, unknown>;
  /** In milliseconds. */
  timestamp: number;
}

export class Written {
  constructor(readonly text: string) {}

  /** Lines that are no metrics. */
  get logs(): { level: string; message: string }[] {
    return this.#lines
      .filter((line) => line._aws === undefined)
      .map((line) => line as unknown as { level: string; message: string });
  }

  /** Counters and durations by name, such as `EventsSkipped` and `EventsSkipped reason=no_identity`. */
  get metrics(): Record<string, number> {
    const metrics: Record<string, number> = {};
    for (const { name, value, dimensions } of this.emitted) {
      const { service: _service, ...own } = dimensions;
      const key = [name, ...Object.entries(own).map(([dimension, word]) => `${dimension}=${String(word)}`)].join(' ');
      metrics[key] = (metrics[key] ?? 0) + value;
    }
    return metrics;
  }

  /** All metrics, with everything that CloudWatch tells them apart by. */
  get emitted(): Emitted[] {
    return this.#lines.flatMap(emittedOf);
  }

  get #lines(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { message: line }));
  }
}

/** What CloudWatch's embedded metric format adds to a line. */
interface EmbeddedMetrics {
  Timestamp: number;
  CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
}

/** The metrics of a line in CloudWatch's embedded metric format: each value, for each set of dimensions. */
function emittedOf(line: Record<string, unknown>): Emitted[] {
  const { Timestamp: timestamp = 0, CloudWatchMetrics = [] } = (line._aws ?? {}) as Partial<EmbeddedMetrics>;
  return CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name: name, Unit: unit }) =>
      Dimensions.flatMap((set) => {
        const dimensions = Object.fromEntries(set.map((dimension) => [dimension, line[dimension]]));
        return [line[name]]
          .flat()
          .map((value) => ({ namespace, name, value: Number(value), unit, dimensions, timestamp }));
      }),
    ),
  );
}
