import * as aws from '@pulumi/aws';
import * as random from '@pulumi/random';
import type { CurrentsBridgeArgs } from '../../components/currents-bridge';
import { ADOPTING, KEY_ARN, LEAST, MOST, NAME, PROVIDER } from '../support/args';
import { deploy } from '../support/bridge';
import type { Graph, Registered } from '../support/mocks';

const VARIANTS: [string, CurrentsBridgeArgs][] = [
  ['with the least', LEAST],
  ['with the most', MOST],
  ['that uses what exists', ADOPTING],
];
const graphs = new Map<string, Graph>();
beforeAll(async () => {
  for (const [variant, args] of VARIANTS) graphs.set(variant, (await deploy(args)).graph);
});

/** Whether resources of a type have such an input, as the class that makes them says. */
function takes(type: string, input: string): boolean {
  const [, pkg = '', module = '', className = ''] = /^(\w+):(\w+)\/\w+:(\w+)$/.exec(type) ?? [];
  const classes = { aws, random: { index: random } } as unknown as Record<
    string,
    Record<string, Record<string, () => void>>
  >;
  const made = classes[pkg]?.[module]?.[className];
  if (made === undefined) throw new Error(`no class makes resources of type ${type}`);
  return String(made).includes(`args?.${input};`);
}

function chainOf(resource: Registered): string[] {
  const { parent } = resource;
  return parent === undefined ? [] : [parent.type.replace('currents-bridge:index:', ''), ...chainOf(parent)];
}

describe.each(VARIANTS)('each child of a bridge %s', (variant, args) => {
  let graph: Graph;
  let children: Registered[];
  beforeAll(() => {
    graph = graphs.get(variant) as Graph;
    children = graph.created;
  });

  test('stands in a room of the bridge', () => {
    const rooms = new Map([
      ['EventQueue', 'aws:sqs/queue:Queue'],
      ...(args.archive === undefined ? [] : [['Archive', 'aws:s3/bucket:Bucket'] as const]),
      ['Secrets', 'aws:secretsmanager/secret:Secret'],
      ['Processor', 'aws:lambda/eventSourceMapping:EventSourceMapping'],
      ['IngestEndpoint', 'aws:apigatewayv2/api:Api'],
      ['Alarms', 'aws:cloudwatch/metricAlarm:MetricAlarm'],
      ['Dashboard', 'aws:cloudwatch/dashboard:Dashboard'],
    ]);

    for (const [room, type] of rooms) expect(graph.ofType(type).map(chainOf)).toContainEqual([room, 'CurrentsBridge']);
    expect(graph.ofType('aws:lambda/function:Function').map(chainOf).sort()).toEqual([
      ['BridgeFunction', 'IngestEndpoint', 'CurrentsBridge'],
      ['BridgeFunction', 'Processor', 'CurrentsBridge'],
    ]);
    for (const child of children) {
      expect(chainOf(child).at(-1)).toBe('CurrentsBridge');
      expect([...rooms.keys(), 'BridgeFunction']).toContain(chainOf(child)[0]);
    }
  });

  test('is named from it', () => {
    for (const { name } of children) expect(name).toMatch(new RegExp(`^${NAME}(-|$)`));
  });

  test('has all tags where it can have some', () => {
    const taggable = children.filter(({ type }) => takes(type, 'tags'));

    expect(new Set(taggable.map(({ type }) => type)).size).toBeGreaterThanOrEqual(9);
    for (const { type, inputs } of taggable) {
      expect({ type, tags: inputs.tags }).toEqual({
        type,
        tags: { ...(args.tags as object | undefined), 'currents-bridge': NAME, 'braze-cluster': 'EU-01' },
      });
    }
  });

  test('follows the provider that the bridge is given, and so does each look-up', () => {
    const ofAws = children.filter(({ type }) => type.startsWith('aws:'));

    expect(new Set(ofAws.map(({ provider }) => provider))).toEqual(new Set([PROVIDER]));
    expect(new Set(graph.invokes.map(({ provider }) => provider))).toEqual(new Set([PROVIDER]));
  });

  test('has no region of its own, which could differ from the provider’s', () => {
    expect(children.filter(({ inputs }) => inputs.region !== undefined).map(({ name }) => name)).toEqual([]);
  });

  test('is named by Pulumi, so that it can be replaced and a second one can stand beside it', () => {
    const fixed = children.filter(({ inputs }) => inputs.name !== undefined);

    expect(fixed.map(({ type, inputs }) => [type, inputs.name])).toEqual([
      ['aws:lambda/alias:Alias', 'live'],
      ['aws:lambda/alias:Alias', 'live'],
      ['aws:apigatewayv2/stage:Stage', '$default'],
    ]);
  });

  test('that is a log group keeps its logs for a time that is set', () => {
    expect(
      graph.ofType('aws:cloudwatch/logGroup:LogGroup').map(({ name, inputs }) => [name, inputs.retentionInDays]),
    ).toEqual(
      expect.arrayContaining([
        [`${NAME}-access`, 30],
        [`${NAME}-ingest`, 30],
        [`${NAME}-processor`, 30],
      ]),
    );
    for (const { inputs } of graph.ofType('aws:cloudwatch/logGroup:LogGroup')) expect(inputs.retentionInDays).toBe(30);
  });

  test('that is a queue, a secret or a bucket is encrypted', () => {
    const isCustomersKey = args.encryption !== undefined;

    for (const { inputs } of graph.ofType('aws:sqs/queue:Queue')) {
      expect(inputs).toMatchObject(isCustomersKey ? { kmsMasterKeyId: KEY_ARN } : { sqsManagedSseEnabled: true });
    }
    for (const { inputs } of graph.ofType('aws:secretsmanager/secret:Secret')) {
      expect(inputs.kmsKeyId).toBe(isCustomersKey ? KEY_ARN : undefined);
    }
    const buckets = graph.ofType('aws:s3/bucket:Bucket');
    const encryptions = graph.ofType(
      'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    );
    expect(encryptions.map(({ inputs }) => inputs.bucket)).toEqual(buckets.map(({ name }) => name));
    for (const { inputs } of encryptions) expect(JSON.stringify(inputs)).toContain(isCustomersKey ? KEY_ARN : 'AES256');
  });
});

test('what can have tags is told from the classes of the AWS provider', () => {
  expect(takes('aws:sqs/queue:Queue', 'tags')).toBe(true);
  expect(takes('aws:lambda/alias:Alias', 'tags')).toBe(false);
});
