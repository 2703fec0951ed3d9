import * as aws from '@pulumi/aws';
import type { Graph } from '../../graph/graph';
import { GraphError } from '../../graph/kinds';
import { Names } from '../../graph/names';
import { grantsOfPolicy, sentences } from '../../graph/statements';
import { provided, recorded } from './recording';

const QUEUE = '{{aws:sqs/queue:Queue events arn}}';
const OTHER_QUEUE = '{{aws:sqs/queue:Queue dead-letters arn}}';
const BUCKET = '{{aws:s3/bucket:Bucket archive arn}}';
const LOG_GROUP = '{{aws:cloudwatch/logGroup:LogGroup ingest arn}}';
const ROLE = '{{aws:iam/role:Role ingest arn}}';

let graph: Graph;
beforeAll(async () => {
  graph = await recorded(() => {
    const opts = provided();
    new aws.sqs.Queue('events', {}, opts);
    new aws.sqs.Queue('dead-letters', {}, opts);
    new aws.s3.Bucket('archive', {}, opts);
    new aws.cloudwatch.LogGroup('ingest', {}, opts);
    new aws.iam.Role('ingest', { assumeRolePolicy: '' }, opts);
    return undefined;
  });
});

/** The sentences of a policy with one statement, which a role called "reader" holds. */
function wordsOf(statement: object): string[] {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  return sentences(
    grantsOfPolicy(
      document,
      { holder: 'Principal' in statement ? undefined : 'reader', self: 'topic' },
      new Names(graph),
    ),
  );
}

test.each<[string, object, string[]]>([
  [
    'one action on several resources is one sentence',
    { Action: 'sqs:SendMessage', Resource: [QUEUE, OTHER_QUEUE] },
    ['the reader may send messages to the event queue and the dead-letter queue'],
  ],
  [
    'several actions are a sentence each',
    { Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], Resource: QUEUE },
    ['the reader may receive messages from the event queue', 'the reader may delete messages of the event queue'],
  ],
  [
    'a denial of everybody is a "nobody may"',
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sqs:*',
      Resource: QUEUE,
      Condition: bool('aws:SecureTransport', 'false'),
    },
    ['nobody may do anything with the event queue without TLS'],
  ],
  [
    'a denial of somebody is a "may never"',
    { Effect: 'Deny', Action: 'sqs:SendMessage', Resource: QUEUE },
    ['the reader may never send messages to the event queue'],
  ],
  [
    'a service is called by its name, and what a policy without resources is about is its own resource',
    { Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ['Lambda may act as the topic'],
  ],
  [
    'a role of the graph is called by its name, one of elsewhere by its ARN, and everybody is anybody',
    {
      Principal: { AWS: [ROLE, 'arn:aws:iam::1:role/other', '*'] },
      Action: 'sns:Publish',
      Resource: 'arn:aws:sns:topic',
    },
    ['the ingest role', 'arn:aws:iam::1:role/other', 'anybody'].map((who) => `${who} may publish to arn:aws:sns:topic`),
  ],
  [
    'objects of a bucket are not the bucket',
    { Action: 's3:PutObject', Resource: [`${BUCKET}/requests/*`, `${BUCKET}/*`] },
    ['the reader may put objects requests/* of the archive bucket and the objects of the archive bucket'],
  ],
  [
    'streams of a log group are not the log group',
    { Action: 'logs:PutLogEvents', Resource: `${LOG_GROUP}:*` },
    ['the reader may write to streams of the ingest log group'],
  ],
  [
    'one stream of a log group is not all of them',
    { Action: 'logs:PutLogEvents', Resource: `${LOG_GROUP}:log-stream:one` },
    ["the reader may write to <ingest log group's ARN>:log-stream:one"],
  ],
  [
    'any other part of a resource is written as it is',
    { Action: 'sqs:SendMessage', Resource: `${QUEUE}*` },
    ["the reader may send messages to <event queue's ARN>*"],
  ],
  [
    'a star is the whole account',
    { Action: 'ec2:CreateNetworkInterface', Resource: '*' },
    ['the reader may create network interfaces in the whole account'],
  ],
  [
    'every condition counts, with all its values',
    {
      Action: 'kms:Decrypt',
      Resource: 'arn:aws:kms:key',
      Condition: {
        StringEquals: { 'kms:ViaService': ['sqs.amazonaws.com', 'sns.amazonaws.com'] },
        ArnLike: { 'aws:SourceArn': QUEUE },
      },
    },
    [
      'the reader may decrypt with arn:aws:kms:key by way of sqs.amazonaws.com or sns.amazonaws.com, and on behalf of ' +
        "<event queue's ARN>",
    ],
  ],
  [
    'actions that differ in their condition are not put into one sentence',
    { Action: 'sqs:SendMessage', Resource: [QUEUE, OTHER_QUEUE], Condition: bool('aws:SecureTransport', 'true') },
    ['the reader may send messages to the event queue and the dead-letter queue with TLS'],
  ],
])('%s', (_, statement, words) => {
  expect(wordsOf(statement)).toEqual(words);
});

function bool(key: string, value: string) {
  return { Bool: { [key]: value } };
}

test.each<[string, object, string]>([
  ['an action', { Action: 'sqs:PurgeQueue', Resource: QUEUE }, 'action sqs:PurgeQueue; add them to ACTIONS'],
  ['a service', { Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sns:Publish' }, 'ec2.amazonaws.com'],
  ['a condition', { Action: 'sns:Publish', Condition: bool('aws:Other', 'true') }, 'condition Bool aws:Other'],
  ['what is excluded', { Action: 'sns:Publish', NotResource: QUEUE }, 'NotResource'],
  ['an effect', { Effect: 'Maybe', Action: 'sns:Publish' }, 'Maybe'],
  ['a kind of principal', { Principal: { Federated: 'x' }, Action: 'sns:Publish' }, 'Federated'],
])('%s without words is refused, not left out', (_, statement, part) => {
  expect(() => wordsOf(statement)).toThrow(GraphError);
  expect(() => wordsOf(statement)).toThrow(part);
});

test('a statement that says of nobody whom it is about is refused', () => {
  const document = JSON.stringify({ Statement: [{ Effect: 'Allow', Action: 'sns:Publish', Resource: '*' }] });

  expect(() => grantsOfPolicy(document, { holder: undefined, self: 'topic' }, new Names(graph))).toThrow('Principal');
});

test('the output of a resource that is not in the graph is refused', () => {
  expect(() => wordsOf({ Action: 'sqs:SendMessage', Resource: '{{aws:sqs/queue:Queue lost arn}}' })).toThrow('lost');
});
