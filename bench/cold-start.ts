import { build } from 'esbuild';
import { join } from 'node:path';
import { BUNDLE_OPTIONS, bundleIngest, bundleProcessor, HANDLER_OPTIONS, type Bundle } from '../runtime/bundle';
import { CountingAws } from './aws';
import { CountingDataPlane } from './data-plane';
import { FunctionProcess } from './function-process';
import { inTurn, spreadOf, type Spread } from './measure';
import { eventLists, invocationOf, messagesOf, requestOf } from './traffic';

const ROUNDS = 9;

/** What both functions cannot be without: the measure of all else. */
const SQS = `import { SQSClient, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
  const sqs = new SQSClient({});
  export const handler = () => sqs.send(new SendMessageBatchCommand({ QueueUrl: '', Entries: [] }));`;

/** Packages that the functions use beside it, as they use them. */
const DEPENDENCIES: Readonly<Record<string, string>> = {
  '@aws-sdk/client-secrets-manager': `import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
    const secrets = new SecretsManagerClient({});
    export const read = () => secrets.send(new GetSecretValueCommand({ SecretId: '' }));`,
  '@aws-lambda-powertools/logger': `import { Logger } from '@aws-lambda-powertools/logger';
    export const logger = new Logger();`,
  '@aws-lambda-powertools/metrics': `import { Metrics } from '@aws-lambda-powertools/metrics';
    export const metrics = new Metrics();`,
  axios: `import axios from 'axios';
    export const http = axios.create({});`,
};

export interface ColdStartFigures {
  bundles: BundleFigures[];
  dependencies: DependencyFigures[];
}

export interface BundleFigures {
  name: string;
  bytes: number;
  /** Milliseconds of loading it in a fresh process, without the start of Node.js. */
  importTime: Spread;
  /** Milliseconds of the first invocation after that, with one event; undefined for what has no use. */
  firstInvocation?: Spread;
}

/** What a package adds to a bundle that has the SQS client already. */
export interface DependencyFigures {
  name: string;
  bytes: number;
  /** Milliseconds, of the least disturbed rounds: the difference is smaller than what a busy machine adds. */
  importTime: number;
}

/** What a cold start loads and does, beside a handler that has nothing but the SQS client, and one that has nothing. */
export async function benchColdStart(): Promise<ColdStartFigures> {
  const aws = await CountingAws.start();
  const dataPlane = await CountingDataPlane.start();
  const environment = { ...aws.environment, RUDDERSTACK_DATA_PLANE_URL: dataPlane.url };
  const [events = []] = eventLists(1, 1);
  const payloads: Record<string, unknown> = {
    ingest: requestOf(events),
    processor: invocationOf(messagesOf(events)),
  };
  const bundles: Record<string, Bundle> = {
    'an empty handler': await bundleOf('export const handler = () => undefined;'),
    'the SQS client alone': await bundleOf(SQS),
    ingest: await bundleIngest(),
    processor: await bundleProcessor(),
  };
  for (const [name, code] of Object.entries(DEPENDENCIES)) bundles[name] = await bundleOf(`${SQS}\n${code}`);
  try {
    const start = (name: string, bundle: Bundle) =>
      FunctionProcess.during({ bundle, environment }, async (fresh) => {
        const first = payloads[name] === undefined ? undefined : await fresh.invoke([payloads[name]]);
        return { importTime: fresh.importTime, firstInvocation: first?.durations[0] };
      });
    const subjects = Object.entries(bundles).map(([name, bundle]) => [name, () => start(name, bundle)] as const);
    const rounds = await inTurn(Object.fromEntries(subjects), ROUNDS);
    const figures = Object.entries(bundles).map(([name, bundle]): BundleFigures => {
      const starts = rounds[name] ?? [];
      const first = starts.flatMap(({ firstInvocation }) => firstInvocation ?? []);
      return {
        name,
        bytes: Buffer.byteLength(bundle['index.mjs'] ?? ''),
        importTime: spreadOf(starts.map(({ importTime }) => importTime)),
        ...(first.length > 0 ? { firstInvocation: spreadOf(first) } : {}),
      };
    });
    const alone = figures.find(({ name }) => name === 'the SQS client alone');
    return {
      bundles: figures.filter(({ name }) => !(name in DEPENDENCIES)),
      dependencies: figures
        .filter(({ name }) => name in DEPENDENCIES)
        .map(({ name, bytes, importTime }) => ({
          name,
          bytes: bytes - (alone?.bytes ?? 0),
          importTime: importTime.min - (alone?.importTime.min ?? 0),
        })),
    };
  } finally {
    await Promise.all([aws.stop(), dataPlane.stop()]);
  }
}

async function bundleOf(contents: string): Promise<Bundle> {
  const { outputFiles } = await build({
    ...BUNDLE_OPTIONS,
    ...HANDLER_OPTIONS,
    stdin: { contents, resolveDir: join(__dirname, '..') },
    sourcemap: false,
  });
  return { 'index.mjs': outputFiles[0]?.text ?? '' };
}
