import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { ask } from '../../commands/questions';
import { settingKeys, SETTINGS } from '../../components/settings';

const ROOT = resolve(__dirname, '../..');
const URL = 'https://example.dataplane.rudderstack.com';
const EU = ['--name', 'crm-eu', '--braze-cluster', 'EU-01', '--data-plane-url', URL];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'new-stack-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the command in a folder of its own, without a terminal. */
async function newStack(...args: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string[] }> {
  const child = spawn(
    process.execPath,
    ['--import', pathToFileURL(require.resolve('tsx')).href, join(ROOT, 'commands/new-stack.ts'), ...args],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { exitCode: await exit, stdout, stderr: stderr.split('\n').slice(0, -1) };
}

/** What a stack's file says, by key without namespace. */
function configOf(stack: string): Record<string, unknown> {
  const { config } = parse(readFileSync(join(folder, `Pulumi.${stack}.yaml`), 'utf8')) as { config: object };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace('currents-bridge:', ''), value]));
}

function fleetOf(table: string): string {
  writeFileSync(join(folder, 'fleet.yaml'), table);
  return 'fleet.yaml';
}

describe('one stack', () => {
  test('is written from flags, and the commands up to a deployment are printed', async () => {
    const flags = ['--production', '--alarm-email', 'a@example.com', '--tag', 'team=crm', '--tag', 'cost=a=b'];
    const { exitCode, stdout, stderr } = await newStack(...EU, ...flags);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
    expect(configOf('crm-eu')).toEqual({
      brazeCluster: 'EU-01',
      rudderstackDataPlaneUrl: URL,
      production: true,
      alarmEmail: 'a@example.com',
      tags: { environment: 'crm-eu', team: 'crm', cost: 'a=b' },
      logRetentionDays: 90,
      archive: true,
    });
    expect(stdout.match(/^ {2}npx .*/gm)).toEqual([
      '  npx pulumi config set --secret currents-bridge:rudderstackWriteKey --stack crm-eu',
      '  npx pulumi up --stack crm-eu',
    ]);
  });

  test('needs one command less where the write key is in a secret already', async () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rudderstack-Ab1Cd2';
    const { stdout } = await newStack(...EU, '--write-key-secret-arn', arn);

    expect(stdout.match(/^ {2}npx .*/gm)).toEqual(['  npx pulumi up --stack crm-eu']);
  });

  test('a file that is there is refused and stays as it is', async () => {
    writeFileSync(join(folder, 'Pulumi.crm-eu.yaml'), '# mine\n');

    expect(await newStack(...EU)).toMatchObject({
      exitCode: 1,
      stderr: [expect.stringMatching(/^Pulumi\.crm-eu\.yaml is there already, and is not overwritten\./)],
    });
    expect(readFileSync(join(folder, 'Pulumi.crm-eu.yaml'), 'utf8')).toBe('# mine\n');
  });

  test('without a terminal nothing is asked: what is missing is told, and nothing is written', async () => {
    expect(await newStack()).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: [
        '--name is not set; it must be the name of the new stack.',
        '--data-plane-url is not set; it must be an https:// URL without a query.',
        expect.stringMatching(/^--braze-cluster is not set; it must be one of US-01, /),
      ],
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a transfer that nobody has agreed to is refused, and nothing is written', async () => {
    const { exitCode, stderr } = await newStack(...EU, '--rudderstack-region', 'US');

    expect(exitCode).toBe(1);
    expect(stderr).toEqual([
      'Personal data would be transferred from the European Union to the United States, and no agreement to that is on ' +
        'record. Braze sends it from the European Union (cluster EU-01), AWS processes it in the European Union (region ' +
        'eu-central-1), and RudderStack receives it in the United States (region US). To keep it in the European Union, ' +
        'choose an AWS region and a RudderStack data plane there. If whoever is responsible for data protection has ' +
        'agreed to this transfer, record that: add EU-US to --allow-crossing.',
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a data plane URL with a key in it gets neither into the file nor into the message', async () => {
    const { exitCode, stderr } = await newStack(
      ...EU.slice(0, -1),
      `${URL}/v1/webhook?writeKey=RECOGNISABLE-WRITE-KEY`,
    );

    expect(exitCode).toBe(1);
    expect(stderr.join()).toMatch(/^--data-plane-url is of another form/);
    expect(stderr.join()).not.toContain('RECOGNISABLE');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a fleet', () => {
  test('of the example becomes one file for each row, over the defaults', async () => {
    cpSync(join(ROOT, 'examples/fleet.yaml'), join(folder, 'fleet.yaml'));
    const { exitCode, stderr } = await newStack('--fleet', 'fleet.yaml');

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: [] });
    expect(configOf('crm-us')).toEqual({
      brazeCluster: 'US-06',
      rudderstackDataPlaneUrl: 'https://crm-us.dataplane.rudderstack.com',
      production: true,
      alarmEmail: 'on-call@example.com',
      tags: { environment: 'crm-us', team: 'crm-platform' },
      logRetentionDays: 90,
      archive: true,
    });
    expect(configOf('crm-eu')).toMatchObject({ brazeCluster: 'EU-01' });
    expect(configOf('crm-au')).toMatchObject({ allowedCrossings: ['AU-US'], rudderstackRegion: 'US' });
  });

  test('takes up a new row, and leaves the files alone that say the same already', async () => {
    const rows = (...names: string[]) =>
      `stacks:\n${names.map((name) => `- {name: ${name}, braze-cluster: EU-01, data-plane-url: "${URL}"}\n`).join('')}`;
    await newStack('--fleet', fleetOf(rows('one')));
    const before = `${readFileSync(join(folder, 'Pulumi.one.yaml'), 'utf8')}  currents-bridge:batchSize: 50\n`;
    writeFileSync(join(folder, 'Pulumi.one.yaml'), before);
    const { exitCode, stdout } = await newStack('--fleet', fleetOf(rows('one', 'two')));

    expect(exitCode).toBe(0);
    expect(stdout).toContain('Pulumi.one.yaml says so already, and is left as it is.\nPulumi.two.yaml is written.\n');
    expect(readFileSync(join(folder, 'Pulumi.one.yaml'), 'utf8')).toBe(before);
  });

  test('is refused as a whole, each mistake with its row and key', async () => {
    writeFileSync(join(folder, 'Pulumi.there.yaml'), 'config:\n  currents-bridge:brazeCluster: US-01\n');
    const table = fleetOf(`
stacks:
  - {name: right, braze-cluster: EU-01, data-plane-url: "${URL}"}
  - {name: wrong, braze-cluster: EU-09, data-plane-url: "${URL}", alarm-email: on-call}
  - {name: right, braze-cluster: EU-01, data-plane-url: "${URL}"}
  - {braze-cluster: EU-01, write-key: KEY, aws-region: null, data-plane-url: {secure: AAAB}}
  - {name: there, braze-cluster: EU-01, data-plane-url: "${URL}"}
  - {name: mixed, braze-cluster: EU-01, data-plane-url: "${URL}", aws-region: us-east-1, allow-crossing: [US-EU]}
  - none
`);
    const { exitCode, stdout, stderr } = await newStack('--fleet', table);

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toEqual([
      expect.stringMatching(/^Row 2 \(wrong\): braze-cluster is "EU-09"; it must be one of /),
      'Row 2 (wrong): alarm-email is "on-call"; it must be an e-mail address.',
      'Row 3 (right): name is right, which is that of row 1, too; give each stack its own.',
      'Row 4: name is missing, or is no text; set it to the name of the stack.',
      expect.stringMatching(/^Row 4: write-key is no key of a table; the keys are name, braze-cluster, /),
      'Row 4: aws-region has no value; set it, or leave it out.',
      'Row 4: data-plane-url is a list or an object; it must be a single value.',
      'Row 5 (there): Pulumi.there.yaml is there already, is not overwritten, and says otherwise of braze-cluster, ' +
        'data-plane-url, tag; make the two agree.',
      expect.stringMatching(/^Row 6 \(mixed\): Personal data would be transferred .* add EU-US to allow-crossing\.$/),
      'Row 7: is no object; write it as the others, with name, braze-cluster and data-plane-url.',
    ]);
    expect(readdirSync(folder).sort()).toEqual(['Pulumi.there.yaml', 'fleet.yaml']);
  });

  test('cannot agree to a transfer for all stacks at once', async () => {
    const table = fleetOf(
      `defaults: {allow-crossing: [EU-US]}\nstacks: [{name: one, braze-cluster: EU-01, data-plane-url: "${URL}"}]\n`,
    );

    expect(await newStack('--fleet', table)).toMatchObject({
      exitCode: 1,
      stderr: [
        'Defaults: allow-crossing is said of all stacks at once; say it in the row of each stack that it is true of.',
      ],
    });
  });

  test.each<[string, string, RegExp]>([
    ['no YAML', 'stacks: [', /^fleet\.yaml is no YAML from line \d+, column \d+ on; look there\.$/],
    ['no stacks', 'stacks: []\n', /^fleet\.yaml must have "stacks", a list of at least one stack/],
    ['other parts', 'stack: 1\nstacks: [{}]\n', /and nothing else\.$/],
  ])('with %s is refused', async (_, table, sentence) => {
    expect(await newStack('--fleet', fleetOf(table))).toMatchObject({
      exitCode: 1,
      stderr: [expect.stringMatching(sentence)],
    });
  });

  test('is given without other flags', async () => {
    expect(await newStack('--fleet', 'fleet.yaml', '--production')).toMatchObject({
      exitCode: 1,
      stderr: ['--fleet is given beside other flags; write them into the table, as "defaults" if they are for all.'],
    });
  });
});

describe('questions', () => {
  const questions = new Map([
    ['name', 'Name'],
    ['cluster', 'Cluster'],
  ]);

  test('are asked one after the other, each until it is answered', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answered = ask(questions, { input, output });
    const answers = ['\n', ' crm-eu \n', 'EU-01\n'];
    let asked = '';
    output.on('data', (chunk: Buffer) => {
      asked += chunk.toString();
      input.write(answers.shift() ?? '');
    });

    expect(await answered).toEqual(
      new Map([
        ['name', 'crm-eu'],
        ['cluster', 'EU-01'],
      ]),
    );
    expect(asked).toBe('Name: Name: Cluster: ');
  });

  test('that the input ends before are an error', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.end('crm-eu\n');
    output.resume();

    await expect(ask(questions, { input, output })).rejects.toThrow('nothing was written');
  });
});

test('what `pulumi new` asks for in Pulumi.yaml are settings, and secrets are asked for as such', () => {
  const { template } = parse(readFileSync(join(ROOT, 'Pulumi.yaml'), 'utf8')) as {
    template: { config: Record<string, { description: string; secret?: boolean }> };
  };
  const asked = Object.entries(template.config);

  expect(asked.map(([key]) => key)).toEqual([
    'currents-bridge:brazeCluster',
    'currents-bridge:rudderstackDataPlaneUrl',
    'currents-bridge:rudderstackWriteKey',
  ]);
  for (const [key, { secret = false }] of asked) {
    const setting = settingKeys().find((each) => `currents-bridge:${each}` === key);
    expect({ key, secret }).toEqual({ key, secret: setting !== undefined && SETTINGS[setting].isSecret });
  }
});
