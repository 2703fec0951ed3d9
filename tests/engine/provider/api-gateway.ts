import {
  CreateApiCommand,
  CreateApiMappingCommand,
  CreateDomainNameCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  DeleteApiCommand,
  DeleteApiMappingCommand,
  DeleteDomainNameCommand,
  DeleteIntegrationCommand,
  DeleteRouteCommand,
  DeleteStageCommand,
  GetApiCommand,
  GetApiMappingCommand,
  GetDomainNameCommand,
  GetIntegrationCommand,
  GetRouteCommand,
  GetStageCommand,
  GetTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateApiCommand,
  UpdateApiMappingCommand,
  UpdateDomainNameCommand,
  UpdateIntegrationCommand,
  UpdateRouteCommand,
  UpdateStageCommand,
  type CreateApiCommandInput,
  type CreateApiMappingCommandInput,
  type CreateIntegrationCommandInput,
  type CreateRouteCommandInput,
  type DomainNameConfiguration,
} from '@aws-sdk/client-apigatewayv2';
import { type Cloud, ifThere } from './cloud';
import { capitalised, type Carried, changedMembersOf, membersOf, propertiesOf } from './members';
import type { ResourceType } from './resource-type';
import { changeTags, type Tags } from './tags';

const GONE = 'NotFoundException';

const API = {
  name: { reaches: 'CreateApi, UpdateApi Name' },
  description: { reaches: 'CreateApi, UpdateApi Description', unset: '' },
  protocolType: { reaches: 'CreateApi ProtocolType', replaces: true },
} satisfies Carried;

// Types, not interfaces: those have no index signature, which properties need.
type Tagged = { tags?: Tags };

const api: ResourceType = {
  properties: { ...API, tags: { reaches: 'CreateApi, TagResource Tags, UntagResource TagKeys' } },
  outputs: ['arn', 'apiEndpoint', 'executionArn'],
  autoName: { property: 'name', maxLength: 128 },

  async create(cloud, inputs: Tagged) {
    const { ApiId = '' } = await cloud.apiGateway.send(
      new CreateApiCommand({ ...membersOf(API, inputs), Tags: inputs.tags } as CreateApiCommandInput),
    );
    return { id: ApiId, outputs: outputsOfApi(cloud, ApiId) };
  },

  async read(cloud, ApiId) {
    const found = await ifThere(cloud.apiGateway.send(new GetApiCommand({ ApiId })), GONE);
    if (found === undefined) return undefined;
    const outputs = outputsOfApi(cloud, ApiId);
    return { ...propertiesOf(API, found), tags: await tagsAt(cloud, outputs.arn), ...outputs };
  },

  async update(cloud, ApiId, news: Tagged, olds: Tagged) {
    await cloud.apiGateway.send(new UpdateApiCommand({ ApiId, ...changedMembersOf(API, news, olds) }));
    const outputs = outputsOfApi(cloud, ApiId);
    await retag(cloud, outputs.arn, news, olds);
    return outputs;
  },

  async delete(cloud, ApiId) {
    await ifThere(cloud.apiGateway.send(new DeleteApiCommand({ ApiId })), GONE);
  },
};

function outputsOfApi(cloud: Cloud, apiId: string) {
  const { partition, region, accountId, endpoint } = cloud;
  return {
    arn: arnOf(cloud, `apis/${apiId}`),
    // MiniStack says a host name that no DNS knows. Under this path it serves the same, from the stage $default.
    apiEndpoint: `${endpoint}/_aws/execute-api/${apiId}`,
    executionArn: `arn:${partition}:execute-api:${region}:${accountId}:${apiId}`,
  };
}

function arnOf({ partition, region }: Cloud, resource: string): string {
  return `arn:${partition}:apigateway:${region}::/${resource}`;
}

/** What a GET of the thing itself says of its tags is in MiniStack what they were at its creation. */
async function tagsAt({ apiGateway }: Cloud, ResourceArn: string): Promise<Tags> {
  const { Tags = {} } = await apiGateway.send(new GetTagsCommand({ ResourceArn }));
  return Tags;
}

function retag({ apiGateway }: Cloud, ResourceArn: string, news: Tagged, olds: Tagged): Promise<void> {
  return changeTags(news.tags, olds.tags, {
    set: (tags) => apiGateway.send(new TagResourceCommand({ ResourceArn, Tags: tags })),
    remove: (TagKeys) => apiGateway.send(new UntagResourceCommand({ ResourceArn, TagKeys })),
  });
}

type OfApi = { apiId: string };

const INTEGRATION = {
  integrationType: { reaches: 'CreateIntegration IntegrationType', replaces: true },
  integrationUri: { reaches: 'CreateIntegration, UpdateIntegration IntegrationUri' },
  payloadFormatVersion: { reaches: 'CreateIntegration, UpdateIntegration PayloadFormatVersion', unset: '1.0' },
  timeoutMilliseconds: { reaches: 'CreateIntegration, UpdateIntegration TimeoutInMillis', unset: 30_000 },
} satisfies Carried;

const integration: ResourceType = {
  properties: { apiId: { reaches: 'CreateIntegration ApiId', replaces: true }, ...INTEGRATION },
  outputs: [],

  async create(cloud, inputs: OfApi) {
    const { IntegrationId = '' } = await cloud.apiGateway.send(
      new CreateIntegrationCommand({
        ...ofApi(inputs),
        ...membersOf(INTEGRATION, inputs),
      } as CreateIntegrationCommandInput),
    );
    return { id: IntegrationId, outputs: {} };
  },

  async read(cloud, IntegrationId, olds: OfApi) {
    const found = await ifThere(
      cloud.apiGateway.send(new GetIntegrationCommand({ ...ofApi(olds), IntegrationId })),
      GONE,
    );
    return found && { apiId: olds.apiId, ...propertiesOf(INTEGRATION, found) };
  },

  async update(cloud, IntegrationId, news, olds: OfApi) {
    const changed = changedMembersOf(INTEGRATION, news, olds);
    await cloud.apiGateway.send(new UpdateIntegrationCommand({ ...ofApi(olds), IntegrationId, ...changed }));
    return {};
  },

  async delete(cloud, IntegrationId, olds: OfApi) {
    await ifThere(cloud.apiGateway.send(new DeleteIntegrationCommand({ ...ofApi(olds), IntegrationId })), GONE);
  },
};

function ofApi({ apiId }: OfApi): { ApiId: string } {
  return { ApiId: apiId };
}

const ROUTE = {
  routeKey: { reaches: 'CreateRoute, UpdateRoute RouteKey' },
  target: { reaches: 'CreateRoute, UpdateRoute Target' },
} satisfies Carried;

const route: ResourceType = {
  properties: { apiId: { reaches: 'CreateRoute ApiId', replaces: true }, ...ROUTE },
  outputs: [],

  async create(cloud, inputs: OfApi) {
    const { RouteId = '' } = await cloud.apiGateway.send(
      new CreateRouteCommand({ ...ofApi(inputs), ...membersOf(ROUTE, inputs) } as CreateRouteCommandInput),
    );
    return { id: RouteId, outputs: {} };
  },

  async read(cloud, RouteId, olds: OfApi) {
    const found = await ifThere(cloud.apiGateway.send(new GetRouteCommand({ ...ofApi(olds), RouteId })), GONE);
    return found && { apiId: olds.apiId, ...propertiesOf(ROUTE, found) };
  },

  async update(cloud, RouteId, news, olds: OfApi) {
    const changed = changedMembersOf(ROUTE, news, olds);
    await cloud.apiGateway.send(new UpdateRouteCommand({ ...ofApi(olds), RouteId, ...changed }));
    return {};
  },

  async delete(cloud, RouteId, olds: OfApi) {
    await ifThere(cloud.apiGateway.send(new DeleteRouteCommand({ ...ofApi(olds), RouteId })), GONE);
  },
};

const STAGE = {
  autoDeploy: { reaches: 'CreateStage, UpdateStage AutoDeploy', unset: false },
  defaultRouteSettings: { reaches: 'CreateStage, UpdateStage DefaultRouteSettings', unset: {} },
  accessLogSettings: { reaches: 'CreateStage, UpdateStage AccessLogSettings', unset: {} },
} satisfies Carried;

type StageInputs = OfApi & Tagged & { name: string };

const stage: ResourceType = {
  properties: {
    apiId: { reaches: 'CreateStage ApiId', replaces: true },
    name: { reaches: 'CreateStage StageName', replaces: true },
    ...STAGE,
    tags: { reaches: 'CreateStage, TagResource Tags, UntagResource TagKeys' },
  },
  outputs: ['arn', 'executionArn', 'invokeUrl'],

  async create(cloud, inputs: StageInputs) {
    await cloud.apiGateway.send(
      new CreateStageCommand({
        ...stageOf(inputs),
        ...membersOf(STAGE, inputs),
        Tags: inputs.tags,
      }),
    );
    return { id: inputs.name, outputs: outputsOfStage(cloud, inputs) };
  },

  async read(cloud, name, olds: StageInputs) {
    const found = await ifThere(cloud.apiGateway.send(new GetStageCommand(stageOf(olds))), GONE);
    if (found === undefined) return undefined;
    const outputs = outputsOfStage(cloud, olds);
    const tags = await tagsAt(cloud, outputs.arn);
    return { apiId: olds.apiId, name, ...propertiesOf(STAGE, found), tags, ...outputs };
  },

  async update(cloud, _name, news: StageInputs, olds: StageInputs) {
    const changed = changedMembersOf(STAGE, news, olds);
    await cloud.apiGateway.send(new UpdateStageCommand({ ...stageOf(olds), ...changed }));
    const outputs = outputsOfStage(cloud, olds);
    await retag(cloud, outputs.arn, news, olds);
    return outputs;
  },

  async delete(cloud, _name, olds: StageInputs) {
    await ifThere(cloud.apiGateway.send(new DeleteStageCommand(stageOf(olds))), GONE);
  },
};

function stageOf({ apiId, name }: StageInputs): { ApiId: string; StageName: string } {
  return { ApiId: apiId, StageName: name };
}

function outputsOfStage(cloud: Cloud, stage: StageInputs) {
  const { ApiId, StageName } = stageOf(stage);
  const { apiEndpoint, executionArn } = outputsOfApi(cloud, ApiId);
  return {
    arn: arnOf(cloud, `apis/${ApiId}/stages/${StageName}`),
    executionArn: `${executionArn}/${StageName}`,
    invokeUrl: `${apiEndpoint}/${StageName === '$default' ? '' : StageName}`,
  };
}

type OfDomain = { domainName: string };

type DomainInputs = OfDomain & Tagged & { domainNameConfiguration: object };

const domainName: ResourceType = {
  properties: {
    domainName: { reaches: 'CreateDomainName DomainName', replaces: true },
    domainNameConfiguration: { reaches: 'CreateDomainName, UpdateDomainName DomainNameConfigurations[0]' },
    tags: { reaches: 'CreateDomainName, TagResource Tags, UntagResource TagKeys' },
  },
  outputs: ['arn', 'domainNameConfiguration'],

  async create(cloud, inputs: DomainInputs) {
    const { domainName: DomainName, tags } = inputs;
    const created = await cloud.apiGateway.send(
      new CreateDomainNameCommand({ DomainName, ...configurationsOf(inputs), Tags: tags }),
    );
    return { id: DomainName, outputs: outputsOfDomain(cloud, DomainName, created.DomainNameConfigurations) };
  },

  async read(cloud, DomainName) {
    const found = await ifThere(cloud.apiGateway.send(new GetDomainNameCommand({ DomainName })), GONE);
    if (found === undefined) return undefined;
    const outputs = outputsOfDomain(cloud, DomainName, found.DomainNameConfigurations);
    return { domainName: DomainName, tags: await tagsAt(cloud, outputs.arn), ...outputs };
  },

  async update(cloud, DomainName, news: DomainInputs, olds: DomainInputs) {
    const updated = await cloud.apiGateway.send(new UpdateDomainNameCommand({ DomainName, ...configurationsOf(news) }));
    const outputs = outputsOfDomain(cloud, DomainName, updated.DomainNameConfigurations);
    await retag(cloud, outputs.arn, news, olds);
    return outputs;
  },

  async delete(cloud, DomainName) {
    await ifThere(cloud.apiGateway.send(new DeleteDomainNameCommand({ DomainName })), GONE);
  },
};

function configurationsOf({ domainNameConfiguration }: DomainInputs): {
  DomainNameConfigurations: DomainNameConfiguration[];
} {
  return { DomainNameConfigurations: [capitalised(domainNameConfiguration) as DomainNameConfiguration] };
}

function outputsOfDomain(cloud: Cloud, domainName: string, configurations: DomainNameConfiguration[] = []) {
  const [{ CertificateArn, EndpointType, SecurityPolicy, HostedZoneId, ApiGatewayDomainName } = {}] = configurations;
  return {
    arn: arnOf(cloud, `domainnames/${domainName}`),
    domainNameConfiguration: {
      certificateArn: CertificateArn,
      endpointType: EndpointType,
      securityPolicy: SecurityPolicy,
      hostedZoneId: HostedZoneId,
      targetDomainName: ApiGatewayDomainName,
    },
  };
}

const MAPPING = {
  stage: { reaches: 'CreateApiMapping, UpdateApiMapping Stage' },
} satisfies Carried;

const apiMapping: ResourceType = {
  properties: {
    apiId: { reaches: 'CreateApiMapping ApiId', replaces: true },
    domainName: { reaches: 'CreateApiMapping DomainName', replaces: true },
    ...MAPPING,
  },
  outputs: [],

  async create(cloud, inputs: OfApi & OfDomain) {
    const { ApiMappingId = '' } = await cloud.apiGateway.send(
      new CreateApiMappingCommand({
        ...ofApi(inputs),
        ...ofDomain(inputs),
        ...membersOf(MAPPING, inputs),
      } as CreateApiMappingCommandInput),
    );
    return { id: ApiMappingId, outputs: {} };
  },

  async read(cloud, ApiMappingId, olds: OfDomain) {
    const found = await ifThere(
      cloud.apiGateway.send(new GetApiMappingCommand({ ...ofDomain(olds), ApiMappingId })),
      GONE,
    );
    return found && { apiId: found.ApiId, domainName: olds.domainName, ...propertiesOf(MAPPING, found) };
  },

  async update(cloud, ApiMappingId, news, olds: OfApi & OfDomain) {
    const changed = changedMembersOf(MAPPING, news, olds);
    await cloud.apiGateway.send(
      new UpdateApiMappingCommand({ ...ofApi(olds), ...ofDomain(olds), ApiMappingId, ...changed }),
    );
    return {};
  },

  async delete(cloud, ApiMappingId, olds: OfDomain) {
    await ifThere(cloud.apiGateway.send(new DeleteApiMappingCommand({ ...ofDomain(olds), ApiMappingId })), GONE);
  },
};

function ofDomain({ domainName }: OfDomain): { DomainName: string } {
  return { DomainName: domainName };
}

export const apiGateway: Record<string, ResourceType> = {
  'aws:apigatewayv2/api:Api': api,
  'aws:apigatewayv2/integration:Integration': integration,
  'aws:apigatewayv2/route:Route': route,
  'aws:apigatewayv2/stage:Stage': stage,
  'aws:apigatewayv2/domainName:DomainName': domainName,
  'aws:apigatewayv2/apiMapping:ApiMapping': apiMapping,
};
