import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { bundleIngest } from '../runtime/bundle';
import { ARCHIVE_PREFIX } from '../runtime/archive/key';
import type { ArchiveFailure } from './args';
import { BridgeFunction, type SharedFunctionArgs } from './bridge-function';
import { archiveRequests, readSecret, useKeyOfQueues, type PolicyStatement, type ReadableSecret } from './policy';

/** Seconds. API Gateway gives up after 30, and the function answers 503 after 15. */
const TIMEOUT = 25;
const INTEGRATION_TIMEOUT = 30;

/** Every method: API Gateway answers a method without a route with 404, which stops Braze. */
const WEBHOOK = { routeKey: 'ANY /v1/webhook', source: '*/*/v1/webhook' };
const HEALTH = { routeKey: 'GET /health', source: '*/GET/health' };

/** No query, no header, no body: the first holds the key of Braze's RudderStack export connector. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  sourceIp: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  method: '$context.httpMethod',
  status: '$context.status',
  error: '$context.error.message',
  integrationStatus: '$context.integration.status',
  integrationError: '$context.integration.error',
  integrationLatency: '$context.integrationLatency',
  responseLatency: '$context.responseLatency',
  responseLength: '$context.responseLength',
};

export interface IngestEndpointArgs extends SharedFunctionArgs {
  queue: aws.sqs.Queue;
  deadLetterQueue: aws.sqs.Queue;
  queueKeyArn: pulumi.Input<string> | undefined;
  endpointTokens: ReadableSecret;
  archive: ArchiveUse | undefined;
  /** The most events of one message. */
  maxBatchEvents: number;
  /** Requests a second, and at once. */
  rateLimit: number;
  burstLimit: number;
  /** Addresses and blocks that requests are taken from; undefined for any. */
  sourceAddresses: readonly string[] | undefined;
  domain: { name: pulumi.Input<string>; certificateArn: pulumi.Input<string> } | undefined;
  /** MB. */
  memory: number;
  reservedConcurrency: number | undefined;
  isProtected: boolean;
  /** Has to be there before the function runs. */
  after: pulumi.Resource[];
}

/** Where each request is kept as it came. */
export interface ArchiveUse {
  bucket: aws.s3.Bucket;
  keyArn: pulumi.Input<string> | undefined;
  onFailure: ArchiveFailure;
}

/** What a record in DNS must point to. */
export interface DomainTarget {
  domainName: string;
  hostedZoneId: string;
}

/** The endpoint that Braze sends to: an HTTP API and the ingest function. */
export class IngestEndpoint extends pulumi.ComponentResource {
  readonly function: BridgeFunction;
  readonly api: aws.apigatewayv2.Api;
  /** `https://…/v1/webhook` */
  readonly url: pulumi.Output<string>;
  readonly domainTarget: pulumi.Output<DomainTarget> | undefined;

  constructor(name: string, args: IngestEndpointArgs, opts: pulumi.ComponentResourceOptions) {
    super('currents-bridge:index:IngestEndpoint', name, {}, opts);
    const { queue, deadLetterQueue, archive, sourceAddresses, tags } = args;
    const child = { parent: this };
    const stateful = { ...child, protect: args.isProtected || undefined };

    this.function = new BridgeFunction(
      name,
      {
        ...args,
        role: 'ingest',
        description: 'Currents Bridge: takes requests of Braze Currents and queues their events.',
        bundle: bundleIngest(),
        environment: {
          EVENT_QUEUE_URL: queue.url,
          DEAD_LETTER_QUEUE_URL: deadLetterQueue.url,
          ENDPOINT_TOKENS_SECRET_ARN: args.endpointTokens.arn,
          MAX_BATCH_EVENTS: String(args.maxBatchEvents),
          ...(sourceAddresses === undefined ? {} : { SOURCE_ADDRESSES: sourceAddresses.join(',') }),
          ...(archive === undefined
            ? {}
            : { ARCHIVE_BUCKET: archive.bucket.bucket, ARCHIVE_ON_FAILURE: archive.onFailure }),
        },
        statements: statementsOf(args),
        timeout: TIMEOUT,
      },
      child,
    );
    this.api = new aws.apigatewayv2.Api(
      `${name}-api`,
      { description: 'Currents Bridge: the endpoint for Braze Currents.', protocolType: 'HTTP', tags },
      stateful,
    );
    const integration = new aws.apigatewayv2.Integration(
      `${name}-ingest`,
      {
        apiId: this.api.id,
        integrationType: 'AWS_PROXY',
        integrationUri: this.function.alias.invokeArn,
        payloadFormatVersion: '2.0',
        timeoutMilliseconds: INTEGRATION_TIMEOUT * 1_000,
      },
      child,
    );
    const routes = Object.entries({ webhook: WEBHOOK, health: HEALTH }).map(([suffix, { routeKey, source }]) => {
      const permission = new aws.lambda.Permission(
        `${name}-${suffix}`,
        {
          action: 'lambda:InvokeFunction',
          function: this.function.function.name,
          qualifier: this.function.alias.name,
          principal: 'apigateway.amazonaws.com',
          sourceArn: pulumi.interpolate`${this.api.executionArn}/${source}`,
        },
        child,
      );
      return new aws.apigatewayv2.Route(
        `${name}-${suffix}`,
        { apiId: this.api.id, routeKey, target: pulumi.interpolate`integrations/${integration.id}` },
        { ...stateful, dependsOn: [permission] },
      );
    });
    const accessLog = new aws.cloudwatch.LogGroup(
      `${name}-access`,
      // The prefix keeps it out of the policy that CloudWatch keeps for log deliveries, which is limited in size.
      { namePrefix: `/aws/vendedlogs/${name}-access-`, retentionInDays: args.logRetention, tags },
      child,
    );
    const stage = new aws.apigatewayv2.Stage(
      `${name}-default`,
      {
        apiId: this.api.id,
        name: '$default',
        autoDeploy: true,
        defaultRouteSettings: { throttlingRateLimit: args.rateLimit, throttlingBurstLimit: args.burstLimit },
        accessLogSettings: { destinationArn: accessLog.arn, format: JSON.stringify(ACCESS_LOG) },
        tags,
      },
      { ...stateful, dependsOn: routes },
    );

    const domain = args.domain === undefined ? undefined : this.#domain(name, args.domain, stage, tags);
    this.domainTarget = domain?.domainNameConfiguration.apply(({ targetDomainName, hostedZoneId }) => ({
      domainName: targetDomainName,
      hostedZoneId,
    }));
    this.url = pulumi.interpolate`${domain === undefined ? this.api.apiEndpoint : pulumi.interpolate`https://${domain.domainName}`}/v1/webhook`;
    this.registerOutputs({});
  }

  #domain(
    name: string,
    { name: domainName, certificateArn }: NonNullable<IngestEndpointArgs['domain']>,
    stage: aws.apigatewayv2.Stage,
    tags: IngestEndpointArgs['tags'],
  ): aws.apigatewayv2.DomainName {
    const domain = new aws.apigatewayv2.DomainName(
      `${name}-domain`,
      {
        domainName,
        domainNameConfiguration: { certificateArn, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' },
        tags,
      },
      { parent: this },
    );
    new aws.apigatewayv2.ApiMapping(
      `${name}-domain`,
      { apiId: this.api.id, domainName: domain.id, stage: stage.id },
      // A domain has one mapping of a path: the new one cannot be made before the old one is gone.
      { parent: this, deleteBeforeReplace: true },
    );
    return domain;
  }
}

function statementsOf({
  queue,
  deadLetterQueue,
  queueKeyArn,
  endpointTokens,
  archive,
  awsRegion,
}: IngestEndpointArgs): PolicyStatement[] {
  const queueEvents: PolicyStatement = {
    Sid: 'QueueEvents',
    Effect: 'Allow',
    Action: ['sqs:SendMessage'],
    Resource: [queue.arn, deadLetterQueue.arn],
  };
  return [
    queueEvents,
    ...(archive === undefined ? [] : archiveRequests(archive.bucket.arn, ARCHIVE_PREFIX, archive.keyArn, awsRegion)),
    ...readSecret(endpointTokens, awsRegion),
    ...useKeyOfQueues(queueKeyArn, awsRegion),
  ];
}
