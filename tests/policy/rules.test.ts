import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import type { Resource } from '../../graph/graph';
import { KINDS } from '../../graph/kinds';
import { graphOf, READY_STACKS } from '../../graph/stack';
import { UNTAGGABLE } from '../../policy/operations';
import { RULES } from '../../policy/rules';
import { bridge } from '../graph/recording';
import { ADOPTING, MOST } from '../support/args';
import { CASES } from './cases';
import { Draft } from './draft';
import { reports, type Rule } from './review';

const UNKNOWN = pulumi.runtime.unknownValue;

let most: readonly Resource[];
beforeAll(async () => {
  ({ resources: most } = await bridge(MOST));
});

/** What all rules report, each behind the name of its rule. */
async function review(resources: readonly Resource[]): Promise<string[]> {
  const all = await Promise.all(
    RULES.map(async (rule) => (await reports(rule, resources)).map((message) => `${rule.name}: ${message}`)),
  );
  return all.flat();
}

function ruleNamed(name: string): Rule {
  return RULES.find((rule) => rule.name === name) as Rule;
}

describe('nothing is reported', () => {
  test.each(READY_STACKS)(
    'of the ready stack %s',
    async (stack) => {
      const { resources } = await graphOf(stack);

      expect(resources.length).toBeGreaterThan(40);
      expect(await review(resources)).toEqual([]);
      // A stack is a process of its own, which builds the functions.
    },
    180_000,
  );

  test('of a bridge with everything that adds a resource or a permission', async () => {
    expect(await review(most)).toEqual([]);
  });

  test('of a bridge that uses a secret and topics that exist already', async () => {
    expect(await review((await bridge(ADOPTING)).resources)).toEqual([]);
  });
});

describe.each(RULES)('$name', (rule) => {
  const cases = CASES[rule.name];

  test('has a case that it catches, and one that it must not bother', () => {
    expect(cases?.catches.length).toBeGreaterThan(0);
    expect(cases?.leaves.length).toBeGreaterThan(0);
  });

  test.each(cases?.catches ?? [])('catches a change: $message', async ({ change, message }) => {
    const draft = new Draft(most);
    change(draft);

    expect(await reports(rule, draft.resources)).toEqual([message]);
  });

  test.each(cases?.leaves ?? [])('leaves alone $what', async ({ change }) => {
    const draft = new Draft(most);
    change(draft);

    expect(draft.resources).not.toEqual(most);
    expect(await reports(rule, draft.resources)).toEqual([]);
  });
});

test('there are cases for the pack’s rules only', () => {
  expect(Object.keys(CASES).sort()).toEqual(RULES.map(({ name }) => name).sort());
});

test('each rule is mandatory, but for advice', () => {
  const advice = RULES.filter(({ enforcementLevel }) => enforcementLevel !== undefined);

  expect(advice.map(({ name, enforcementLevel }) => [name, enforcementLevel])).toEqual([
    ['messages-outlast-throttling', 'advisory'],
  ]);
});

describe('what is configured', () => {
  test('tags of your own can be required', async () => {
    const messages = await reports(ruleNamed('everything-tagged'), most, { requiredTags: ['team', 'cost-center'] });

    expect(messages).toHaveLength(most.filter(({ inputs }) => inputs.tags !== undefined).length);
    expect(messages[0]).toMatch(/ lacks the tag cost-center\. /);
  });

  test('a crossing that is allowed is not reported, and another one is', async () => {
    const draft = new Draft(most);
    draft.set('aws:sqs/queue:Queue', '-events', { region: 'us-east-1' });
    const residency = ruleNamed('residency');

    expect(await reports(residency, draft.resources, { allowedCrossings: ['EU-US'] })).toEqual([]);
    expect(await reports(residency, draft.resources, { allowedCrossings: ['US-EU'] })).toHaveLength(1);
  });
});

describe('in a preview that does not know everything yet', () => {
  test.each([
    ['queues-encrypted-at-rest', 'aws:sqs/queue:Queue', '-events', { kmsMasterKeyId: UNKNOWN }],
    ['queues-and-topics-have-a-policy', 'aws:sqs/queuePolicy:QueuePolicy', '-events', { queueUrl: UNKNOWN }],
    ['services-act-for-a-named-source', 'aws:lambda/permission:Permission', '-health', { sourceArn: UNKNOWN }],
    [
      'no-secret-in-environment',
      'aws:lambda/function:Function',
      '-ingest',
      { environment: { variables: { URL: UNKNOWN } } },
    ],
    ['logs-expire', 'aws:lambda/function:Function', '-ingest', { loggingConfig: { logGroup: UNKNOWN } }],
    ['queues-have-dead-letter-queues', 'aws:sqs/queue:Queue', '-events', { redrivePolicy: UNKNOWN }],
    ['alarms-tell-somebody', 'aws:cloudwatch/metricAlarm:MetricAlarm', '-backlog', { alarmActions: [UNKNOWN] }],
  ])('%s asks only whether a value is there', async (name, type, suffix, inputs) => {
    const draft = new Draft(most);
    draft.set(type, suffix, inputs);

    expect(await reports(ruleNamed(name), draft.resources)).toEqual([]);
  });

  test('residency reports what is wrong beside it', async () => {
    const draft = new Draft(most);
    draft.set('aws:sqs/queue:Queue', '-events', { kmsMasterKeyId: UNKNOWN, region: 'us-east-1' });

    expect(await reports(ruleNamed('residency'), draft.resources)).toHaveLength(1);
  });

  test('a text that is not known is no secret that is found elsewhere', async () => {
    const draft = new Draft(most);
    draft.set('aws:secretsmanager/secretVersion:SecretVersion', '-write-key', { secretString: UNKNOWN });
    draft.set('aws:lambda/function:Function', '-processor', { environment: { variables: { URL: UNKNOWN } } });

    expect(await reports(ruleNamed('secrets-in-secrets-manager-only'), draft.resources)).toEqual([]);
  });
});

test('the types that AWS keeps no tags for are those whose resources the provider gives none', async () => {
  const types = Object.keys(KINDS).filter((type) => type.startsWith('aws:'));
  const untaggable: string[] = [];
  for (const type of types) {
    const [, path] = type.split(':') as [string, string];
    const source = await readFile(resolve(__dirname, `../../node_modules/@pulumi/aws/${path}.js`), 'utf8');
    if (!source.includes('resourceInputs["tags"]')) untaggable.push(type);
  }

  expect([...UNTAGGABLE].sort()).toEqual(untaggable.sort());
});
