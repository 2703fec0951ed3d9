import type { CurrentsBridgeArgs } from '../../components/args';
import { comparisonOf, type ComparedStack } from '../../graph/compare';
import { ROOT } from '../../graph/stack';
import { completed, readStackFile } from '../../graph/stack-file';
import { run } from '../commands/command';
import { DATA_PLANE_URL, LEAST } from '../support/args';
import { bridge } from './recording';

const CONFIG = { 'currents-bridge:brazeCluster': 'EU-01', 'currents-bridge:rudderstackDataPlaneUrl': DATA_PLANE_URL };

/** A stack of some args, and of the config that says the same. */
async function stackOf(args: Partial<CurrentsBridgeArgs> = {}, config: object = {}): Promise<ComparedStack> {
  const named = Object.fromEntries(Object.entries(config).map(([key, value]) => [`currents-bridge:${key}`, value]));
  return {
    graph: await bridge({ ...LEAST, ...args }),
    file: completed({ name: 'currents-bridge', main: 'index.ts' }, { ...CONFIG, ...named }),
  };
}

/** What a comparison says differs, without what is said once. */
function differencesIn(comparison: string): string {
  return comparison.split('\n\n').slice(2).join('\n\n');
}

describe('two stacks of the same program', () => {
  let least: ComparedStack;
  beforeAll(async () => {
    least = await stackOf();
  });

  test('do not differ from themselves', () => {
    expect(differencesIn(comparisonOf(least, least))).toBe('Nothing else differs.\n');
  });

  test('with another log retention differ in that setting and in the log groups alone', async () => {
    const longer = await stackOf({ functions: { logRetentionDays: 90 } }, { logRetentionDays: 90 });
    const group = (name: string) =>
      `${name} log group (aws:cloudwatch/logGroup:LogGroup)\n  - retentionInDays: 30\n  + retentionInDays: 90\n`;

    expect(differencesIn(comparisonOf(least, longer))).toBe(
      `Settings\n========\n\nlogRetentionDays\n  - 30 (the default)\n  + 90\n\n` +
        `Resources\n=========\n\n${['access', 'ingest', 'processor'].map(group).join('\n')}`,
    );
  });

  test('differ in a resource that only one of them has, and in who may do what because of it', async () => {
    const alarmed = await stackOf({ alarms: { email: 'on-call@example.com' } }, { alarmEmail: 'on-call@example.com' });
    const sentence = (topic: string) => `on-call@example.com (email) gets what is published to the ${topic} topic\n`;
    const subscription = (topic: string) =>
      `${topic} topic subscription (aws:sns/topicSubscription:TopicSubscription)\n`;
    const differences = (sign: string) =>
      `Who may do what\n===============\n\n${sign} ${sentence('page')}\n${sign} ${sentence('ticket')}\n` +
      `Resources\n=========\n\n${sign} ${subscription('page')}\n${sign} ${subscription('ticket')}`;

    expect(differencesIn(comparisonOf(least, alarmed))).toBe(
      `Settings\n========\n\nalarmEmail\n  - not set\n  + on-call@example.com\n\n${differences('+')}`,
    );
    expect(differencesIn(comparisonOf(alarmed, least))).toContain(differences('-'));
  });

  test('differ by single entries of objects, after what these stand under', async () => {
    const chatty = await stackOf({ functions: { logLevel: 'DEBUG' } }, { logLevel: 'DEBUG' });

    expect(comparisonOf(least, chatty)).toContain(
      'processor function (aws:lambda/function:Function)\n' +
        '  - environment: variables: POWERTOOLS_LOG_LEVEL: INFO\n' +
        '  - loggingConfig: applicationLogLevel: INFO\n' +
        '  + environment: variables: POWERTOOLS_LOG_LEVEL: DEBUG\n' +
        '  + loggingConfig: applicationLogLevel: DEBUG\n',
    );
  });

  test('a tag that only one of them has is the one that is shown, without the others', async () => {
    const tagged = await stackOf({ tags: { team: 'crm', environment: 'test' } }, { tags: { team: 'crm' } });
    const comparison = comparisonOf(await stackOf({ tags: { environment: 'test' } }), tagged);

    expect(comparison).toContain('\ntags\n  + tags: team=crm\n');
    expect(comparison).toContain('\nevent queue (aws:sqs/queue:Queue)\n  + tags: team=crm\n\n');
  });

  test('a setting that is set to its default, or left open in both, is no difference', async () => {
    const explicit = await stackOf({}, { logRetentionDays: 30, production: false });

    expect(differencesIn(comparisonOf(least, explicit))).toBe('Nothing else differs.\n');
  });

  test('accounts in ARNs are said once', async () => {
    const topicIn = (account: string) => {
      const arn = `arn:aws:sns:eu-central-1:${account}:page`;
      return stackOf({ alarms: { pageTopicArn: arn } }, { pageTopicArn: arn });
    };
    const comparison = comparisonOf(await topicIn('111111111111'), await topicIn('222222222222'));

    expect(comparison).toMatch(/^ {2}<account> +111111111111 +222222222222$/m);
    expect(differencesIn(comparison)).toBe('Nothing else differs.\n');
  });
});

describe('the command', () => {
  test('says that prod-us and prod-eu differ in names, places and the cluster alone', async () => {
    const { exitCode, stdout, stderr } = await run('graph', ['--compare', 'prod-us', 'prod-eu']);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'Currents Bridge, stack prod-us (-) and stack prod-eu (+)',
      '',
      'Said here once, <…> below, and no difference:',
      '  <stack>            prod-us            prod-eu',
      '  <bridge>           currents-prod-us   currents-prod-eu',
      '  <cluster>          US-01              EU-01',
      '  <region>           us-east-1          eu-central-1',
      '  RudderStack is in  the United States  the European Union',
      '',
      'Nothing else differs.',
      '',
    ]);
  });

  test('shows the settings that differ, and ends with 0 then, too', async () => {
    const { exitCode, stdout } = await run('graph', ['--compare', 'dev', 'prod-eu']);
    const { config } = await readStackFile(ROOT, 'prod-eu');

    expect(exitCode).toBe(0);
    expect(config['currents-bridge:production']).toBe('true');
    expect(stdout).toContain('\nproduction\n  - false (the default)\n  + true\n');
    expect(stdout).toContain('\n+ no traffic alarm (aws:cloudwatch/metricAlarm:MetricAlarm)\n');
  });

  test.each([[['--compare', 'dev']], [['--compare', 'dev', '--compare', 'prod-us', '--compare', 'prod-eu']]])(
    'needs two stacks, not %j',
    async (args) => {
      expect(await run('graph', args)).toMatchObject({
        exitCode: 1,
        stderr: '--compare needs two stacks; write it as --compare prod-us prod-eu.\n',
      });
    },
  );
});
