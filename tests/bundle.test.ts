import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { bundleIngest, bundleProcessor, bundleTransform, type Bundle } from '../runtime/bundle';
import { Archive } from './support/archive';
import { currentsEvent } from './support/events';
import { base64, currentsRequest, TOKENS } from './support/ingesting';
import { Queues } from './support/queues';
import { SecretsManagerStandIn } from './support/secrets-manager';

const ROOT = resolve(__dirname, '..');

let folder: string;
let ingest: Bundle;
let processor: Bundle;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'currents-bridge-bundle-')));
  [ingest, processor] = await Promise.all([bundleIngest(), bundleProcessor()]);
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes files below the test's own folder. */
async function write(under: string, files: Record<string, string>): Promise<string> {
  const target = join(folder, under);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(target, name)), { recursive: true });
    await writeFile(join(target, name), content);
  }
  return target;
}

function hashesOf(bundle: Bundle): Record<string, string> {
  const hashOf = (content: string) => createHash('sha256').update(content).digest('hex');
  return Object.fromEntries(Object.entries(bundle).map(([name, content]) => [name, hashOf(content)]));
}

/** Runs a module in a plain Node.js, from a file: `node -e` has a `require` that modules do not have. */
async function run(file: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [file], { env: { PATH: process.env.PATH, ...env } });
  const exitCode = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { exitCode: await exitCode, stdout, stderr };
}

/** Loads a bundle as Lambda does, and says what its handler is or why it could not be loaded. */
async function load(name: string, bundle: Bundle, env: Record<string, string>) {
  const target = await write(name, {
    ...bundle,
    'load.mjs': `import('./index.mjs').then(
      ({ handler }) => console.log(typeof handler),
      (error) => { console.error(error.message); process.exit(1); });`,
  });
  return run(join(target, 'load.mjs'), { ...AWS, ...env });
}

const AWS = {
  AWS_REGION: 'eu-central-1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  POWERTOOLS_METRICS_NAMESPACE: 'CurrentsBridge',
  AWS_LAMBDA_FUNCTION_NAME: 'test',
};
const QUEUES = { EVENT_QUEUE_URL: 'https://sqs/events', DEAD_LETTER_QUEUE_URL: 'https://sqs/dead-letters' };
const INGEST = { ...QUEUES, ENDPOINT_TOKENS_SECRET_ARN: 'arn:tokens' };
const PROCESSOR = {
  ...QUEUES,
  RUDDERSTACK_DATA_PLANE_URL: 'https://example.dataplane.rudderstack.com',
  RUDDERSTACK_WRITE_KEY_SECRET_ARN: 'arn:write-key',
};

describe('a build', () => {
  test('of a copy in another folder, without the packages for development, has the same bytes', async () => {
    const copy = join(folder, 'deeper', 'down', 'copy');
    const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    const production = Object.keys(packages).filter(
      (path) => packages[path]?.dev !== true && /^node_modules\/(?!@?esbuild|tsx)/.test(path),
    );
    for (const path of ['runtime', 'package.json', 'tsconfig.json', ...production]) {
      const isNeeded = (source: string) => !/dist-types|\.d\.[cm]?ts$/.test(source);
      // An optional package of another platform is not there.
      await cp(join(ROOT, path), join(copy, path), { recursive: true, filter: isNeeded }).catch(() => undefined);
    }
    await symlink(join(ROOT, 'node_modules/esbuild'), join(copy, 'node_modules/esbuild'));
    const other = (await import(join(copy, 'runtime/bundle.ts'))) as typeof import('../runtime/bundle');

    expect(hashesOf(await other.bundleIngest())).toEqual(hashesOf(ingest));
    expect(hashesOf(await other.bundleProcessor())).toEqual(hashesOf(processor));
  });

  test('holds no absolute path and no source', () => {
    for (const [name, content] of [...Object.entries(ingest), ...Object.entries(processor)]) {
      expect(content).not.toContain(ROOT);
      expect(content).not.toContain(folder);
      if (!name.endsWith('.map')) continue;
      const { sources, sourcesContent } = JSON.parse(content) as { sources: string[]; sourcesContent?: unknown };
      expect(sourcesContent).toBeUndefined();
      expect(sources.filter((source) => !/^\.\.\/\.\.\/(?:runtime|node_modules|package\.json)/.test(source))).toEqual(
        [],
      );
    }
  });

  test('of ingest is small and has no HTTP client of its own', () => {
    const { sources } = JSON.parse(ingest['index.mjs.map'] ?? '') as { sources: string[] };

    expect(Object.keys(ingest).sort()).toEqual(['archive.mjs', 'archive.mjs.map', 'index.mjs', 'index.mjs.map']);
    expect(Buffer.byteLength(ingest['index.mjs'] ?? '')).toBeLessThanOrEqual(380_000);
    expect(sources).toContain('../../runtime/ingest/ingest.ts');
    expect(sources.filter((source) => /axios|client-s3/.test(source))).toEqual([]);
  });

  test('of ingest has the S3 client in a file beside it, without the functions’ other packages', () => {
    const { sources } = JSON.parse(ingest['archive.mjs.map'] ?? '') as { sources: string[] };

    expect(Buffer.byteLength(ingest['archive.mjs'] ?? '')).toBeLessThanOrEqual(440_000);
    expect(sources).toContain('../../runtime/archive/writer.ts');
    expect(sources.filter((source) => /client-sqs|client-secrets-manager|powertools/.test(source))).toEqual([]);
  });

  test('of the processor carries new names of events in a file of their own', async () => {
    const names = { 'users.messages.email.Open': 'Email Opened' };

    const bundle = await bundleProcessor({ eventNames: names });

    expect(JSON.parse(bundle['event-names.json'] ?? '')).toEqual(names);
    expect({ ...bundle, 'event-names.json': '{}\n' }).toEqual(processor);
  });
});

describe('a bundle in a plain Node.js', () => {
  test.each<[string, () => Bundle, Record<string, string>]>([
    ['ingest', () => ingest, INGEST],
    ['processor', () => processor, PROCESSOR],
  ])('of %s loads and has a handler', async (name, bundle, env) => {
    expect(await load(name, bundle(), env)).toEqual({ exitCode: 0, stdout: 'function\n', stderr: '' });
  });

  test('of ingest does not load the S3 client where there is no archive, and does where there is one', async () => {
    const { 'archive.mjs': _archive, ...withoutClient } = ingest;

    expect(await load('without-client', withoutClient, INGEST)).toMatchObject({ exitCode: 0, stdout: 'function\n' });
    expect(await load('without-client', withoutClient, { ...INGEST, ARCHIVE_BUCKET: 'archive' })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('archive.mjs') as string,
    });
    expect(await load('with-client', ingest, { ...INGEST, ARCHIVE_BUCKET: 'archive' })).toEqual({
      exitCode: 0,
      stdout: 'function\n',
      stderr: '',
    });
  });

  test('of ingest names what it cannot do when an archive fails', async () => {
    const { exitCode, stderr } = await load('ingest', ingest, { ...INGEST, ARCHIVE_ON_FAILURE: 'ignore' });

    expect(exitCode).toBe(1);
    expect(stderr).toBe('ARCHIVE_ON_FAILURE is "ignore"; set it to one of alarm, refuse.\n');
  });

  test('of ingest names everything that is missing from its environment at once', async () => {
    const { exitCode, stderr } = await load('ingest', ingest, {});

    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'ENDPOINT_TOKENS_SECRET_ARN is not set; set it to the ARN of the secret with the endpoint tokens.',
      'EVENT_QUEUE_URL is not set; set it to the URL of the event queue.',
      'DEAD_LETTER_QUEUE_URL is not set; set it to the URL of the dead-letter queue.',
    ]);
  });

  test('of the processor names everything that is wrong at once, without what may be a key', async () => {
    const { exitCode, stderr } = await load('processor', processor, {
      RUDDERSTACK_DATA_PLANE_URL: 'https://example.com/v1/webhook?writeKey=2abcKey',
      RUDDERSTACK_GZIP: 'yes',
      MAX_BATCH_EVENTS: '0',
      MAX_EVENT_BYTES: 'many',
      ANONYMOUS_USERS: 'Forward',
    });

    expect(exitCode).toBe(1);
    expect(stderr).not.toContain('2abcKey');
    expect(stderr.trim().split('\n').sort()).toEqual([
      expect.stringMatching(/^ANONYMOUS_USERS is "Forward"; set it to one of skip, forward\.$/),
      expect.stringMatching(/^DEAD_LETTER_QUEUE_URL is not set; .*\.$/),
      expect.stringMatching(/^EVENT_QUEUE_URL is not set; .*\.$/),
      expect.stringMatching(/^MAX_BATCH_EVENTS is "0"; set it to a whole number from 1 to 1000\.$/),
      expect.stringMatching(/^MAX_EVENT_BYTES is "many"; .*\.$/),
      expect.stringMatching(/^RUDDERSTACK_DATA_PLANE_URL is not an https:\/\/ URL without a query; .*\.$/),
      expect.stringMatching(/^RUDDERSTACK_GZIP is "yes"; set it to one of true, false\.$/),
      expect.stringMatching(/^RUDDERSTACK_WRITE_KEY_SECRET_ARN is not set; .*\.$/),
    ]);
  });
});

describe('ingest with an archive', () => {
  let queues: Queues;
  let archive: Archive;
  let secrets: SecretsManagerStandIn;
  beforeAll(async () => {
    [queues, archive, secrets] = await Promise.all([
      Queues.start(),
      Archive.start(),
      SecretsManagerStandIn.start(JSON.stringify(TOKENS)),
    ]);
  });
  afterAll(() => Promise.all([queues.stop(), archive.stop(), secrets.stop()]));

  test('takes one request of almost 6 MiB after another within two thirds of its memory', async () => {
    const body = JSON.stringify({ events: Array.from({ length: 60 }, () => large()) });
    const target = await write('large', {
      ...ingest,
      'request.json': JSON.stringify(currentsRequest(undefined, base64(gzipSync(body)))),
      'send.mjs': `import { readFileSync } from 'node:fs';
        import { handler } from './index.mjs';
        const request = JSON.parse(readFileSync(new URL('request.json', import.meta.url)));
        const statuses = [];
        for (let sent = 0; sent < 8; sent += 1) {
          statuses.push((await handler(request, { getRemainingTimeInMillis: () => 30000 })).statusCode);
        }
        console.error(JSON.stringify({ statuses, megabytes: process.resourceUsage().maxRSS / 1024 }));
        process.exit();`,
    });

    const { stderr } = await run(join(target, 'send.mjs'), {
      ...AWS,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_SQS: queues.endpoint,
      AWS_ENDPOINT_URL_S3: archive.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      EVENT_QUEUE_URL: queues.eventQueueUrl,
      DEAD_LETTER_QUEUE_URL: queues.deadLetterQueueUrl,
      ENDPOINT_TOKENS_SECRET_ARN: 'arn:tokens',
      ARCHIVE_BUCKET: archive.bucket,
    });

    const { statuses, megabytes } = JSON.parse(stderr) as { statuses: number[]; megabytes: number };
    expect(statuses).toEqual(Array(8).fill(200));
    // Of the 512 MB that the function has by default.
    expect(megabytes).toBeLessThan(340);
    const kept = await archive.requests();
    expect(kept.map(({ events }) => events)).toEqual(Array(8).fill(60));
    expect(kept.every((request) => request.body.equals(Buffer.from(body)))).toBe(true);
  });

  /** An event of 100,000 characters, half of them random. */
  function large(): Record<string, unknown> {
    const properties = { noise: randomBytes(37_500).toString('base64'), text: 'words '.repeat(8_333) };
    return currentsEvent('large', { properties });
  }
});

describe('a transform of one’s own', () => {
  /** What a built transform gives back for a message. */
  async function applied(path: string): Promise<unknown> {
    const target = await write('built', {
      ...(await bundleTransform(path)),
      'apply.mjs': `import transform from './transform.mjs'; console.log(JSON.stringify(transform({ userId: 'u' })));`,
    });
    const { stdout, stderr } = await run(join(target, 'apply.mjs'));
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  test('is a file of its own beside the handler, which it leaves as it is', async () => {
    const source = await write('own', {
      'own.ts': `export default (message: object) => ({ ...message, own: 'mark' });`,
    });

    const bundle = await bundleProcessor({ transform: join(source, 'own.ts') });

    expect(bundle['transform.mjs']).toContain('mark');
    expect(bundle['index.mjs']).toBe(processor['index.mjs']);
    expect(bundle['transform.mjs']).not.toContain(folder);
    expect(await load('processor-with-transform', bundle, PROCESSOR)).toMatchObject({ stdout: 'function\n' });
  });

  test('may use Node.js’s own modules, packages, and CommonJS packages that require Node.js’s modules', async () => {
    const source = await write('importing', {
      'importing.ts': `import { createHash, randomBytes } from 'node:crypto';
        import { createRequire } from 'node:module';
        import { sha1 } from 'common';
        import colors from 'picocolors';
        const require = createRequire(import.meta.url);
        export default (message: { userId: string }) => ({
          sha256: createHash('sha256').update(message.userId).digest('hex').slice(0, 8),
          sha1: sha1(message.userId).slice(0, 8),
          plain: colors.createColors(false).red(message.userId),
          base: require('node:path').basename('/a/b') });`,
      'node_modules/common/index.js': `const { createHash } = require('crypto');
        exports.sha1 = (text) => createHash('sha1').update(text).digest('hex');`,
    });
    await symlink(join(ROOT, 'node_modules/picocolors'), join(source, 'node_modules/picocolors'));

    expect(await applied(join(source, 'importing.ts'))).toEqual({
      sha256: '0bfe935e',
      sha1: '51e69892',
      plain: 'u',
      base: 'b',
    });
  });

  test('that does not compile is an error with file and line', async () => {
    const source = await write('broken', { 'broken.ts': `export default (message) => {\n  return message +;\n};\n` });

    await expect(bundleProcessor({ transform: join(source, 'broken.ts') })).rejects.toThrow(/broken\.ts:2:\d+: ERROR/);
  });

  test('that is not there, or imports what is not there, is an error that names it', async () => {
    const source = await write('lonely', { 'lonely.ts': `import 'no-such-package';\nexport default () => null;\n` });

    await expect(bundleProcessor({ transform: join(source, 'nowhere.ts') })).rejects.toThrow(/nowhere\.ts/);
    await expect(bundleProcessor({ transform: join(source, 'lonely.ts') })).rejects.toThrow(
      /lonely\.ts:1:7: ERROR: Could not resolve "no-such-package"/,
    );
  });
});
