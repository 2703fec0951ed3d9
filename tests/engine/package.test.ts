import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import schema from '../../schema.json';
import { Packed } from '../package/packed';
import { commandOf } from '../package/plugin';
import { Emulator } from './emulator';
import { Project, type Change } from './project';
import { toolchain } from './toolchain/toolchain';

const EXAMPLES = resolve(__dirname, '../../examples');
const DATA_PLANE_URL = 'https://example.dataplane.rudderstack.com';
/** As `pulumi new` leaves it, but for the TypeScript that is installed here. */
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    outDir: 'bin',
    target: 'es2020',
    module: 'commonjs',
    moduleResolution: 'node',
    ignoreDeprecations: '6.0',
    sourceMap: true,
    noFallthroughCasesInSwitch: true,
    noImplicitReturns: true,
    forceConsistentCasingInFileNames: true,
    skipLibCheck: true,
  },
  files: ['index.ts'],
};

/** A program that has the component made by its plugin, as programs in all other languages do. */
const REMOTE = `import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

class Events extends pulumi.ComponentResource {
  declare readonly customHttpUrl: pulumi.Output<string>;
  constructor(args: pulumi.Inputs, opts: pulumi.ComponentResourceOptions) {
    super('currents-bridge:index:CurrentsBridge', 'events', { ...args, customHttpUrl: undefined }, opts, true);
  }
}

const config = new pulumi.Config();
const frankfurt = new aws.Provider('frankfurt', { region: 'eu-central-1' });
export const { customHttpUrl } = new Events(
  {
    brazeCluster: config.require('brazeCluster'),
    rudderstack: { dataPlaneUrl: config.require('dataPlaneUrl'), writeKey: config.requireSecret('writeKey') },
    tags: { team: 'crm' },
  },
  { providers: { aws: frankfurt } },
);
`;

let packed: Packed;
let emulator: Emulator;
let project: Project;

beforeAll(async () => {
  const tools = await toolchain();
  packed = await Packed.pack();
  emulator = await Emulator.start(tools);
  project = await Project.copy(tools, emulator);
  await makeFresh(project.folder);
  await project.pulumi(['stack', 'init', 'test']);
});

afterAll(async () => {
  await project.stop();
  await emulator.stop();
  await packed.remove();
});

/** In place of the copy of our own: a folder as `pulumi new` and `npm install` leave it. */
async function makeFresh(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'Pulumi.yaml'), 'name: fresh\nruntime: nodejs\n');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'fresh', main: 'index.ts' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await packed.installInto(folder);
}

/**
 * Puts the plugin on PATH, where Pulumi finds it by its name. The engine that is tested with has an older language host,
 * which starts no plugin by its folder; the command is the one that today's starts.
 *
 * @returns its path.
 */
async function putPluginOnPath({ scratch, folder }: Project): Promise<string> {
  const bin = join(scratch, 'bin');
  const executable = join(bin, 'pulumi-resource-currents-bridge');
  await mkdir(bin);
  await writeFile(executable, `#!/bin/sh\nexec ${[process.execPath, ...commandOf(folder)].join(' ')} "$@"\n`);
  await chmod(executable, 0o755);
  process.env.PATH = `${bin}:${process.env.PATH}`;
  return executable;
}

function namesOf(changes: Change[], type: string): string[] {
  return changes
    .filter((change) => change.type === type)
    .map(({ name }) => name)
    .sort();
}

describe('a fresh project in TypeScript with the package', () => {
  test('previews an example, without an option for the runtime', async () => {
    await cp(join(EXAMPLES, 'adopted/index.ts'), join(project.folder, 'index.ts'));
    const adopted = {
      writeKeySecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rudderstack-Ab1Cd2',
      pageTopicArn: 'arn:aws:sns:eu-central-1:123456789012:page',
      ticketTopicArn: 'arn:aws:sns:eu-central-1:123456789012:ticket',
    };
    for (const [key, value] of Object.entries({ ...adopted, dataPlaneUrl: DATA_PLANE_URL })) {
      await project.pulumi(['config', 'set', '--plaintext', key, value]);
    }

    const changes = await project.change('preview');

    expect(changes.filter(({ op }) => op !== 'create')).toEqual([]);
    expect(namesOf(changes, 'aws:lambda/function:Function')).toEqual(['events-ingest', 'events-processor']);
    expect(namesOf(changes, 'aws:sns/topic:Topic')).toEqual([]);
  });
});

describe('a program that has the component made by the plugin', () => {
  let executable: string;
  beforeAll(async () => {
    await writeFile(join(project.folder, 'index.ts'), REMOTE);
    executable = await putPluginOnPath(project);
    await project.pulumi(['config', 'set', '--secret', 'writeKey'], 'RECOGNISABLE-WRITE-KEY');
  });

  test('previews the bridge with everything that it is made of', async () => {
    await project.pulumi(['config', 'set', 'brazeCluster', 'EU-01']);

    const changes = await project.change('preview');

    expect(namesOf(changes, 'currents-bridge:index:CurrentsBridge')).toEqual(['events']);
    expect(namesOf(changes, 'aws:lambda/function:Function')).toEqual(['events-ingest', 'events-processor']);
    expect(namesOf(changes, 'aws:sqs/queue:Queue')).toEqual(['events-dead-letters', 'events-events']);
  });

  test('deploys it, with the write key as a secret and the URL as an output', async () => {
    await project.change('up');

    const { customHttpUrl } = await project.outputs();
    expect(customHttpUrl).toMatch(/^https:\/\/.*\/v1\/webhook$/);
    expect(await project.pulumi(['stack', 'export'])).not.toContain('RECOGNISABLE-WRITE-KEY');
  });

  test('tells the engine the schema that is checked in', async () => {
    const told = JSON.parse(await project.pulumi(['package', 'get-schema', executable])) as typeof schema;

    expect(Object.keys(told.resources)).toEqual(Object.keys(schema.resources));
    expect(Object.keys(told.types).sort()).toEqual(Object.keys(schema.types).sort());
  });

  test('is told what is wrong with its args in the words of the component', async () => {
    await project.pulumi(['config', 'set', 'brazeCluster', 'EU-09']);

    const { exitCode, output } = await project.run(['preview']);

    expect(exitCode).not.toBe(0);
    expect(output).toMatch(/brazeCluster is "EU-09"; it must be one of/);
  });
});
