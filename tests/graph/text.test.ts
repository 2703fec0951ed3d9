import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Graph } from '../../graph/graph';
import { GraphError } from '../../graph/kinds';
import { mermaidOf } from '../../graph/mermaid';
import { textOf } from '../../graph/text';
import { ADOPTED_SECRET, ADOPTING, KEY_ARN, LEAST, MOST, OTHER_KEY_ARN, WRITE_KEY } from '../support/args';
import { bridge, Parameter, provided, REGION, shown } from './recording';

/** The lines about a resource, without their indentation. */
function blockOf(text: string, name: string): string[] {
  const [, block = ''] = text.split(`\n${name} (`);
  return (block.split('\n\n')[0] ?? '').split('\n').map((line) => line.trim());
}

/** The lines about who may do what to something. */
function accessTo(text: string, target: string): string[] {
  const [, block = ''] = text.split(`\n${target}\n`);
  return (block.split('\n\n')[0] ?? '').split('\n').map((line) => line.trim());
}

describe('the graph of a bridge', () => {
  let least: Graph;
  let most: Graph;
  let adopting: Graph;
  beforeAll(async () => {
    least = await bridge(LEAST);
    most = await bridge(MOST);
    adopting = await bridge(ADOPTING);
  });

  test('says who may do what to each queue and secret, and nothing else may be done', () => {
    const text = textOf(least);

    expect(accessTo(text, 'the event queue')).toEqual([
      'the ingest role may send messages to the event queue',
      'nobody may do anything with the event queue without TLS',
      'the processor role may change the visibility of messages of the event queue',
      'the processor role may delete messages of the event queue',
      'the processor role may read the attributes of the event queue',
      'the processor role may receive messages from the event queue',
    ]);
    expect(accessTo(text, 'the dead-letter queue')).toEqual([
      'the ingest role may send messages to the dead-letter queue',
      'nobody may do anything with the dead-letter queue without TLS',
      'the event queue may move messages that were received too often to the dead-letter queue',
      'the processor role may send messages to the dead-letter queue',
    ]);
    expect(accessTo(text, 'the endpoint tokens secret')).toEqual([
      'the ingest role may read the value of the endpoint tokens secret',
    ]);
    expect(accessTo(text, 'the write key secret')).toEqual([
      'the processor role may read the value of the write key secret',
    ]);
    expect(accessTo(text, 'the ingest role')).toEqual([
      'the ingest function acts as the ingest role',
      'Lambda may act as the ingest role',
    ]);
    expect(accessTo(text, 'the HTTP API')).toEqual([
      'anybody may call GET /health of the HTTP API',
      'anybody may call ANY /v1/webhook of the HTTP API',
    ]);
    expect(accessTo(text, 'the ingest function')).toEqual(
      ['*/GET/health', '*/*/v1/webhook'].map(
        (route) =>
          `API Gateway may invoke the alias live of the ingest function on behalf of <HTTP API's execution ARN>/${route}`,
      ),
    );
  });

  test('shows what protects a queue, and by which changes it would be lost', () => {
    expect(blockOf(textOf(least), 'event queue')).toEqual(
      expect.arrayContaining([
        'STATEFUL, replaced by a change of: name, namePrefix, fifoQueue',
        'protect: false',
        'retainOnDelete: false',
        'depends on: dead-letter queue',
        'sqsManagedSseEnabled: true',
        'messageRetentionSeconds: 604800 (7 days)',
        "deadLetterTargetArn: <dead-letter queue's ARN>",
        'not set: kmsMasterKeyId',
      ]),
    );
    expect(blockOf(textOf(most), 'event queue')).toEqual(
      expect.arrayContaining([
        'protect: true',
        'retainOnDelete: true',
        `kmsMasterKeyId: ${KEY_ARN}`,
        'not set: sqsManagedSseEnabled',
      ]),
    );
  });

  test('shows the archive with who may do what to it, what becomes of its objects, and by which changes it would be lost', () => {
    const text = textOf(most);

    expect(accessTo(text, 'the archive bucket')).toEqual([
      'the ingest role may put objects requests/* of the archive bucket',
      'nobody may do anything with the archive bucket without TLS',
      'nobody may do anything with the objects of the archive bucket without TLS',
      'nobody may do anything with the archive bucket with a TLS older than 1.2',
      'nobody may do anything with the objects of the archive bucket with a TLS older than 1.2',
    ]);
    expect(blockOf(text, 'archive bucket')).toEqual(
      expect.arrayContaining([
        'STATEFUL, replaced by a change of: bucket, bucketPrefix, bucketNamespace, objectLockEnabled',
        'protect: true',
        'retainOnDelete: true',
      ]),
    );
    expect(blockOf(text, 'archive bucket lifecycle').join('\n')).toMatch(/expiration=\(days=365\), .*id=expire/);
    expect(textOf(least)).not.toContain('bucket');
  });

  test('shows a function with its files, its environment by reference, and what it waits for', () => {
    const block = blockOf(textOf(least), 'processor function');

    expect(block).toEqual(
      expect.arrayContaining([
        'code: event-names.json, index.mjs, index.mjs.map, transform.mjs',
        'memorySize: 512 MB',
        'timeout: 45 seconds',
        "RUDDERSTACK_WRITE_KEY_SECRET_ARN: <write key secret's ARN>",
        'depends on: dead-letter queue, event queue, processor log group, processor role, processor role policy*, write key secret',
        'not set: reservedConcurrentExecutions, vpcConfig',
      ]),
    );
  });

  test('masks secrets, and says what they are made from', () => {
    const text = textOf(least);

    expect(text).not.toContain(WRITE_KEY);
    expect(blockOf(text, 'endpoint tokens secret version')).toContain(
      'secretString: (secret), made from: token 1 random password',
    );
    expect(text).toContain('\nexportUrl: (secret)\ntoken: (secret)\n');
  });

  test('can be shown with any settings, without a token, a secret or a missing value', () => {
    for (const graph of [least, most, adopting]) {
      for (const each of [textOf(graph), mermaidOf(graph)]) {
        expect(each).not.toMatch(/\{\{|undefined|\[object/);
        expect(each).not.toContain(WRITE_KEY);
      }
    }
  });

  test("names what each role may do with the customer's key, and by way of what", () => {
    const key = accessTo(textOf(most), KEY_ARN);

    expect(new Set(key)).toEqual(
      new Set([
        `the ingest role may decrypt with ${KEY_ARN} by way of secretsmanager.${REGION}.amazonaws.com`,
        `the ingest role may decrypt with ${KEY_ARN} by way of sqs.${REGION}.amazonaws.com`,
        `the ingest role may make data keys with ${KEY_ARN} by way of s3.${REGION}.amazonaws.com`,
        `the ingest role may make data keys with ${KEY_ARN} by way of sqs.${REGION}.amazonaws.com`,
        `the processor role may decrypt with ${KEY_ARN} by way of secretsmanager.${REGION}.amazonaws.com`,
        `the processor role may decrypt with ${KEY_ARN} by way of sqs.${REGION}.amazonaws.com`,
        `the processor role may make data keys with ${KEY_ARN} by way of sqs.${REGION}.amazonaws.com`,
      ]),
    );
  });

  test('names a secret that existed already by its ARN', () => {
    const text = textOf(adopting);

    expect(accessTo(text, ADOPTED_SECRET)).toEqual([`the processor role may read the value of ${ADOPTED_SECRET}`]);
    expect(accessTo(text, OTHER_KEY_ARN)).toEqual([
      `the processor role may decrypt with ${OTHER_KEY_ARN} by way of secretsmanager.${REGION}.amazonaws.com`,
    ]);
  });

  test('does not depend on the order in which resources are registered', () => {
    const turned = { ...least, resources: [...least.resources].reverse() };

    expect(textOf(turned)).toBe(textOf(least));
    expect(mermaidOf(turned)).toBe(mermaidOf(least));
  });

  test('draws the ways of the data from what roles may do', () => {
    const arrows = mermaidOf(most)
      .split('\n')
      .filter((line) => line.includes('-->'));

    expect(arrows.map((arrow) => arrow.trim())).toEqual(
      expect.arrayContaining([
        'Braze_Currents -->|"ANY /v1/webhook"| HTTP_API',
        'HTTP_API -->|"invokes"| ingest_function',
        'ingest_function -->|"archives in"| archive_bucket',
        'ingest_function -->|"sends"| event_queue',
        'ingest_function -->|"sends"| dead_letter_queue',
        'endpoint_tokens_secret -->|"is read by"| ingest_function',
        'event_queue -->|"is taken by"| processor_function',
        'event_queue -->|"received too often"| dead_letter_queue',
        'write_key_secret -->|"is read by"| processor_function',
        'processor_function -->|"sends"| dead_letter_queue',
        'processor_function -->|"delivers"| RudderStack',
      ]),
    );
    expect(arrows.join('\n')).not.toContain('ingest_function -->|"is taken by"|');
    expect(arrows.join('\n')).not.toContain('write_key_secret -->|"is read by"| ingest_function');
    expect(mermaidOf(least)).not.toContain('archive');
  });
});

describe('so that nothing is hidden', () => {
  async function refusal(program: () => undefined): Promise<string> {
    const error = await shown(program).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(GraphError);
    return (error as GraphError).message;
  }

  test('a resource of an unknown type is refused, with what to add', async () => {
    const message = await refusal(() => {
      new Parameter('parameter', provided());
      return undefined;
    });

    expect(message).toContain('aws:ssm/parameter:Parameter');
    expect(message).toContain('graph/kinds.ts');
  });

  test('an input that is neither shown nor left out for a reason is refused, with what to add', async () => {
    const message = await refusal(() => {
      new aws.sqs.Queue('queue', { policy: '{}' }, provided());
      return undefined;
    });

    expect(message).toContain('queue is given policy');
    expect(message).toContain('aws:sqs/queue:Queue in graph/kinds.ts');
  });

  test('an input that is made from an output which the recording does not know is refused', async () => {
    const message = await refusal(() => {
      const opts = provided();
      const { tagsAll } = new aws.sqs.Queue('queue', {}, opts);
      new aws.sqs.QueuePolicy('policy', { queueUrl: 'url', policy: pulumi.interpolate`${tagsAll}` }, opts);
      return undefined;
    });

    expect(message).toContain('policy of policy depends on queue');
  });

  test('an output without a word for it is refused', async () => {
    const message = await refusal(() => {
      const opts = provided();
      const { versionId } = new aws.secretsmanager.SecretVersion('v', { secretId: 'id' }, opts);
      new aws.sqs.Queue('queue', { redrivePolicy: versionId }, opts);
      return undefined;
    });

    expect(message).toContain('versionId');
  });

  test('two resources that would be called the same are refused', async () => {
    const message = await refusal(() => {
      const opts = provided();
      new aws.sqs.Queue('event', {}, opts);
      new aws.sqs.Queue('events', {}, opts);
      return undefined;
    });

    expect(message).toContain('event queue');
  });

  test('a provider that is not the one of the stack is told of', async () => {
    const text = await shown(() => {
      new aws.sqs.Queue('own', {}, provided());
      new aws.sqs.Queue('other', {});
      return undefined;
    });

    const line = "provider: Pulumi's default one, not the stack's";
    expect(blockOf(text, 'other queue')).toContain(line);
    expect(blockOf(text, 'own queue')).not.toContain(line);
  });

  test('changes that Pulumi is told to ignore are told of', async () => {
    const text = await shown(() => {
      new aws.sqs.Queue('queue', {}, { ...provided(), ignoreChanges: ['sqsManagedSseEnabled'] });
      return undefined;
    });

    expect(blockOf(text, 'queue queue')).toContain('ignoreChanges: sqsManagedSseEnabled');
  });
});
