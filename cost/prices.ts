/** Of these the prices are known; a Braze cluster's neighbour is among them for most clusters. */
export const PRICED_REGIONS = ['us-east-1', 'eu-central-1', 'ap-northeast-1'] as const;
export type PricedRegion = (typeof PRICED_REGIONS)[number];

/** When they were looked up. */
export const PRICES_OF = 'November 2026';

/** What AWS asks for something, in US dollars, without taxes: first tier, no free tier, no savings plan. */
export interface Price {
  /** What is bought. */
  item: string;
  /** So many of the unit cost `dollars`. */
  per: number;
  unit: string;
  dollars: Record<PricedRegion, number>;
  source: string;
  /** Where no source was found that names this region; then it is what is commonly known. */
  unverified: readonly PricedRegion[];
}

const MILLION = 1e6;
const LIST = 'AWS Price List';
const VERIFIED: readonly PricedRegion[] = [];

function price(
  item: string,
  [per, unit]: [number, string],
  [virginia, frankfurt, tokyo]: [number, number, number],
  source: string,
  unverified: readonly PricedRegion[],
): Price {
  return {
    item,
    per,
    unit,
    dollars: { 'us-east-1': virginia, 'eu-central-1': frankfurt, 'ap-northeast-1': tokyo },
    source,
    unverified,
  };
}

export const PRICES = {
  apiRequest: price(
    'API Gateway, HTTP API',
    [MILLION, 'requests of up to 512 KB'],
    [1, 1.2, 1.29],
    `AWS's whitepaper on API Gateway (us-east-1), ${LIST} (ap-northeast-1)`,
    ['eu-central-1'],
  ),
  lambdaRequest: price('Lambda, requests', [MILLION, 'requests'], [0.2, 0.2, 0.2], LIST, VERIFIED),
  lambdaGbSecond: price(
    'Lambda, duration on arm64',
    [1, 'GB-seconds'],
    [0.0000133334, 0.0000133334, 0.0000133334],
    LIST,
    VERIFIED,
  ),
  sqsRequest: price(
    'SQS, standard queue',
    [MILLION, 'requests of up to 64 KB'],
    [0.4, 0.4, 0.4],
    `SQS price page, ${LIST} (ap-northeast-1)`,
    ['eu-central-1'],
  ),
  logGb: price('CloudWatch Logs, ingestion', [1, 'GB'], [0.5, 0.63, 0.76], LIST, VERIFIED),
  logStorageGb: price('CloudWatch Logs, storage', [1, 'GB-months'], [0.03, 0.0324, 0.033], LIST, VERIFIED),
  metric: price('CloudWatch, custom metric', [1, 'months'], [0.3, 0.3, 0.3], LIST, ['eu-central-1']),
  alarm: price('CloudWatch, metric of an alarm', [1, 'months'], [0.1, 0.1, 0.1], LIST, VERIFIED),
  dashboard: price('CloudWatch, dashboard', [1, 'months'], [3, 3, 3], LIST, ['ap-northeast-1']),
  secret: price('Secrets Manager, secret', [1, 'months'], [0.4, 0.4, 0.4], LIST, ['eu-central-1']),
  secretRead: price('Secrets Manager, API calls', [10_000, 'calls'], [0.05, 0.05, 0.05], 'price page', [
    'eu-central-1',
    'ap-northeast-1',
  ]),
  kmsKey: price('KMS, key', [1, 'months'], [1, 1, 1], LIST, ['eu-central-1']),
  kmsRequest: price('KMS, requests', [10_000, 'requests'], [0.03, 0.03, 0.03], LIST, ['eu-central-1']),
  transferGb: price('Data transfer to the Internet', [1, 'GB'], [0.09, 0.09, 0.114], LIST, VERIFIED),
  shardHour: price('Kinesis, shard', [1, 'hours'], [0.015, 0.018, 0.0195], LIST, VERIFIED),
  shardRetentionHour: price(
    'Kinesis, retention of 7 days, shard',
    [1, 'hours'],
    [0.02, 0.024, 0.026],
    'price page (us-east-1)',
    ['eu-central-1', 'ap-northeast-1'],
  ),
  kinesisPut: price('Kinesis, PUT', [MILLION, 'units of 25 KB'], [0.014, 0.0175, 0.0215], LIST, VERIFIED),
  firehoseGb: price('Firehose, direct PUT', [1, 'GB, records in steps of 5 KB'], [0.029, 0.031, 0.036], 'price page', [
    'eu-central-1',
    'ap-northeast-1',
  ]),
  s3Put: price('S3, PUT', [1_000, 'requests'], [0.005, 0.0054, 0.0047], LIST, VERIFIED),
  s3Get: price('S3, GET', [1_000, 'requests'], [0.0004, 0.00043, 0.00037], LIST, VERIFIED),
  s3StorageGb: price('S3, storage', [1, 'GB-months'], [0.023, 0.0245, 0.025], LIST, VERIFIED),
  s3InfrequentGb: price('S3, storage in Standard-IA', [1, 'GB-months'], [0.0125, 0.0135, 0.0138], LIST, [
    'eu-central-1',
    'ap-northeast-1',
  ]),
  s3Transition: price('S3, transition to Standard-IA', [1_000, 'objects'], [0.01, 0.01, 0.01], LIST, [
    'eu-central-1',
    'ap-northeast-1',
  ]),
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;

/** Dollars for one of what a price is for. */
export function dollarsFor(name: PriceName, region: PricedRegion): number {
  const { dollars, per }: Price = PRICES[name];
  return dollars[region] / per;
}
