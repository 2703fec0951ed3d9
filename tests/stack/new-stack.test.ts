import { parse } from 'yaml';
import { SETTINGS } from '../../components/settings';
import { choiceNames, CHOICES, differencesOf, problemsOf, stackFileOf, type Choices } from '../../stack/new-stack';

const URL = 'https://example.dataplane.rudderstack.com';
const EU = { 'braze-cluster': 'EU-01', 'data-plane-url': URL };

function configOf(choices: Choices): Record<string, unknown> {
  return (parse(stackFileOf('crm', choices)) as { config: Record<string, unknown> }).config;
}

function problems(choices: Choices, stack = 'crm'): string[] {
  return problemsOf(stack, stackFileOf(stack, choices), (choice) => `--${choice}`);
}

test('no choice is a secret', () => {
  expect(choiceNames().filter((name) => SETTINGS[CHOICES[name].key].isSecret)).toEqual([]);
});

describe('the file of a stack', () => {
  test('has what was chosen, a tag for the environment, and each setting after what it means', () => {
    const text = stackFileOf('crm', { ...EU, 'aws-region': 'eu-west-1', tag: { team: 'crm' } });

    expect(configOf({ ...EU, 'aws-region': 'eu-west-1', tag: { team: 'crm' } })).toEqual({
      'currents-bridge:brazeCluster': 'EU-01',
      'currents-bridge:rudderstackDataPlaneUrl': URL,
      'currents-bridge:awsRegion': 'eu-west-1',
      'currents-bridge:tags': { environment: 'crm', team: 'crm' },
    });
    expect(text).toContain('  # The AWS region.\n  currents-bridge:awsRegion: eu-west-1\n');
    expect(text).toMatch(
      /^# A stack for a Braze cluster in the European Union\. Still to be set, for it is secret:\n#\n/,
    );
    expect(text).toContain(
      '\n#   npx pulumi config set --secret currents-bridge:rudderstackWriteKey --stack crm\nconfig:\n',
    );
  });

  test('of production keeps logs for 90 days and every request, and has nothing left to set where the write key is a secret already', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rudderstack-Ab1Cd2';
    const choices: Choices = { ...EU, production: true, 'write-key-secret-arn': arn };

    expect(configOf(choices)).toMatchObject({
      'currents-bridge:production': true,
      'currents-bridge:logRetentionDays': 90,
      'currents-bridge:archive': true,
      'currents-bridge:rudderstackWriteKeySecretArn': arn,
    });
    expect(stackFileOf('crm', choices)).toMatch(/^# Production for a Braze cluster in the European Union\.\nconfig:/);
    expect(problems(choices)).toEqual([]);
  });

  test.each(['2026-01-01', '1_000', 'yes', 'true', '0o7', '0b1', '12:30:45', '1e3', 'null', 'a: b', '# c'])(
    'quotes the tag %s, which Pulumi would not read as a text',
    (value) => {
      expect(stackFileOf('crm', { ...EU, tag: { value } })).toMatch(/^ {4}value: ["']/m);
    },
  );
});

describe('what is wrong', () => {
  test('is nothing for a cluster and a URL; the AWS region and the RudderStack region follow', () => {
    expect(problems(EU)).toEqual([]);
    expect(problems({ ...EU, 'braze-cluster': 'US-06' })).toEqual([]);
  });

  test('is told at once, by flag where there is one, a name that the component would refuse included', () => {
    expect(problems({ 'braze-cluster': 'EU-09', 'alarm-email': 'on-call' }, 'crm*eu')).toEqual([
      expect.stringMatching(/^The bridge's name is "currents-crm\*eu" \(15 characters\); it must begin with a letter/),
      '--data-plane-url is not set; it must be an https:// URL without a query.',
      expect.stringMatching(/^--braze-cluster is "EU-09"; it must be one of US-01, /),
      '--alarm-email is "on-call"; it must be an e-mail address.',
      expect.stringMatching(/^--tag\["environment"\] is "crm\*eu"; it must be text/),
    ]);
  });

  test('a name is as long as names of roles in its region leave room for', () => {
    expect(problems(EU, 'a'.repeat(24))).toEqual([]);
    expect(problems(EU, 'a'.repeat(25))).toEqual([expect.stringContaining('have at most 33 characters')]);
    expect(problems({ ...EU, 'braze-cluster': 'US-01' }, 'a'.repeat(27))).toEqual([]);
  });

  test.each<[string, Choices, string[]]>([
    ['AWS in the United States', { 'aws-region': 'us-east-1' }, ['EU-US', 'US-EU']],
    ['RudderStack in the United States', { 'rudderstack-region': 'US' }, ['EU-US']],
  ])('an EU cluster with %s needs each transfer to be on record', (_, choices, crossings) => {
    const messages = problems({ ...EU, ...choices });

    expect(messages.map((message) => /add (\S+) to --allow-crossing\.$/.exec(message)?.[1])).toEqual(crossings);
    expect(messages[0]).toMatch(
      /^Personal data would be transferred from the European Union to the United States, and no agreement to that is on record\. /,
    );
    expect(problems({ ...EU, ...choices, 'allow-crossing': crossings })).toEqual([]);
  });
});

test('a file that is there differs where it says something else of a choice, not in what was added to it', () => {
  const file = stackFileOf('crm', { ...EU, production: true });
  const added = `${file}  currents-bridge:batchSize: 50\n  currents-bridge:rudderstackWriteKey:\n    secure: AAAB\n`;

  expect(differencesOf(added, file)).toEqual([]);
  expect(differencesOf(added, stackFileOf('crm', { ...EU, tag: { team: 'crm' } }))).toEqual(['production', 'tag']);
  expect(differencesOf('# nothing\n', file)).toEqual(['braze-cluster', 'data-plane-url', 'production', 'tag']);
});
