import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newToken } from '../../runtime/local/bridge';
import { Emulator } from './emulator';
import { Project } from './project';
import { toolchain } from './toolchain/toolchain';

let emulator: Emulator;
let project: Project;

beforeAll(async () => {
  emulator = await Emulator.start(await toolchain());
});

afterAll(() => emulator.stop());

// As someone who has just cloned it.
beforeEach(async () => {
  project = await Project.copy(await toolchain(), emulator);
});

afterEach(() => project.stop());

function newStack(name: string, ...flags: readonly string[]): ReturnType<Project['script']> {
  const url = 'https://example.dataplane.rudderstack.com';
  return project.script('new-stack', ['--name', name, '--data-plane-url', url, '--production', ...flags]);
}

describe('npm run new-stack', () => {
  test.each([
    { name: 'crm-eu', cluster: 'EU-01', region: 'eu-central-1' },
    { name: 'crm-us', cluster: 'US-01', region: 'us-east-1' },
  ])('$name is two commands from its preview', async ({ name, cluster, region }) => {
    const { exitCode, output } = await newStack(name, '--braze-cluster', cluster);
    expect(output).toContain(`--stack ${name}`);
    expect(exitCode).toBe(0);

    // Where nobody can be asked, a stack is not made by the way.
    await project.pulumi(['stack', 'init', name]);
    await project.setSecret('rudderstackWriteKey', newToken());
    const changes = await project.change('preview');
    expect(changes.every(({ op }) => op === 'create')).toBe(true);
    const roles = changes.filter(({ type }) => type === 'aws:iam/role:Role').map((change) => change.name);
    expect(roles.sort()).toEqual([`currents-${name}-ingest-${region}`, `currents-${name}-processor-${region}`]);
  });

  test('a cluster in the European Union with a region in the United States is refused, and nothing is written', async () => {
    const { exitCode, output } = await newStack('crm-mixed', '--braze-cluster', 'EU-01', '--aws-region', 'us-east-1');
    expect(exitCode).toBe(1);
    expect(output).toContain('would be transferred from the European Union to the United States');
    await expect(readFile(join(project.folder, 'Pulumi.crm-mixed.yaml'))).rejects.toThrow('ENOENT');
  });
});
