import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import { ifThere } from './cloud';
import type { ResourceType } from './resource-type';
import { withBatchActions, withoutBatchActions } from './batch-actions';
import { changeTags, tagList, type Tags, tagsOf } from './tags';

const GONE = 'NoSuchEntityException';

// Types, not interfaces: those have no index signature, which properties need.
type RoleInputs = {
  name: string;
  assumeRolePolicy: string;
  description?: string;
  permissionsBoundary?: string;
  tags?: Tags;
};

/** Its id is its name. */
const role: ResourceType = {
  properties: {
    name: { reaches: 'CreateRole RoleName', replaces: true },
    assumeRolePolicy: { reaches: 'CreateRole AssumeRolePolicyDocument, UpdateAssumeRolePolicy PolicyDocument' },
    description: { reaches: 'CreateRole, UpdateRole Description' },
    permissionsBoundary: { reaches: 'CreateRole, PutRolePermissionsBoundary PermissionsBoundary' },
    tags: { reaches: 'CreateRole, TagRole Tags, UntagRole TagKeys' },
  },
  outputs: ['arn', 'uniqueId'],
  autoName: { property: 'name', maxLength: 64 },
  async create({ iam }, inputs: RoleInputs) {
    const { Role } = await iam.send(
      new CreateRoleCommand({
        RoleName: inputs.name,
        AssumeRolePolicyDocument: inputs.assumeRolePolicy,
        Description: inputs.description,
        PermissionsBoundary: inputs.permissionsBoundary,
        Tags: tagList(inputs.tags),
      }),
    );
    return { id: inputs.name, outputs: { arn: Role?.Arn, uniqueId: Role?.RoleId } };
  },
  async read({ iam }, RoleName) {
    const found = (await ifThere(iam.send(new GetRoleCommand({ RoleName })), GONE))?.Role;
    if (found === undefined) return undefined;
    return {
      name: found.RoleName,
      assumeRolePolicy: decoded(found.AssumeRolePolicyDocument),
      description: found.Description === '' ? undefined : found.Description,
      permissionsBoundary: found.PermissionsBoundary?.PermissionsBoundaryArn,
      tags: tagsOf(found.Tags),
      arn: found.Arn,
      uniqueId: found.RoleId,
    };
  },
  async update({ iam }, RoleName, news: RoleInputs, olds: RoleInputs) {
    const { assumeRolePolicy: PolicyDocument, description: Description = '', permissionsBoundary } = news;
    if (PolicyDocument !== olds.assumeRolePolicy) {
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
    }
    if (Description !== (olds.description ?? '')) await iam.send(new UpdateRoleCommand({ RoleName, Description }));
    if (permissionsBoundary !== olds.permissionsBoundary) {
      await (permissionsBoundary === undefined
        ? iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }))
        : iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: permissionsBoundary })));
    }
    await changeTags(news.tags, olds.tags, {
      set: (tags) => iam.send(new TagRoleCommand({ RoleName, Tags: tagList(tags) })),
      remove: (TagKeys) => iam.send(new UntagRoleCommand({ RoleName, TagKeys })),
    });
    return {};
  },
  async delete({ iam }, RoleName) {
    await ifThere(iam.send(new DeleteRoleCommand({ RoleName })), GONE);
  },
};

type RolePolicyInputs = { name: string; role: string; policy: string };

/** Its id is `role:name`. */
const rolePolicy: ResourceType = {
  properties: {
    name: { reaches: 'PutRolePolicy PolicyName', replaces: true },
    role: { reaches: 'PutRolePolicy RoleName', replaces: true },
    policy: { reaches: 'PutRolePolicy PolicyDocument' },
  },
  outputs: [],
  autoName: { property: 'name', maxLength: 128 },
  async create({ iam }, inputs: RolePolicyInputs) {
    const { name: PolicyName, role: RoleName, policy } = inputs;
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: withBatchActions(policy) }));
    return { id: `${RoleName}:${PolicyName}`, outputs: {} };
  },
  async read({ iam }, id) {
    const found = await ifThere(iam.send(new GetRolePolicyCommand(namesOf(id))), GONE);
    if (found === undefined) return undefined;
    const { RoleName, PolicyName, PolicyDocument } = found;
    return { name: PolicyName, role: RoleName, policy: withoutBatchActions(decoded(PolicyDocument) ?? '{}') };
  },
  async update({ iam }, id, { policy }: RolePolicyInputs) {
    await iam.send(new PutRolePolicyCommand({ ...namesOf(id), PolicyDocument: withBatchActions(policy) }));
    return {};
  },
  async delete({ iam }, id) {
    await ifThere(iam.send(new DeleteRolePolicyCommand(namesOf(id))), GONE);
  },
};

function namesOf(id: string): { RoleName: string; PolicyName: string } {
  const [RoleName = '', PolicyName = ''] = id.split(':');
  return { RoleName, PolicyName };
}

/** IAM answers with documents as they would stand in a URL. */
function decoded(document: string | undefined): string | undefined {
  return document === undefined ? undefined : decodeURIComponent(document);
}

export const iam: Record<string, ResourceType> = {
  'aws:iam/role:Role': role,
  'aws:iam/rolePolicy:RolePolicy': rolePolicy,
};
