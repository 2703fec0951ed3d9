import { randomBytes } from 'node:crypto';
import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { type Cloud, ifThere } from './cloud';
import type { ResourceType } from './resource-type';
import { changeTags, type Tags } from './tags';

const GONE = 'ResourceNotFoundException';

type LogGroupInputs = { name?: string; namePrefix?: string; retentionInDays?: number; tags?: Tags };

/** Its id is its name. */
const logGroup: ResourceType = {
  properties: {
    name: { reaches: 'CreateLogGroup logGroupName', replaces: true },
    namePrefix: { reaches: 'CreateLogGroup logGroupName, followed by 26 random characters', replaces: true },
    retentionInDays: { reaches: 'PutRetentionPolicy retentionInDays; DeleteRetentionPolicy for 0' },
    tags: { reaches: 'CreateLogGroup, TagResource tags, UntagResource tagKeys' },
  },
  outputs: ['arn', 'name'],
  autoName: { property: 'name', maxLength: 512 },
  async create(cloud, { name, namePrefix = '', retentionInDays, tags }: LogGroupInputs) {
    const logGroupName = name ?? `${namePrefix}${randomBytes(13).toString('hex')}`;
    await cloud.logs.send(new CreateLogGroupCommand({ logGroupName, tags }));
    try {
      await retain(cloud, logGroupName, retentionInDays);
    } catch (error) {
      await cloud.logs.send(new DeleteLogGroupCommand({ logGroupName }));
      throw error;
    }
    return { id: logGroupName, outputs: { name: logGroupName, arn: arnOf(cloud, logGroupName) } };
  },
  async read(cloud, id, { namePrefix }: LogGroupInputs) {
    const { logGroups = [] } = await cloud.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: id }));
    const found = logGroups.find(({ logGroupName }) => logGroupName === id);
    if (found === undefined) return undefined;
    const arn = arnOf(cloud, id);
    const { tags } = await cloud.logs.send(new ListTagsForResourceCommand({ resourceArn: arn }));
    return { name: id, namePrefix, retentionInDays: found.retentionInDays, tags, arn };
  },
  async update(cloud, id, news: LogGroupInputs, olds: LogGroupInputs) {
    if (news.retentionInDays !== olds.retentionInDays) await retain(cloud, id, news.retentionInDays ?? 0);
    const resourceArn = arnOf(cloud, id);
    await changeTags(news.tags, olds.tags, {
      set: (tags) => cloud.logs.send(new TagResourceCommand({ resourceArn, tags })),
      remove: (tagKeys) => cloud.logs.send(new UntagResourceCommand({ resourceArn, tagKeys })),
    });
    return {};
  },
  async delete({ logs }, logGroupName) {
    await ifThere(logs.send(new DeleteLogGroupCommand({ logGroupName })), GONE);
  },
};

async function retain({ logs }: Cloud, logGroupName: string, retentionInDays: number | undefined): Promise<void> {
  if (retentionInDays === undefined) return;
  await (retentionInDays === 0
    ? logs.send(new DeleteRetentionPolicyCommand({ logGroupName }))
    : logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays })));
}

/** Without `:*`, as the AWS provider has it. */
function arnOf({ region, accountId }: Cloud, name: string): string {
  return `arn:aws:logs:${region}:${accountId}:log-group:${name}`;
}

export const logs: Record<string, ResourceType> = { 'aws:cloudwatch/logGroup:LogGroup': logGroup };
