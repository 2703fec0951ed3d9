import { setTimeout as wait } from 'node:timers/promises';
import { ApiGatewayV2Client, CreateApiCommand, GetApisCommand } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchClient, PutDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  LambdaClient,
  PublishVersionCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, GetTopicAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { BuildHandler, BuildMiddleware } from '@smithy/types';
import type { FunctionName } from '../../runtime/bundle';
import { Braze } from '../../runtime/local/braze';
import { newToken } from '../../runtime/local/bridge';
import { encodeEvents } from '../../runtime/queue/envelope';
import { currentsEvent } from '../support/events';
import { DeployedBridge } from './deployed-bridge';
import { DeployedRole, type Permission } from './deployed-role';
import { Emulator } from './emulator';
import { Project } from './project';
import { SecureDataPlane } from './secure-data-plane';
import { toolchain } from './toolchain/toolchain';
import { Trail, type Refusal } from './trail';

const REGION = 'eu-central-1';
const ACCOUNT = '000000000000';
const FUNCTIONS = ['ingest', 'processor'] as const;

/** Nothing here asks for it. */
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

/** Milliseconds in which what is waited for comes true: far less than the queue's visibility timeout. */
const PATIENCE = 60_000;

/** Failures in a row after which the processor hands its messages back. */
const FAILURES_OF_AN_OUTAGE = 4;

/** From this receive on, messages go last, in two halves, after the others are deleted. */
const SUSPECT_FROM_RECEIVE = 4;

/** What a permission is for. */
interface Run {
  /** Begins it, with an event of this id. */
  begin: (id: string) => unknown;
  isDone: (id: string) => boolean | Promise<boolean>;
  /** What was refused is done by itself once it is allowed; otherwise that takes as long as the visibility timeout. */
  isTriedAgain: boolean;
}

/** What shows that a function needs a permission. */
const RUNS: Record<FunctionName, Record<string, Run>> = {
  ingest: {
    'sqs:SendMessage on the event queue': {
      begin: (id) => Promise.resolve(send(id)),
      isDone: isDelivered,
      isTriedAgain: true,
    },
    'sqs:SendMessage on the dead-letter queue': {
      begin: (id) => send(id, { event_type: undefined }),
      isDone: isDeadLetter,
      isTriedAgain: true,
    },
    's3:PutObject on the requests of the archive': {
      begin: (id) => Promise.resolve(send(id)),
      isDone: isArchived,
      // Its events go on without it.
      isTriedAgain: false,
    },
    'secretsmanager:GetSecretValue on the endpoint tokens': {
      begin: async (id) => {
        await startAnew('ingest');
        send(id);
      },
      isDone: isDelivered,
      isTriedAgain: true,
    },
  },
  processor: {
    'sqs:SendMessage on the dead-letter queue': {
      begin: (id) => {
        secureDataPlane.dataPlane.objection = ({ messageId }) => (messageId === id ? 400 : undefined);
        send(id);
      },
      isDone: isDeadLetter,
      isTriedAgain: true,
    },
    'secretsmanager:GetSecretValue on the write key': {
      begin: async (id) => {
        await startAnew('processor');
        send(id);
      },
      isDone: isDelivered,
      isTriedAgain: true,
    },
    'sqs:ChangeMessageVisibility on the event queue': {
      begin: async (id) => {
        // Has no failure behind it yet.
        await startAnew('processor');
        let failures = 0;
        secureDataPlane.dataPlane.objection = () => ((failures += 1) <= FAILURES_OF_AN_OUTAGE ? 503 : undefined);
        send(id);
      },
      isDone: isDelivered,
      isTriedAgain: false,
    },
    'sqs:DeleteMessage on the event queue': {
      begin: deliverSuspects,
      // The other one is being delivered.
      isDone: (id) => queuedMeanwhile.get(id) === 1,
      isTriedAgain: false,
    },
  },
};

const viaService = (service: string) => ` if {"StringEquals":{"kms:ViaService":"${service}.${REGION}.amazonaws.com"}}`;

/**
 * What a function is allowed for Lambda, and why MiniStack does it without.
 *
 * It asks no other document either where AWS's own services act: the function's policy for API Gateway, a role's for
 * Lambda, a topic's for an alarm; and nobody needs `iam:PassRole`. What it has of these documents is compared below.
 */
const NOT_ENFORCED: Record<FunctionName, Record<string, string>> = {
  ingest: {
    ...notEnforcedFor('ingest'),
    [`kms:GenerateDataKey on the key${viaService('s3')}`]: 'It encrypts no object.',
  },
  processor: {
    ...notEnforcedFor('processor'),
    'sqs:ReceiveMessage on the event queue': 'Its poller looks into the queue.',
    'sqs:GetQueueAttributes on the event queue': 'Its poller looks into the queue.',
  },
};

function notEnforcedFor(functionName: FunctionName): Record<string, string> {
  const interfaces = [
    'AssignPrivateIpAddresses',
    'CreateNetworkInterface',
    'DeleteNetworkInterface',
    'DescribeNetworkInterfaces',
    'DescribeSubnets',
    'UnassignPrivateIpAddresses',
  ];
  return {
    [`logs:CreateLogStream on the logs of ${functionName}`]: 'It writes what the process has printed.',
    [`logs:PutLogEvents on the logs of ${functionName}`]: 'It writes what the process has printed.',
    [`kms:Decrypt on the key${viaService('sqs')}`]: 'It encrypts no message.',
    [`kms:GenerateDataKey on the key${viaService('sqs')}`]: 'It encrypts no message.',
    [`kms:Decrypt on the key${viaService('secretsmanager')}`]: 'It encrypts no secret.',
    ...Object.fromEntries(interfaces.map((action) => [`ec2:${action} on *`, 'Its functions are in no VPC.'])),
  };
}

let secureDataPlane: SecureDataPlane;
let trail: Trail;
let emulator: Emulator;
let project: Project;
let bridge: DeployedBridge;
let iam: IAMClient;
let lambda: LambdaClient;
let sqs: SQSClient;
const roles = new Map<FunctionName, DeployedRole>();
const secretArns = new Map<FunctionName, string>();
/** What a resource is called here, by its ARN, and a queue by its URL, too. */
const names = new Map<string, string>([[KEY_ARN, 'the key']]);
/** What there has been in the dead-letter queue. */
const deadLetters: string[] = [];
/** Messages in the event queue while the last suspect was being delivered, by the event's id. */
const queuedMeanwhile = new Map<string, number>();
/** Of Braze, who goes on until each event is taken. */
let sending: Promise<unknown>[] = [];

beforeAll(async () => {
  secureDataPlane = await SecureDataPlane.listen(newToken());
  trail = await Trail.listen();
  const tools = await toolchain();
  emulator = await Emulator.start(tools, [secureDataPlane.certificate, trail.certificate], {
    AWS_ENDPOINT_URL: trail.url,
  });
  trail.passOnTo(emulator.url);
  iam = emulator.client(IAMClient, REGION);
  lambda = emulator.client(LambdaClient, REGION);
  sqs = emulator.client(SQSClient, REGION);

  project = await Project.copy(tools, emulator);
  await project.pulumi(['stack', 'init', 'dev']);
  await project.set({
    rudderstackDataPlaneUrl: secureDataPlane.url,
    // These give the roles all the permissions that there are.
    archive: 'true',
    kmsKeyArn: KEY_ARN,
    vpcSubnetIds: '["subnet-0123abcd"]',
    vpcSecurityGroupIds: '["sg-0123abcd"]',
  });
  await project.setSecret('rudderstackWriteKey', secureDataPlane.dataPlane.writeKey);
  await project.change('up');
  bridge = new DeployedBridge(emulator, REGION, await project.outputs());

  for (const queue of ['eventQueue', 'deadLetterQueue']) {
    const name = queue === 'eventQueue' ? 'the event queue' : 'the dead-letter queue';
    names.set(bridge.output(`${queue}Arn`), name).set(bridge.output(`${queue}Url`), name);
  }
  const bucket = bridge.output('archiveBucketName');
  names.set(`arn:aws:s3:::${bucket}/requests/*`, 'the requests of the archive');
  names.set(`arn:aws:s3:::${bucket}/another`, 'another object');
  for (const functionName of FUNCTIONS) {
    const { Role, Environment, LoggingConfig } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: bridge.output(`${functionName}FunctionName`) }),
    );
    roles.set(functionName, await DeployedRole.read(iam, Role?.split('/').at(-1) ?? ''));
    const { ENDPOINT_TOKENS_SECRET_ARN: tokens, RUDDERSTACK_WRITE_KEY_SECRET_ARN: writeKey } =
      Environment?.Variables ?? {};
    secretArns.set(functionName, tokens ?? writeKey ?? '');
    names.set(tokens ?? writeKey ?? '', tokens === undefined ? 'the write key' : 'the endpoint tokens');
    const logGroup = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LoggingConfig?.LogGroup ?? ''}:*`;
    names.set(logGroup, `the logs of ${functionName}`);
  }
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'another' }));
  names.set(QueueUrl ?? '', 'another queue');
  const { ARN } = await emulator
    .client(SecretsManagerClient, REGION)
    .send(new CreateSecretCommand({ Name: 'another', SecretString: 'text' }));
  names.set(ARN ?? '', 'another secret');
});

afterEach(async () => {
  for (const role of roles.values()) await role.restore();
  await Promise.all(sending);
  sending = [];
  secureDataPlane.dataPlane.objection = () => undefined;
  // What waits for its visibility timeout.
  await bridge.purge();
  trail.refusals = [];
});

afterAll(async () => {
  await project.stop();
  await emulator.stop();
  await trail.stop();
  await secureDataPlane.stop();
});

/** @throws Error when it does not come true. */
async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`In ${PATIENCE / 1_000} seconds it did not come true that ${what}.`);
    await wait(50);
  }
}

function roleOf(functionName: FunctionName): DeployedRole {
  const role = roles.get(functionName);
  if (role === undefined) throw new Error(`${functionName} has no role.`);
  return role;
}

/** As "sqs:SendMessage on the event queue". */
function inWords({ action, resource, Condition }: Permission): string {
  const condition = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
  return `${action} on ${names.get(resource) ?? resource}${condition}`;
}

function permissionOf(functionName: FunctionName, words: string): Permission {
  const permission = roleOf(functionName).permissions.find((candidate) => inWords(candidate) === words);
  if (permission === undefined) throw new Error(`${functionName} is not allowed ${words}.`);
  return permission;
}

/** As "ingest: sqs:SendMessage on the event queue". */
function refusalInWords({ principal, action, resource = '' }: Refusal): string {
  const functionName = FUNCTIONS.find((name) => principal.includes(`:assumed-role/${roleOf(name).name}/`));
  const [, prefix] = /^(\/[^/]+\/requests\/)\d{4}\/\d{2}\/\d{2}\/\d{2}\//.exec(resource) ?? [];
  // MiniStack has actions of their own for several messages.
  return `${functionName ?? principal}: ${inWords({ action: action.replace(/Batch$/, ''), resource: prefix === undefined ? resource : `arn:aws:s3:::${prefix.slice(1)}*` })}`;
}

/** As Braze does, who goes on until the event is taken. */
function send(id: string, changes: Record<string, unknown> = {}): Braze<Record<string, unknown>> {
  const braze = new Braze<Record<string, unknown>>({
    endpoint: bridge.output('customHttpUrl'),
    token: () => bridge.output('customHttpToken'),
    toJson: JSON.stringify,
  });
  sending.push(braze.send([currentsEvent(id, changes)]));
  return braze;
}

function isDelivered(id: string): boolean {
  return secureDataPlane.dataPlane.received.has(id);
}

async function isArchived(id: string): Promise<boolean> {
  const events = (await bridge.archived()).flatMap(({ contents = [] }) => contents);
  return events.some((event) => (event as { id?: unknown }).id === id);
}

async function isDeadLetter(id: string): Promise<boolean> {
  deadLetters.push(...(await bridge.takeDeadLetters()));
  return deadLetters.some((body) => body.includes(`"${id}"`));
}

/** Gives a function processes that know nothing: no secret, no failure. They begin with a version of their own. */
async function startAnew(functionName: FunctionName): Promise<void> {
  const FunctionName = bridge.output(`${functionName}FunctionName`);
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: newToken() }));
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName }));
  await lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: Version }));
}

/** Two messages that have come so often that the first is deleted before the other is delivered. */
async function deliverSuspects(id: string): Promise<void> {
  const { dataPlane } = secureDataPlane;
  const QueueUrl = bridge.output('eventQueueUrl');
  const suspects = [`${id} 1`, `${id} 2`];
  await bridge.whilePaused(async () => {
    for (const suspect of suspects) {
      await bridge.queue(encodeEvents(new Date().toISOString(), [JSON.stringify(currentsEvent(suspect))]));
    }
    for (let receives = 1; receives < SUSPECT_FROM_RECEIVE; receives += 1) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
      );
      expect(Messages).toHaveLength(suspects.length);
    }
    dataPlane.requests = 0;
    dataPlane.latency = 2_000;
  });
  await until('the last is being delivered', () => dataPlane.requests === suspects.length);
  queuedMeanwhile.set(id, await bridge.queued());
  dataPlane.latency = 0;
}

interface User {
  client: <Client>(constructor: Parameters<typeof emulator.client<Client>>[0]) => Client;
  s3: S3Client;
  sqs: SQSClient;
  secretsManager: SecretsManagerClient;
}

/** A user of the account with this policy, or with none. */
async function newUser(UserName: string, PolicyDocument?: string): Promise<User> {
  await iam.send(new CreateUserCommand({ UserName }));
  if (PolicyDocument !== undefined) {
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: UserName, PolicyDocument }));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {};
  const client: User['client'] = (constructor) =>
    emulator.client(constructor, REGION, { accessKeyId, secretAccessKey });
  return {
    client,
    s3: client(S3Client),
    sqs: client(SQSClient),
    secretsManager: client(SecretsManagerClient),
  };
}

/** What a call names a resource by. */
function idOf(name: string): string {
  // A queue's URL comes after its ARN.
  const [id] = [...names].reverse().find(([, candidate]) => candidate === name) ?? [];
  if (id === undefined) throw new Error(`${name} is not there.`);
  return id;
}

/** Of an ARN; its wildcard is a part of a key. */
function objectAt(arn: string): { Bucket: string; Key: string } {
  const [Bucket = '', ...path] = arn.replace('arn:aws:s3:::', '').split('/');
  return { Bucket, Key: path.join('/') };
}

const CALLS = {
  's3:PutObject': (user: User, arn: string) => user.s3.send(new PutObjectCommand({ ...objectAt(arn), Body: 'text' })),
  's3:GetObject': (user: User, arn: string) => user.s3.send(new GetObjectCommand(objectAt(arn))),
  's3:DeleteObject': (user: User, arn: string) => user.s3.send(new DeleteObjectCommand(objectAt(arn))),
  's3:ListBucket': (user: User, arn: string) =>
    user.s3.send(new ListObjectsV2Command({ Bucket: objectAt(arn).Bucket })),
  'sqs:SendMessage': (user: User, QueueUrl: string) =>
    user.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'text' })),
  'sqs:ReceiveMessage': (user: User, QueueUrl: string) => user.sqs.send(new ReceiveMessageCommand({ QueueUrl })),
  'sqs:DeleteMessage': (user: User, QueueUrl: string) =>
    user.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'handle' })),
  'sqs:PurgeQueue': (user: User, QueueUrl: string) => user.sqs.send(new PurgeQueueCommand({ QueueUrl })),
  'secretsmanager:GetSecretValue': (user: User, SecretId: string) =>
    user.secretsManager.send(new GetSecretValueCommand({ SecretId })),
  'secretsmanager:PutSecretValue': (user: User, SecretId: string) =>
    user.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: 'text' })),
};

const QUEUES = ['the event queue', 'the dead-letter queue', 'another queue'];
const OBJECTS = ['the requests of the archive', 'another object'];
const SECRETS = ['the endpoint tokens', 'the write key', 'another secret'];

/** Actions, and on what each must be refused. */
const FORBIDDEN: Record<FunctionName, Record<keyof typeof CALLS, string[]>> = {
  ingest: {
    's3:PutObject': ['another object'],
    's3:GetObject': OBJECTS,
    's3:DeleteObject': OBJECTS,
    's3:ListBucket': ['the requests of the archive'],
    'sqs:SendMessage': ['another queue'],
    'sqs:ReceiveMessage': QUEUES,
    'sqs:DeleteMessage': QUEUES,
    'sqs:PurgeQueue': QUEUES,
    'secretsmanager:GetSecretValue': ['the write key', 'another secret'],
    'secretsmanager:PutSecretValue': SECRETS,
  },
  processor: {
    's3:PutObject': OBJECTS,
    's3:GetObject': OBJECTS,
    's3:DeleteObject': OBJECTS,
    's3:ListBucket': ['the requests of the archive'],
    'sqs:SendMessage': ['the event queue', 'another queue'],
    'sqs:ReceiveMessage': ['the dead-letter queue', 'another queue'],
    'sqs:DeleteMessage': ['the dead-letter queue', 'another queue'],
    'sqs:PurgeQueue': QUEUES,
    'secretsmanager:GetSecretValue': ['the endpoint tokens', 'another secret'],
    'secretsmanager:PutSecretValue': SECRETS,
  },
};

function denyInsecureTransport(Action: string, Resource: string | string[]): object {
  return {
    Sid: 'DenyInsecureTransport',
    Effect: 'Deny',
    Principal: '*',
    Action,
    Resource,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

interface Client {
  middlewareStack: { add(middleware: BuildMiddleware<object, object>, options: { step: 'build' }): void };
}

/** MiniStack takes a proxy's word for how a call came to it. */
function withoutTls<C>(client: C & Client): C {
  client.middlewareStack.add(
    (next: BuildHandler<object, object>) => (call) => {
      (call.request as { headers: Record<string, string> }).headers['x-forwarded-proto'] = 'http';
      return next(call);
    },
    { step: 'build' },
  );
  return client;
}

const CASES = FUNCTIONS.flatMap((name) => Object.entries(RUNS[name]).map(([words, run]) => ({ name, words, run })));

describe('the role of a function', () => {
  test.each(FUNCTIONS)('%s is allowed what a run needs or Lambda does for it, and no more', (name) => {
    const needed = [...Object.keys(RUNS[name]), ...Object.keys(NOT_ENFORCED[name])];
    expect(roleOf(name).permissions.map(inWords).sort()).toEqual(needed.sort());
  });

  test.each(CASES)('$name needs $words', async ({ name, words, run }) => {
    const id = newToken();
    await roleOf(name).take(permissionOf(name, words));
    await run.begin(id);
    await until('it is refused', () => trail.refusals.length > 0);
    expect(await run.isDone(id)).toBe(false);

    await roleOf(name).restore();
    const again = run.isTriedAgain ? id : newToken();
    if (!run.isTriedAgain) await run.begin(again);
    await until('it is done', () => run.isDone(again));
    expect(new Set(trail.refusals.map(refusalInWords))).toEqual(new Set([`${name}: ${words}`]));
  });

  test('ingest answers 503 as long as a permission is missing, and Braze sends again', async () => {
    const id = newToken();
    await roleOf('ingest').take(permissionOf('ingest', 'sqs:SendMessage on the event queue'));
    const braze = send(id);
    await until('it has answered', () => braze.answers.size > 0);
    expect([...braze.answers]).toEqual([[503, 1]]);

    await roleOf('ingest').restore();
    await until('it is delivered', () => isDelivered(id));
  });

  test('ingest takes events all the same while it may not archive them', async () => {
    const id = newToken();
    await roleOf('ingest').take(permissionOf('ingest', 's3:PutObject on the requests of the archive'));
    const braze = send(id);
    await until('it is delivered', () => isDelivered(id));
    await until('it has answered', () => braze.answers.size > 0);

    expect([...braze.answers]).toEqual([[200, 1]]);
    expect(trail.refusals.map(({ action }) => action)).toEqual(['s3:PutObject']);
    expect(await isArchived(id)).toBe(false);
  });

  test('Lambda does the rest in MiniStack without asking IAM', async () => {
    const id = newToken();
    for (const name of FUNCTIONS) {
      await roleOf(name).take(...Object.keys(NOT_ENFORCED[name]).map((words) => permissionOf(name, words)));
      await startAnew(name);
    }
    const linesBefore = (await bridge.logLines()).length;
    send(id);
    await until('it is delivered', () => isDelivered(id));
    expect(trail.refusals).toEqual([]);
    expect((await bridge.logLines()).length).toBeGreaterThan(linesBefore);
  });

  test.each(FUNCTIONS)('only Lambda may assume that of %s', async (name) => {
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: roleOf(name).name }));
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'LetLambdaAssume',
          Effect: 'Allow',
          Principal: { Service: 'lambda.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ],
    });
  });

  test.each(FUNCTIONS)('%s may do nothing beyond', async (name) => {
    const user = await newUser(`like-${name}`, roleOf(name).policyWithout());
    expect(
      await user.secretsManager.send(new GetSecretValueCommand({ SecretId: secretArns.get(name) })),
    ).toHaveProperty('SecretString');
    for (const [action, resources] of Object.entries(FORBIDDEN[name])) {
      for (const resource of resources) {
        const call = CALLS[action as keyof typeof CALLS](user, idOf(resource));
        await expect(call).rejects.toThrow(`is not authorized to perform: ${action} `);
      }
    }
  });
});

describe('the policies of resources', () => {
  test.each(['eventQueue', 'deadLetterQueue'])(
    '%s takes nothing without TLS, and allows nobody anything',
    async (queue) => {
      const QueueUrl = bridge.output(`${queue}Url`);
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      expect(JSON.parse(Attributes.Policy ?? '')).toEqual({
        Version: '2012-10-17',
        Statement: [denyInsecureTransport('sqs:*', bridge.output(`${queue}Arn`))],
      });
      const call = new SendMessageCommand({ QueueUrl, MessageBody: 'text' });
      await expect(withoutTls(emulator.client(SQSClient, REGION)).send(call)).rejects.toMatchObject({
        name: 'AccessDenied',
      });
    },
  );

  test('the archive takes nothing without TLS, and its policy allows nobody anything', async () => {
    const Bucket = bridge.output('archiveBucketName');
    const { Policy = '' } = await emulator.client(S3Client, REGION).send(new GetBucketPolicyCommand({ Bucket }));
    const { Statement } = JSON.parse(Policy) as { Statement: object[] };
    const resources = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
    const denial = denyInsecureTransport('s3:*', resources);
    expect(Statement).toEqual([
      denial,
      { ...denial, Sid: 'DenyOldTls', Condition: { NumericLessThan: { 's3:TlsVersion': '1.2' } } },
    ]);
    // MiniStack lets the account's root do everything with buckets.
    const everything = [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }];
    const { s3 } = await newUser('archivist', JSON.stringify({ Version: '2012-10-17', Statement: everything }));
    const call = () => new PutObjectCommand({ Bucket, Key: 'another', Body: 'text' });
    await expect(s3.send(call())).resolves.toHaveProperty('ETag');
    await expect(withoutTls(s3).send(call())).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test.each(['page', 'ticket'])(
    'the %s topic takes nothing without TLS, and from the alarms of this account',
    async (topic) => {
      const TopicArn = bridge.output(`${topic}TopicArn`);
      const sns = emulator.client(SNSClient, REGION);
      const { Attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
      expect(JSON.parse(Attributes.Policy ?? '')).toEqual({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'LetAlarmsOfThisAccountPublish',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: TopicArn,
            Condition: {
              StringEquals: { 'aws:SourceAccount': ACCOUNT },
              ArnLike: { 'aws:SourceArn': `arn:*:cloudwatch:*:${ACCOUNT}:alarm:*` },
            },
          },
          denyInsecureTransport('sns:Publish', TopicArn),
        ],
      });
      await expect(withoutTls(sns).send(new PublishCommand({ TopicArn, Message: 'text' }))).rejects.toThrow(
        'is not authorized to perform: sns:Publish',
      );
    },
  );

  test('only the event queue may move messages to the dead-letter queue', async () => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: bridge.output('deadLetterQueueUrl'), AttributeNames: ['All'] }),
    );
    expect(JSON.parse(Attributes.RedriveAllowPolicy ?? '')).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [bridge.output('eventQueueArn')],
    });
  });

  // The last one: it takes the permissions away.
  test('the API may invoke ingest on its two routes, which MiniStack does not ask for', async () => {
    const FunctionName = bridge.output('ingestFunctionName');
    const Qualifier = 'live';
    const { Items: [api] = [] } = await emulator.client(ApiGatewayV2Client, REGION).send(new GetApisCommand());
    const { Policy = '' } = await lambda.send(new GetPolicyCommand({ FunctionName, Qualifier }));
    const { Statement } = JSON.parse(Policy) as { Statement: { Sid: string }[] };
    expect(Statement.sort((one, other) => (one.Sid < other.Sid ? -1 : 1))).toEqual(
      ['*/GET/health', '*/*/v1/webhook'].map((route) => ({
        Sid: expect.any(String) as unknown,
        Effect: 'Allow',
        Principal: { Service: 'apigateway.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${FunctionName}:${Qualifier}`,
        Condition: {
          ArnLike: { 'AWS:SourceArn': `arn:aws:execute-api:${REGION}:${ACCOUNT}:${api?.ApiId ?? ''}/${route}` },
        },
      })),
    );

    for (const { Sid: StatementId } of Statement) {
      await lambda.send(new RemovePermissionCommand({ FunctionName, Qualifier, StatementId }));
    }
    const id = newToken();
    send(id);
    await until('it is delivered', () => isDelivered(id));
  });
});

test('who deploys is refused by name what no policy allows', async () => {
  const { client } = await newUser('nobody');
  const policy = '{"Version":"2012-10-17","Statement":[]}';
  const calls = {
    'apigateway:POST': () =>
      client(ApiGatewayV2Client).send(new CreateApiCommand({ Name: 'new', ProtocolType: 'HTTP' })),
    'cloudwatch:PutDashboard': () =>
      client(CloudWatchClient).send(new PutDashboardCommand({ DashboardName: 'new', DashboardBody: '{}' })),
    'iam:CreateRole': () =>
      client(IAMClient).send(new CreateRoleCommand({ RoleName: 'new', AssumeRolePolicyDocument: policy })),
    'iam:PutRolePolicy': () =>
      client(IAMClient).send(
        new PutRolePolicyCommand({ RoleName: roleOf('ingest').name, PolicyName: 'new', PolicyDocument: policy }),
      ),
    'lambda:CreateFunction': () =>
      client(LambdaClient).send(
        new CreateFunctionCommand({ FunctionName: 'new', Role: `arn:aws:iam::${ACCOUNT}:role/new`, Code: {} }),
      ),
    'logs:CreateLogGroup': () => client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName: 'new' })),
    's3:CreateBucket': () => client(S3Client).send(new CreateBucketCommand({ Bucket: 'currents-new' })),
    'secretsmanager:CreateSecret': () => client(SecretsManagerClient).send(new CreateSecretCommand({ Name: 'new' })),
    'sns:CreateTopic': () => client(SNSClient).send(new CreateTopicCommand({ Name: 'new' })),
    'sqs:CreateQueue': () => client(SQSClient).send(new CreateQueueCommand({ QueueName: 'new' })),
  };
  for (const [action, call] of Object.entries(calls)) {
    await expect(call()).rejects.toThrow(`is not authorized to perform: ${action} `);
  }
});
