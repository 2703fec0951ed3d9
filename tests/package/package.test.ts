import { cp, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import schema from '../../schema.json';
import { Packed, run } from './packed';
import { Plugin } from './plugin';

const ROOT = resolve(__dirname, '../..');
const SOURCES = join(__dirname, 'consumer');

/** The two ways of finding a package's types that `pulumi new` and today's bundlers set. */
const RESOLUTIONS = {
  node16: { module: 'node16', moduleResolution: 'node16', outDir: 'bin' },
  bundler: { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
};

interface RegisteredResource {
  urn: string;
  provider: string;
  inputs: Record<string, unknown>;
}

let packed: Packed;
let consumer: string;

beforeAll(async () => {
  packed = await Packed.pack();
  consumer = await realpath(await mkdtemp(join(tmpdir(), 'currents-bridge-consumer-')));
  await cp(SOURCES, consumer, { recursive: true });
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  await packed.installInto(consumer);
}, 180_000);

afterAll(async () => {
  await packed.remove();
  await rm(consumer, { recursive: true });
});

/** Type-checks the consumer, strictly; and compiles it where the resolution is Node.js's own. @throws with tsc's output. */
async function typeCheck(resolution: keyof typeof RESOLUTIONS): Promise<void> {
  const tsconfig = join(consumer, `tsconfig.${resolution}.json`);
  const compilerOptions = {
    strict: true,
    target: 'es2022',
    types: ['node'],
    skipLibCheck: true,
    ...RESOLUTIONS[resolution],
  };
  await writeFile(tsconfig, JSON.stringify({ compilerOptions, include: ['*.ts', 'transforms'] }));
  try {
    await run(process.execPath, [join(consumer, 'node_modules/typescript/bin/tsc'), '--project', tsconfig]);
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout, { cause: error });
  }
}

/** What a program registers when it is run in a folder. */
async function registered(program: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<RegisteredResource[]> {
  const script = join(__dirname, 'registered.ts');
  const { stdout } = await run(
    process.execPath,
    ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), script, program],
    {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  return JSON.parse(stdout) as RegisteredResource[];
}

/** Takes the transform's files out of the archives: it is bundled with what it imports, which lies elsewhere. */
function withoutTransform(resources: RegisteredResource[]) {
  const taken: string[] = [];
  const others = resources.map(({ urn, provider, inputs }) => {
    const { code, ...rest } = inputs as { code?: { assets: Record<string, string> } };
    if (code === undefined) return { urn, provider, inputs };
    const isTransform = (name: string) => name.startsWith('transform.mjs');
    taken.push(...Object.keys(code.assets).filter(isTransform));
    const files = Object.entries(code.assets).filter(([name]) => !isTransform(name));
    return { urn, provider, inputs: { ...rest, files: Object.fromEntries(files) } };
  });
  return { taken, others };
}

describe('the package', () => {
  test('holds what an importing program needs, and nothing that it does not', () => {
    expect(packed.files).toEqual(
      expect.arrayContaining([
        'package.json',
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'PulumiPlugin.yaml',
        'docs/runbook.md',
        'dist/components/currents-bridge.js',
        'dist/components/currents-bridge.d.ts',
        'dist/bundles/ingest/index.mjs',
        'dist/bundles/processor/index.mjs.map',
      ]),
    );
    const needed =
      /^(?:dist\/.+\.(?:js|d\.ts|mjs|mjs\.map|json)|docs\/[\w-]+\.(?:md|svg)|[A-Z]+(?:\.md)?|package\.json|PulumiPlugin\.yaml)$/;
    expect(packed.files.filter((path) => !needed.test(path))).toEqual([]);
    expect(packed.files.filter((path) => /^dist\/.*(?:test|fixture|local|stack|commands)/.test(path))).toEqual([]);
  });

  test('has the bundles that are built from source, byte for byte, in a program that imports it', async () => {
    await Promise.all([typeCheck('node16'), typeCheck('bundler')]);

    const [fromPackage, fromSource] = await Promise.all([
      registered(join(consumer, 'bin/index.js'), consumer),
      registered(join(SOURCES, 'index.ts'), SOURCES, { TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json') }),
    ]);

    const installed = withoutTransform(fromPackage);
    expect(installed.others).toEqual(withoutTransform(fromSource).others);
    expect(installed.others.length).toBeGreaterThan(50);
    expect(installed.taken).toEqual(['transform.mjs', 'transform.mjs.map']);
  }, 120_000);

  test('refuses a transform that is not in the folder where the program runs, by its path there', async () => {
    await expect(registered(join(consumer, 'bin/index.js'), join(consumer, 'bin'))).rejects.toThrow(
      /transforms\/marked\.ts/,
    );
  });

  test('has a plugin for the other languages of Pulumi, which tells the schema that is checked in', async () => {
    const plugin = await Plugin.start(consumer);
    try {
      expect(await plugin.schema()).toEqual(schema);
    } finally {
      await plugin.stop();
    }
  });
});
