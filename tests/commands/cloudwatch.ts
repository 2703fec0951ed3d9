import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { LocalServer } from '../../runtime/local/server';

/** A metric that CloudWatch is asked for. */
export interface Asked {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

interface GetMetricData {
  /** Unix seconds. */
  StartTime: number;
  EndTime: number;
  MetricDataQueries: {
    Id: string;
    MetricStat: {
      Metric: { Namespace: string; MetricName: string; Dimensions: { Name: string; Value: string }[] };
      Period: number;
      Stat: string;
    };
  }[];
}

/** A stand-in for CloudWatch's GetMetricData: of sums, a minute each, in a time that has the present in it. */
export class CloudWatchStandIn {
  /** The sum of a metric so far; undefined where there is none. */
  sumOf: (metric: Asked) => number | undefined = () => undefined;
  /** Whether it answers yet. */
  isReady: () => boolean = () => true;
  /** What it refuses everything with. */
  refusal: { status: number; type: string } | undefined;
  readonly asked: Asked[] = [];

  private constructor(private readonly server: LocalServer) {}

  static async start(): Promise<CloudWatchStandIn> {
    const server = await LocalServer.listen((request, response) => {
      void json(request).then(async (body) => {
        while (!standIn.isReady()) await wait(20);
        const isOurs = request.headers['x-amz-target'] === 'GraniteServiceVersion20100801.GetMetricData';
        const refusal = isOurs ? standIn.refusal : { status: 400, type: 'UnknownOperationException' };
        response
          .writeHead(refusal?.status ?? 200, { 'content-type': 'application/x-amz-json-1.0' })
          .end(
            JSON.stringify(refusal === undefined ? standIn.#answer(body as GetMetricData) : { __type: refusal.type }),
          );
      });
    });
    const standIn = new CloudWatchStandIn(server);
    return standIn;
  }

  get url(): string {
    return this.server.url;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  #answer({ StartTime, EndTime, MetricDataQueries }: GetMetricData): object {
    const now = Date.now() / 1_000;
    const hasNow = StartTime % 60 === 0 && StartTime <= now && now < EndTime;
    return {
      MetricDataResults: MetricDataQueries.map(({ Id, MetricStat: { Metric, Period, Stat } }) => {
        const dimensions = Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]));
        const metric = { namespace: Metric.Namespace, name: Metric.MetricName, dimensions };
        this.asked.push(metric);
        const sum = hasNow && Period === 60 && Stat === 'Sum' ? this.sumOf(metric) : undefined;
        // Of two minutes, as a test may last over the turn of one.
        const Values = sum === undefined ? [] : [sum, 0];
        return {
          Id,
          Label: Id,
          StatusCode: 'Complete',
          Timestamps: Values.map((_, minute) => now - 60 * minute),
          Values,
        };
      }),
    };
  }
}
