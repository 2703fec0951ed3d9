import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import type { Resource } from '../../graph/graph';
import { provided, recorded, REGION } from './recording';

const SECRET = 'RECOGNISABLE-SECRET';

function named(resources: Resource[], name: string): Resource {
  return resources.find((resource) => resource.name === name) as Resource;
}

test('an output that AWS chooses is a token, wherever the program puts it', async () => {
  const { resources, outputs } = await recorded(() => {
    const opts = provided();
    const queue = new aws.sqs.Queue('events', {}, opts);
    new aws.sqs.QueuePolicy(
      'events',
      { queueUrl: queue.url, policy: pulumi.jsonStringify({ Resource: queue.arn }) },
      opts,
    );
    return { url: pulumi.interpolate`${queue.url}?query` };
  });

  const token = (output: string) => `{{aws:sqs/queue:Queue events ${output}}}`;
  const policy = resources.find(({ type }) => type === 'aws:sqs/queuePolicy:QueuePolicy');
  expect(policy?.inputs).toEqual({ queueUrl: token('url'), policy: JSON.stringify({ Resource: token('arn') }) });
  expect(outputs).toEqual({ url: `${token('url')}?query` });
});

test('what a program gives to AWS itself comes back as it is', async () => {
  const { outputs } = await recorded(() => ({ name: new aws.lambda.Alias('a', ALIAS, provided()).name }));

  expect(outputs).toEqual({ name: ALIAS.name });
});

const ALIAS = { name: 'live', functionName: 'function', functionVersion: '1' };

test('no secret is recorded: not one of the config, nor one that a provider makes, nor one inside an object', async () => {
  const graph = await recorded(() => {
    const password = new random.RandomPassword('token', { length: 48 });
    const opts = provided();
    const variables = { PLAIN: 'plain', SECRET: pulumi.secret(SECRET) };
    new aws.secretsmanager.SecretVersion('s', { secretId: 'id', secretString: pulumi.secret(SECRET) }, opts);
    new aws.lambda.Function('f', { role: 'role', environment: { variables } }, opts);
    return { password: password.result, secret: pulumi.secret({ nested: SECRET }) };
  });

  expect(JSON.stringify(graph)).not.toContain(SECRET);
  expect(named(graph.resources, 's').inputs).toEqual({ secretId: 'id', secretString: '(secret)' });
  expect(named(graph.resources, 'f').inputs.environment).toEqual({
    variables: { PLAIN: 'plain', SECRET: '(secret)' },
  });
  expect(graph.outputs).toEqual({ password: '(secret)', secret: '(secret)' });
});

test('of an archive the names of its files are recorded, not what is in them', async () => {
  const { resources } = await recorded(() => {
    const file = (text: string) => new pulumi.asset.StringAsset(text);
    const code = new pulumi.asset.AssetArchive({ 'index.mjs': file('code'), 'event-names.json': file('names') });
    new aws.lambda.Function('f', { role: 'role', code }, provided());
    return undefined;
  });

  expect(named(resources, 'f').inputs.code).toEqual(['event-names.json', 'index.mjs']);
});

test('parent, provider, protection, retention, ignored changes and dependencies are recorded', async () => {
  const { resources } = await recorded(() => {
    const opts = provided();
    const component = new pulumi.ComponentResource('test:index:Component', 'component', {}, opts);
    const first = new aws.sqs.Queue('first', {}, { parent: component });
    const second = new aws.sqs.Queue('second', {}, { parent: component, retainOnDelete: true });
    new aws.sqs.Queue(
      'third',
      { redrivePolicy: first.arn },
      {
        parent: component,
        dependsOn: [second],
        protect: true,
        ignoreChanges: ['tags'],
      },
    );
    new aws.sqs.Queue('alone', {});
    return undefined;
  });

  const [component, first, second, provider] = ['component', 'first', 'second', 'aws'].map((name) =>
    named(resources, name),
  ) as [Resource, Resource, Resource, Resource];
  expect(named(resources, 'third')).toMatchObject({
    isCustom: true,
    parent: component.urn,
    provider: provider.urn,
    isProtected: true,
    isRetained: false,
    ignoredChanges: ['tags'],
    inputDependencies: { redrivePolicy: [first.urn] },
  });
  expect(new Set(named(resources, 'third').dependencies)).toEqual(new Set([first.urn, second.urn]));
  expect(second).toMatchObject({ isProtected: false, isRetained: true });
  expect(named(resources, 'alone')).toMatchObject({ isProtected: false, isRetained: false, ignoredChanges: [] });
  expect(named(resources, 'alone').provider).toBeUndefined();
});

test('a look-up of the region gives the one of the provider that it goes through', async () => {
  const { outputs } = await recorded(() => ({ region: aws.getRegionOutput({}, provided()).region }));

  expect(outputs).toEqual({ region: REGION });
});
