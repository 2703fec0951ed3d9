import { GraphError } from './kinds';
import type { Names } from './names';

/** Somebody who may do something, or may not. */
export interface Grant {
  who: string;
  /** With its verb and preposition, such as "may send messages to". */
  does: string;
  /** What it is done to. */
  target: string;
  /** Under which condition; empty for always. */
  condition: string;
  /** IAM's name of the action, where it is one. */
  action?: string;
}

/** What somebody does who takes an action of AWS, to stand before the name of a resource. */
const ACTIONS: Readonly<Record<string, string>> = {
  'ec2:AssignPrivateIpAddresses': 'assign private addresses to network interfaces of',
  'ec2:CreateNetworkInterface': 'create network interfaces in',
  'ec2:DeleteNetworkInterface': 'delete network interfaces of',
  'ec2:DescribeNetworkInterfaces': 'look at the network interfaces of',
  'ec2:DescribeSubnets': 'look at the subnets of',
  'ec2:UnassignPrivateIpAddresses': 'take private addresses from network interfaces of',
  'kms:Decrypt': 'decrypt with',
  'kms:GenerateDataKey': 'make data keys with',
  'lambda:InvokeFunction': 'invoke',
  'logs:CreateLogStream': 'create',
  'logs:PutLogEvents': 'write to',
  's3:*': 'do anything with',
  's3:PutObject': 'put',
  'secretsmanager:GetSecretValue': 'read the value of',
  'sns:Publish': 'publish to',
  'sqs:*': 'do anything with',
  'sqs:ChangeMessageVisibility': 'change the visibility of messages of',
  'sqs:DeleteMessage': 'delete messages of',
  'sqs:GetQueueAttributes': 'read the attributes of',
  'sqs:ReceiveMessage': 'receive messages from',
  'sqs:SendMessage': 'send messages to',
  'sts:AssumeRole': 'act as',
};

const PRINCIPALS: Readonly<Record<string, string>> = {
  'apigateway.amazonaws.com': 'API Gateway',
  'cloudwatch.amazonaws.com': 'CloudWatch',
  'lambda.amazonaws.com': 'Lambda',
};

/** By operator and key. */
const CONDITIONS: Readonly<Record<string, (value: string) => string>> = {
  'ArnEquals aws:SourceArn': onBehalfOf,
  'ArnLike aws:SourceArn': onBehalfOf,
  'Bool aws:SecureTransport': (value) => (value === 'false' ? 'without TLS' : 'with TLS'),
  'NumericLessThan s3:TlsVersion': (value) => `with a TLS older than ${value}`,
  'StringEquals aws:SourceAccount': (value) => `on behalf of the account ${value}`,
  'StringEquals kms:ViaService': (value) => `by way of ${value}`,
};

function onBehalfOf(value: string): string {
  return `on behalf of ${value}`;
}

interface Statement {
  Effect: string;
  Principal?: string | { Service?: string | string[]; AWS?: string | string[] };
  Action: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

const STATEMENT_KEYS = ['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition'];

/** Who a policy without principals, and what a policy without resources is about, as names. */
export interface PolicyPlace {
  holder: string | undefined;
  self: string;
}

/** @returns one grant for each principal, action and resource of a policy document. */
export function grantsOfPolicy(document: string, place: PolicyPlace, names: Names): Grant[] {
  const { Statement: statements, ...rest } = JSON.parse(document) as { Statement: Statement[]; Version: string };
  refuseOthers(rest, ['Version', 'Id']);
  return statements.flatMap((statement) => grantsOfStatement(statement, place, names));
}

function grantsOfStatement(statement: Statement, { holder, self }: PolicyPlace, names: Names): Grant[] {
  refuseOthers(statement, STATEMENT_KEYS);
  const { Effect, Principal, Action, Resource, Condition = {} } = statement;
  const who = holder === undefined ? principals(Principal, names) : [`the ${holder}`];
  const targets = Resource === undefined ? [`the ${self}`] : listOf(Resource).map((each) => targetOf(each, names));
  const condition = conditionInWords(Condition, names);
  return who.flatMap((each) =>
    listOf(Action).flatMap((action) =>
      targets.map((target) => ({ ...effectOn(each, action, Effect), target, condition, action })),
    ),
  );
}

/** Who may, or who may not: a denial of everybody is "nobody may". */
function effectOn(who: string, action: string, effect: string): { who: string; does: string } {
  const verb = actionInWords(action);
  if (effect === 'Allow') return { who, does: `may ${verb}` };
  if (effect !== 'Deny') throw new GraphError(`A statement's Effect is ${effect}, which IAM does not know.`);
  return who === 'anybody' ? { who: 'nobody', does: `may ${verb}` } : { who, does: `may never ${verb}` };
}

export function actionInWords(action: string): string {
  return lookUp(ACTIONS, action, 'action', 'ACTIONS');
}

export function serviceInWords(service: string): string {
  return lookUp(PRINCIPALS, service, 'principal', 'PRINCIPALS');
}

function principals(principal: Statement['Principal'], names: Names): string[] {
  if (principal === '*') return ['anybody'];
  if (typeof principal !== 'object') throw new GraphError('A statement names no Principal, and no role holds it.');
  refuseOthers(principal, ['Service', 'AWS']);
  const { Service = [], AWS = [] } = principal;
  return [
    ...listOf(Service).map(serviceInWords),
    ...listOf(AWS).map((each) => (each === '*' ? 'anybody' : targetOf(each, names))),
  ];
}

/** A resource by its name, if the text is nothing but its ARN. */
export function targetOf(text: string, names: Names): string {
  const at = names.resourceAt(text);
  if (at === undefined) return text === '*' ? 'the whole account' : text;
  const name = `the ${names.of(at.resource)}`;
  if (at.rest === '') return name;
  if (at.rest === ':*' && at.resource.type === 'aws:cloudwatch/logGroup:LogGroup') return `streams of ${name}`;
  if (at.rest.startsWith('/') && at.resource.type === 'aws:s3/bucket:Bucket') return objectsOf(name, at.rest);
  return names.inWords(text);
}

/** @param path that follows a bucket's ARN. */
function objectsOf(bucket: string, path: string): string {
  return path === '/*' ? `the objects of ${bucket}` : `objects ${path.slice(1)} of ${bucket}`;
}

function conditionInWords(condition: NonNullable<Statement['Condition']>, names: Names): string {
  return Object.entries(condition)
    .flatMap(([operator, tests]) =>
      Object.entries(tests).map(([key, values]) => {
        const test = lookUp(CONDITIONS, `${operator} ${key}`, 'condition', 'CONDITIONS');
        return test(
          listOf(values)
            .map((value) => names.inWords(value))
            .join(' or '),
        );
      }),
    )
    .join(', and ');
}

function refuseOthers(part: object, keys: readonly string[]): void {
  const other = Object.keys(part).find((key) => !keys.includes(key));
  if (other === undefined) return;
  throw new GraphError(`The graph cannot say what ${other} in a policy means; teach it in graph/statements.ts.`);
}

function lookUp<Word>(words: Readonly<Record<string, Word>>, key: string, what: string, table: string): Word {
  const word = words[key];
  if (word !== undefined) return word;
  throw new GraphError(`The graph has no words for the ${what} ${key}; add them to ${table} in graph/statements.ts.`);
}

function listOf<Entry>(value: Entry | Entry[]): Entry[] {
  return Array.isArray(value) ? value : [value];
}

/** The grant as a sentence without its full stop, about one target or several. */
export function sentence({ who, does, condition }: Grant, targets: readonly string[]): string {
  return `${who} ${does} ${inSeries(targets)}${condition === '' ? '' : ` ${condition}`}`;
}

function inSeries(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

/** Sentences of grants that differ in their target alone, as one. */
export function sentences(grants: readonly Grant[]): string[] {
  const groups = new Map<string, { grant: Grant; targets: string[] }>();
  for (const grant of grants) {
    const key = sentence(grant, []);
    const group = groups.get(key) ?? { grant, targets: [] };
    groups.set(key, { grant, targets: [...group.targets, grant.target] });
  }
  return [...groups.values()].map(({ grant, targets }) => sentence(grant, targets));
}
