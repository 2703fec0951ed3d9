import { credentials } from '@grpc/grpc-js';
import { CreateLogGroupCommand, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreatePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { ResourceProviderClient } from '@pulumi/pulumi/proto/provider_grpc_pb';
import {
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  type ConfigureResponse,
  CreateRequest,
  type CreateResponse,
} from '@pulumi/pulumi/proto/provider_pb';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { Emulator } from './emulator';
import { Cloud } from './provider/cloud';
import { Provider } from './provider/provider';
import type { Properties, ResourceType } from './provider/resource-type';
import { type RunningServer, serve } from './provider/server';
import { types } from './provider/types';
import { plain, secretNames, UNKNOWN, wrapped } from './provider/value';
import { toolchain } from './toolchain/toolchain';

const REGION = 'eu-central-1';

const QUEUE = 'aws:sqs/queue:Queue';
const ROLE = 'aws:iam/role:Role';
const ROLE_POLICY = 'aws:iam/rolePolicy:RolePolicy';
const LOG_GROUP = 'aws:cloudwatch/logGroup:LogGroup';
const SECRET = 'aws:secretsmanager/secret:Secret';
const SECRET_VERSION = 'aws:secretsmanager/secretVersion:SecretVersion';
const BUCKET = 'aws:s3/bucket:Bucket';
const BUCKET_ENCRYPTION = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
const BUCKET_VERSIONING = 'aws:s3/bucketVersioning:BucketVersioning';
const TOPIC = 'aws:sns/topic:Topic';
const PASSWORD = 'random:index/randomPassword:RandomPassword';

let emulator: Emulator;
let cloud: Cloud;
let provider: Provider;

beforeAll(async () => {
  const tools = await toolchain();
  emulator = await Emulator.start(tools);
  cloud = Cloud.of(REGION, { ...emulator.environment, AWS_MODELS: tools.awsModels });
  provider = new Provider(types, () => cloud);
  provider.configure(REGION);
});

afterAll(async () => {
  cloud.close();
  await emulator.stop();
});

function urnOf(token: string, name = 'thing'): string {
  return `urn:pulumi:test::project::my:index:Component$${token}::${name}`;
}

interface Made {
  id: string;
  inputs: Properties;
  outputs: Properties;
}

async function make(token: string, given: Properties): Promise<Made> {
  const { inputs, failures } = provider.check(urnOf(token), {}, given);
  expect(failures).toEqual([]);
  const { id, properties } = await provider.create(urnOf(token), inputs, false);
  return { id, inputs, outputs: properties };
}

/** What is there, or undefined. */
async function read(token: string, { id, inputs, outputs }: Made) {
  return provider.read(urnOf(token), id, outputs, inputs);
}

const policyOf = (...actions: string[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  });
const trustOf = (service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
const resourcePolicyOf = (action: string, resource: unknown) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'One', Effect: 'Allow', Principal: { AWS: '*' }, Action: action, Resource: resource }],
  });

describe('What the stand-in refuses', () => {
  test('is a type of resource that it does not know', () => {
    const { failures } = provider.check(urnOf('aws:ssm/parameter:Parameter'), {}, {});
    expect(failures).toEqual(['The stand-in has no resource type aws:ssm/parameter:Parameter.']);
  });

  test('is an input that it does not carry over', () => {
    const { failures } = provider.check(urnOf(QUEUE), {}, { delaySecond: 3 });
    expect(failures).toEqual([`The stand-in does not carry the input delaySecond of ${QUEUE} over to the API.`]);
  });

  test('is a look-up that it does not know, and an argument of one that it does', () => {
    expect(() => provider.invoke('aws:s3/getBucket:getBucket', {})).toThrow('no look-up aws:s3/getBucket:getBucket');
    expect(() => provider.invoke('aws:index/getRegion:getRegion', { region: 'us-east-1' })).toThrow('argument region');
  });

  test('is a provider that is configured by more than its region', () => {
    expect(provider.checkConfig({ region: REGION, skipRegionValidation: 'true' })).toEqual([]);
    expect(provider.checkConfig({ defaultTags: '{}' })).toEqual([
      'The stand-in for the aws provider cannot be configured by defaultTags, only by region.',
    ]);
  });

  test('is a second region in one process', () => {
    provider.configure(REGION);
    expect(() => {
      provider.configure('us-east-1');
    }).toThrow('works in eu-central-1 already and cannot work in us-east-1, too');
  });

  test('is AWS without a region', async () => {
    const unconfigured = new Provider(types, () => cloud);
    await expect(unconfigured.create(urnOf(TOPIC), { name: 'topic' }, false)).rejects.toThrow('has no region');
  });

  test('is a name that is longer than AWS allows', () => {
    const { failures } = provider.check(urnOf(ROLE, 'r'.repeat(57)), {}, {});
    expect(failures).toEqual(['Its name has 65 characters, and AWS allows 64.']);
  });
});

describe('A call that the API refuses by its model', () => {
  test('for its enum tells operation, member, value and what is allowed', async () => {
    const call = cloud.logs.send(
      new CreateLogGroupCommand({ logGroupName: 'g', logGroupClass: 'CHEAP' as 'STANDARD' }),
    );
    await expect(call).rejects.toThrow(
      /^CreateLogGroup refuses logGroupClass: "CHEAP" is none of STANDARD, INFREQUENT_ACCESS/,
    );
  });

  test('for its range tells operation, member, value and the bound', async () => {
    const FunctionName = 'f';
    const tooMany = cloud.lambda.send(new CreateEventSourceMappingCommand({ FunctionName, BatchSize: 10_001 }));
    await expect(tooMany).rejects.toThrow('CreateEventSourceMapping refuses BatchSize: 10001, and 10000 is the most.');
    const tooFew = cloud.lambda.send(
      new CreateEventSourceMappingCommand({ FunctionName, ScalingConfig: { MaximumConcurrency: 1 } }),
    );
    await expect(tooFew).rejects.toThrow(
      'CreateEventSourceMapping refuses ScalingConfig.MaximumConcurrency: 1, and 2 is the least.',
    );
  });

  test('for its length, its pattern, and what is missing or unknown, tells all of it at once', async () => {
    const call = cloud.iam.send(
      new CreatePolicyCommand({ PolicyName: 'no/slash', Description: 'd'.repeat(1_001), Colour: 'red' } as never),
    );
    await expect(call).rejects.toThrow(/PolicyDocument: it is required and missing\./);
    await expect(call).rejects.toThrow(/PolicyName: "no\/slash" does not match/);
    await expect(call).rejects.toThrow(/Description: "d+" has 1001 characters, and 1000 is the most\./);
    await expect(call).rejects.toThrow(/Colour: there is no such member/);
  });

  test('does not quote a value that the model calls sensitive', async () => {
    const SecretString = 's'.repeat(65_537);
    const call = cloud.secretsManager.send(new PutSecretValueCommand({ SecretId: 'id', SecretString }));
    await expect(call).rejects.toThrow(
      'PutSecretValue refuses SecretString: a secret value has 65537 characters, and 65536 is the most.',
    );
  });
});

async function bucketName(): Promise<unknown> {
  return (await make(BUCKET, { bucketPrefix: 'a-bucket-' })).outputs.bucket;
}

const denialOf = (action: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: action, Resource: '*' }],
  });

/** What AWS has always, or keeps for as long as what it belongs to. */
const STAYS = [SECRET_VERSION, BUCKET_ENCRYPTION, BUCKET_VERSIONING];

/** Of each type: what it is made with, and what a later deployment changes, if it does not replace. */
const lifecycles: [token: string, inputs: () => Promise<Properties> | Properties, changed?: Properties][] = [
  [
    QUEUE,
    async () => {
      const { outputs } = await make(QUEUE, {});
      return {
        maxMessageSize: 1_048_576,
        messageRetentionSeconds: 604_800,
        redrivePolicy: JSON.stringify({ deadLetterTargetArn: outputs.arn, maxReceiveCount: 956 }, undefined, 2),
        sqsManagedSseEnabled: true,
        tags: { Team: 'one', Part: 'queue' },
        visibilityTimeoutSeconds: 300,
      };
    },
    { visibilityTimeoutSeconds: 600, maxMessageSize: undefined, tags: { Team: 'two' } },
  ],
  [
    'aws:sqs/queuePolicy:QueuePolicy',
    async () => ({ queueUrl: (await make(QUEUE, {})).outputs.url, policy: resourcePolicyOf('sqs:SendMessage', '*') }),
    { policy: resourcePolicyOf('sqs:ReceiveMessage', '*') },
  ],
  [
    'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy',
    async () => ({
      queueUrl: (await make(QUEUE, {})).outputs.url,
      redriveAllowPolicy: JSON.stringify({ redrivePermission: 'denyAll' }),
    }),
    { redriveAllowPolicy: JSON.stringify({ redrivePermission: 'allowAll' }) },
  ],
  [
    ROLE,
    async () => {
      const PolicyDocument = policyOf('sqs:SendMessage');
      const { Policy } = await cloud.iam.send(new CreatePolicyCommand({ PolicyName: 'boundary', PolicyDocument }));
      return {
        assumeRolePolicy: trustOf('lambda.amazonaws.com'),
        description: 'A role.',
        permissionsBoundary: Policy?.Arn,
        tags: { Team: 'one' },
      };
    },
    {
      assumeRolePolicy: trustOf('edgelambda.amazonaws.com'),
      // Without one it stays in the emulator, which does not see an empty parameter.
      description: 'Another role.',
      permissionsBoundary: undefined,
      tags: { Part: 'role' },
    },
  ],
  [
    ROLE_POLICY,
    async () => ({
      role: (await make(ROLE, { assumeRolePolicy: trustOf('lambda.amazonaws.com') })).outputs.name,
      policy: policyOf('sqs:SendMessage'),
    }),
    { policy: policyOf('sqs:SendMessage', 'sqs:ReceiveMessage') },
  ],
  [
    LOG_GROUP,
    () => ({ namePrefix: '/aws/lambda/a-', retentionInDays: 30, tags: { Team: 'one' } }),
    { retentionInDays: undefined, tags: { Team: 'two' } },
  ],
  [
    SECRET,
    () => ({ description: 'A secret.', kmsKeyId: 'alias/key', recoveryWindowInDays: 0, tags: { Team: 'one' } }),
    { description: 'Another secret.', tags: { Team: 'one', Part: 'secret' } },
  ],
  [
    SECRET_VERSION,
    async () => wrapped({ secretId: (await make(SECRET, {})).id, secretString: 'a-write-key' }, ['secretString']),
  ],
  [
    BUCKET,
    () => ({ bucketPrefix: 'a-bucket-', forceDestroy: true, tags: { Team: 'one', Part: 'bucket' } }),
    { forceDestroy: false, tags: { Team: 'two' } },
  ],
  [
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
    async () => ({
      bucket: await bucketName(),
      blockPublicAcls: true,
      blockPublicPolicy: false,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    }),
    { blockPublicPolicy: true },
  ],
  [
    'aws:s3/bucketOwnershipControls:BucketOwnershipControls',
    async () => ({ bucket: await bucketName(), rule: { objectOwnership: 'BucketOwnerPreferred' } }),
    { rule: { objectOwnership: 'BucketOwnerEnforced' } },
  ],
  [
    'aws:s3/bucketPolicy:BucketPolicy',
    async () => ({ bucket: await bucketName(), policy: denialOf('s3:GetObject') }),
    { policy: denialOf('s3:PutObject') },
  ],
  [
    BUCKET_ENCRYPTION,
    async () => ({
      bucket: await bucketName(),
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    }),
    {
      rules: [
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: 'alias/key' },
          bucketKeyEnabled: true,
        },
      ],
    },
  ],
  [
    BUCKET_VERSIONING,
    async () => ({ bucket: await bucketName(), versioningConfiguration: { status: 'Enabled' } }),
    { versioningConfiguration: { status: 'Suspended' } },
  ],
  [
    'aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration',
    async () => ({
      bucket: await bucketName(),
      rules: [
        {
          id: 'expire',
          status: 'Enabled',
          filter: {},
          expiration: { days: 30 },
          noncurrentVersionExpiration: { noncurrentDays: 1 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
        },
        { id: 'markers', status: 'Enabled', filter: {}, expiration: { expiredObjectDeleteMarker: true } },
      ],
    }),
    {
      rules: [
        {
          id: 'move',
          status: 'Enabled',
          filter: { objectSizeGreaterThan: 131_072 },
          transitions: [{ days: 30, storageClass: 'STANDARD_IA' }],
        },
      ],
    },
  ],
  [TOPIC, () => ({ tags: { Team: 'one' } }), { tags: { Part: 'topic' } }],
  [
    'aws:sns/topicPolicy:TopicPolicy',
    async () => ({ arn: (await make(TOPIC, {})).id, policy: resourcePolicyOf('sns:Publish', '*') }),
    { policy: resourcePolicyOf('sns:Subscribe', '*') },
  ],
  [
    'aws:sns/topicSubscription:TopicSubscription',
    async () => ({ topic: (await make(TOPIC, {})).id, protocol: 'email', endpoint: 'on-call@example.com' }),
  ],
];

describe.each(lifecycles)('A resource of type %s', (token, given, changed) => {
  let made: Made;
  let olds: Properties;

  beforeAll(async () => {
    made = await make(token, await given());
    olds = made.inputs;
  });

  test('is there as it was asked for', async () => {
    const found = await read(token, made);
    expect(found?.inputs).toEqual(made.inputs);
    expect(Object.keys(found?.properties ?? {})).toEqual(expect.arrayContaining([...(types[token]?.outputs ?? [])]));
    expect(found?.properties).toMatchObject(made.outputs);
    expect(provider.diff(urnOf(token), made.inputs, found?.inputs ?? {}, [])).toEqual({ changed: [], replaces: [] });
  });

  test(changed === undefined ? 'is replaced by every change' : 'is changed in its place', async () => {
    if (changed === undefined) {
      const [name = ''] = Object.keys(olds);
      expect(provider.diff(urnOf(token), olds, { ...olds, [name]: 'other' }, []).replaces).toEqual([name]);
      return;
    }
    const news = Object.fromEntries(Object.entries({ ...olds, ...changed }).filter(([, value]) => value !== undefined));
    expect(provider.diff(urnOf(token), olds, news, [])).toEqual({
      changed: expect.arrayContaining(Object.keys(changed)) as string[],
      replaces: [],
    });
    const outputs = await provider.update(urnOf(token), made.id, made.outputs, olds, news, false);
    made = { ...made, inputs: news, outputs };
    const found = await read(token, made);
    expect(found?.inputs).toEqual(news);
    expect(found?.properties).toMatchObject(outputs);
    for (const name of Object.keys(olds).filter((each) => !(each in news))) {
      expect([name, found?.properties[name]]).not.toEqual([name, olds[name]]);
    }
  });

  test('loses nothing but itself when it is deleted, and is gone', async () => {
    await provider.delete(urnOf(token), made.id, made.outputs);
    if (!STAYS.includes(token)) expect(await read(token, made)).toBeUndefined();
    await expect(provider.delete(urnOf(token), made.id, made.outputs)).resolves.toBeUndefined();
  });
});

describe('What is changed behind the back of Pulumi', () => {
  test('is seen when it is read', async () => {
    const made = await make(QUEUE, { visibilityTimeoutSeconds: 300 });
    const Attributes = { VisibilityTimeout: '1', DelaySeconds: '2' };
    await cloud.sqs.send(new SetQueueAttributesCommand({ QueueUrl: made.id, Attributes }));
    const found = await read(QUEUE, made);
    // What the program does not set is none of its inputs.
    expect(found?.inputs).toEqual({ ...made.inputs, visibilityTimeoutSeconds: 1 });
    expect(found?.properties.delaySeconds).toBe(2);

    const { outputs } = await make(ROLE, { assumeRolePolicy: trustOf('lambda.amazonaws.com') });
    const policy = await make(ROLE_POLICY, { role: outputs.name, policy: policyOf('sqs:SendMessage') });
    const PolicyDocument = policyOf('sqs:*');
    const names = { RoleName: outputs.name as string, PolicyName: policy.outputs.name as string };
    await cloud.iam.send(new PutRolePolicyCommand({ ...names, PolicyDocument }));
    expect((await read(ROLE_POLICY, policy))?.inputs.policy).toBe(PolicyDocument);
  });

  test('is gone when it was deleted', async () => {
    const made = await make(LOG_GROUP, {});
    await cloud.logs.send(new DeleteLogGroupCommand({ logGroupName: made.id }));
    expect(await read(LOG_GROUP, made)).toBeUndefined();
  });
});

describe('A secret', () => {
  test('has its new value as the current one and the old one as the previous, also when that one is deleted', async () => {
    const secret = await make(SECRET, {});
    const versionOf = (secretString: string) => make(SECRET_VERSION, { secretId: secret.id, secretString });
    const valueAt = async (VersionStage: string) =>
      (await cloud.secretsManager.send(new GetSecretValueCommand({ SecretId: secret.id, VersionStage }))).SecretString;
    const first = await versionOf('first');
    await versionOf('second');
    await provider.delete(urnOf(SECRET_VERSION), first.id, first.outputs);
    expect(await valueAt('AWSCURRENT')).toBe('second');
    expect(await valueAt('AWSPREVIOUS')).toBe('first');
  });

  test('blocks its name for its recovery window', async () => {
    const made = await make(SECRET, { recoveryWindowInDays: 7 });
    await provider.delete(urnOf(SECRET), made.id, made.outputs);
    expect(await read(SECRET, made)).toBeUndefined();
    // AWS calls it a request that is invalid as long as the secret can be restored.
    await expect(provider.create(urnOf(SECRET), made.inputs, false)).rejects.toThrow('ResourceExistsException');
  });

  test('goes back wrapped, in whatever it is', async () => {
    const tags = { Team: 'hidden' };
    const inputs = wrapped({ assumeRolePolicy: trustOf('lambda.amazonaws.com'), tags }, ['tags']);
    const made = await make(ROLE, inputs);
    expect(secretNames(made.outputs)).toEqual(['tags']);
    const found = await read(ROLE, made);
    expect([secretNames(found?.properties ?? {}), secretNames(found?.inputs ?? {})]).toEqual([['tags'], ['tags']]);
    expect((await make(PASSWORD, { length: 48 })).outputs).toMatchObject(wrapped({ result: {} }, ['result']));
  });

  test('is not quoted in an error, however the cloud words it', async () => {
    const talkative: ResourceType = {
      properties: { value: { reaches: 'nothing' } },
      outputs: [],
      create: (_, { value }) => Promise.reject(new Error(`I do not like ${JSON.stringify(value)}, nor "tok\\"en".`)),
      read: () => Promise.resolve(undefined),
      delete: () => Promise.resolve(),
    };
    const inputs = wrapped({ value: JSON.stringify({ current: 'tok"en' }) }, ['value']);
    const call = new Provider({ talkative }, () => cloud).create(urnOf('talkative'), inputs, false);
    await expect(call).rejects.toThrow('I do not like "[secret]", nor "[secret]".');
  });
});

describe('A bucket', () => {
  test('with something in it is deleted by force only, with every version', async () => {
    const made = await make(BUCKET, { bucketPrefix: 'full-' });
    const Bucket = made.id;
    await make(BUCKET_VERSIONING, { bucket: Bucket, versioningConfiguration: { status: 'Enabled' } });
    for (const Body of ['one', 'two'])
      await cloud.s3.send(new PutObjectCommand({ Bucket, Key: 'key', Body: Buffer.from(Body) }));
    await cloud.s3.send(new DeleteObjectCommand({ Bucket, Key: 'key' }));

    await expect(provider.delete(urnOf(BUCKET), Bucket, made.outputs)).rejects.toThrow('BucketNotEmpty');
    await provider.delete(urnOf(BUCKET), Bucket, { ...made.outputs, forceDestroy: true });
    expect(await read(BUCKET, made)).toBeUndefined();
  });
});

describe('A random password', () => {
  test('has the length that was asked for, and no other special characters', async () => {
    const { outputs } = await make(PASSWORD, { length: 4_000, overrideSpecial: '-._~' });
    const { result } = plain(outputs);
    expect(result).toMatch(/^[A-Za-z0-9._~-]{4000}$/);
    expect(new Set(result as string).size).toBe(66);
  });
});

describe('A name that the program does not give', () => {
  test('is made up from the name in the program, and stays', () => {
    const first = provider.check(urnOf(TOPIC), {}, {}).inputs;
    expect(first.name).toMatch(/^thing-[0-9a-f]{7}$/);
    expect(provider.check(urnOf(TOPIC), first, { tags: {} }).inputs).toEqual({ ...first, tags: {} });
    expect(provider.check(urnOf(TOPIC), {}, {}).inputs.name).not.toBe(first.name);
  });
});

describe("The stand-in over the engine's protocol", () => {
  type Call<Request, Response> = (request: Request, done: (error: Error | null, response: Response) => void) => unknown;
  function answerOf<Request, Response>(call: Call<Request, Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      call(request, (error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  }

  let client: ResourceProviderClient;
  let server: RunningServer;

  beforeAll(async () => {
    server = await serve(new Provider(types, () => cloud));
    client = new ResourceProviderClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
    const request = new ConfigureRequest();
    request.setArgs(Struct.fromJavaScript({ region: REGION }));
    const response = await answerOf<ConfigureRequest, ConfigureResponse>(client.configure.bind(client), request);
    expect([response.getAcceptsecrets(), response.getSupportspreview()]).toEqual([true, true]);
  });

  afterAll(() => {
    client.close();
    server.stop();
  });

  function create(token: string, inputs: Properties, isPreview: boolean): Promise<CreateResponse> {
    const request = new CreateRequest();
    request.setUrn(urnOf(token));
    request.setProperties(Struct.fromJavaScript(inputs as Parameters<typeof Struct.fromJavaScript>[0]));
    request.setPreview(isPreview);
    return answerOf<CreateRequest, CreateResponse>(client.create.bind(client), request);
  }

  test('previews what only AWS can tell as unknown, and creates nothing', async () => {
    const response = await create(TOPIC, { name: 'previewed' }, true);
    expect(response.getProperties()?.toJavaScript()).toEqual({ name: 'previewed', arn: UNKNOWN, owner: UNKNOWN });
    expect(await types[TOPIC]?.read(cloud, `arn:aws:sns:${REGION}:${cloud.accountId}:previewed`, {})).toBeUndefined();
  });

  test('creates with the secrets that it was given, and gives them back wrapped', async () => {
    const { id } = await make(SECRET, {});
    const inputs = wrapped({ secretId: id, secretString: 'a-write-key' }, ['secretString']);
    const response = await create(SECRET_VERSION, inputs, false);
    expect(response.getProperties()?.toJavaScript()).toMatchObject(inputs);
    const { SecretString } = await cloud.secretsManager.send(new GetSecretValueCommand({ SecretId: id }));
    expect(SecretString).toBe('a-write-key');
  });

  test('tells why it refuses, by name', async () => {
    const request = new CheckRequest();
    request.setUrn(urnOf(QUEUE));
    request.setNews(Struct.fromJavaScript({ colour: 'red' }));
    const response = await answerOf<CheckRequest, CheckResponse>(client.check.bind(client), request);
    expect(response.getFailuresList().map((failure) => failure.getReason())).toEqual([
      `The stand-in does not carry the input colour of ${QUEUE} over to the API.`,
    ]);
    const inputs = { name: 'policy', role: 'nobody', policy: policyOf('sqs:SendMessage') };
    await expect(create(ROLE_POLICY, inputs, false)).rejects.toThrow(/NoSuchEntityException: .*nobody/);
  });
});
