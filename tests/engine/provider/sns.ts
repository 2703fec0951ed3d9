import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListTagsForResourceCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
  TagResourceCommand,
  UnsubscribeCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-sns';
import { type Cloud, ifThere } from './cloud';
import type { ResourceType } from './resource-type';
import { changeTags, tagList, type Tags, tagsOf } from './tags';

const GONE = 'NotFoundException';

type TopicInputs = { name: string; tags?: Tags };

/** Its id is its ARN. */
const topic: ResourceType = {
  properties: {
    name: { reaches: 'CreateTopic Name', replaces: true },
    tags: { reaches: 'CreateTopic, TagResource Tags, UntagResource TagKeys' },
  },
  outputs: ['arn', 'owner'],
  autoName: { property: 'name', maxLength: 256 },
  async create({ sns, accountId: owner }, { name: Name, tags }: TopicInputs) {
    const { TopicArn: arn = '' } = await sns.send(new CreateTopicCommand({ Name, Tags: tagList(tags) }));
    return { id: arn, outputs: { arn, owner } };
  },
  async read({ sns }, TopicArn) {
    const found = (await ifThere(sns.send(new GetTopicAttributesCommand({ TopicArn })), GONE))?.Attributes;
    if (found === undefined) return undefined;
    const { Tags: tags } = await sns.send(new ListTagsForResourceCommand({ ResourceArn: TopicArn }));
    return { name: TopicArn.split(':').at(-1), tags: tagsOf(tags), arn: TopicArn, owner: found.Owner };
  },
  async update({ sns }, ResourceArn, news: TopicInputs, olds: TopicInputs) {
    await changeTags(news.tags, olds.tags, {
      set: (tags) => sns.send(new TagResourceCommand({ ResourceArn, Tags: tagList(tags) })),
      remove: (TagKeys) => sns.send(new UntagResourceCommand({ ResourceArn, TagKeys })),
    });
    return {};
  },
  async delete({ sns }, TopicArn) {
    await ifThere(sns.send(new DeleteTopicCommand({ TopicArn })), GONE);
  },
};

type TopicPolicyInputs = { arn: string; policy: string };

/** Its id is the topic's ARN. */
const topicPolicy: ResourceType = {
  properties: {
    arn: { reaches: 'SetTopicAttributes TopicArn', replaces: true },
    policy: { reaches: 'SetTopicAttributes AttributeValue, for the attribute Policy' },
  },
  outputs: ['owner'],
  async create(cloud, { arn, policy }: TopicPolicyInputs) {
    await setPolicy(cloud, arn, policy);
    return { id: arn, outputs: { owner: cloud.accountId } };
  },
  async read({ sns, accountId: owner }, TopicArn) {
    const found = (await ifThere(sns.send(new GetTopicAttributesCommand({ TopicArn })), GONE))?.Attributes;
    // A topic is never without a policy.
    if (found === undefined || isOwnersOnly(found.Policy)) return undefined;
    return { arn: TopicArn, policy: found.Policy, owner };
  },
  async update(cloud, arn, { policy }: TopicPolicyInputs) {
    await setPolicy(cloud, arn, policy);
    return {};
  },
  async delete(cloud, arn) {
    await ifThere(setPolicy(cloud, arn, ownersOnly(cloud, arn)), GONE);
  },
};

async function setPolicy({ sns }: Cloud, TopicArn: string, AttributeValue: string): Promise<void> {
  await sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue }));
}

const OWNERS_ONLY = '__default_policy_ID';

/** What SNS gives a new topic. */
function ownersOnly({ accountId }: Cloud, arn: string): string {
  return JSON.stringify({
    Version: '2008-10-17',
    Id: OWNERS_ONLY,
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'SNS:GetTopicAttributes',
          'SNS:SetTopicAttributes',
          'SNS:AddPermission',
          'SNS:RemovePermission',
          'SNS:DeleteTopic',
          'SNS:Subscribe',
          'SNS:ListSubscriptionsByTopic',
          'SNS:Publish',
        ],
        Resource: arn,
        Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
      },
    ],
  });
}

function isOwnersOnly(policy = '{}'): boolean {
  return (JSON.parse(policy) as { Id?: string }).Id === OWNERS_ONLY;
}

type SubscriptionInputs = { topic: string; protocol: string; endpoint: string };

/** Its id is its ARN. */
const topicSubscription: ResourceType = {
  properties: {
    topic: { reaches: 'Subscribe TopicArn', replaces: true },
    protocol: { reaches: 'Subscribe Protocol', replaces: true },
    endpoint: { reaches: 'Subscribe Endpoint', replaces: true },
  },
  outputs: ['arn'],
  async create({ sns }, { topic: TopicArn, protocol: Protocol, endpoint: Endpoint }: SubscriptionInputs) {
    const { SubscriptionArn: arn = '' } = await sns.send(
      new SubscribeCommand({ TopicArn, Protocol, Endpoint, ReturnSubscriptionArn: true }),
    );
    return { id: arn, outputs: { arn } };
  },
  async read({ sns }, SubscriptionArn) {
    const command = new GetSubscriptionAttributesCommand({ SubscriptionArn });
    const found = (await ifThere(sns.send(command), GONE))?.Attributes;
    if (found === undefined) return undefined;
    const { TopicArn, Protocol, Endpoint } = found;
    return { topic: TopicArn, protocol: Protocol, endpoint: Endpoint, arn: SubscriptionArn };
  },
  async delete({ sns }, SubscriptionArn) {
    await ifThere(sns.send(new UnsubscribeCommand({ SubscriptionArn })), GONE);
  },
};

export const sns: Record<string, ResourceType> = {
  'aws:sns/topic:Topic': topic,
  'aws:sns/topicPolicy:TopicPolicy': topicPolicy,
  'aws:sns/topicSubscription:TopicSubscription': topicSubscription,
};
