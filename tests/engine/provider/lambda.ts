import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetAliasCommand,
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  ListTagsCommand,
  paginateListVersionsByFunction,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  type AddPermissionCommandInput,
  type AliasConfiguration,
  type CreateAliasCommandInput,
  type CreateEventSourceMappingCommandInput,
  type CreateFunctionCommandInput,
  type EventSourceMappingConfiguration,
} from '@aws-sdk/client-lambda';
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { zipSync } from 'fflate';
import { type Cloud, ifThere } from './cloud';
import { type Carried, changedMembersOf, membersOf, propertiesOf } from './members';
import type { Properties, ResourceType } from './resource-type';
import { changeTags, type Tags } from './tags';
import { type Archive, type Asset, isAsset, isSame } from './value';

const GONE = 'ResourceNotFoundException';

const CONFIGURATION = {
  description: { reaches: 'CreateFunction, UpdateFunctionConfiguration Description', unset: '' },
  role: { reaches: 'CreateFunction, UpdateFunctionConfiguration Role' },
  runtime: { reaches: 'CreateFunction, UpdateFunctionConfiguration Runtime' },
  handler: { reaches: 'CreateFunction, UpdateFunctionConfiguration Handler' },
  memorySize: { reaches: 'CreateFunction, UpdateFunctionConfiguration MemorySize', unset: 128 },
  timeout: { reaches: 'CreateFunction, UpdateFunctionConfiguration Timeout', unset: 3 },
  environment: { reaches: 'CreateFunction, UpdateFunctionConfiguration Environment', unset: { Variables: {} } },
  loggingConfig: { reaches: 'CreateFunction, UpdateFunctionConfiguration LoggingConfig' },
  vpcConfig: {
    reaches: 'CreateFunction, UpdateFunctionConfiguration VpcConfig',
    unset: { SubnetIds: [], SecurityGroupIds: [] },
  },
} satisfies Carried;

const CODE = {
  architectures: { reaches: 'CreateFunction, UpdateFunctionCode Architectures', unset: ['x86_64'] },
} satisfies Carried;

// Types, not interfaces: those have no index signature, which properties need.
type FunctionInputs = {
  name: string;
  code: Archive;
  publish?: boolean;
  reservedConcurrentExecutions?: number;
  tags?: Tags;
};

/** Seconds. */
const PATIENCE = { minDelay: 0.1, maxDelay: 1, maxWaitTime: 60 };

const lambdaFunction: ResourceType = {
  properties: {
    name: { reaches: 'CreateFunction FunctionName', replaces: true },
    ...CONFIGURATION,
    ...CODE,
    code: { reaches: 'CreateFunction Code.ZipFile, UpdateFunctionCode ZipFile' },
    publish: { reaches: 'CreateFunction Publish, or PublishVersion' },
    reservedConcurrentExecutions: { reaches: 'PutFunctionConcurrency ReservedConcurrentExecutions' },
    tags: { reaches: 'CreateFunction, TagResource Tags, UntagResource TagKeys' },
  },
  outputs: [
    'arn',
    'invokeArn',
    'version',
    'qualifiedArn',
    'qualifiedInvokeArn',
    'lastModified',
    'codeSha256',
    'sourceCodeSize',
  ],
  autoName: { property: 'name', maxLength: 64 },

  outputsChangedBy(changed) {
    const isCode = changed.includes('code');
    if (!isCode && !changed.some((name) => name in CONFIGURATION || name in CODE || name === 'publish')) return [];
    const published = ['version', 'qualifiedArn', 'qualifiedInvokeArn', 'lastModified'];
    return isCode ? [...published, 'codeSha256', 'sourceCodeSize'] : published;
  },

  async create(cloud, inputs: FunctionInputs) {
    const { name, code, publish, tags } = inputs;
    await cloud.lambda.send(
      new CreateFunctionCommand({
        ...(membersOf({ ...CONFIGURATION, ...CODE }, inputs) as unknown as CreateFunctionCommandInput),
        FunctionName: name,
        Code: { ZipFile: zipOf(code) },
        Publish: publish,
        Tags: tags,
      }),
    );
    try {
      await waitUntilFunctionActiveV2({ client: cloud.lambda, ...PATIENCE }, { FunctionName: name });
      if (inputs.reservedConcurrentExecutions !== undefined) await reserve(cloud, name, inputs);
    } catch (error) {
      // The engine knows nothing of it and would find its name taken.
      await cloud.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
      throw error;
    }
    return { id: name, outputs: await outputsOfFunction(cloud, name) };
  },

  async read(cloud, name, olds) {
    const found = await ifThere(cloud.lambda.send(new GetFunctionCommand({ FunctionName: name })), GONE);
    if (found?.Configuration === undefined) return undefined;
    const { VpcConfig: { SubnetIds = [], SecurityGroupIds = [] } = {}, ...configuration } = found.Configuration;
    return {
      name,
      ...propertiesOf(CONFIGURATION, {
        ...configuration,
        VpcConfig: SubnetIds.length === 0 ? undefined : { SubnetIds, SecurityGroupIds },
      }),
      ...propertiesOf(CODE, configuration),
      // The service gives neither back: the code's hash is among the outputs.
      code: olds.code,
      publish: olds.publish,
      reservedConcurrentExecutions: found.Concurrency?.ReservedConcurrentExecutions,
      tags: found.Tags,
      ...(await outputsOfFunction(cloud, name)),
    };
  },

  async update(cloud, name, news: FunctionInputs, olds: FunctionInputs) {
    const { lambda } = cloud;
    const configuration = changedMembersOf(CONFIGURATION, news, olds);
    if (configuration !== undefined) {
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...configuration }));
      await waitUntilFunctionUpdatedV2({ client: lambda, ...PATIENCE }, { FunctionName: name });
    }
    const isNewCode = !isSame(news.code, olds.code) || changedMembersOf(CODE, news, olds) !== undefined;
    if (isNewCode) {
      const ZipFile = zipOf(news.code);
      await lambda.send(
        new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile, ...changedMembersOf(CODE, news, olds) }),
      );
      await waitUntilFunctionUpdatedV2({ client: lambda, ...PATIENCE }, { FunctionName: name });
    }
    if (news.reservedConcurrentExecutions !== olds.reservedConcurrentExecutions) await reserve(cloud, name, news);
    if (news.publish === true && (configuration !== undefined || isNewCode || olds.publish !== true)) {
      const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: name }));
      await waitUntilFunctionActiveV2({ client: lambda, ...PATIENCE }, { FunctionName: name, Qualifier: Version });
    }
    await retag(cloud, arnOf(cloud, name), news.tags, olds.tags);
    return outputsOfFunction(cloud, name);
  },

  async delete(cloud, name) {
    await ifThere(cloud.lambda.send(new DeleteFunctionCommand({ FunctionName: name })), GONE);
  },
};

async function outputsOfFunction(cloud: Cloud, name: string): Promise<Properties> {
  const { lambda } = cloud;
  const latest = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  let version = latest.Version;
  for await (const { Versions = [] } of paginateListVersionsByFunction({ client: lambda }, { FunctionName: name })) {
    version = Versions.at(-1)?.Version ?? version;
  }
  const arn = latest.FunctionArn ?? '';
  // MiniStack leaves the version out of the ARN of the version that a creation publishes.
  const qualifiedArn = `${arn}:${version ?? ''}`;
  return {
    arn,
    invokeArn: invokeArnOf(cloud, arn),
    version,
    qualifiedArn,
    qualifiedInvokeArn: invokeArnOf(cloud, qualifiedArn),
    lastModified: latest.LastModified,
    codeSha256: latest.CodeSha256,
    sourceCodeSize: latest.CodeSize,
  };
}

function arnOf({ partition, region, accountId }: Cloud, functionName: string): string {
  return `arn:${partition}:lambda:${region}:${accountId}:function:${functionName}`;
}

/** By which API Gateway calls a function. */
function invokeArnOf({ partition, region }: Cloud, arn: string): string {
  return `arn:${partition}:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`;
}

/** Of the account's concurrency; none is kept for the function where it has none, or -1. */
async function reserve({ lambda }: Cloud, FunctionName: string, inputs: FunctionInputs): Promise<void> {
  const { reservedConcurrentExecutions: ReservedConcurrentExecutions = -1 } = inputs;
  if (ReservedConcurrentExecutions === -1) {
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  } else {
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
  }
}

function retag({ lambda }: Cloud, Resource: string, news: Tags | undefined, olds: Tags | undefined): Promise<void> {
  return changeTags(news, olds, {
    set: (tags) => lambda.send(new TagResourceCommand({ Resource, Tags: tags })),
    remove: (TagKeys) => lambda.send(new UntagResourceCommand({ Resource, TagKeys })),
  });
}

function zipOf({ assets = {} }: Archive): Uint8Array {
  const files = Object.entries(assets).map(([name, asset]): [string, Uint8Array] => [name, contentOf(name, asset)]);
  // A fixed time, for equal code to be equal bytes; a zip cannot tell an earlier one.
  return zipSync(Object.fromEntries(files), { mtime: new Date(1980, 0, 1) });
}

function contentOf(name: string, asset: Asset | Archive): Uint8Array {
  if (isAsset(asset) && asset.path !== undefined) return readFileSync(asset.path);
  if (isAsset(asset) && asset.text !== undefined) return Buffer.from(asset.text);
  throw new Error(`The code's ${name} is neither a text nor a file.`);
}

const ALIAS = {
  description: { reaches: 'CreateAlias, UpdateAlias Description', unset: '' },
  functionVersion: { reaches: 'CreateAlias, UpdateAlias FunctionVersion' },
} satisfies Carried;

type AliasInputs = { name: string; functionName: string };

const alias: ResourceType = {
  properties: {
    name: { reaches: 'CreateAlias Name', replaces: true },
    functionName: { reaches: 'CreateAlias FunctionName', replaces: true },
    ...ALIAS,
  },
  outputs: ['arn', 'invokeArn'],

  async create(cloud, inputs: AliasInputs) {
    const created = await cloud.lambda.send(
      new CreateAliasCommand({ ...keyOfAlias(inputs), ...membersOf(ALIAS, inputs) } as CreateAliasCommandInput),
    );
    return { id: created.AliasArn ?? '', outputs: outputsOfAlias(cloud, created) };
  },

  async read(cloud, _id, olds: AliasInputs) {
    const found = await ifThere(cloud.lambda.send(new GetAliasCommand(keyOfAlias(olds))), GONE);
    if (found === undefined) return undefined;
    const { name, functionName } = olds;
    return { name, functionName, ...propertiesOf(ALIAS, found), ...outputsOfAlias(cloud, found) };
  },

  async update(cloud, _id, news, olds: AliasInputs) {
    const changed = changedMembersOf(ALIAS, news, olds);
    return outputsOfAlias(cloud, await cloud.lambda.send(new UpdateAliasCommand({ ...keyOfAlias(olds), ...changed })));
  },

  async delete(cloud, _id, olds: AliasInputs) {
    await ifThere(cloud.lambda.send(new DeleteAliasCommand(keyOfAlias(olds))), GONE);
  },
};

function keyOfAlias({ functionName, name }: AliasInputs): { FunctionName: string; Name: string } {
  return { FunctionName: functionName, Name: name };
}

function outputsOfAlias(cloud: Cloud, { AliasArn = '' }: AliasConfiguration): Properties {
  return { arn: AliasArn, invokeArn: invokeArnOf(cloud, AliasArn) };
}

const PERMISSION = {
  statementId: { reaches: 'AddPermission StatementId', replaces: true },
  action: { reaches: 'AddPermission Action', replaces: true },
  function: { reaches: 'AddPermission FunctionName', replaces: true },
  qualifier: { reaches: 'AddPermission Qualifier', replaces: true },
  principal: { reaches: 'AddPermission Principal', replaces: true },
  sourceArn: { reaches: 'AddPermission SourceArn', replaces: true },
} satisfies Carried;

type PermissionInputs = { statementId: string; function: string; qualifier?: string };

/** A statement as AWS writes it for `AddPermission`. */
interface Statement {
  Sid: string;
  Action: string;
  Principal: { Service: string };
  Condition?: { ArnLike?: { 'AWS:SourceArn': string } };
}

const permission: ResourceType = {
  properties: PERMISSION,
  outputs: [],
  autoName: { property: 'statementId', maxLength: 100 },

  async create(cloud, inputs: PermissionInputs) {
    await cloud.lambda.send(
      new AddPermissionCommand(membersOf(PERMISSION, inputs) as unknown as AddPermissionCommandInput),
    );
    return { id: inputs.statementId, outputs: {} };
  },

  async read(cloud, id, olds: PermissionInputs) {
    const found = await ifThere(cloud.lambda.send(new GetPolicyCommand(policyOf(olds))), GONE);
    const { Statement = [] } = JSON.parse(found?.Policy ?? '{}') as { Statement?: Statement[] };
    const statement = Statement.find(({ Sid }) => Sid === id);
    if (statement === undefined) return undefined;
    return {
      statementId: id,
      action: statement.Action,
      function: olds.function,
      qualifier: olds.qualifier,
      principal: statement.Principal.Service,
      sourceArn: statement.Condition?.ArnLike?.['AWS:SourceArn'],
    };
  },

  async delete(cloud, id, olds: PermissionInputs) {
    await ifThere(cloud.lambda.send(new RemovePermissionCommand({ ...policyOf(olds), StatementId: id })), GONE);
  },
};

/** Whose policy a permission is a statement of: each version and each alias has one of its own. */
function policyOf(permission: PermissionInputs): { FunctionName: string; Qualifier: string | undefined } {
  return { FunctionName: permission.function, Qualifier: permission.qualifier };
}

const MAPPING = {
  functionName: { reaches: 'CreateEventSourceMapping, UpdateEventSourceMapping FunctionName' },
  batchSize: { reaches: 'CreateEventSourceMapping, UpdateEventSourceMapping BatchSize', unset: 10 },
  maximumBatchingWindowInSeconds: {
    reaches: 'CreateEventSourceMapping, UpdateEventSourceMapping MaximumBatchingWindowInSeconds',
    unset: 0,
  },
  functionResponseTypes: {
    reaches: 'CreateEventSourceMapping, UpdateEventSourceMapping FunctionResponseTypes',
    unset: [],
  },
  scalingConfig: { reaches: 'CreateEventSourceMapping, UpdateEventSourceMapping ScalingConfig', unset: {} },
} satisfies Carried;

type MappingInputs = {
  eventSourceArn: string;
  functionName: string;
  batchSize?: number;
  maximumBatchingWindowInSeconds?: number;
  tags?: Tags;
};

const eventSourceMapping: ResourceType = {
  properties: {
    eventSourceArn: { reaches: 'CreateEventSourceMapping EventSourceArn', replaces: true },
    ...MAPPING,
    tags: { reaches: 'CreateEventSourceMapping, TagResource Tags, UntagResource TagKeys' },
  },
  outputs: ['arn', 'uuid', 'functionArn', 'state'],

  async create(cloud, inputs: MappingInputs) {
    await refuseMapping(cloud, inputs);
    const { UUID = '' } = await cloud.lambda.send(
      new CreateEventSourceMappingCommand({
        ...(membersOf(MAPPING, inputs) as unknown as CreateEventSourceMappingCommandInput),
        EventSourceArn: inputs.eventSourceArn,
        Tags: inputs.tags,
      }),
    );
    return { id: UUID, outputs: outputsOfMapping(await settled(cloud, UUID)) };
  },

  async read(cloud, id) {
    const found = await mappingOf(cloud, id);
    if (found === undefined) return undefined;
    const { Tags } = await cloud.lambda.send(new ListTagsCommand({ Resource: found.EventSourceMappingArn }));
    return {
      eventSourceArn: found.EventSourceArn,
      ...propertiesOf(MAPPING, { ...found, FunctionName: found.FunctionArn }),
      tags: Tags,
      ...outputsOfMapping(found),
    };
  },

  async update(cloud, id, news: MappingInputs, olds: MappingInputs & { arn: string }) {
    const changed = changedMembersOf(MAPPING, news, olds);
    if (changed !== undefined) {
      await refuseMapping(cloud, news);
      await cloud.lambda.send(new UpdateEventSourceMappingCommand({ UUID: id, ...changed }));
    }
    await retag(cloud, olds.arn, news.tags, olds.tags);
    return outputsOfMapping(await settled(cloud, id));
  },

  async delete(cloud, id) {
    await ifThere(cloud.lambda.send(new DeleteEventSourceMappingCommand({ UUID: id })), GONE);
    while ((await mappingOf(cloud, id)) !== undefined) await wait(100);
  },
};

function mappingOf({ lambda }: Cloud, UUID: string): Promise<EventSourceMappingConfiguration | undefined> {
  return ifThere(lambda.send(new GetEventSourceMappingCommand({ UUID })), GONE);
}

/** Once it is no longer Creating, Enabling or Updating. */
async function settled(cloud: Cloud, id: string): Promise<EventSourceMappingConfiguration> {
  const mapping = await mappingOf(cloud, id);
  if (mapping === undefined) throw new Error(`The event source mapping ${id} is gone.`);
  if (mapping.State?.endsWith('ing') !== true) return mapping;
  await wait(100);
  return settled(cloud, id);
}

function outputsOfMapping(mapping: EventSourceMappingConfiguration): Properties {
  const { EventSourceMappingArn: arn, UUID: uuid, FunctionArn: functionArn, State: state } = mapping;
  return { arn, uuid, functionArn, state };
}

/** What Lambda refuses of SQS, and MiniStack takes. */
async function refuseMapping({ sqs, lambda }: Cloud, inputs: MappingInputs): Promise<void> {
  const { eventSourceArn, functionName: FunctionName, batchSize = 10, maximumBatchingWindowInSeconds = 0 } = inputs;
  if (batchSize > 10 && maximumBatchingWindowInSeconds < 1) {
    throw new Error(`A batch of ${batchSize} messages needs a window of 1 second at least: only 10 need none.`);
  }
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: eventSourceArn.split(':').at(-1) }));
  const { Attributes: { VisibilityTimeout = '' } = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout'] }),
  );
  const { Timeout = 3 } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  if (Number(VisibilityTimeout) < Timeout) {
    throw new Error(
      `The queue's visibility timeout of ${VisibilityTimeout} seconds is below the function's timeout of ${Timeout}.`,
    );
  }
}

export const lambda: Record<string, ResourceType> = {
  'aws:lambda/function:Function': lambdaFunction,
  'aws:lambda/alias:Alias': alias,
  'aws:lambda/permission:Permission': permission,
  'aws:lambda/eventSourceMapping:EventSourceMapping': eventSourceMapping,
};
