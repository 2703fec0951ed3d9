import * as pulumi from '@pulumi/pulumi';
import { AnonymousUsers, LambdaRuntime, LogLevel, type CurrentsBridgeArgs } from './args';
import { MAX_OUTAGE_HOURS, queueProblems } from './event-queue';
import { InputError } from './input-error';
import { arn, boolean, integer, listOf, mapOf, oneOf, text, type Kind } from './kinds';
import { AWS_REGIONS, BrazeCluster, Jurisdiction, residencyOf, RudderStackRegion } from './regions';

/** One thing that can be set: in the args of `CurrentsBridge`, and by its key in a stack's config. */
export interface Setting<Value = unknown, Default = unknown> {
  /** Where it stands in the args. */
  path: string;
  kind: Kind<Value>;
  /** For the README's table; says also what the default is, where that follows from other settings. */
  meaning: string;
  default: Default;
  isSecret: boolean;
}

function setting<Value>(path: string, kind: Kind<Value>, meaning: string): Setting<Value, undefined>;
function setting<Value>(path: string, kind: Kind<Value>, meaning: string, fallback: Value): Setting<Value, Value>;
function setting<Value>(path: string, kind: Kind<Value>, meaning: string, fallback?: Value): Setting<Value> {
  return { path, kind, meaning, default: fallback, isSecret: false };
}

function secret(path: string, kind: Kind<string>, meaning: string): Setting<string, undefined> {
  return { ...setting(path, kind, meaning), isSecret: true };
}

const HTTPS_URL = /^https:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/;
const WEBHOOK_URL = /^https:\/\/[^\s?#@]+\/v1\/webhook\/?\?(?:[^\s#]*&)?writeKey=[^\s&#]+(?:&[^\s#]*)?$/;
const KMS_KEY = arn(
  'kms',
  /key\/[\w-]+/,
  'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
);
const SNS_TOPIC = arn('sns', /[\w.-]+/, 'arn:aws:sns:eu-central-1:123456789012:on-call');
/** What CloudWatch Logs can keep, in days. */
const LOG_RETENTION = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/**
 * Everything that can be set, by its key in a stack's config. The one source for the checks of args and config, for the
 * defaults, and for the README's table.
 */
export const SETTINGS = {
  brazeCluster: setting('brazeCluster', oneOf(BrazeCluster), 'The Braze cluster that sends. Must be set.'),
  awsRegion: setting(
    'awsRegion',
    oneOf(Object.fromEntries(Object.keys(AWS_REGIONS).map((region) => [region, region]))),
    'The AWS region. Default: the one next to the Braze cluster.',
  ),
  allowedCrossings: setting(
    'allowedCrossings',
    listOf(
      'transfers such as AU-US',
      text(
        'a transfer',
        new RegExp(`^(${Object.values(Jurisdiction).join('|')})-(${Object.values(Jurisdiction).join('|')})$`),
        'AU-US',
      ),
    ),
    'Transfers of personal data out of a jurisdiction that are allowed.',
    [],
  ),
  rudderstackDataPlaneUrl: setting(
    'rudderstack.dataPlaneUrl',
    text('an https:// URL without a query', HTTPS_URL, 'https://example.dataplane.rudderstack.com'),
    "RudderStack's data plane, as its web app shows it.",
  ),
  rudderstackWriteKey: secret(
    'rudderstack.writeKey',
    text('the write key of a source, without spaces', /^[^\s:]+$/, 'WRITE_KEY'),
    "The source's write key.",
  ),
  rudderstackWebhookUrl: secret(
    'rudderstack.webhookUrl',
    text('the whole webhook URL, https://…/v1/webhook?writeKey=…', WEBHOOK_URL, 'WEBHOOK_URL'),
    "In place of URL and key: the webhook URL, as RudderStack's web app shows it.",
  ),
  rudderstackWriteKeySecretArn: setting(
    'rudderstack.writeKeySecret.arn',
    arn(
      'secretsmanager',
      /secret:[\w/+=.@-]+-[A-Za-z0-9]{6}/,
      'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rudderstack-Ab1Cd2',
    ),
    'In place of the key: a secret that exists already and holds it.',
  ),
  rudderstackWriteKeySecretJsonKey: setting(
    'rudderstack.writeKeySecret.jsonKey',
    text('a key of the JSON object in the secret', /\S/, 'writeKey'),
    "Where that secret is a JSON object: the key's key.",
  ),
  rudderstackWriteKeySecretKmsKeyArn: setting(
    'rudderstack.writeKeySecret.kmsKeyArn',
    KMS_KEY,
    'The customer managed KMS key of that secret, where it has one.',
  ),
  rudderstackRegion: setting(
    'rudderstack.region',
    oneOf(RudderStackRegion),
    "The region of RudderStack Cloud. Default: the Braze cluster's jurisdiction, where there is such a region.",
  ),
  rudderstackJurisdiction: setting(
    'rudderstack.jurisdiction',
    oneOf(Jurisdiction),
    'In place of a region: where a data plane stands that you host yourself.',
  ),
  rudderstackGzip: setting('rudderstack.gzip', boolean, 'Whether requests to RudderStack are compressed.', true),
  production: setting(
    'production',
    boolean,
    'Protects API, queues and tokens from deletion, retains the queues, and turns on the alarm for missing traffic.',
    false,
  ),
  anonymousUsers: setting(
    'transform.anonymousUsers',
    oneOf(AnonymousUsers),
    'Events of users without `external_user_id`.',
    AnonymousUsers.Skip,
  ),
  eventNames: setting(
    'transform.eventNames',
    mapOf('an object of new names by event_type', (from, to) => from.trim() !== '' && to.trim() !== '', 'Email Sent'),
    'New names by `event_type`, exact and case-sensitive.',
    {},
  ),
  transformModule: setting(
    'transform.module',
    text('the path of a TypeScript or JavaScript module', /\.[cm]?[jt]s$/, 'transform.ts'),
    'A transform of your own.',
  ),
  maxEventBytes: setting(
    'transform.maxEventBytes',
    integer(1_024, 4_000_000, 'bytes'),
    'Larger messages become dead letters. Default: they are sent.',
  ),
  tokenRotation: setting(
    'endpoint.tokenRotation',
    integer(1, 100_000),
    'Number of the current token; this one and the one before are valid.',
    1,
  ),
  endpointRateLimit: setting(
    'endpoint.rateLimit',
    integer(1, 10_000, 'requests a second'),
    'Above it API Gateway answers 429, and Braze sends again.',
    500,
  ),
  endpointBurstLimit: setting(
    'endpoint.burstLimit',
    integer(1, 5_000, 'requests'),
    'Requests at once above which API Gateway answers 429.',
    1_000,
  ),
  domainName: setting(
    'endpoint.domain.name',
    text(
      'a domain name in lower case',
      /^(?=.{4,255}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/,
      'currents.example.com',
    ),
    'A name of your own for the endpoint, which stays when the API is replaced.',
  ),
  domainCertificateArn: setting(
    'endpoint.domain.certificateArn',
    arn('acm', /certificate\/[\w-]+/, 'arn:aws:acm:eu-central-1:123456789012:certificate/1234abcd'),
    'Its certificate in AWS Certificate Manager, in the same region.',
  ),
  outageHours: setting(
    'queue.outageHours',
    integer(1, MAX_OUTAGE_HOURS, 'hours'),
    'An outage of RudderStack of this length costs nothing but time.',
    72,
  ),
  visibilityTimeoutSeconds: setting(
    'queue.visibilityTimeoutSeconds',
    integer(30, 43_200, 'seconds'),
    "The event queue's visibility timeout. Default: 6 × `processorTimeoutSeconds` + `batchWindowSeconds`, at least 300.",
  ),
  maxReceiveCount: setting(
    'queue.maxReceiveCount',
    integer(1, 1_000),
    'Receives after which SQS moves a message to the dead-letter queue. Default: what `outageHours` needs.',
  ),
  ingestMemoryMb: setting('ingest.memoryMb', integer(256, 10_240, 'MB'), "The ingest function's memory.", 512),
  ingestReservedConcurrency: setting(
    'ingest.reservedConcurrency',
    integer(1, 10_000),
    'Concurrency reserved for the ingest function. Default: none.',
  ),
  processorMemoryMb: setting('processor.memoryMb', integer(256, 10_240, 'MB'), "The processor function's memory.", 512),
  processorTimeoutSeconds: setting(
    'processor.timeoutSeconds',
    integer(30, 900, 'seconds'),
    "The processor function's timeout.",
    45,
  ),
  batchSize: setting('processor.batchSize', integer(1, 100, 'messages'), 'The most messages of one invocation.', 100),
  batchWindowSeconds: setting(
    'processor.batchWindowSeconds',
    integer(0, 300, 'seconds'),
    'How long Lambda waits for a full batch.',
    1,
  ),
  maxConcurrency: setting(
    'processor.maxConcurrency',
    integer(2, 1_000),
    'The most invocations of the processor at once; it bounds the requests at RudderStack.',
    10,
  ),
  processorReservedConcurrency: setting(
    'processor.reservedConcurrency',
    integer(2, 10_000),
    'Concurrency reserved for the processor, never below `maxConcurrency`. Default: none.',
  ),
  maxBatchEvents: setting(
    'processor.maxBatchEvents',
    integer(1, 1_000, 'events'),
    'The most events in one request to RudderStack.',
    250,
  ),
  lambdaRuntime: setting('functions.runtime', oneOf(LambdaRuntime), "The functions' runtime.", LambdaRuntime.NodeJS24),
  logLevel: setting(
    'functions.logLevel',
    oneOf(LogLevel),
    'The least severe log entries that are written.',
    LogLevel.Info,
  ),
  logRetentionDays: setting(
    'functions.logRetentionDays',
    {
      ...integer(1, 3_653),
      allowed: `one of CloudWatch's ${LOG_RETENTION.join(', ')}`,
      accepts: (value): value is number => LOG_RETENTION.includes(value as number),
    },
    'Days that logs are kept.',
    30,
  ),
  permissionsBoundaryArn: setting(
    'functions.permissionsBoundaryArn',
    arn('iam', /policy\/[\w+=,.@/-]+/, 'arn:aws:iam::123456789012:policy/boundary'),
    "The policy that bounds what the functions' roles can be allowed.",
  ),
  vpcSubnetIds: setting(
    'functions.vpc.subnetIds',
    listOf('subnet ids such as subnet-0123abcd', text('a subnet id', /^subnet-[0-9a-f]+$/, 'subnet-0123abcd')),
    'Subnets of the functions; they need a way to Secrets Manager, SQS and RudderStack. Default: outside of any VPC.',
  ),
  vpcSecurityGroupIds: setting(
    'functions.vpc.securityGroupIds',
    listOf('security group ids such as sg-0123abcd', text('a security group id', /^sg-[0-9a-f]+$/, 'sg-0123abcd')),
    'Security groups of the functions in those subnets.',
  ),
  kmsKeyArn: setting(
    'encryption.kmsKeyArn',
    KMS_KEY,
    "A customer managed KMS key for queues and secrets. Default: SQS's and Secrets Manager's own.",
  ),
  secretRecoveryDays: setting(
    'encryption.secretRecoveryDays',
    {
      ...integer(0, 30),
      allowed: '0, or a whole number of days from 7 to 30',
      accepts: (value): value is number =>
        value === 0 || (Number.isInteger(value) && Number(value) >= 7 && Number(value) <= 30),
    },
    'Days in which a deleted secret can be restored; 0 for none.',
    30,
  ),
  alarmEmail: setting(
    'alarms.email',
    text('an e-mail address', /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'on-call@example.com'),
    'Gets the alarms of both severities; must be confirmed once.',
  ),
  pageTopicArn: setting(
    'alarms.pageTopicArn',
    SNS_TOPIC,
    'An SNS topic of your own for what somebody must be woken for.',
  ),
  ticketTopicArn: setting(
    'alarms.ticketTopicArn',
    SNS_TOPIC,
    'An SNS topic of your own for what can wait until the morning.',
  ),
  runbookUrl: setting(
    'alarms.runbookUrl',
    text('a URL or path without a fragment', /^[^\s#]+$/, 'https://example.com/runbook'),
    'Where the runbook is; each alarm links to its entry.',
    'docs/runbook.md',
  ),
  noTrafficHours: setting(
    'alarms.noTrafficHours',
    integer(0, 96, 'hours'),
    'Alarm after so long without an event; 0 for never. Default: 24 with `production`, else 0.',
  ),
  deliveryFailingMinutes: setting(
    'alarms.deliveryFailingMinutes',
    {
      ...integer(15, 1_440),
      allowed: 'a multiple of 15 minutes from 15 to 1440',
      accepts: (value): value is number => integer(15, 1_440).accepts(value) && value % 15 === 0,
    },
    'Alarm after so long without a successful delivery. In an outage messages stay away for up to 10 minutes, so it is counted in quarters of an hour.',
    30,
  ),
  oldestMessageMinutes: setting(
    'alarms.oldestMessageMinutes',
    integer(5, 10_080, 'minutes'),
    'Alarm when a message has waited so long.',
    60,
  ),
  backlogMessages: setting(
    'alarms.backlogMessages',
    integer(1, 1_000_000_000, 'messages'),
    'Alarm at so many messages in the event queue.',
    10_000,
  ),
  skippedPercent: setting(
    'alarms.skippedPercent',
    integer(1, 100, 'percent'),
    'Alarm when more than this share of the events of an hour is skipped.',
    50,
  ),
  refusedRequests: setting(
    'alarms.refusedRequests',
    integer(1, 1_000_000, 'requests'),
    'Alarm at so many refused requests in an hour.',
    50,
  ),
  previousTokenDays: setting(
    'alarms.previousTokenDays',
    integer(1, 7, 'days'),
    'Alarm when the previous token is in use on so many days in a row.',
    3,
  ),
  tags: setting(
    'tags',
    mapOf(
      'an object of at most 40 tags, keys up to 128 and values up to 256 characters, none beginning with aws:',
      (key, value) => key.length >= 1 && key.length <= 128 && value.length <= 256 && !/^aws:/i.test(key),
      'platform',
    ),
    'Tags of every resource that can have some.',
    {},
  ),
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof SETTINGS;

type ValueOf<Key extends SettingKey> =
  (typeof SETTINGS)[Key] extends Setting<infer Value, infer Default>
    ? Value | (Default extends undefined ? undefined : never)
    : never;

/** A mistake, as a whole sentence, and the setting that puts it right. */
export interface Problem {
  key: SettingKey;
  message: string;
}

/** What a setting is called where the reader of a message sets it: its path in the args, or its key in the config. */
export type NameOf = (key: SettingKey) => string;

/** The settings as the args give them, with their defaults. */
export class Settings {
  constructor(private readonly args: CurrentsBridgeArgs) {}

  /** @throws InputError with all mistakes of the args. */
  static check(args: CurrentsBridgeArgs): Settings {
    const settings = new Settings(args);
    const problems = settings.problems((key) => SETTINGS[key].path);
    if (problems.length > 0) throw new InputError(problems.map(({ message }) => message));
    return settings;
  }

  /** A value that is plain. */
  get<Key extends SettingKey>(key: Key): ValueOf<Key> {
    const setting: Setting = SETTINGS[key];
    return (valueAt(this.args, setting.path) ?? setting.default) as ValueOf<Key>;
  }

  /** A value that may be an output; that is checked as soon as it is known. */
  input<Key extends SettingKey>(key: Key): pulumi.Input<NonNullable<ValueOf<Key>>> | undefined {
    const { path, kind, isSecret, default: fallback }: Setting = SETTINGS[key];
    const given = valueAt(this.args, path) ?? fallback;
    if (given === undefined) return undefined;
    const value = pulumi.output(given).apply((known) => {
      if (!kind.accepts(known)) throw new InputError([mistake(path, known, kind, isSecret)]);
      return known as NonNullable<ValueOf<Key>>;
    });
    return (isSecret ? pulumi.secret(value) : value) as pulumi.Output<NonNullable<ValueOf<Key>>>;
  }

  /** Every mistake: of single values, and of values that do not go together. */
  problems(nameOf: NameOf): Problem[] {
    const problems: Problem[] = [];
    const add = (key: SettingKey, message: string) => problems.push({ key, message });
    for (const [key, { path, kind, isSecret }] of Object.entries<Setting>(SETTINGS)) {
      const value = valueAt(this.args, path);
      if (value === undefined || !isPlain(value) || kind.accepts(value)) continue;
      add(key as SettingKey, mistake(nameOf(key as SettingKey), value, kind, isSecret));
    }
    if (!this.#has('brazeCluster')) {
      add('brazeCluster', `${nameOf('brazeCluster')} is not set; it must be ${SETTINGS.brazeCluster.kind.allowed}.`);
    }
    this.#dataPlaneProblems(nameOf, add);
    this.#pairProblems(nameOf, add);
    // What follows from several values can only be told when each of them is right.
    if (problems.length > 0) return problems;

    const reserved = this.get('processorReservedConcurrency');
    if (reserved !== undefined && reserved < this.get('maxConcurrency')) {
      add(
        'processorReservedConcurrency',
        `${nameOf('processorReservedConcurrency')} is ${reserved}, which is below ${nameOf('maxConcurrency')} ` +
          `(${this.get('maxConcurrency')}): the rest would be throttled, and throttling uses up receives. Raise the ` +
          `former or lower the latter.`,
      );
    }
    if (this.get('batchSize') > 10 && this.get('batchWindowSeconds') === 0) {
      add(
        'batchWindowSeconds',
        `${nameOf('batchWindowSeconds')} is 0, but Lambda takes a ${nameOf('batchSize')} over 10 (here ` +
          `${this.get('batchSize')}) only with a window of at least 1 second. Set one of the two otherwise.`,
      );
    }
    for (const { key, message } of queueProblems(this.queue, nameOf)) add(key, message);
    for (const { key, message } of this.#residency(nameOf).problems) add(key, message);
    return problems;
  }

  get queue() {
    return {
      outageHours: this.get('outageHours'),
      processorTimeoutSeconds: this.get('processorTimeoutSeconds'),
      batchWindowSeconds: this.get('batchWindowSeconds'),
      visibilityTimeoutSeconds: this.get('visibilityTimeoutSeconds'),
      maxReceiveCount: this.get('maxReceiveCount'),
    };
  }

  /** The region of AWS that was chosen, or that follows from the Braze cluster. */
  get awsRegion(): string {
    return this.#residency((key) => key).awsRegion;
  }

  /** Whose law the data stands under when it has arrived. */
  get rudderstackJurisdiction(): Jurisdiction {
    return this.#residency((key) => key).rudderstackJurisdiction;
  }

  get noTrafficHours(): number {
    return this.get('noTrafficHours') ?? (this.get('production') ? 24 : 0);
  }

  #residency(nameOf: NameOf) {
    return residencyOf(
      {
        // Its being there was checked.
        brazeCluster: this.get('brazeCluster') as BrazeCluster,
        awsRegion: this.get('awsRegion'),
        rudderstackRegion: this.get('rudderstackRegion'),
        rudderstackJurisdiction: this.get('rudderstackJurisdiction'),
        allowedCrossings: this.get('allowedCrossings'),
      },
      nameOf,
    );
  }

  #has(key: SettingKey): boolean {
    return valueAt(this.args, SETTINGS[key].path) !== undefined;
  }

  #dataPlaneProblems(nameOf: NameOf, add: (key: SettingKey, message: string) => void): void {
    const [url, key, secret, webhook] = (
      [
        'rudderstackDataPlaneUrl',
        'rudderstackWriteKey',
        'rudderstackWriteKeySecretArn',
        'rudderstackWebhookUrl',
      ] as const
    ).map((each) => ({ name: nameOf(each), isSet: this.#has(each) })) as [Named, Named, Named, Named];
    const ways = `either ${webhook.name} alone, or ${url.name} together with ${key.name} or ${secret.name}`;
    if (webhook.isSet) {
      const tooMuch = [url, key, secret].filter(({ isSet }) => isSet).map(({ name }) => name);
      if (tooMuch.length > 0) {
        add('rudderstackWebhookUrl', `${webhook.name} is set beside ${tooMuch.join(' and ')}; set ${ways}.`);
      }
    } else {
      if (!url.isSet) {
        add('rudderstackDataPlaneUrl', `Where the events go is not said: ${url.name} is not set; set ${ways}.`);
      }
      if (!key.isSet && !secret.isSet) {
        add('rudderstackWriteKey', `There is no write key for RudderStack: ${key.name} is not set; set ${ways}.`);
      }
      if (key.isSet && secret.isSet) {
        add('rudderstackWriteKey', `${key.name} and ${secret.name} are both set; set ${ways}.`);
      }
    }
    if (this.#has('rudderstackRegion') && this.#has('rudderstackJurisdiction')) {
      add(
        'rudderstackJurisdiction',
        `${nameOf('rudderstackRegion')} (of RudderStack Cloud) and ${nameOf('rudderstackJurisdiction')} (of a data ` +
          `plane that you host yourself) are both set; remove the one that is not true.`,
      );
    }
  }

  #pairProblems(nameOf: NameOf, add: (key: SettingKey, message: string) => void): void {
    const needs: [SettingKey, SettingKey][] = [
      ['domainName', 'domainCertificateArn'],
      ['domainCertificateArn', 'domainName'],
      ['vpcSubnetIds', 'vpcSecurityGroupIds'],
      ['vpcSecurityGroupIds', 'vpcSubnetIds'],
      ['rudderstackWriteKeySecretJsonKey', 'rudderstackWriteKeySecretArn'],
      ['rudderstackWriteKeySecretKmsKeyArn', 'rudderstackWriteKeySecretArn'],
    ];
    for (const [key, needed] of needs) {
      if (!this.#has(key) || this.#has(needed)) continue;
      add(needed, `${nameOf(key)} is set, but ${nameOf(needed)} is not; set both or neither.`);
    }
  }
}

interface Named {
  name: string;
  isSet: boolean;
}

function mistake(name: string, value: unknown, { allowed }: Kind<unknown>, isSecret: boolean): string {
  return `${name} is ${isSecret ? 'a secret of another form' : JSON.stringify(value)}; it must be ${allowed}.`;
}

function valueAt(args: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], args);
}

/** Not an output, nor a list or object with one in it. */
function isPlain(value: unknown): boolean {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  return typeof value !== 'object' || value === null || Object.values(value).every(isPlain);
}
