import * as pulumi from '@pulumi/pulumi';
import { InputError } from '../../components/input-error';
import { settingKeys, SETTINGS, type Setting } from '../../components/settings';
import { readStackConfig, stackConfigOf } from '../../stack/config';

const NAMESPACE = 'currents-bridge';
const CANARY = 'canary';
const DATA_PLANE_URL = 'https://example.dataplane.rudderstack.com';
const WEBHOOK_URL = `${DATA_PLANE_URL}/v1/webhook?writeKey=${CANARY}`;
const LEAST = { brazeCluster: 'EU-01', rudderstackDataPlaneUrl: DATA_PLANE_URL, rudderstackWriteKey: CANARY };

const secretsAmong = (keys: string[]) =>
  keys.filter((key) => settingKeys().some((each) => each === key && SETTINGS[each].isSecret));
const named = (key: string) => (key.includes(':') ? key : `${NAMESPACE}:${key}`);

/** Reads a config; keys without a namespace are the project's. */
function read(config: Record<string, string>, secretKeys = secretsAmong(Object.keys(config)), project = NAMESPACE) {
  return stackConfigOf({
    project,
    texts: Object.fromEntries(Object.entries(config).map(([key, text]) => [named(key), text])),
    secretKeys: new Set(secretKeys.map(named)),
  });
}

function problemsOf(config: Record<string, string>, secretKeys?: string[]): readonly string[] {
  try {
    read(config, secretKeys);
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
  return [];
}

const settled = <T>(output: pulumi.Input<T>) =>
  new Promise<T>((resolve) =>
    pulumi.output(output).apply((value) => {
      resolve(value as T);
    }),
  );

describe("a stack's config", () => {
  test('becomes the region and the args', () => {
    const { awsRegion, args } = read({
      ...LEAST,
      production: 'true',
      batchSize: '50',
      allowedCrossings: '["AU-US"]',
      eventNames: '{"users.messages.email.Send":"Email Sent"}',
      outageHours: ' 24 ',
      tags: '{"team":"crm"}',
    });
    expect(awsRegion).toBe('eu-central-1');
    expect(args).toEqual({
      brazeCluster: 'EU-01',
      production: true,
      processor: { batchSize: 50 },
      allowedCrossings: ['AU-US'],
      transform: { eventNames: { 'users.messages.email.Send': 'Email Sent' } },
      queue: { outageHours: 24 },
      tags: { team: 'crm' },
      rudderstack: { dataPlaneUrl: DATA_PLANE_URL, writeKey: expect.anything() as unknown },
    });
  });

  test.each(['rudderstackWriteKey', 'rudderstackWebhookUrl'] as const)('%s stays a secret', async (key) => {
    const value = key === 'rudderstackWebhookUrl' ? WEBHOOK_URL : CANARY;
    const { args } = read(
      key === 'rudderstackWebhookUrl' ? { brazeCluster: 'EU-01', [key]: value } : { ...LEAST, [key]: value },
    );
    const { webhookUrl, writeKey } = args.rudderstack;
    const output = key === 'rudderstackWebhookUrl' ? webhookUrl : writeKey;
    expect(pulumi.Output.isInstance(output) && (await pulumi.isSecret(pulumi.output(output)))).toBe(true);
    expect(await settled(output)).toBe(value);
  });

  test('the region can be said otherwise, and so can aws:region, the same', () => {
    expect(read({ ...LEAST, awsRegion: 'eu-west-1', 'aws:region': 'eu-west-1' }).awsRegion).toBe('eu-west-1');
  });

  test('is read from Pulumi, secrets included', async () => {
    pulumi.runtime.setAllConfig(Object.fromEntries(Object.entries(LEAST).map(([key, text]) => [named(key), text])), [
      named('rudderstackWriteKey'),
    ]);
    await pulumi.runtime.setMocks({ newResource: () => ({ id: '', state: {} }), call: () => ({}) }, 'acme');
    const { awsRegion, args } = readStackConfig();
    expect(awsRegion).toBe('eu-central-1');
    expect(await settled(args.rudderstack.writeKey)).toBe(CANARY);
    pulumi.runtime.setAllConfig({});
    expect(readStackConfig).toThrow('currents-bridge:brazeCluster is not set');
  });
});

describe('mistakes', () => {
  test('are told all at once, each with key, value, what is allowed, and the command', () => {
    expect(
      problemsOf({
        brazeCluster: 'US-09',
        batchSize: 'many',
        production: 'yes',
        logLevel: 'TRACE',
        allowedCrossings: '["AU-US","AU-XX"]',
        eventNames: '{"users.messages.email.Send":7}',
        vpcSubnetIds: 'subnet-1',
      }).map((problem) => problem.split('\n').map((line) => line.trim())),
    ).toEqual([
      [
        `currents-bridge:brazeCluster is "US-09"; it must be ${SETTINGS.brazeCluster.kind.allowed}.`,
        'pulumi config set currents-bridge:brazeCluster EU-01',
      ],
      [
        'currents-bridge:allowedCrossings[1] is "AU-XX"; it must be a transfer between jurisdictions such as AU-US.',
        "pulumi config set --path 'currents-bridge:allowedCrossings[1]' AU-US",
      ],
      [
        'currents-bridge:production is "yes"; it must be true or false.',
        'pulumi config set currents-bridge:production false',
      ],
      [
        'currents-bridge:eventNames["users.messages.email.Send"] is 7; it must be a name.',
        `pulumi config set --path --type string 'currents-bridge:eventNames["users.messages.email.Send"]' 7`,
      ],
      [
        'currents-bridge:batchSize is "many"; it must be a whole number of messages from 1 to 100.',
        'pulumi config set currents-bridge:batchSize 100',
      ],
      [
        'currents-bridge:logLevel is "TRACE"; it must be one of DEBUG, INFO, WARN, ERROR.',
        'pulumi config set currents-bridge:logLevel INFO',
      ],
      [
        'currents-bridge:vpcSubnetIds is "subnet-1"; it must be a list of 1 to 16 subnet ids.',
        "pulumi config set --path 'currents-bridge:vpcSubnetIds[0]' subnet-0123abcd",
      ],
      [
        expect.stringMatching(
          /^Where the events go is not said: currents-bridge:rudderstackDataPlaneUrl is not set; set either/,
        ),
        'pulumi config set currents-bridge:rudderstackDataPlaneUrl https://example.dataplane.rudderstack.com',
      ],
      [
        expect.stringMatching(/^There is no write key for RudderStack: currents-bridge:rudderstackWriteKey is not set/),
        'pulumi config set --secret currents-bridge:rudderstackWriteKey',
      ],
      [
        'currents-bridge:vpcSubnetIds is set, but currents-bridge:vpcSecurityGroupIds is not; set both or neither.',
        "pulumi config set --path 'currents-bridge:vpcSecurityGroupIds[0]' sg-0123abcd",
      ],
    ]);
  });

  test('a transfer that is not allowed comes with the command that allows it', () => {
    const [problem = '', ...others] = problemsOf({
      ...LEAST,
      brazeCluster: 'AU-01',
      rudderstackRegion: 'US',
      allowedCrossings: '["AU-EU"]',
    });
    expect(others).toEqual([]);
    expect(problem.split('\n').at(-1)?.trim()).toBe(
      "pulumi config set --path 'currents-bridge:allowedCrossings[1]' AU-US",
    );
  });

  test('what is of no use beside another is removed', () => {
    expect(
      problemsOf({ ...LEAST, rudderstackWebhookUrl: WEBHOOK_URL })
        .join()
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual([
      'pulumi config rm currents-bridge:rudderstackDataPlaneUrl',
      'pulumi config rm currents-bridge:rudderstackWriteKey',
    ]);
  });

  test.each(settingKeys())('%s: no text that is none of its kind gets through', (key) => {
    const { isSecret }: Setting = SETTINGS[key];
    const problems = problemsOf({ ...LEAST, [key]: ' ' }, isSecret ? [key, 'rudderstackWriteKey'] : undefined);
    expect(problems.filter((problem) => problem.startsWith(`${NAMESPACE}:${key} `))).not.toEqual([]);
  });

  test('keeps its keys in a project of another name, where a key without a namespace is none of them', () => {
    const project = 'acme';
    expect(read(LEAST, undefined, project).awsRegion).toBe('eu-central-1');
    expect(() => read({ ...LEAST, 'acme:production': 'true' }, undefined, project)).toThrow(
      /^acme:production is no setting of this program\. Its settings are, each after currents-bridge:, /,
    );
  });

  test('a setting that the CLI takes for a secret is set with --plaintext', () => {
    const [problem] = problemsOf({ ...LEAST, rudderstackWriteKeySecretArn: 'secret' });
    expect(problem).toContain('pulumi config set --plaintext currents-bridge:rudderstackWriteKeySecretArn arn:aws:');
  });

  test('unknown keys are told without their values, with all keys that there are', () => {
    const [problem = '', ...others] = problemsOf({
      ...LEAST,
      rudderstackWriteky: CANARY,
      constructor: CANARY,
      'random:seed': '1',
    });
    expect(others).toEqual([]);
    const [sentence = '', ...commands] = problem.split('\n').map((line) => line.trim());
    expect(sentence).toContain(
      'currents-bridge:rudderstackWriteky and currents-bridge:constructor are no settings of this program.',
    );
    for (const key of settingKeys()) expect(sentence).toContain(key);
    expect(commands).toEqual([
      'pulumi config rm currents-bridge:rudderstackWriteky',
      'pulumi config rm currents-bridge:constructor',
    ]);
    expect(problem).not.toContain(CANARY);
  });

  test('an aws:region in conflict is told', () => {
    const [problem = '', ...others] = problemsOf({ ...LEAST, 'aws:region': 'us-east-1' });
    expect(others).toEqual([]);
    expect(problem).toMatch(/^aws:region is us-east-1, but the bridge belongs into eu-central-1/);
    expect(problem).toContain('pulumi config rm aws:region');
    expect(problemsOf({ ...LEAST, 'aws:region': 'eu-central-1' })).toEqual([]);
  });

  test('other config of the AWS provider has no effect, and is told, whatever else is wrong', () => {
    const problems = problemsOf({ 'aws:profile': CANARY, 'aws:region': 'us-east-1' }).join('\n');
    expect(problems).toMatch(/aws:profile has no effect/);
    expect(problems).toContain('pulumi config rm aws:profile');
    expect(problems).not.toContain(CANARY);
  });

  test('a queue that cannot survive the outage comes with the commands', () => {
    expect(
      problemsOf({ ...LEAST, processorTimeoutSeconds: '900' })
        .join()
        .split('\n')
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual([
      'pulumi config set currents-bridge:processorTimeoutSeconds 627',
      'pulumi config set currents-bridge:visibilityTimeoutSeconds 628',
    ]);
  });
});

describe('secrets', () => {
  test.each(['rudderstackWriteKey', 'rudderstackWebhookUrl'])('%s in plain text is refused, unquoted', (key) => {
    const config = key === 'rudderstackWebhookUrl' ? { brazeCluster: 'EU-01', [key]: WEBHOOK_URL } : LEAST;
    const [problem = '', ...others] = problemsOf(config, []);
    expect(others).toEqual([]);
    expect(problem).toContain(`currents-bridge:${key} is stored in plain text`);
    expect(problem.split('\n').at(-1)?.trim()).toBe(`pulumi config set --secret currents-bridge:${key}`);
    expect(problem).not.toContain(CANARY);
  });

  test.each(settingKeys().filter((key) => !SETTINGS[key].isSecret))('%s as a secret is refused, unquoted', (key) => {
    const problems = problemsOf({ ...LEAST, [key]: CANARY }, ['rudderstackWriteKey', key]);
    expect(problems.filter((problem) => problem.startsWith(`${NAMESPACE}:${key} is stored as a secret`))).toHaveLength(
      1,
    );
    expect(problems.join()).not.toContain(CANARY);
  });

  test.each([
    ['rudderstackDataPlaneUrl', WEBHOOK_URL],
    ['rudderstackDataPlaneUrl', `https://user:${CANARY}@example.com`],
    ['rudderstackWriteKey', `${CANARY} ${CANARY}`],
    ['rudderstackWebhookUrl', `http://example.com/v1/webhook?writeKey=${CANARY}`],
    ['rudderstackWebhookUrl', `https://[/v1/webhook?writeKey=${CANARY}`],
  ])('%s of another form is refused, unquoted', (key, text) => {
    const problems = problemsOf({ ...LEAST, [key]: text }).join();
    expect(problems).toContain(`currents-bridge:${key} is of another form`);
    expect(problems).not.toContain(CANARY);
  });
});
