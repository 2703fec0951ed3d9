import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { CurrentsBridgeArgs } from '../../components/currents-bridge';
import { BUNDLE_OPTIONS, type FunctionName } from '../../runtime/bundle';
import { ADOPTED_SECRET, ADOPTING, BOUNDARY, KEY_ARN, LEAST, MOST, NAME, OTHER_KEY_ARN } from '../support/args';
import { deploy, policyOf, type Statement } from '../support/bridge';
import { ACCOUNT, valueOf, type Graph } from '../support/mocks';

const arn = (service: string, resource: string) => `arn:aws:${service}:eu-central-1:${ACCOUNT}:${resource}`;
const EVENTS = arn('sqs', `${NAME}-events`);
const DEAD_LETTERS = arn('sqs', `${NAME}-dead-letters`);
const TOKENS = arn('secretsmanager', `secret:${NAME}-endpoint-tokens-Ab1Cd2`);
const OWN_WRITE_KEY = arn('secretsmanager', `secret:${NAME}-write-key-Ab1Cd2`);
const logsOf = (role: FunctionName) => arn('logs', `log-group:${NAME}-${role}:*`);
const REQUESTS = `arn:aws:s3:::${NAME}-archive/requests/*`;
const VIA = {
  s3: 's3.eu-central-1.amazonaws.com',
  secretsmanager: 'secretsmanager.eu-central-1.amazonaws.com',
  sqs: 'sqs.eu-central-1.amazonaws.com',
};

const VPC = [
  'ec2:AssignPrivateIpAddresses *',
  'ec2:CreateNetworkInterface *',
  'ec2:DeleteNetworkInterface *',
  'ec2:DescribeNetworkInterfaces *',
  'ec2:DescribeSubnets *',
  'ec2:UnassignPrivateIpAddresses *',
];

interface Case {
  args: CurrentsBridgeArgs;
  ingest: string[];
  processor: string[];
}

function base(writeKey: string): Omit<Case, 'args'> {
  return {
    ingest: [
      `sqs:SendMessage ${EVENTS}`,
      `sqs:SendMessage ${DEAD_LETTERS}`,
      `secretsmanager:GetSecretValue ${TOKENS}`,
      `logs:CreateLogStream ${logsOf('ingest')}`,
      `logs:PutLogEvents ${logsOf('ingest')}`,
    ],
    processor: [
      `sqs:ReceiveMessage ${EVENTS}`,
      `sqs:DeleteMessage ${EVENTS}`,
      `sqs:GetQueueAttributes ${EVENTS}`,
      `sqs:ChangeMessageVisibility ${EVENTS}`,
      `sqs:SendMessage ${DEAD_LETTERS}`,
      `secretsmanager:GetSecretValue ${writeKey}`,
      `logs:CreateLogStream ${logsOf('processor')}`,
      `logs:PutLogEvents ${logsOf('processor')}`,
    ],
  };
}

const WITH_KEY = [
  `kms:Decrypt ${KEY_ARN} via ${VIA.sqs}`,
  `kms:GenerateDataKey ${KEY_ARN} via ${VIA.sqs}`,
  `kms:Decrypt ${KEY_ARN} via ${VIA.secretsmanager}`,
];
const own = base(OWN_WRITE_KEY);
const adopted = base(ADOPTED_SECRET);

/** Everything that each function may do, and nothing else, as "action resource [via service]". */
const CASES: Record<string, Case> = {
  'with the least': { args: LEAST, ...own },
  'with an archive': {
    args: { ...LEAST, archive: { enabled: true } },
    ingest: [...own.ingest, `s3:PutObject ${REQUESTS}`],
    processor: own.processor,
  },
  'with an archive, a key of the customer and a VPC': {
    args: MOST,
    ingest: [
      ...own.ingest,
      `s3:PutObject ${REQUESTS}`,
      ...WITH_KEY,
      `kms:GenerateDataKey ${KEY_ARN} via ${VIA.s3}`,
      ...VPC,
    ],
    processor: [...own.processor, ...WITH_KEY, ...VPC],
  },
  'with a secret that exists and has a key of its own': {
    args: ADOPTING,
    ingest: adopted.ingest,
    processor: [...adopted.processor, `kms:Decrypt ${OTHER_KEY_ARN} via ${VIA.secretsmanager}`],
  },
  'with a secret that exists, and a key of the customer for the queues alone': {
    args: {
      ...LEAST,
      rudderstack: { ...ADOPTING.rudderstack, writeKeySecret: { arn: ADOPTED_SECRET } },
      encryption: { kmsKeyArn: KEY_ARN },
    },
    ingest: [...adopted.ingest, ...WITH_KEY],
    processor: [...adopted.processor, ...WITH_KEY.slice(0, 2)],
  },
};

/** As "action resource", with the service that it must go by. */
function permissions({ Effect, Action, Resource, Condition = {}, ...rest }: Statement): string[] {
  expect(Effect).toBe('Allow');
  // NotAction, NotResource and the like would turn everything around.
  expect(Object.keys(rest)).toEqual(['Sid']);
  const { StringEquals = {}, ...otherOperators } = Condition;
  const { 'kms:ViaService': via, ...otherKeys } = StringEquals;
  expect({ ...otherOperators, ...otherKeys }).toEqual({});
  return [Action]
    .flat()
    .flatMap((action) =>
      [Resource].flat().map((resource) => `${action} ${resource}${typeof via === 'string' ? ` via ${via}` : ''}`),
    );
}

function permissionsOf(graph: Graph, role: FunctionName): string[] {
  return policyOf(graph.one('aws:iam/rolePolicy:RolePolicy', role)).flatMap(permissions).sort();
}

describe.each(Object.entries(CASES))('%s', (_, { args, ...expected }) => {
  let graph: Graph;
  beforeAll(async () => {
    ({ graph } = await deploy(args));
  });

  test.each(['ingest', 'processor'] as const)('%s may do exactly what it needs, to exactly what it needs', (role) => {
    expect(permissionsOf(graph, role)).toEqual([...expected[role]].sort());
  });

  test('a policy belongs to the role of its function, and a role has no other', () => {
    const policies = graph.ofType('aws:iam/rolePolicy:RolePolicy');

    expect(policies.map(({ inputs }) => inputs.role).sort()).toEqual(
      ['ingest', 'processor'].map((role) => `${NAME}-${role}-eu-central-1`),
    );
    expect(graph.ofType('aws:iam/role:Role')).toHaveLength(2);
    for (const { inputs } of graph.ofType('aws:iam/role:Role')) {
      expect(inputs).not.toHaveProperty('inlinePolicies');
      expect(inputs).not.toHaveProperty('managedPolicyArns');
      expect(inputs.permissionsBoundary).toBe(args.functions?.permissionsBoundaryArn);
    }
    expect(graph.created.map(({ type }) => type).filter((type) => /attachment/i.test(type))).toEqual([]);
  });

  test('only Lambda may assume a role', () => {
    for (const role of graph.ofType('aws:iam/role:Role')) {
      expect(policyOf(role, 'assumeRolePolicy')).toEqual([
        {
          Sid: 'LetLambdaAssume',
          Effect: 'Allow',
          Principal: { Service: 'lambda.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ]);
    }
  });

  test('nobody may reach a queue without TLS, and a queue allows nobody anything', () => {
    const queues = graph.ofType('aws:sqs/queue:Queue');
    const policies = graph.ofType('aws:sqs/queuePolicy:QueuePolicy');

    expect(policies).toHaveLength(queues.length);
    for (const queue of [EVENTS, DEAD_LETTERS]) {
      const policy = policies.find(({ inputs }) => String(inputs.queueUrl).endsWith(queue.split(':').at(-1) ?? ''));
      expect(policyOf(policy as NonNullable<typeof policy>)).toEqual([
        {
          Sid: 'DenyInsecureTransport',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:*',
          Resource: queue,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]);
    }
  });

  test('only this API may invoke ingest, on its two routes, by the alias', () => {
    const permitted = graph.ofType('aws:lambda/permission:Permission').map(({ inputs }) => inputs);
    const api = arn('execute-api', `${NAME}-api`);

    expect(permitted).toEqual(
      ['*/*/v1/webhook', '*/GET/health'].map((source) => ({
        action: 'lambda:InvokeFunction',
        principal: 'apigateway.amazonaws.com',
        function: `${NAME}-ingest`,
        qualifier: 'live',
        sourceArn: `${api}/${source}`,
      })),
    );
  });

  test('only the event queue may move its messages to the dead-letter queue', () => {
    const { inputs } = graph.one('aws:sqs/redriveAllowPolicy:RedriveAllowPolicy');
    const { redrivePolicy } = graph.one('aws:sqs/queue:Queue', '-events').inputs;

    expect(inputs.queueUrl).toBe(`https://sqs.eu-central-1.amazonaws.com/${ACCOUNT}/${NAME}-dead-letters`);
    expect(JSON.parse(String(inputs.redriveAllowPolicy))).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [EVENTS],
    });
    expect(JSON.parse(String(redrivePolicy))).toMatchObject({ deadLetterTargetArn: DEAD_LETTERS });
  });
});

test('a permissions boundary is that of both roles', async () => {
  const { graph } = await deploy(MOST);

  expect(graph.ofType('aws:iam/role:Role').map(({ inputs }) => inputs.permissionsBoundary)).toEqual([
    BOUNDARY,
    BOUNDARY,
  ]);
});

/** What a call of the AWS SDK needs: the batch of an action is allowed by the action. */
const ACTIONS = new Map([
  ['client-sqs/SendMessageBatch', 'sqs:SendMessage'],
  ['client-sqs/DeleteMessageBatch', 'sqs:DeleteMessage'],
  ['client-sqs/ChangeMessageVisibilityBatch', 'sqs:ChangeMessageVisibility'],
  ['client-s3/PutObject', 's3:PutObject'],
  ['client-secrets-manager/GetSecretValue', 'secretsmanager:GetSecretValue'],
]);

/** What a client of the AWS SDK has in it for something that is not used here: sessions with S3's directory buckets. */
const UNUSED = ['client-s3/CreateSession'];

/** What Lambda does in the function's name, not the function. */
const IN_ITS_NAME: Record<FunctionName, string[]> = {
  ingest: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  processor: [
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'sqs:ReceiveMessage',
  ],
};

const ENTRY_POINTS: Record<FunctionName, string[]> = {
  ingest: ['ingest/handler.ts', 'archive/writer.ts'],
  processor: ['processor/handler.ts'],
};

/** The AWS SDK's commands whose code is in a function's bundle, as `client-sqs/SendMessageBatch`. */
async function commandsIn(role: FunctionName): Promise<string[]> {
  const { metafile } = await build({
    ...BUNDLE_OPTIONS,
    entryPoints: ENTRY_POINTS[role].map((path) => resolve(__dirname, '../../runtime', path)),
    outdir: 'dist',
    external: ['./archive.mjs', './transform.mjs', 'supports-color'],
    metafile: true,
  });
  return Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => {
      const [, client, command] = /@aws-sdk\/(client-[^/]+)\/.*\/commands\/(\w+)Command\.js$/.exec(path) ?? [];
      return client === undefined || command === undefined ? [] : [`${client}/${command}`];
    })
    .filter((command) => !UNUSED.includes(command));
}

test.each(['ingest', 'processor'] as const)(
  '%s is allowed the calls that its bundle makes, and no other',
  async (role) => {
    const { graph } = await deploy({ ...LEAST, archive: { enabled: true } });
    const commands = await commandsIn(role);

    expect(commands.filter((command) => !ACTIONS.has(command))).toEqual([]);
    const needed = new Set([...commands.map((command) => ACTIONS.get(command)), ...IN_ITS_NAME[role]]);
    const allowed = new Set(permissionsOf(graph, role).map((permission) => permission.split(' ')[0]));
    expect([...allowed].sort()).toEqual([...needed].sort());
  },
);

test('the statements for the policy of the customer’s key let both roles use it, by way of the services that keep something for them only', async () => {
  const { bridge } = await deploy(MOST);

  expect(JSON.parse((await valueOf(bridge.kmsKeyPolicyStatements)) as string)).toEqual([
    {
      Sid: 'CurrentsBridge',
      Effect: 'Allow',
      Principal: {
        AWS: ['ingest', 'processor'].map((role) => `arn:aws:iam::${ACCOUNT}:role/${NAME}-${role}-eu-central-1`),
      },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      // In a key's policy, the key itself.
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': [VIA.s3, VIA.secretsmanager, VIA.sqs] } },
    },
  ]);
  const { bridge: unarchived } = await deploy({ ...MOST, archive: undefined });
  expect(await valueOf(unarchived.kmsKeyPolicyStatements)).toContain(JSON.stringify([VIA.secretsmanager, VIA.sqs]));
  expect((await deploy()).bridge.kmsKeyPolicyStatements).toBeUndefined();
});
