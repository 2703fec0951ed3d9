import * as pulumi from '@pulumi/pulumi';
import {
  AnonymousUsers,
  ArchiveFailure,
  LambdaRuntime,
  LogLevel,
  SourceAddresses,
  type CurrentsBridgeArgs,
} from './args';
import { BRAZE_ADDRESSES } from './braze-addresses';
import { MAX_OUTAGE_HOURS, queueProblems } from './event-queue';
import { InputError } from './input-error';
import {
  arn,
  boolean,
  exampleOf,
  integer,
  listOf,
  mapOf,
  number,
  oneOf,
  text,
  unquoted,
  url,
  type Fault,
  type Kind,
} from './kinds';
import type { Fix, NameOf, Problem, Scalar } from './problem';
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

const HTTPS_URL = /^https:\/\/[^\s/?#@\\]+(\/[^\s?#]*)?$/;
const WEBHOOK_URL =
  /^https:\/\/[^\s/?#@\\]+(\/[^\s?#]*)?\/v1\/webhook\/?\?(?:[^\s#]*&)?writeKey=[^\s&#]+(?:&[^\s#]*)?$/;
const KMS_KEY = arn(
  'kms',
  /key\/[\w-]+/,
  'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
);
const SNS_TOPIC = arn('sns', /[\w.-]+/, 'arn:aws:sns:eu-central-1:123456789012:on-call');
/** What all of AWS's services take; SQS and IAM are the strictest. */
const TAG_KEY = /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** An address, or a block that is not a large part of the Internet by a slip. */
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}(?:/(?:[89]|[12]\\d|3[0-2]))?$`);
/** Messages. */
const MAX_BATCH_WITHOUT_WINDOW = 10;
/** What CloudWatch Logs can keep, in days. */
const LOG_RETENTION = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/**
 * Everything that can be set, by its key in a stack's config. The one source for the checks of args and config, for the
 * defaults, and for the README's table.
 */
export const SETTINGS = {
  brazeCluster: setting(
    'brazeCluster',
    oneOf(BrazeCluster, BrazeCluster.EU01),
    'The Braze cluster that sends. Must be set.',
  ),
  awsRegion: setting(
    'awsRegion',
    oneOf(Object.fromEntries(Object.keys(AWS_REGIONS).map((region) => [region, region])), 'eu-central-1'),
    'The AWS region. Default: the one next to the Braze cluster.',
  ),
  allowedCrossings: setting(
    'allowedCrossings',
    listOf(
      'transfers such as AU-US',
      text(
        'a transfer between jurisdictions such as AU-US',
        new RegExp(`^(${Object.values(Jurisdiction).join('|')})-(${Object.values(Jurisdiction).join('|')})$`),
        'AU-US',
      ),
    ),
    'Transfers of personal data out of a jurisdiction that are allowed.',
    [],
  ),
  rudderstackDataPlaneUrl: setting(
    'rudderstack.dataPlaneUrl',
    url('an https:// URL without a query', HTTPS_URL, 'https://example.dataplane.rudderstack.com'),
    "RudderStack's data plane, as its web app shows it.",
  ),
  rudderstackWriteKey: secret(
    'rudderstack.writeKey',
    unquoted(text('the write key of a source, without spaces', /^[^\s:]+$/, 'WRITE_KEY')),
    "The source's write key.",
  ),
  rudderstackWebhookUrl: secret(
    'rudderstack.webhookUrl',
    url(
      'the whole webhook URL, https://…/v1/webhook?writeKey=…',
      WEBHOOK_URL,
      'https://example.dataplane.rudderstack.com/v1/webhook?writeKey=WRITE_KEY',
    ),
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
    oneOf(RudderStackRegion, RudderStackRegion.EU),
    "The region of RudderStack Cloud. Default: the Braze cluster's jurisdiction, where there is such a region.",
  ),
  rudderstackJurisdiction: setting(
    'rudderstack.jurisdiction',
    oneOf(Jurisdiction, Jurisdiction.EU),
    'In place of a region: where a data plane stands that you host yourself.',
  ),
  rudderstackGzip: setting('rudderstack.gzip', boolean, 'Whether requests to RudderStack are compressed.', true),
  production: setting(
    'production',
    boolean,
    'Protects API, queues, archive and tokens from deletion, retains queues and archive, and turns on the alarm for missing traffic.',
    false,
  ),
  anonymousUsers: setting(
    'transform.anonymousUsers',
    oneOf(AnonymousUsers, AnonymousUsers.Skip),
    'Events of users without `external_user_id`.',
    AnonymousUsers.Skip,
  ),
  eventNames: setting(
    'transform.eventNames',
    mapOf(
      'new names by event_type',
      text('an event_type', /\S/, 'users.messages.email.Send'),
      text('a name', /\S/, 'Email Sent'),
    ),
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
  sourceAddresses: setting(
    'endpoint.sourceAddresses',
    oneOf(SourceAddresses, SourceAddresses.Braze),
    'Where requests are taken from: any address, or those that Braze has published for the cluster. From elsewhere: 503, and an alarm.',
    SourceAddresses.Any,
  ),
  additionalSourceAddresses: setting(
    'endpoint.additionalSourceAddresses',
    listOf(
      // With Braze's own they go into Lambda's 4 KB of environment.
      'at most 50 IPv4 addresses, or blocks such as 203.0.113.0/24',
      text('an IPv4 address, or a block from /8 to /32 such as 203.0.113.0/24', IPV4, '203.0.113.1'),
      { max: 50 },
    ),
    'Taken as well with `sourceAddresses` `braze`: addresses that Braze has added since this release, and those from which you test.',
    [],
  ),
  domainName: setting(
    'endpoint.domain.name',
    text(
      'a domain name in lower case',
      /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/,
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
    integer(30, 43_200, 'seconds', 300),
    "The event queue's visibility timeout. Default: 6 × `processorTimeoutSeconds` + `batchWindowSeconds`, at least 300.",
  ),
  maxReceiveCount: setting(
    'queue.maxReceiveCount',
    integer(1, 1_000, 'receives', 1_000),
    'Receives after which SQS moves a message to the dead-letter queue. Default: what `outageHours` needs.',
  ),
  ingestMemoryMb: setting('ingest.memoryMb', integer(384, 10_240, 'MB'), "The ingest function's memory.", 512),
  ingestReservedConcurrency: setting(
    'ingest.reservedConcurrency',
    integer(1, 10_000, 'invocations at once', 100),
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
    integer(2, 1_000, 'invocations at once'),
    'The most invocations of the processor at once; it bounds the requests at RudderStack, and the backlog that is worked off before it expires.',
    10,
  ),
  processorReservedConcurrency: setting(
    'processor.reservedConcurrency',
    integer(2, 10_000, 'invocations at once', 100),
    'Concurrency reserved for the processor, never below `maxConcurrency`. Default: none.',
  ),
  maxBatchEvents: setting(
    'processor.maxBatchEvents',
    integer(1, 1_000, 'events'),
    'The most events in one request to RudderStack.',
    250,
  ),
  archive: setting(
    'archive.enabled',
    boolean,
    'Whether every request is kept as it came, in a bucket of the stack, so that its events can be sent again.',
    false,
  ),
  archiveRetentionDays: setting(
    'archive.retentionDays',
    integer(1, 3_650, 'days'),
    'Days that a request is kept in the archive.',
    30,
  ),
  archiveOnFailure: setting(
    'archive.onFailure',
    oneOf(ArchiveFailure, ArchiveFailure.Refuse),
    'When a request cannot be archived: `alarm` takes its events all the same, `refuse` answers 503, and Braze sends it again.',
    ArchiveFailure.Alarm,
  ),
  lambdaRuntime: setting(
    'functions.runtime',
    oneOf(LambdaRuntime, LambdaRuntime.NodeJS24),
    "The functions' runtime.",
    LambdaRuntime.NodeJS24,
  ),
  logLevel: setting(
    'functions.logLevel',
    oneOf(LogLevel, LogLevel.Info),
    'The least severe log entries that are written.',
    LogLevel.Info,
  ),
  logRetentionDays: setting(
    'functions.logRetentionDays',
    number(`one of CloudWatch's ${LOG_RETENTION.join(', ')}`, (value) => LOG_RETENTION.includes(value), 30),
    'Days that logs are kept.',
    30,
  ),
  permissionsBoundaryArn: setting(
    'functions.permissionsBoundaryArn',
    text(
      'a full ARN such as arn:aws:iam::123456789012:policy/boundary',
      /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      'arn:aws:iam::123456789012:policy/boundary',
    ),
    "The policy that bounds what the functions' roles can be allowed.",
  ),
  vpcSubnetIds: setting(
    'functions.vpc.subnetIds',
    listOf('1 to 16 subnet ids', text('a subnet id such as subnet-0123abcd', /^subnet-[0-9a-f]+$/, 'subnet-0123abcd'), {
      min: 1,
      max: 16,
    }),
    'Subnets of the functions; they need a way to Secrets Manager, SQS, RudderStack and, with `archive`, S3. Default: outside of any VPC.',
  ),
  vpcSecurityGroupIds: setting(
    'functions.vpc.securityGroupIds',
    listOf(
      '1 to 5 security group ids',
      text('a security group id such as sg-0123abcd', /^sg-[0-9a-f]+$/, 'sg-0123abcd'),
      { min: 1, max: 5 },
    ),
    'Security groups of the functions in those subnets.',
  ),
  kmsKeyArn: setting(
    'encryption.kmsKeyArn',
    KMS_KEY,
    "A customer managed KMS key for queues, secrets and archive; change it only while the queues are empty. Default: SQS's, Secrets Manager's and S3's own.",
  ),
  secretRecoveryDays: setting(
    'encryption.secretRecoveryDays',
    number(
      '0, or a whole number of days from 7 to 30',
      (value) => value === 0 || (Number.isInteger(value) && value >= 7 && value <= 30),
      30,
    ),
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
    number(
      'a multiple of 15 minutes from 15 to 1440',
      (value) => value >= 15 && value <= 1_440 && value % 15 === 0,
      30,
    ),
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
    'Alarm when this share of the events of an hour is skipped, or more.',
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
      'at most 40 tags',
      text('1 to 128 letters, digits, spaces and _.:/=+-@, not beginning with aws:', TAG_KEY, 'team'),
      text('text of at most 256 letters, digits, spaces and _.:/=+-@', TAG_VALUE, 'platform'),
      40,
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

/** What the place of everything follows from. */
const RESIDENCY = [
  'brazeCluster',
  'awsRegion',
  'rudderstackRegion',
  'rudderstackJurisdiction',
  'allowedCrossings',
] as const satisfies SettingKey[];

/** What the sizes of the queue follow from. */
const QUEUE_SIZING = [
  'outageHours',
  'processorTimeoutSeconds',
  'batchWindowSeconds',
  'visibilityTimeoutSeconds',
  'maxReceiveCount',
] as const satisfies SettingKey[];

/** What AWS services can use in their own region only. */
const REGIONAL = [
  'rudderstackWriteKeySecretArn',
  'rudderstackWriteKeySecretKmsKeyArn',
  'domainCertificateArn',
  'kmsKeyArn',
  'pageTopicArn',
  'ticketTopicArn',
] as const satisfies SettingKey[];

/** The first needs the second. */
const PAIRS: [SettingKey, SettingKey][] = [
  ['domainName', 'domainCertificateArn'],
  ['domainCertificateArn', 'domainName'],
  ['vpcSubnetIds', 'vpcSecurityGroupIds'],
  ['vpcSecurityGroupIds', 'vpcSubnetIds'],
  ['rudderstackWriteKeySecretJsonKey', 'rudderstackWriteKeySecretArn'],
  ['rudderstackWriteKeySecretKmsKeyArn', 'rudderstackWriteKeySecretArn'],
];

type SettingProblem = Problem<SettingKey>;

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
      const faults = kind.faults(known);
      if (faults.length > 0) throw new InputError(faults.map((fault) => sentence(path, fault)));
      return known as NonNullable<ValueOf<Key>>;
    });
    return (isSecret ? pulumi.secret(value) : value) as pulumi.Output<NonNullable<ValueOf<Key>>>;
  }

  /** Every mistake: of single values, and of values that do not go together. */
  problems(nameOf: NameOf<SettingKey>): SettingProblem[] {
    const problems = [
      ...this.#faults(nameOf),
      ...this.#missing(nameOf),
      ...this.#targetProblems(nameOf),
      ...this.#pairProblems(nameOf),
    ];
    const wrong = new Set(problems.map(({ key }) => key));
    // What follows from several values can only be told when each of them is right.
    const when = (keys: readonly SettingKey[], check: () => SettingProblem[]) =>
      keys.some((key) => wrong.has(key)) ? [] : check();
    return [
      ...problems,
      ...when(['processorReservedConcurrency', 'maxConcurrency'], () => this.#concurrencyProblems(nameOf)),
      ...when(['batchSize', 'batchWindowSeconds'], () => this.#batchProblems(nameOf)),
      ...when(['sourceAddresses', 'additionalSourceAddresses'], () => this.#sourceAddressProblems(nameOf)),
      ...when(['archive'], () => this.#archiveProblems(nameOf)),
      ...when(QUEUE_SIZING, () => queueProblems(this.queue, nameOf)),
      ...when(RESIDENCY, () => this.#residency(nameOf).problems),
      ...REGIONAL.flatMap((key) => when(['brazeCluster', 'awsRegion', key], () => this.#regionProblems(key, nameOf))),
    ];
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

  /** Addresses and blocks that requests are taken from; undefined for any. */
  get sourceAddresses(): string[] | undefined {
    if (this.get('sourceAddresses') === SourceAddresses.Any) return undefined;
    // Its being there was checked.
    return [...BRAZE_ADDRESSES[this.get('brazeCluster') as BrazeCluster], ...this.get('additionalSourceAddresses')];
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

  #residency(nameOf: NameOf<SettingKey>) {
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

  /** Of single values. */
  #faults(nameOf: NameOf<SettingKey>): SettingProblem[] {
    return settingKeys().flatMap((key) => {
      const { path, kind }: Setting = SETTINGS[key];
      const value = valueAt(this.args, path);
      if (value === undefined || !isPlain(value)) return [];
      return kind.faults(value).map((fault) => ({
        key,
        message: sentence(nameOf(key), fault),
        fixes: [fault.fix === undefined ? suggestion(key) : { key, ...fault.fix }],
      }));
    });
  }

  #missing(nameOf: NameOf<SettingKey>): SettingProblem[] {
    if (this.#has('brazeCluster')) return [];
    const message = `${nameOf('brazeCluster')} is not set; it must be ${SETTINGS.brazeCluster.kind.allowed}.`;
    return [{ key: 'brazeCluster', message, fixes: [suggestion('brazeCluster')] }];
  }

  #targetProblems(nameOf: NameOf<SettingKey>): SettingProblem[] {
    const problems: SettingProblem[] = [];
    const [url, key, secretArn, webhook] = [
      'rudderstackDataPlaneUrl',
      'rudderstackWriteKey',
      'rudderstackWriteKeySecretArn',
      'rudderstackWebhookUrl',
    ] as const;
    const ways = `either ${nameOf(webhook)} alone, or ${nameOf(url)} together with ${nameOf(key)} or ${nameOf(secretArn)}`;
    if (this.#has(webhook)) {
      const tooMuch = [url, key, secretArn].filter((each) => this.#has(each));
      if (tooMuch.length > 0) {
        const message = `${nameOf(webhook)} is set beside ${tooMuch.map(nameOf).join(' and ')}; set ${ways}.`;
        problems.push({ key: webhook, message, fixes: tooMuch.map(removal) });
      }
    } else {
      if (!this.#has(url)) {
        const message = `Where the events go is not said: ${nameOf(url)} is not set; set ${ways}.`;
        problems.push({ key: url, message, fixes: [suggestion(url)] });
      }
      if (!this.#has(key) && !this.#has(secretArn)) {
        const message = `There is no write key for RudderStack: ${nameOf(key)} is not set; set ${ways}.`;
        problems.push({ key, message, fixes: [suggestion(key)] });
      }
      if (this.#has(key) && this.#has(secretArn)) {
        const message = `${nameOf(key)} and ${nameOf(secretArn)} are both set; set ${ways}.`;
        problems.push({ key, message, fixes: [removal(key)] });
      }
    }
    if (this.#has('rudderstackRegion') && this.#has('rudderstackJurisdiction')) {
      problems.push({
        key: 'rudderstackJurisdiction',
        message:
          `${nameOf('rudderstackRegion')} (of RudderStack Cloud) and ${nameOf('rudderstackJurisdiction')} (of a data ` +
          `plane that you host yourself) are both set; remove the one that is not true.`,
        fixes: [removal('rudderstackJurisdiction')],
      });
    }
    return problems;
  }

  #pairProblems(nameOf: NameOf<SettingKey>): SettingProblem[] {
    return PAIRS.filter(([key, needed]) => this.#has(key) && !this.#has(needed)).map(([key, needed]) => ({
      key: needed,
      message: `${nameOf(key)} is set, but ${nameOf(needed)} is not; set both or neither.`,
      fixes: [suggestion(needed)],
    }));
  }

  #concurrencyProblems(nameOf: NameOf<SettingKey>): SettingProblem[] {
    const key = 'processorReservedConcurrency';
    const reserved = this.get(key);
    const most = this.get('maxConcurrency');
    if (reserved === undefined || reserved >= most) return [];
    const message =
      `${nameOf(key)} is ${reserved}, which is below ${nameOf('maxConcurrency')} (${most}): the rest would be throttled, ` +
      `and throttling uses up receives. Raise the former or lower the latter.`;
    return [{ key, message, fixes: [{ key, at: '', value: most }] }];
  }

  #batchProblems(nameOf: NameOf<SettingKey>): SettingProblem[] {
    const key = 'batchWindowSeconds';
    const size = this.get('batchSize');
    if (size <= MAX_BATCH_WITHOUT_WINDOW || this.get(key) > 0) return [];
    const message =
      `${nameOf(key)} is 0, but Lambda takes a ${nameOf('batchSize')} over ${MAX_BATCH_WITHOUT_WINDOW} (here ${size}) ` +
      `only with a window of at least 1 second. Set one of the two otherwise.`;
    return [{ key, message, fixes: [{ key, at: '', value: 1 }] }];
  }

  /** Where `any` is said, it is meant: for a while, to let in what the addresses keep out. */
  #sourceAddressProblems(nameOf: NameOf<SettingKey>): SettingProblem[] {
    const key = 'sourceAddresses';
    const additional = 'additionalSourceAddresses';
    if (this.#has(key) || this.get(additional).length === 0) return [];
    const message =
      `${nameOf(additional)} is set, but ${nameOf(key)} is not, so that requests are taken from any address. Set ` +
      `${nameOf(key)} to ${SourceAddresses.Braze}, or remove ${nameOf(additional)}.`;
    return [{ key, message, fixes: [{ key, at: '', value: SourceAddresses.Braze }] }];
  }

  /** Where `false` is said, it is meant: for a while, or by a stack that shares what else is said of archives. */
  #archiveProblems(nameOf: NameOf<SettingKey>): SettingProblem[] {
    const key = 'archive';
    const others = (['archiveRetentionDays', 'archiveOnFailure'] as const).filter((each) => this.#has(each));
    if (this.#has(key) || others.length === 0) return [];
    const all = others.map(nameOf).join(' and ');
    const message =
      `${all} ${others.length === 1 ? 'is' : 'are'} set, but ${nameOf(key)} is not, so that nothing is archived. Set ` +
      `${nameOf(key)} to true, or remove ${all}.`;
    return [{ key, message, fixes: [{ key, at: '', value: true }] }];
  }

  #regionProblems(key: (typeof REGIONAL)[number], nameOf: NameOf<SettingKey>): SettingProblem[] {
    const value = valueAt(this.args, SETTINGS[key].path);
    const { awsRegion } = this;
    const region = typeof value === 'string' ? value.split(':')[3] : undefined;
    if (region === undefined || region === awsRegion) return [];
    const message =
      `${nameOf(key)} is in ${region}, but the bridge is in ${awsRegion} (see ${nameOf('awsRegion')}), and AWS uses such ` +
      `a thing in its own region only. Name one in ${awsRegion}.`;
    const example = SETTINGS[key].kind.example.replace('eu-central-1', awsRegion);
    return [{ key, message, fixes: [{ key, at: '', value: example }] }];
  }
}

export function settingKeys(): SettingKey[] {
  return Object.keys(SETTINGS) as SettingKey[];
}

function sentence(name: string, { at, problem }: Fault): string {
  return `${name}${at} ${problem}.`;
}

/** To set it to its default, or else to an example. */
function suggestion(key: SettingKey): Fix<SettingKey> {
  const { kind, default: fallback }: Setting = SETTINGS[key];
  const { at, value } = exampleOf(kind);
  return { key, at, value: at === '' ? ((fallback as Scalar | undefined) ?? value) : value };
}

function removal(key: SettingKey): Fix<SettingKey> {
  return { key, at: '', value: undefined };
}

function valueAt(args: object, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], args);
}

/** Not an output, nor a list or object with one in it. */
function isPlain(value: unknown): boolean {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) return false;
  return typeof value !== 'object' || value === null || Object.values(value).every(isPlain);
}
