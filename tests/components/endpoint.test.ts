import { BRAZE_ADDRESSES } from '../../components/braze-addresses';
import { Environment } from '../../runtime/environment';
import { ADOPTING, CERTIFICATE, LEAST, MOST, NAME } from '../support/args';
import { deploy, variablesOf } from '../support/bridge';
import { ACCOUNT, valueOf, type Graph } from '../support/mocks';

let graph: Graph;
let url: string | undefined;
beforeAll(async () => {
  const deployed = await deploy();
  ({ graph } = deployed);
  url = await valueOf(deployed.bridge.customHttpUrl);
});

test('the API takes every method of the webhook, and GET of health, and nothing else', () => {
  const routes = graph.ofType('aws:apigatewayv2/route:Route').map(({ inputs }) => inputs);

  expect(graph.one('aws:apigatewayv2/api:Api').inputs.protocolType).toBe('HTTP');
  expect(routes).toEqual(
    ['ANY /v1/webhook', 'GET /health'].map((routeKey) => ({
      apiId: `${NAME}-api-id`,
      routeKey,
      target: `integrations/${NAME}-ingest-id`,
    })),
  );
  expect(graph.one('aws:apigatewayv2/integration:Integration').inputs).toMatchObject({
    apiId: `${NAME}-api-id`,
    integrationType: 'AWS_PROXY',
    payloadFormatVersion: '2.0',
  });
});

test('the stage deploys by itself and throttles', async () => {
  const { graph: throttled } = await deploy({ ...LEAST, endpoint: { rateLimit: 20, burstLimit: 40 } });
  const { inputs } = throttled.one('aws:apigatewayv2/stage:Stage');

  expect(inputs).toMatchObject({
    name: '$default',
    autoDeploy: true,
    defaultRouteSettings: { throttlingRateLimit: 20, throttlingBurstLimit: 40 },
  });
  expect(inputs).not.toHaveProperty('deploymentId');
  expect(graph.one('aws:apigatewayv2/stage:Stage').inputs.defaultRouteSettings).toEqual({
    throttlingRateLimit: 500,
    throttlingBurstLimit: 1_000,
  });
});

test('the access log tells of each request what went wrong, as JSON, and nothing of query, headers and body', () => {
  const { accessLogSettings } = graph.one('aws:apigatewayv2/stage:Stage').inputs as {
    accessLogSettings: { destinationArn: string; format: string };
  };
  const { format, destinationArn } = accessLogSettings;

  expect(destinationArn).toBe(`arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:${NAME}-access`);
  const fields = Object.values(JSON.parse(format) as Record<string, string>);
  expect(fields).toEqual(
    expect.arrayContaining(['$context.status', '$context.requestId', '$context.integration.status']),
  );
  // All of $context that tells of the request's own text is left out; $context.path and .routeKey have no query.
  const harmless = [
    /^\$context\.(requestId|requestTimeEpoch|routeKey|httpMethod|status|path|stage|apiId)$/,
    /^\$context\.identity\.sourceIp$/,
    /^\$context\.error\.(message|responseType)$/,
    /^\$context\.integration\.(status|error|latency|requestId)$/,
    /^\$context\.(integrationLatency|responseLatency|responseLength)$/,
  ];
  expect(fields.filter((field) => !harmless.some((pattern) => pattern.test(field)))).toEqual([]);
});

test('requests are taken from any address by default, or else from the cluster’s and those that are added', async () => {
  const { graph: checked } = await deploy({
    ...LEAST,
    brazeCluster: 'EU-02',
    endpoint: { sourceAddresses: 'braze', additionalSourceAddresses: ['203.0.113.1', '198.51.100.0/24'] },
  });
  const taken = (deployed: Graph) => new Environment(variablesOf(deployed, 'ingest')).addresses('SOURCE_ADDRESSES');

  expect(taken(graph)).toBeUndefined();
  for (const address of [...BRAZE_ADDRESSES['EU-02'], '203.0.113.1', '198.51.100.9']) {
    expect([address, taken(checked)?.check(address)]).toEqual([address, true]);
  }
  for (const address of [...BRAZE_ADDRESSES['US-01'], '203.0.113.2']) {
    expect([address, taken(checked)?.check(address)]).toEqual([address, false]);
  }
});

test('the URL for Braze is that of the API', () => {
  expect(url).toBe(`https://${NAME}-api.execute-api.eu-central-1.amazonaws.com/v1/webhook`);
  expect(graph.ofType('aws:apigatewayv2/domainName:DomainName')).toEqual([]);
});

test('a domain of one’s own has TLS 1.2, leads to the stage, and is what Braze is given', async () => {
  const { graph: withDomain, bridge } = await deploy(MOST);

  expect(withDomain.one('aws:apigatewayv2/domainName:DomainName').inputs).toMatchObject({
    domainName: 'currents.example.com',
    domainNameConfiguration: { certificateArn: CERTIFICATE, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' },
  });
  expect(withDomain.one('aws:apigatewayv2/apiMapping:ApiMapping').inputs).toEqual({
    apiId: `${NAME}-api-id`,
    domainName: `${NAME}-domain-id`,
    stage: `${NAME}-default-id`,
  });
  expect(await valueOf(bridge.customHttpUrl)).toBe('https://currents.example.com/v1/webhook');
  expect(await valueOf(bridge.domainTarget)).toEqual({
    domainName: `d-${NAME}-domain.example`,
    hostedZoneId: 'Z123',
  });
});

test('the outputs are what to use in Braze and in operation', async () => {
  const { bridge } = await deploy(ADOPTING);
  const queues = `https://sqs.eu-central-1.amazonaws.com/${ACCOUNT}/${NAME}`;

  expect({
    eventQueueUrl: await valueOf(bridge.eventQueueUrl),
    eventQueueArn: await valueOf(bridge.eventQueueArn),
    deadLetterQueueUrl: await valueOf(bridge.deadLetterQueueUrl),
    deadLetterQueueArn: await valueOf(bridge.deadLetterQueueArn),
    archiveBucketName: bridge.archiveBucketName,
    ingestFunctionName: await valueOf(bridge.ingestFunctionName),
    processorFunctionName: await valueOf(bridge.processorFunctionName),
    pageTopicArn: await valueOf(bridge.pageTopicArn),
    ticketTopicArn: await valueOf(bridge.ticketTopicArn),
    domainTarget: bridge.domainTarget,
  }).toEqual({
    eventQueueUrl: `${queues}-events`,
    eventQueueArn: `arn:aws:sqs:eu-central-1:${ACCOUNT}:${NAME}-events`,
    deadLetterQueueUrl: `${queues}-dead-letters`,
    deadLetterQueueArn: `arn:aws:sqs:eu-central-1:${ACCOUNT}:${NAME}-dead-letters`,
    archiveBucketName: undefined,
    ingestFunctionName: `${NAME}-ingest`,
    processorFunctionName: `${NAME}-processor`,
    pageTopicArn: ADOPTING.alarms?.pageTopicArn,
    ticketTopicArn: ADOPTING.alarms?.ticketTopicArn,
    domainTarget: undefined,
  });
});
