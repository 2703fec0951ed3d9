import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { BUNDLE_OPTIONS, bundleIngest, bundleProcessor, type Bundle } from '../runtime/bundle';
import { figuresOf, type Figures } from './measure';

const ROUNDS = 9;

export interface ColdStartFigures {
  name: string;
  bytes: number;
  /** Milliseconds of `import()` in a fresh process. */
  importTime: Figures;
}

/** What a cold start loads, beside a handler that has nothing but the SQS client. */
export async function benchColdStart(): Promise<ColdStartFigures[]> {
  const bundles: Record<string, Bundle> = {
    'an empty handler with the SQS client': await bundleEmpty(),
    ingest: await bundleIngest(),
    processor: await bundleProcessor(),
  };
  const folder = mkdtempSync(join(tmpdir(), 'currents-bridge-bench-'));
  try {
    const subjects = Object.entries(bundles).map(([name, bundle], index) => {
      for (const [file, text] of Object.entries(bundle)) writeFileSync(join(folder, `${index}-${file}`), text);
      // A file of its own, since `node -e` hides what an ES module may not do.
      const runner = join(folder, `${index}-run.mjs`);
      const handler = pathToFileURL(join(folder, `${index}-index.mjs`)).href;
      for (const file of ['transform.mjs', 'event-names.json']) {
        if (file in bundle) writeFileSync(join(folder, file), bundle[file] ?? '');
      }
      writeFileSync(
        runner,
        `const start = performance.now(); await import(${JSON.stringify(handler)}); console.log(performance.now() - start);`,
      );
      return { name, runner, bytes: Buffer.byteLength(bundle['index.mjs'] ?? ''), times: [] as number[] };
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { runner, times } of subjects)
        times.push(Number(execFileSync(process.execPath, [runner], { env: ENV })));
    }
    return subjects.map(({ name, bytes, times }) => ({ name, bytes, importTime: figuresOf(times) }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ENV = {
  AWS_REGION: 'us-east-1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  EVENT_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/events',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters',
  ENDPOINT_TOKENS_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:tokens-abcdef',
  RUDDERSTACK_WRITE_KEY_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:key-abcdef',
  RUDDERSTACK_DATA_PLANE_URL: 'https://example.com',
};

async function bundleEmpty(): Promise<Bundle> {
  const { outputFiles } = await build({
    ...BUNDLE_OPTIONS,
    stdin: {
      contents: `import { SQSClient, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
        const client = new SQSClient({});
        export const handler = () => client.send(new SendMessageBatchCommand({ QueueUrl: '', Entries: [] }));`,
      resolveDir: join(__dirname, '..'),
    },
    sourcemap: false,
  });
  return { 'index.mjs': outputFiles[0]?.text ?? '' };
}
