import type * as pulumi from '@pulumi/pulumi';
import type { BrazeCluster, Jurisdiction, RudderStackRegion } from './regions';

/** What to do with events of users without `external_user_id`. */
export const AnonymousUsers = { Skip: 'skip', Forward: 'forward' } as const;
export type AnonymousUsers = (typeof AnonymousUsers)[keyof typeof AnonymousUsers];

/** Where requests with a valid token are taken from: any address, or those that Braze has published for the cluster. */
export const SourceAddresses = { Any: 'any', Braze: 'braze' } as const;
export type SourceAddresses = (typeof SourceAddresses)[keyof typeof SourceAddresses];

/** What becomes of a request that cannot be archived: its events go on without it, or Braze is to send it again. */
export const ArchiveFailure = { Alarm: 'alarm', Refuse: 'refuse' } as const;
export type ArchiveFailure = (typeof ArchiveFailure)[keyof typeof ArchiveFailure];

/** The functions' Lambda runtime. */
export const LambdaRuntime = { NodeJS24: 'nodejs24.x', NodeJS22: 'nodejs22.x' } as const;
export type LambdaRuntime = (typeof LambdaRuntime)[keyof typeof LambdaRuntime];

/** The least severe log entries that are written. */
export const LogLevel = { Debug: 'DEBUG', Info: 'INFO', Warn: 'WARN', Error: 'ERROR' } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/**
 * A pipeline from Braze Currents to RudderStack.
 *
 * What decides the shape or a limit of the pipeline is a plain value, so that every mistake is found before anything
 * is created; what is only handed on is an `Input`. Every value is checked, see `settings.ts`.
 */
export interface CurrentsBridgeArgs {
  /** The Braze cluster that sends, such as `EU-01`. */
  brazeCluster: BrazeCluster;
  /** The AWS region; the provider's must be the same. Default: the one next to the Braze cluster. */
  awsRegion?: string;
  /**
   * Transfers out of a jurisdiction that are allowed, each `FROM-TO` such as `AU-US`. Default: none.
   */
  allowedCrossings?: string[];
  rudderstack: RudderStackArgs;
  /**
   * Protects the API, the queues, the archive and the tokens from deletion, retains queues and archive even then, and
   * turns on the alarm for missing traffic. Default: false.
   */
  production?: boolean;
  transform?: TransformArgs;
  endpoint?: EndpointArgs;
  queue?: QueueArgs;
  ingest?: IngestArgs;
  processor?: ProcessorArgs;
  archive?: ArchiveArgs;
  functions?: FunctionsArgs;
  encryption?: EncryptionArgs;
  alarms?: AlarmsArgs;
  /** Tags of every resource that can have some. Default: none. */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Where the events go. Either `webhookUrl` alone, or `dataPlaneUrl` with `writeKey` or `writeKeySecret`.
 */
export interface RudderStackArgs {
  /** `https://…`, as RudderStack's web app shows it under "Connections". */
  dataPlaneUrl?: pulumi.Input<string>;
  /** The source's write key; always handled as a secret. */
  writeKey?: pulumi.Input<string>;
  /** A secret that exists already and holds the write key, which then never passes through Pulumi. */
  writeKeySecret?: WriteKeySecretArgs;
  /** `<data plane>/v1/webhook?writeKey=…`, as RudderStack's web app shows it; always handled as a secret. */
  webhookUrl?: pulumi.Input<string>;
  /** The region of RudderStack Cloud. Default: the Braze cluster's jurisdiction, where there is such a region. */
  region?: RudderStackRegion;
  /** Where a data plane stands that you host yourself; in place of `region`. */
  jurisdiction?: Jurisdiction;
  /** Whether requests are compressed; some proxies do not take that. Default: true. */
  gzip?: boolean;
}

export interface WriteKeySecretArgs {
  /** Its full ARN, with the six characters at the end. */
  arn: pulumi.Input<string>;
  /** Where the secret's text is a JSON object: the key to look under. Default: the text is the write key. */
  jsonKey?: string;
  /** The customer managed KMS key that it is encrypted with. Default: AWS's own. */
  kmsKeyArn?: pulumi.Input<string>;
}

/** How events become messages. */
export interface TransformArgs {
  /** Default: `skip`, as Braze's RudderStack export connector does. */
  anonymousUsers?: AnonymousUsers;
  /** New names by `event_type`, exact and case-sensitive. Default: none. */
  eventNames?: Record<string, string>;
  /** Path of a TypeScript module whose default export is a `UserTransform`, from the working directory. */
  module?: string;
  /** Bytes; larger messages become dead letters. Default: they are sent. */
  maxEventBytes?: number;
}

/** The HTTP API. */
export interface EndpointArgs {
  /** Number of the current token; this one and the one before are valid. Default: 1. */
  tokenRotation?: number;
  /** Requests a second, on average, above which API Gateway answers 429 and Braze sends again. Default: 500. */
  rateLimit?: number;
  /** Requests at once above which API Gateway answers 429. Default: 1,000. */
  burstLimit?: number;
  /** Where requests are taken from; from elsewhere they get 503, and Braze sends again. Default: `any`. */
  sourceAddresses?: SourceAddresses;
  /** Taken as well with `sourceAddresses: braze`: IPv4 addresses, or blocks such as 203.0.113.0/24. Default: none. */
  additionalSourceAddresses?: string[];
  /** A name of your own, which stays when the API is replaced. Default: none. */
  domain?: DomainArgs;
}

export interface DomainArgs {
  name: pulumi.Input<string>;
  /** A certificate of AWS Certificate Manager for the name, in the same region. */
  certificateArn: pulumi.Input<string>;
}

/** The event queue; `event-queue.ts` has the arithmetic. */
export interface QueueArgs {
  /** Hours of an outage of RudderStack that cost nothing but time. Default: 72. */
  outageHours?: number;
  /** Default: 6 times the processor's timeout and its window, at least 300. */
  visibilityTimeoutSeconds?: number;
  /** Default: what `outageHours` needs. */
  maxReceiveCount?: number;
}

export interface IngestArgs {
  /** Default: 512. */
  memoryMb?: number;
  /** Default: none. */
  reservedConcurrency?: number;
}

export interface ProcessorArgs {
  /** Default: 512. */
  memoryMb?: number;
  /** Default: 45. */
  timeoutSeconds?: number;
  /** The most messages of one invocation. Default: 100. */
  batchSize?: number;
  /** How long Lambda waits for a full batch. Default: 1. */
  batchWindowSeconds?: number;
  /** The most invocations at once; it bounds the requests at RudderStack. Default: 10. */
  maxConcurrency?: number;
  /** Never below `maxConcurrency`. Default: none. */
  reservedConcurrency?: number;
  /** The most events in one request to RudderStack. Default: 250. */
  maxBatchEvents?: number;
}

/** A bucket with every request as Braze sent it, from which events can be sent again. */
export interface ArchiveArgs {
  /** Default: false. */
  enabled?: boolean;
  /** Days that a request is kept. Default: 30. */
  retentionDays?: number;
  /** Default: `alarm`. */
  onFailure?: ArchiveFailure;
}

/** What both functions have in common. */
export interface FunctionsArgs {
  /** Default: `nodejs24.x`. */
  runtime?: LambdaRuntime;
  /** Default: `INFO`. */
  logLevel?: LogLevel;
  /** Days that CloudWatch keeps their logs and the API's access log. Default: 30. */
  logRetentionDays?: number;
  /** ARN of the policy that bounds what their roles can be allowed. Default: none. */
  permissionsBoundaryArn?: pulumi.Input<string>;
  /** Default: outside of any VPC. */
  vpc?: VpcArgs;
}

/** Needs a way to Secrets Manager, SQS, RudderStack and, with an archive, S3. */
export interface VpcArgs {
  subnetIds: pulumi.Input<string>[];
  securityGroupIds: pulumi.Input<string>[];
}

export interface EncryptionArgs {
  /** A customer managed KMS key for queues, secrets and archive. Default: SQS's, Secrets Manager's and S3's own. */
  kmsKeyArn?: pulumi.Input<string>;
  /** Days in which a deleted secret can be restored; 0 for none. Default: 30. */
  secretRecoveryDays?: number;
}

/** Alarms of two severities, with a topic each. */
export interface AlarmsArgs {
  /** Gets both severities; must be confirmed once. Default: none. */
  email?: pulumi.Input<string>;
  /** An SNS topic that exists already, for what somebody must be woken for. Default: a new one. */
  pageTopicArn?: pulumi.Input<string>;
  /** An SNS topic that exists already, for what can wait until the morning. Default: a new one. */
  ticketTopicArn?: pulumi.Input<string>;
  /** Where the runbook is; each alarm links to its entry. Default: `docs/runbook.md`. */
  runbookUrl?: string;
  /** Hours without an event that are alarming; 0 for never. Default: 24 with `production`, else 0. */
  noTrafficHours?: number;
  /** Minutes of failing deliveries, a multiple of 15. Default: 30. */
  deliveryFailingMinutes?: number;
  /** Age of the oldest message in minutes. Default: 60. */
  oldestMessageMinutes?: number;
  /** Messages in the event queue. Default: 10,000. */
  backlogMessages?: number;
  /** Percent of events that are skipped. Default: 50. */
  skippedPercent?: number;
  /** Refused requests in an hour. Default: 50. */
  refusedRequests?: number;
  /** Days in a row on which the previous token is still in use. Default: 3. */
  previousTokenDays?: number;
}
