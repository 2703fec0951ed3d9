import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { Alarms } from './alarms';
import { Archive } from './archive';
import type { CurrentsBridgeArgs } from './args';
import { nameProblem } from './bridge-name';
import type { SharedFunctionArgs } from './bridge-function';
import { Dashboard } from './dashboard';
import { EventQueue, queueLimits } from './event-queue';
import { IngestEndpoint, type DomainTarget } from './ingest-endpoint';
import { InputError } from './input-error';
import { Processor } from './processor';
import { Secrets } from './secrets';
import { Settings } from './settings';

export * from './args';
export { InputError } from './input-error';
export { BrazeCluster, Jurisdiction, RudderStackRegion } from './regions';

/**
 * A pipeline from Braze Currents to RudderStack: HTTP endpoint, event queue with dead-letter queue, processor, secrets,
 * alarms and a dashboard, and where it is asked for an archive, all in the region of the AWS provider that it is given.
 */
export class CurrentsBridge extends pulumi.ComponentResource {
  /** For Braze's Custom HTTP connector: the URL. */
  readonly customHttpUrl: pulumi.Output<string>;
  /** For Braze's Custom HTTP connector: the token. A secret. */
  readonly customHttpToken: pulumi.Output<string>;
  /** For Braze's RudderStack export connector: the URL with its key. A secret. */
  readonly rudderstackExportUrl: pulumi.Output<string>;
  readonly eventQueueUrl: pulumi.Output<string>;
  readonly eventQueueArn: pulumi.Output<string>;
  readonly deadLetterQueueUrl: pulumi.Output<string>;
  readonly deadLetterQueueArn: pulumi.Output<string>;
  /** The bucket with every request as Braze sent it, where there is an archive. */
  readonly archiveBucketName: pulumi.Output<string> | undefined;
  readonly ingestFunctionName: pulumi.Output<string>;
  readonly processorFunctionName: pulumi.Output<string>;
  readonly dashboardUrl: pulumi.Output<string>;
  /** The SNS topic of what somebody must be woken for. */
  readonly pageTopicArn: pulumi.Output<string>;
  /** The SNS topic of what can wait until the morning. */
  readonly ticketTopicArn: pulumi.Output<string>;
  /** What the domain's record in DNS must point to, where there is a domain. */
  readonly domainTarget: pulumi.Output<DomainTarget> | undefined;
  /** JSON: what the policy of the customer managed key must allow, where there is one and it does not leave that to IAM. */
  readonly kmsKeyPolicyStatements: pulumi.Output<string> | undefined;

  /** @throws InputError with all mistakes of name and args at once. */
  constructor(name: string, args: CurrentsBridgeArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = Settings.check(args);
    const problem = nameProblem(name, settings.awsRegion);
    if (problem !== undefined) throw new InputError([problem]);
    super('currents-bridge:index:CurrentsBridge', name, {}, opts);
    const region = settings.awsRegion;
    const child = { parent: this, dependsOn: nothingUnlessIn(region, { parent: this }) };
    const tags = pulumi
      .output(settings.input('tags') ?? {})
      .apply((own) => ({ ...own, 'currents-bridge': name, 'braze-cluster': args.brazeCluster }));
    const isProtected = settings.get('production');
    const kmsKeyArn = settings.input('kmsKeyArn');
    const target = targetOf(settings);
    const subnetIds = settings.input('vpcSubnetIds');
    const securityGroupIds = settings.input('vpcSecurityGroupIds');
    const shared: SharedFunctionArgs = {
      awsRegion: region,
      runtime: settings.get('lambdaRuntime'),
      logLevel: settings.get('logLevel'),
      logRetention: settings.get('logRetentionDays'),
      permissionsBoundaryArn: settings.input('permissionsBoundaryArn'),
      vpc: subnetIds !== undefined && securityGroupIds !== undefined ? { subnetIds, securityGroupIds } : undefined,
      tags,
    };

    const { queue, deadLetterQueue } = new EventQueue(
      name,
      { ...queueLimits(settings.queue), kmsKeyArn, isRetained: isProtected, tags },
      child,
    );
    const archive = settings.get('archive')
      ? new Archive(
          name,
          { retentionDays: settings.get('archiveRetentionDays'), kmsKeyArn, isRetained: isProtected, tags },
          child,
        )
      : undefined;
    const secrets = new Secrets(
      name,
      {
        tokenRotation: settings.get('tokenRotation'),
        writeKey: target.writeKey,
        writeKeySecretArn: settings.input('rudderstackWriteKeySecretArn'),
        kmsKeyArn,
        recoveryDays: settings.get('secretRecoveryDays'),
        isProtected,
        tags,
      },
      child,
    );
    const processor = new Processor(
      name,
      {
        ...shared,
        queue,
        deadLetterQueue,
        queueKeyArn: kmsKeyArn,
        rudderstack: {
          dataPlaneUrl: target.dataPlaneUrl,
          writeKey: {
            arn: secrets.writeKeyArn,
            keyArn: target.writeKey === undefined ? settings.input('rudderstackWriteKeySecretKmsKeyArn') : kmsKeyArn,
          },
          writeKeyJsonKey: settings.get('rudderstackWriteKeySecretJsonKey'),
          gzip: settings.get('rudderstackGzip'),
        },
        transform: {
          anonymousUsers: settings.get('anonymousUsers'),
          eventNames: settings.get('eventNames'),
          module: settings.get('transformModule'),
          maxEventBytes: settings.get('maxEventBytes'),
        },
        memory: settings.get('processorMemoryMb'),
        timeout: settings.get('processorTimeoutSeconds'),
        batchSize: settings.get('batchSize'),
        batchWindow: settings.get('batchWindowSeconds'),
        maxConcurrency: settings.get('maxConcurrency'),
        maxBatchEvents: settings.get('maxBatchEvents'),
        reservedConcurrency: settings.get('processorReservedConcurrency'),
        after: secrets.values.writeKey,
      },
      child,
    );
    const domainName = settings.input('domainName');
    const certificateArn = settings.input('domainCertificateArn');
    const ingest = new IngestEndpoint(
      name,
      {
        ...shared,
        queue,
        deadLetterQueue,
        queueKeyArn: kmsKeyArn,
        endpointTokens: { arn: secrets.endpointTokensArn, keyArn: kmsKeyArn },
        archive: archive && { bucket: archive.bucket, keyArn: kmsKeyArn, onFailure: settings.get('archiveOnFailure') },
        maxBatchEvents: settings.get('maxBatchEvents'),
        rateLimit: settings.get('endpointRateLimit'),
        burstLimit: settings.get('endpointBurstLimit'),
        sourceAddresses: settings.sourceAddresses,
        domain:
          domainName !== undefined && certificateArn !== undefined ? { name: domainName, certificateArn } : undefined,
        memory: settings.get('ingestMemoryMb'),
        reservedConcurrency: settings.get('ingestReservedConcurrency'),
        isProtected,
        // A processor reads every older message, but not every newer one; a bucket takes objects before it is protected.
        after: [...secrets.values.endpointTokens, processor.function.alias, ...(archive?.settings ?? [])],
      },
      child,
    );
    const targets = {
      ingestFunctionName: ingest.function.function.name,
      processorFunctionName: processor.function.function.name,
      eventQueueName: queue.name,
      deadLetterQueueName: deadLetterQueue.name,
      archiveBucketName: archive?.bucket.bucket,
      apiId: ingest.api.id,
    };
    const alarms = new Alarms(
      name,
      {
        targets,
        thresholds: {
          runbookUrl: settings.get('runbookUrl'),
          noTrafficHours: settings.noTrafficHours,
          deliveryFailingMinutes: settings.get('deliveryFailingMinutes'),
          oldestMessageMinutes: settings.get('oldestMessageMinutes'),
          backlogMessages: settings.get('backlogMessages'),
          skippedPercent: settings.get('skippedPercent'),
          refusedRequests: settings.get('refusedRequests'),
          previousTokenDays: settings.get('previousTokenDays'),
        },
        areSourceAddressesChecked: settings.sourceAddresses !== undefined,
        email: settings.input('alarmEmail'),
        pageTopicArn: settings.input('pageTopicArn'),
        ticketTopicArn: settings.input('ticketTopicArn'),
        tags,
      },
      child,
    );
    const dashboard = new Dashboard(name, { targets, region }, child);

    this.customHttpUrl = ingest.url;
    this.customHttpToken = secrets.currentToken;
    this.rudderstackExportUrl = pulumi.secret(pulumi.interpolate`${ingest.url}?writeKey=${secrets.currentToken}`);
    this.eventQueueUrl = queue.url;
    this.eventQueueArn = queue.arn;
    this.deadLetterQueueUrl = deadLetterQueue.url;
    this.deadLetterQueueArn = deadLetterQueue.arn;
    this.archiveBucketName = targets.archiveBucketName;
    this.ingestFunctionName = targets.ingestFunctionName;
    this.processorFunctionName = targets.processorFunctionName;
    this.dashboardUrl = dashboard.url;
    this.pageTopicArn = alarms.pageTopicArn;
    this.ticketTopicArn = alarms.ticketTopicArn;
    this.domainTarget = ingest.domainTarget;
    this.kmsKeyPolicyStatements =
      kmsKeyArn === undefined
        ? undefined
        : keyPolicyStatements(
            [ingest.function.role.arn, processor.function.role.arn],
            [...(archive === undefined ? [] : ['s3']), 'secretsmanager', 'sqs'].map(
              (service) => `${service}.${region}.amazonaws.com`,
            ),
          );
    this.registerOutputs({
      customHttpUrl: this.customHttpUrl,
      customHttpToken: this.customHttpToken,
      rudderstackExportUrl: this.rudderstackExportUrl,
      eventQueueUrl: this.eventQueueUrl,
      eventQueueArn: this.eventQueueArn,
      deadLetterQueueUrl: this.deadLetterQueueUrl,
      deadLetterQueueArn: this.deadLetterQueueArn,
      archiveBucketName: this.archiveBucketName,
      ingestFunctionName: this.ingestFunctionName,
      processorFunctionName: this.processorFunctionName,
      dashboardUrl: this.dashboardUrl,
      pageTopicArn: this.pageTopicArn,
      ticketTopicArn: this.ticketTopicArn,
      domainTarget: this.domainTarget,
      kmsKeyPolicyStatements: this.kmsKeyPolicyStatements,
    });
  }
}

/** To depend on: nothing is created before the provider's region is known to be the one that was checked. */
function nothingUnlessIn(expected: string, opts: pulumi.InvokeOptions): pulumi.Output<pulumi.Resource[]> {
  return aws.getRegionOutput({}, opts).region.apply((region) => {
    if (region === expected) return [];
    throw new InputError([
      `The AWS provider's region is ${region}, but this bridge belongs into ${expected}. Give it a provider of that ` +
        `region, or set awsRegion to ${region} so that it can be checked.`,
    ]);
  });
}

/** Where the events go; without a write key where that lies in a secret already. */
function targetOf(settings: Settings): {
  dataPlaneUrl: pulumi.Input<string>;
  writeKey: pulumi.Input<string> | undefined;
} {
  const webhookUrl = settings.input('rudderstackWebhookUrl');
  if (webhookUrl === undefined) {
    // It is there: the settings' checks saw to it.
    const dataPlaneUrl = settings.input('rudderstackDataPlaneUrl') as pulumi.Input<string>;
    return { dataPlaneUrl, writeKey: settings.input('rudderstackWriteKey') };
  }
  const url = pulumi.output(webhookUrl).apply((text) => new URL(text));
  return {
    // Without its query it is no secret, and a reviewer should see it.
    dataPlaneUrl: pulumi.unsecret(
      url.apply(({ origin, pathname }) => origin + pathname.replace(/\/v1\/webhook\/?$/, '')),
    ),
    writeKey: url.apply(({ searchParams }) => searchParams.get('writeKey') ?? ''),
  };
}

function keyPolicyStatements(roles: pulumi.Output<string>[], services: string[]): pulumi.Output<string> {
  return pulumi.jsonStringify([
    {
      Sid: 'CurrentsBridge',
      Effect: 'Allow',
      Principal: { AWS: roles },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': services } },
    },
  ]);
}
