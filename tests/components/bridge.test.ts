import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { CurrentsBridge, InputError, type CurrentsBridgeArgs } from '../../components/currents-bridge';
import { ADOPTING, LEAST, MOST, mostIn, NAME, REGION, WRITE_KEY } from '../support/args';
import { deploy } from '../support/bridge';
import { run, UNKNOWN, type Graph, type Registered } from '../support/mocks';
import { refusalOf } from '../support/refusal';

describe('the bridge', () => {
  test('is of a type that users’ stacks hold, and must not change', async () => {
    const { graph } = await deploy();

    expect(graph.one('currents-bridge:index:CurrentsBridge').urn).toMatch(
      new RegExp(`::currents-bridge:index:CurrentsBridge::${NAME}$`),
    );
  });

  test('is the same each time that the same is asked for', async () => {
    const resources = async () => {
      const { graph } = await deploy(MOST);
      return new Map(graph.resources.map(({ urn, inputs }) => [urn, inputs]));
    };

    expect(await resources()).toEqual(await resources());
  });

  test('can stand twice in one program', async () => {
    const other = `${NAME}-2`;
    const { graph } = await run(() => {
      new CurrentsBridge(NAME, LEAST);
      new CurrentsBridge(other, MOST);
    });
    const urns = graph.resources.map(({ urn }) => urn);

    expect(new Set(urns).size).toBe(urns.length);
    for (const name of [NAME, other]) {
      const tagged = graph.created.filter(
        ({ inputs }) => (inputs.tags as Inputs | undefined)?.['currents-bridge'] === name,
      );
      expect(tagged.length).toBeGreaterThan(10);
      for (const each of tagged)
        expect(each.name.replace(`${other}-`, '')).toMatch(name === other ? /^(?!currents)/ : /^currents/);
    }
  });

  test('can stand beside any other with another name: none of their children could share one', async () => {
    const { graph } = await deploy(MOST);
    // A bridge "a-b" and its child "c" could share a name with a bridge "a" and its child "b-c".
    const clashes = graph.created.flatMap((child) =>
      graph.ofType(child.type).filter((other) => suffixOf(other.name).endsWith(`-${suffixOf(child.name)}`)),
    );

    expect(clashes.map(({ type, name }) => [type, name])).toEqual([]);
  });
});

type Inputs = Record<string, unknown>;

function suffixOf(name: string): string {
  return name.slice(NAME.length + 1);
}

describe('production', () => {
  const described = (resources: Registered[]) => resources.map(({ type, name }) => `${type} ${suffixOf(name)}`).sort();
  const protectedOf = (graph: Graph) => described(graph.created.filter(({ isProtected }) => isProtected));
  const retainedOf = (graph: Graph) => described(graph.created.filter(({ isRetained }) => isRetained));

  test('protects API, queues, archive and tokens, and retains queues and archive with what is set for them', async () => {
    const { graph } = await deploy({
      ...LEAST,
      production: true,
      endpoint: { tokenRotation: 4 },
      archive: { enabled: true },
    });

    expect(protectedOf(graph)).toEqual([
      'aws:apigatewayv2/api:Api api',
      'aws:apigatewayv2/route:Route health',
      'aws:apigatewayv2/route:Route webhook',
      'aws:apigatewayv2/stage:Stage default',
      'aws:s3/bucket:Bucket archive',
      'aws:secretsmanager/secret:Secret endpoint-tokens',
      'aws:sqs/queue:Queue dead-letters',
      'aws:sqs/queue:Queue events',
      'random:index/randomPassword:RandomPassword token-4',
    ]);
    expect(retainedOf(graph)).toEqual([
      'aws:s3/bucket:Bucket archive',
      'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration archive',
      'aws:s3/bucketOwnershipControls:BucketOwnershipControls archive',
      'aws:s3/bucketPolicy:BucketPolicy archive',
      'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock archive',
      'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration archive',
      'aws:s3/bucketVersioning:BucketVersioning archive',
      'aws:sqs/queue:Queue dead-letters',
      'aws:sqs/queue:Queue events',
      'aws:sqs/queuePolicy:QueuePolicy dead-letters',
      'aws:sqs/queuePolicy:QueuePolicy events',
      'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy dead-letters',
    ]);
  });

  test('is asked for: without it everything can be taken down', async () => {
    const { graph } = await deploy({ ...LEAST, archive: { enabled: true } });

    expect(protectedOf(graph)).toEqual([]);
    expect(retainedOf(graph)).toEqual([]);
    expect(graph.one('aws:s3/bucket:Bucket').inputs.forceDestroy).toBe(true);
  });
});

describe('names', () => {
  /** AWS's limits, and what the provider puts after a name or a prefix. */
  const LIMITS: Record<string, { limit: number; random: number }> = {
    'aws:iam/role:Role': { limit: 64, random: 8 },
    'aws:iam/rolePolicy:RolePolicy': { limit: 128, random: 8 },
    'aws:lambda/function:Function': { limit: 64, random: 8 },
    'aws:s3/bucket:Bucket': { limit: 63, random: 26 },
    'aws:sqs/queue:Queue': { limit: 80, random: 8 },
    'aws:secretsmanager/secret:Secret': { limit: 512, random: 8 },
    'aws:apigatewayv2/api:Api': { limit: 128, random: 8 },
    'aws:cloudwatch/metricAlarm:MetricAlarm': { limit: 255, random: 8 },
    'aws:cloudwatch/dashboard:Dashboard': { limit: 255, random: 8 },
    'aws:sns/topic:Topic': { limit: 256, random: 8 },
    'aws:cloudwatch/logGroup:LogGroup': { limit: 512, random: 26 },
    'aws:lambda/permission:Permission': { limit: 100, random: 26 },
  };
  /** What AWS gives no name, or one that is fixed or a key of another resource. */
  const UNNAMED = [
    'aws:apigatewayv2/apiMapping:ApiMapping',
    'aws:apigatewayv2/domainName:DomainName',
    'aws:apigatewayv2/integration:Integration',
    'aws:apigatewayv2/route:Route',
    'aws:apigatewayv2/stage:Stage',
    'aws:lambda/alias:Alias',
    'aws:lambda/eventSourceMapping:EventSourceMapping',
    'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration',
    'aws:s3/bucketOwnershipControls:BucketOwnershipControls',
    'aws:s3/bucketPolicy:BucketPolicy',
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
    'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    'aws:s3/bucketVersioning:BucketVersioning',
    'aws:secretsmanager/secretVersion:SecretVersion',
    'aws:sns/topicPolicy:TopicPolicy',
    'aws:sns/topicSubscription:TopicSubscription',
    'aws:sqs/queuePolicy:QueuePolicy',
    'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy',
    'random:index/randomPassword:RandomPassword',
  ];

  test.each([
    ['eu-central-1', 33],
    ['us-east-1', 36],
    ['ap-southeast-1', 31],
  ])(
    'in %s may have %i characters, with which every name is within AWS’s limits, and no more',
    async (region, longest) => {
      const args: CurrentsBridgeArgs = {
        ...mostIn(region),
        awsRegion: region,
        allowedCrossings: ['EU-US', 'US-EU', 'EU-SG', 'SG-EU'],
      };
      const { graph } = await deploy(args, { name: 'b'.repeat(longest), region });

      for (const { type, name, inputs } of graph.created.filter(({ type: each }) => !UNNAMED.includes(each))) {
        const { limit, random } = LIMITS[type] ?? { limit: 0, random: 0 };
        const physical = (inputs.dashboardName ?? inputs.namePrefix ?? inputs.bucketPrefix ?? name) as string;
        expect({ type, length: physical.length + random, isWithin: physical.length + random <= limit }).toMatchObject({
          type,
          isWithin: true,
        });
      }
      await expect(deploy(args, { name: 'b'.repeat(longest + 1), region })).rejects.toThrow(
        new RegExp(`${longest + 1} characters.*at most ${longest} characters.*IAM allows 64`),
      );
    },
  );

  test.each(['1bridge', 'my bridge', 'brücke', '', 'a.b'])('such as "%s" are refused', async (name) => {
    await expect(deploy(LEAST, { name })).rejects.toThrow(InputError);
    await expect(deploy(LEAST, { name })).rejects.toThrow(`The bridge's name is "${name}"`);
  });
});

test.each([true, false])(
  'a provider of another region is refused, and nothing is created (preview: %s)',
  async (preview) => {
    expect(await refusalOf(LEAST, { region: 'us-east-1', preview })).toEqual({
      message:
        "The AWS provider's region is us-east-1, but this bridge belongs into eu-central-1. Give it a provider of that " +
        'region, or set awsRegion to us-east-1 so that it can be checked.',
      created: [],
    });
  },
);

test('mistakes of all arguments are told at once, and nothing is created', async () => {
  const wrong = { ...LEAST, queue: { outageHours: 0 }, processor: { maxConcurrency: 1, memoryMb: 1 } };
  const { graph, result } = await run(() => {
    try {
      return new CurrentsBridge(NAME, wrong);
    } catch (error) {
      return error;
    }
  });

  expect(result).toBeInstanceOf(InputError);
  expect((result as InputError).problems).toEqual([
    expect.stringMatching(/^queue\.outageHours is 0;/),
    expect.stringMatching(/^processor\.memoryMb is 1;/),
    expect.stringMatching(/^processor\.maxConcurrency is 1;/),
  ]);
  expect(graph.resources).toEqual([]);
});

describe('a preview', () => {
  /** A resource of the user's own that is not there yet, so that nothing of it is known. */
  class Elsewhere extends pulumi.CustomResource {
    declare readonly value: pulumi.Output<string>;
    constructor() {
      super('test:index:Elsewhere', 'elsewhere', { value: undefined });
    }
  }
  const known = { subnetIds: ['subnet-0123abcd'], securityGroupIds: ['sg-0123abcd'] };

  /** Every input that may be an output is one that is not known yet. */
  const unknownOf: Record<string, [CurrentsBridgeArgs, (value: pulumi.Output<string>) => CurrentsBridgeArgs]> = {
    'with data plane and key': [
      { ...MOST, rudderstack: LEAST.rudderstack },
      (value) => ({ ...mostOf(value), rudderstack: { dataPlaneUrl: value, writeKey: value } }),
    ],
    'with a webhook URL': [MOST, (value) => ({ ...mostOf(value), rudderstack: { webhookUrl: value } })],
    'with what exists': [
      ADOPTING,
      (value) => ({
        ...ADOPTING,
        rudderstack: { dataPlaneUrl: value, writeKeySecret: { arn: value, jsonKey: 'writeKey', kmsKeyArn: value } },
        alarms: { pageTopicArn: value, ticketTopicArn: value },
      }),
    ],
    'with all tags in one output': [
      { ...LEAST, tags: { team: 'crm' } },
      (value) => ({ ...LEAST, tags: value.apply((team) => ({ team })) }),
    ],
  };

  function mostOf(value: pulumi.Output<string>): CurrentsBridgeArgs {
    return {
      ...MOST,
      endpoint: { ...MOST.endpoint, domain: { name: value, certificateArn: value } },
      functions: { permissionsBoundaryArn: value, vpc: { subnetIds: [value], securityGroupIds: [value] } },
      encryption: { kmsKeyArn: value },
      alarms: { email: value },
      tags: { team: value },
    };
  }

  test.each(Object.entries(unknownOf))(
    '%s shows the same resources before anything is known',
    async (_, [args, unknown]) => {
      const all = (graph: Graph) =>
        graph.resources
          .map(({ type, name }) => `${type} ${name}`)
          .filter((each) => !/^(test|pulumi):/.test(each))
          .sort();
      const { graph } = await deploy(args);
      const { graph: preview } = await run(
        () => {
          const provider = new aws.Provider('own', { region: REGION });
          return new CurrentsBridge(NAME, unknown(new Elsewhere().value), { provider });
        },
        { preview: true },
      );

      expect(all(preview)).toEqual(all(graph));
      expect(preview.resources.some(({ inputs }) => JSON.stringify(inputs).includes(UNKNOWN))).toBe(true);
      const plain = preview.resources.map(({ plainInputs }) => plainInputs).join('\n');
      expect(plain).not.toContain(WRITE_KEY);
    },
  );

  test('knows what is decided without AWS', async () => {
    const { graph } = await deploy({ ...LEAST, functions: { vpc: known } }, { preview: true });

    expect(graph.one('aws:lambda/function:Function', 'ingest').inputs).toMatchObject({ vpcConfig: known, timeout: 25 });
    expect(graph.one('aws:sqs/queue:Queue', '-events').inputs.visibilityTimeoutSeconds).toBe(300);
  });
});
