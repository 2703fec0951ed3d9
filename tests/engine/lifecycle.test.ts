import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import axios from 'axios';
import { parseArchiveKey } from '../../runtime/archive/key';
import { newToken } from '../../runtime/local/bridge';
import { census } from './census';
import { Emulator } from './emulator';
import { Project, type Change } from './project';
import { SecureDataPlane } from './secure-data-plane';
import { toolchain } from './toolchain/toolchain';

const REGION = 'eu-central-1';
const DEPLOYER = 'deployer';
const WRITE_KEY = newToken();

let secureDataPlane: SecureDataPlane;
let emulator: Emulator;
let project: Project;
let empty: Record<string, string[]>;
/** Every token that there has been. */
const tokens = new Set<string>();

beforeAll(async () => {
  secureDataPlane = await SecureDataPlane.listen(WRITE_KEY);
  const tools = await toolchain();
  emulator = await Emulator.start(tools, [secureDataPlane.certificate]);
  empty = await census(emulator, REGION);
  project = await Project.copy(tools, emulator, await newDeployer());
});

afterAll(async () => {
  await project.stop();
  await emulator.stop();
  await secureDataPlane.stop();
});

/**
 * MiniStack does not find out which resource these actions are about, and takes reading, changing and deleting an alias
 * or an event source mapping for listing them.
 */
const ON_ANY_RESOURCE = [
  'cloudwatch:DeleteAlarms',
  'cloudwatch:DeleteDashboards',
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetDashboard',
  'cloudwatch:ListTagsForResource',
  'cloudwatch:PutDashboard',
  'cloudwatch:TagResource',
  'cloudwatch:UntagResource',
  'lambda:CreateEventSourceMapping',
  'lambda:CreateFunction',
  'lambda:ListAliases',
  'lambda:ListEventSourceMappings',
  'sns:ListTagsForResource',
  'sns:TagResource',
  'sns:UntagResource',
];

/** A user who is allowed what the documentation says. @returns the credentials. */
async function newDeployer(): Promise<NodeJS.ProcessEnv> {
  const iam = emulator.client(IAMClient, REGION);
  await iam.send(new CreateUserCommand({ UserName: DEPLOYER }));
  const document = await readFile(resolve(__dirname, '../../docs/deployer-policy.json'), 'utf8');
  await iam.send(new PutUserPolicyCommand({ UserName: DEPLOYER, PolicyName: 'deployer', PolicyDocument: document }));
  await allow('emulator', 'Allow', ON_ANY_RESOURCE);
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: DEPLOYER }));
  return { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey };
}

async function allow(name: string, effect: 'Allow' | 'Deny', actions: readonly string[]): Promise<void> {
  const statement = { Effect: effect, Action: actions, Resource: '*' };
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await emulator
    .client(IAMClient, REGION)
    .send(new PutUserPolicyCommand({ UserName: DEPLOYER, PolicyName: name, PolicyDocument: document }));
}

/** As "update aws:lambda/function:Function currents-dev-ingest". */
function inWords(changes: readonly Change[]): string[] {
  return changes.map(({ op, type, name }) => `${op} ${type} ${name}`).sort();
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(project.folder, file);
  const before = await readFile(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${file} has nothing to change.`);
  await writeFile(path, after);
}

async function newestToken(): Promise<string> {
  const { customHttpToken = '' } = await project.outputs();
  tokens.add(customHttpToken);
  return customHttpToken;
}

/** One event as Braze sends it. @returns the status. */
async function send(token: string): Promise<number> {
  const { customHttpUrl = '' } = await project.outputs();
  return post(customHttpUrl, token);
}

async function post(url: string, token: string): Promise<number> {
  const event = {
    event_type: 'users.behaviors.CustomEvent',
    id: newToken(),
    time: 1_700_000_000,
    user: { user_id: 'u' },
  };
  const { status } = await axios.post(
    url,
    { events: [event] },
    {
      headers: { authorization: `Bearer ${token}`, 'braze-currents-version': '1' },
      proxy: false,
      validateStatus: () => true,
    },
  );
  return status;
}

/** All files in a folder, one after the other. */
async function textOf(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
  return texts.join('\n');
}

describe('the life of a stack', () => {
  test('its preview creates nothing', async () => {
    await project.pulumi(['stack', 'init', 'dev']);
    await project.set({ rudderstackDataPlaneUrl: secureDataPlane.url, archive: 'true' });
    await project.setSecret('rudderstackWriteKey', WRITE_KEY);

    const changes = await project.change('preview');

    expect(changes.every(({ op }) => op === 'create')).toBe(true);
    const types = changes.map(({ type }) => type);
    expect(types).toContain('aws:lambda/eventSourceMapping:EventSourceMapping');
    expect(types).toContain('aws:s3/bucket:Bucket');
    expect(await census(emulator, REGION)).toEqual(empty);
  });

  test('what fails half-way is repaired by the next up, and the one after that changes nothing', async () => {
    await allow('half-way', 'Deny', ['lambda:CreateEventSourceMapping']);
    const failed = await project.run(['up', '--yes']);
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toContain('lambda:CreateEventSourceMapping');
    expect((await census(emulator, REGION)).eventSourceMappings).toEqual([]);

    await emulator
      .client(IAMClient, REGION)
      .send(new DeleteUserPolicyCommand({ UserName: DEPLOYER, PolicyName: 'half-way' }));
    const repaired = await project.change('up');
    expect(repaired.map(({ type }) => type)).toContain('aws:lambda/eventSourceMapping:EventSourceMapping');
    expect(repaired.filter(({ op }) => op !== 'create')).toEqual([]);
    expect(await send(await newestToken())).toBe(200);

    expect(await project.change('up')).toEqual([]);
    expect(inWords(await project.change('preview', '--refresh'))).toEqual([]);
  });

  test('the archive is deployed as it must be, and has kept the request', async () => {
    const { archiveBucketName: Bucket } = await project.outputs();
    const s3 = emulator.client(S3Client, REGION);
    const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
    const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket }));
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));

    expect(PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
    expect(ServerSideEncryptionConfiguration?.Rules).toEqual([
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ]);
    expect({ Status, LocationConstraint }).toEqual({ Status: 'Enabled', LocationConstraint: REGION });
    expect(Rules?.map(({ ID, Status: status, Expiration }) => [ID, status, Expiration])).toEqual([
      ['expire', 'Enabled', { Days: 30 }],
      ['forget-deletions', 'Enabled', { ExpiredObjectDeleteMarker: true }],
    ]);
    expect(Contents.map(({ Key = '' }) => parseArchiveKey(Key)?.events)).toEqual([1]);
  });

  test('a change of the code touches the functions and their aliases only, the processor first', async () => {
    await edit('runtime/telemetry.ts', (text) => text.replace("'SecretFailures', 1", "'SecretFailures', 1 + 0"));
    const changes = await project.change('up');
    expect(inWords(changes)).toEqual([
      'update aws:lambda/alias:Alias currents-dev-ingest',
      'update aws:lambda/alias:Alias currents-dev-processor',
      'update aws:lambda/function:Function currents-dev-ingest',
      'update aws:lambda/function:Function currents-dev-processor',
    ]);
    const aliases = changes.filter(({ type }) => type.endsWith(':Alias')).map(({ name }) => name);
    expect(aliases).toEqual(['currents-dev-processor', 'currents-dev-ingest']);
    expect(await send(await newestToken())).toBe(200);
  });

  test('a change of a setting touches what it is about only', async () => {
    await project.set({ archiveRetentionDays: '90' });
    expect(inWords(await project.change('up'))).toEqual([
      'update aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration currents-dev-archive',
    ]);
    await project.set({ batchSize: '50' });
    expect(inWords(await project.change('up'))).toEqual([
      'update aws:lambda/eventSourceMapping:EventSourceMapping currents-dev-events',
    ]);
  });

  test('no request is refused while the token rotates', async () => {
    const { customHttpUrl = '' } = await project.outputs();
    const old = await newestToken();
    let token = old;
    const traffic = { isOver: false };
    const statuses = new Map<number, number>();
    const braze = (async () => {
      while (!traffic.isOver) {
        const status = await post(customHttpUrl, token);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        await wait(50);
      }
    })();

    await project.set({ tokenRotation: '2' });
    await project.change('up');
    token = await newestToken();
    expect(token).not.toBe(old);
    const before = statuses.get(200) ?? 0;
    while ((statuses.get(200) ?? 0) < before + 10) await wait(50);
    traffic.isOver = true;
    await braze;

    expect([...statuses.keys()]).toEqual([200]);
    expect(await post(customHttpUrl, old)).toBe(200);
  });

  test('neither the state on disk nor what the engine logs holds a secret in plain text', async () => {
    await project.change('preview', '--diff');
    const state = await textOf(join(project.scratch, 'state'));
    expect(state).toContain('currents-dev-write-key');
    expect(project.record).toContain('currents-dev-write-key');
    expect(tokens.size).toBe(2);
    for (const secret of [WRITE_KEY, ...tokens]) {
      // A failing test must not print one, either.
      expect(state.includes(secret)).toBe(false);
      expect(project.record.includes(secret)).toBe(false);
    }
  });

  test('nothing is left after destroy, and the same name can be used again', async () => {
    await project.change('destroy');
    expect(await census(emulator, REGION)).toEqual(empty);

    await project.change('up');
    expect(await send(await newestToken())).toBe(200);
    await project.change('destroy');
    expect(await census(emulator, REGION)).toEqual(empty);
  });

  test('an archive that is turned off goes with all that is in it', async () => {
    await project.change('up');
    expect(await send(await newestToken())).toBe(200);
    expect((await census(emulator, REGION)).buckets).toHaveLength(1);

    await project.set({ archive: 'false' });
    const changes = await project.change('up');
    expect(inWords(changes)).toEqual(
      expect.arrayContaining([
        'delete aws:s3/bucket:Bucket currents-dev-archive',
        'update aws:lambda/function:Function currents-dev-ingest',
      ]),
    );
    expect((await census(emulator, REGION)).buckets).toEqual([]);
    expect(await send(await newestToken())).toBe(200);
  });

  test('in production it is let go when nothing protects it any more, and stays in AWS as it was', async () => {
    await project.set({ archive: 'true', production: 'true' });
    await project.change('up');
    expect(await send(await newestToken())).toBe(200);
    const { archiveBucketName: Bucket = '' } = await project.outputs();

    await project.set({ archive: 'false' });
    const refused = await project.run(['up', '--yes']);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain('currents-dev-archive');

    const urn = [...(await project.pulumi(['stack', '--show-urns'])).matchAll(/urn:\S+aws:s3\/bucket:Bucket::\S+/g)];
    await project.pulumi(['state', 'unprotect', '--yes', String(urn[0])]);
    await project.change('up');
    expect(await send(await newestToken())).toBe(200);
    const s3 = emulator.client(S3Client, REGION);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    expect(Contents).toHaveLength(1);
    expect(Rules?.map(({ ID }) => ID)).toEqual(expect.arrayContaining(['expire', 'forget-deletions']));
    expect(PublicAccessBlockConfiguration).toMatchObject({ BlockPublicPolicy: true, RestrictPublicBuckets: true });
  });
});
