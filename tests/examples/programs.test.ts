import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { asText, MASK, type Graph, type Resource } from '../../graph/graph';
import { record } from '../../graph/record';
import schema from '../../schema.json';

const EXAMPLES = resolve(__dirname, '../../examples');
const DATA_PLANE_URL = 'https://example.dataplane.rudderstack.com';
const WRITE_KEY = 'RECOGNISABLE-WRITE-KEY';

type Recorded = Omit<Graph, 'standIns'>;

function projectOf(example: string): unknown {
  return parse(readFileSync(resolve(EXAMPLES, example, 'Pulumi.yaml'), 'utf8'));
}

/** Runs an example's program as Pulumi does, with its config by key. */
function recorded(example: string, texts: Record<string, string>): Promise<Recorded> {
  const { name: project } = projectOf(example) as { name: string };
  const config = Object.fromEntries(Object.entries(texts).map(([key, text]) => [`${project}:${key}`, text]));
  const secretKeys = Object.keys(config).filter((key) => /writeKey$/i.test(key));
  const run = () =>
    Promise.resolve(jest.requireActual<Record<string, unknown>>(resolve(EXAMPLES, example, 'index.ts')));
  return record({ project, stack: 'test', config, secretKeys, run });
}

function ofType({ resources }: Recorded, type: string): Resource[] {
  return resources.filter((resource) => resource.type === type);
}

/** The names of what is created through each provider. */
function namesByProvider({ resources }: Recorded): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { provider, isCustom, type, name } of resources) {
    if (!isCustom || !type.startsWith('aws:')) continue;
    const key = provider?.split('::').at(-1) ?? 'default';
    names.set(key, [...(names.get(key) ?? []), name]);
  }
  return names;
}

test('a stack of one’s own points a name in DNS to the bridge', async () => {
  const graph = await recorded('own-stack', {
    dataPlaneUrl: DATA_PLANE_URL,
    writeKey: WRITE_KEY,
    domainName: 'currents.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab',
    zoneId: 'Z0123456789',
  });

  const [record] = ofType(graph, 'aws:route53/record:Record');
  expect(record?.inputs).toMatchObject({ name: 'currents.example.com', zoneId: 'Z0123456789', type: 'A' });
  expect(JSON.stringify(record?.inputs.aliases)).toMatch(/apigatewayv2\/domainName:DomainName/);
  expect([...namesByProvider(graph).keys()]).toEqual(['frankfurt']);
  expect(asText(graph.outputs.customHttpUrl)).toMatch(/^https:\/\/.*\/v1\/webhook$/);
  expect(graph.outputs.customHttpToken).toBe(MASK);
});

test('two regions have a bridge each, and nothing of one goes through the provider of the other', async () => {
  const graph = await recorded('two-regions', {
    usDataPlaneUrl: DATA_PLANE_URL,
    usWriteKey: WRITE_KEY,
    euDataPlaneUrl: DATA_PLANE_URL,
    euWriteKey: WRITE_KEY,
  });

  const names = namesByProvider(graph);
  expect([...names.keys()].sort()).toEqual(['frankfurt', 'virginia']);
  expect(names.get('virginia')?.filter((name) => !/^events-us(?:-|$)/.test(name))).toEqual([]);
  expect(names.get('frankfurt')?.filter((name) => !/^events-eu(?:-|$)/.test(name))).toEqual([]);
  expect(names.get('virginia')?.length).toBe(names.get('frankfurt')?.length);
  expect(JSON.stringify(graph)).not.toContain(WRITE_KEY);
});

test('what exists already is used, and not made again', async () => {
  const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rudderstack-Ab1Cd2';
  const key = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const [page, ticket] = ['page', 'ticket'].map((topic) => `arn:aws:sns:eu-central-1:123456789012:${topic}`);
  const graph = await recorded('adopted', {
    dataPlaneUrl: DATA_PLANE_URL,
    writeKeySecretArn: secret,
    writeKeySecretKmsKeyArn: key,
    pageTopicArn: page ?? '',
    ticketTopicArn: ticket ?? '',
  });

  expect(ofType(graph, 'aws:sns/topic:Topic')).toEqual([]);
  expect(ofType(graph, 'aws:secretsmanager/secret:Secret').map(({ name }) => name)).toEqual(['events-endpoint-tokens']);
  const alarmed = ofType(graph, 'aws:cloudwatch/metricAlarm:MetricAlarm').flatMap(({ inputs }) => inputs.alarmActions);
  expect(new Set(alarmed)).toEqual(new Set([page, ticket]));
  const policies = ofType(graph, 'aws:iam/rolePolicy:RolePolicy').map(({ inputs }) => asText(inputs.policy));
  expect(policies.filter((policy) => policy.includes(secret) && policy.includes(key))).toHaveLength(1);
});

describe('the example in YAML', () => {
  interface Property {
    $ref?: string;
    type?: string;
    items?: Property;
    additionalProperties?: Property;
    enum?: unknown[];
    properties?: Record<string, Property>;
    required?: string[];
  }
  const types = schema.types as Record<string, Property>;

  /** What is wrong with a value, by the schema. */
  function faults(value: unknown, given: Property, path: string): string[] {
    const property = given.$ref === undefined ? given : (types[given.$ref.replace('#/types/', '')] ?? {});
    if (typeof value === 'string' && /^\$\{.*\}$/.test(value)) return [];
    if (property.enum !== undefined) return JSON.stringify(property.enum).includes(String(value)) ? [] : [path];
    if (property.properties !== undefined) return faultsOfObject(value as object, property, path);
    if (property.additionalProperties !== undefined) return typeof value === 'object' ? [] : [path];
    return typeof value === property.type ? [] : [path];
  }

  function faultsOfObject(value: object, { properties = {}, required = [] }: Property, path: string): string[] {
    const missing = required.filter((name) => !(name in value)).map((name) => `${path}.${name} is missing`);
    const wrong = Object.entries(value).flatMap(([name, each]) => {
      const property = properties[name];
      return property === undefined ? [`${path}.${name} is unknown`] : faults(each, property, `${path}.${name}`);
    });
    return [...missing, ...wrong];
  }

  test('has what the schema asks for, and gives out what is there', () => {
    const { resources, outputs } = projectOf('yaml') as {
      resources: Record<string, { type: string; properties: object; options?: { providers: unknown } }>;
      outputs: Record<string, string>;
    };
    const component = schema.resources['currents-bridge:index:CurrentsBridge'];

    expect(resources.events?.type).toBe('currents-bridge:CurrentsBridge');
    // Pulumi YAML takes a list here, and no object.
    expect(resources.events?.options?.providers).toEqual(['${frankfurt}']);
    const asType = {
      properties: component.inputProperties as Record<string, Property>,
      required: component.requiredInputs,
    };
    expect(faultsOfObject(resources.events?.properties ?? {}, asType, 'events')).toEqual([]);
    for (const text of Object.values(outputs)) {
      const [, output = ''] = /^\$\{events\.(\w+)\}$/.exec(text) ?? [];
      expect(Object.keys(component.properties)).toContain(output);
    }
  });
});
