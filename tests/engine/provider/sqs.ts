import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListQueueTagsCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { type Cloud, ifThere } from './cloud';
import type { Properties, ResourceType } from './resource-type';
import { changeTags, type Tags } from './tags';
import { isSame } from './value';

const GONE = 'QueueDoesNotExist';

/** SQS's attribute of each of a queue's properties, and what takes it away. */
const ATTRIBUTES: Readonly<Record<string, readonly [attribute: QueueAttributeName, unset: string]>> = {
  delaySeconds: ['DelaySeconds', '0'],
  kmsDataKeyReusePeriodSeconds: ['KmsDataKeyReusePeriodSeconds', '300'],
  kmsMasterKeyId: ['KmsMasterKeyId', ''],
  maxMessageSize: ['MaximumMessageSize', '262144'],
  messageRetentionSeconds: ['MessageRetentionPeriod', '345600'],
  receiveWaitTimeSeconds: ['ReceiveMessageWaitTimeSeconds', '0'],
  redrivePolicy: ['RedrivePolicy', ''],
  sqsManagedSseEnabled: ['SqsManagedSseEnabled', 'false'],
  visibilityTimeoutSeconds: ['VisibilityTimeout', '30'],
};

type QueueInputs = { name: string; tags?: Tags };

/** Its id is its URL. */
const queue: ResourceType = {
  properties: {
    name: { reaches: 'CreateQueue QueueName', replaces: true },
    ...Object.fromEntries(
      Object.entries(ATTRIBUTES).map(([property, [attribute]]) => [
        property,
        { reaches: `CreateQueue, SetQueueAttributes Attributes.${attribute}` },
      ]),
    ),
    tags: { reaches: 'CreateQueue tags, TagQueue Tags, UntagQueue TagKeys' },
  },
  outputs: ['arn', 'url'],
  autoName: { property: 'name', maxLength: 80 },
  async create({ sqs, region, accountId }, inputs: QueueInputs) {
    const { name: QueueName, tags } = inputs;
    const { QueueUrl: url = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName, tags, Attributes: changedAttributes(inputs, {}) }),
    );
    return { id: url, outputs: { url, arn: `arn:aws:sqs:${region}:${accountId}:${QueueName}` } };
  },
  async read({ sqs }, QueueUrl) {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    const found = (await ifThere(sqs.send(command), GONE))?.Attributes;
    if (found === undefined) return undefined;
    const { Tags: tags } = await sqs.send(new ListQueueTagsCommand({ QueueUrl }));
    return {
      ...Object.fromEntries(
        Object.entries(ATTRIBUTES).map(([property, [attribute]]) => [property, valueOf(found[attribute])]),
      ),
      name: QueueUrl.split('/').at(-1),
      arn: found.QueueArn,
      url: QueueUrl,
      tags,
    };
  },
  async update({ sqs }, QueueUrl, news: QueueInputs, olds: QueueInputs) {
    const Attributes = changedAttributes(news, olds);
    if (Object.keys(Attributes).length > 0) await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    await changeTags(news.tags, olds.tags, {
      set: (tags) => sqs.send(new TagQueueCommand({ QueueUrl, Tags: tags })),
      remove: (TagKeys) => sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys })),
    });
    return {};
  },
  async delete({ sqs }, QueueUrl) {
    await ifThere(sqs.send(new DeleteQueueCommand({ QueueUrl })), GONE);
  },
};

/** SQS has texts alone. */
function changedAttributes(news: Properties, olds: Properties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ATTRIBUTES)
      .filter(([property]) => !isSame(news[property], olds[property]))
      .map(([property, [attribute, unset]]) => [
        attribute,
        String((news[property] ?? unset) as string | number | boolean),
      ]),
  );
}

function valueOf(attribute: string | undefined): unknown {
  if (attribute === 'true' || attribute === 'false') return attribute === 'true';
  return attribute !== undefined && /^\d+$/.test(attribute) ? Number(attribute) : attribute;
}

/** A document that is one of a queue's attributes. Its id is the queue's URL. */
function document(property: string, attribute: QueueAttributeName): ResourceType {
  const set = async ({ sqs }: Cloud, QueueUrl: string, text: string) => {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { [attribute]: text } }));
  };
  return {
    properties: {
      queueUrl: { reaches: 'SetQueueAttributes QueueUrl', replaces: true },
      [property]: { reaches: `SetQueueAttributes Attributes.${attribute}` },
    },
    outputs: [],
    async create(cloud, inputs: Record<string, string>) {
      const { queueUrl = '', [property]: text = '' } = inputs;
      await set(cloud, queueUrl, text);
      return { id: queueUrl, outputs: {} };
    },
    async read({ sqs }, QueueUrl) {
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [attribute] });
      const text = (await ifThere(sqs.send(command), GONE))?.Attributes?.[attribute];
      if (text === undefined || text === '') return undefined;
      return { queueUrl: QueueUrl, [property]: text };
    },
    async update(cloud, url, news: Record<string, string>) {
      await set(cloud, url, news[property] ?? '');
      return {};
    },
    async delete(cloud, url) {
      await ifThere(set(cloud, url, ''), GONE);
    },
  };
}

export const sqs: Record<string, ResourceType> = {
  'aws:sqs/queue:Queue': queue,
  'aws:sqs/queuePolicy:QueuePolicy': document('policy', 'Policy'),
  'aws:sqs/redriveAllowPolicy:RedriveAllowPolicy': document('redriveAllowPolicy', 'RedriveAllowPolicy'),
};
