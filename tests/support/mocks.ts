import * as pulumi from '@pulumi/pulumi';

export const ACCOUNT = '123456789012';

type Inputs = Record<string, unknown>;

/** A resource as the program registered it, or a component. */
export interface Registered {
  urn: string;
  type: string;
  /** Its name in the program. */
  name: string;
  /** undefined for one that stands alone. */
  parent: Registered | undefined;
  /** With secrets as they are; what is not known yet is `UNKNOWN`. */
  inputs: Inputs;
  /** As JSON, without what Pulumi would encrypt. */
  plainInputs: string;
  /** The name of the provider that it was given; empty for Pulumi's default one. */
  provider: string;
  isProtected: boolean;
  isRetained: boolean;
  /** What it waits for: named in `dependsOn`, or where an input comes from. */
  dependencies: string[];
}

/** A look-up through a provider, such as `aws:index/getRegion:getRegion`. */
interface Invoked {
  token: string;
  inputs: Inputs;
  provider: string;
}

/** What stands in the inputs of a preview for a value that only AWS can tell. */
export const UNKNOWN = pulumi.runtime.unknownValue;

/** The resources of a program, in the order of their registration. */
export class Graph {
  readonly resources: Registered[] = [];
  readonly invokes: Invoked[] = [];
  /** As JSON, what components registered as their outputs, without what Pulumi would encrypt. */
  readonly plainOutputs: string[] = [];

  ofType(type: string): Registered[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The only one of its type whose name is or ends so. */
  one(type: string, suffix = ''): Registered {
    const found = this.ofType(type).filter(({ name }) => name.endsWith(suffix));
    if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} end with "${suffix}"`);
    return found[0] as Registered;
  }

  /** What AWS, Random and the like create; not the components that it is grouped by. */
  get created(): Registered[] {
    return this.resources.filter(({ type }) => !/^(?:pulumi|currents-bridge):/.test(type));
  }
}

export interface Run<Result> {
  graph: Graph;
  result: Result;
}

export interface RunOptions {
  /** Whether ids, ARNs and the like are not known yet. */
  preview?: boolean;
  /** The region of every provider. */
  region?: string;
  /** Where the resources are recorded. */
  graph?: Graph;
}

/**
 * Runs a program as `pulumi up` or `pulumi preview` do, but without AWS.
 *
 * What it throws later, inside an output, is a rejection that nobody handles, as with Pulumi.
 */
export async function run<Result>(
  program: () => Result,
  { preview = false, region = 'eu-central-1', graph = new Graph() }: RunOptions = {},
): Promise<Run<Result>> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => ({
        id: preview ? undefined : `${name}-id`,
        state: { ...(inputs as object), ...(preview ? {} : outputsOf(type, name, region, inputs as Inputs)) },
      }),
      call: ({ token }) => lookUp(token, region),
    },
    'currents-bridge',
    'test',
    preview,
  );
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  record(monitor, graph);
  const { stackTraceLimit } = Error;
  // Pulumi takes a stack for each promise, and Jest looks up the source of each line of it: most of a run's time.
  Error.stackTraceLimit = 0;
  try {
    const result = program();
    await pulumi.runtime.disconnect();
    return { graph, result };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The value of an output that is known; undefined of none. */
export function valueOf<Value>(output: pulumi.Output<Value> | undefined): Promise<Value | undefined> {
  return new Promise((resolve) => {
    if (output === undefined) resolve(undefined);
    else output.apply(resolve);
  });
}

type Callback = (error: Error | null, response?: { getUrn(): string }) => void;
interface Monitor {
  registerResource(request: Request, callback: Callback): Promise<void>;
  registerResourceOutputs(request: Request, callback: Callback): void;
  invoke(request: InvokeRequest, callback: Callback): Promise<void>;
}
interface Struct {
  toJavaScript(): Record<string, unknown>;
}
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getObject(): Struct;
  getOutputs(): Struct;
  getProvider(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getDependenciesList(): string[];
}
interface InvokeRequest {
  getTok(): string;
  getArgs(): Struct;
  getProvider(): string;
}

/** Pulumi's mocks are told neither options nor dependencies; the requests behind them hold both. */
function record(monitor: Monitor, graph: Graph): void {
  const registerResource = monitor.registerResource.bind(monitor);
  const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
  const invoke = monitor.invoke.bind(monitor);
  monitor.registerResource = (request, callback) =>
    registerResource(request, (error, response) => {
      if (response !== undefined) graph.resources.push(registered(request, response.getUrn(), graph));
      callback(error, response);
    });
  monitor.registerResourceOutputs = (request, callback) => {
    graph.plainOutputs.push(JSON.stringify(masked(request.getOutputs().toJavaScript())));
    registerResourceOutputs(request, callback);
  };
  monitor.invoke = (request, callback) => {
    graph.invokes.push({
      token: request.getTok(),
      inputs: request.getArgs().toJavaScript(),
      provider: nameOfProvider(request.getProvider()),
    });
    return invoke(request, callback);
  };
}

function registered(request: Request, urn: string, graph: Graph): Registered {
  const inputs = request.getObject().toJavaScript();
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    parent: graph.resources.find((resource) => resource.urn === request.getParent()),
    inputs: revealed(inputs) as Inputs,
    plainInputs: JSON.stringify(masked(inputs)),
    provider: nameOfProvider(request.getProvider()),
    isProtected: request.getProtect(),
    isRetained: request.getRetainondelete(),
    dependencies: request.getDependenciesList(),
  };
}

/** Of `urn:pulumi:test::currents-bridge::pulumi:providers:aws::name::id`. */
function nameOfProvider(reference: string): string {
  return reference.split('::')[3] ?? '';
}

function revealed(value: unknown): unknown {
  return mapped(value, (secret) => revealed(secret));
}

function masked(value: unknown): unknown {
  return mapped(value, () => '[secret]');
}

function mapped(value: unknown, ofSecret: (secret: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => mapped(each, ofSecret));
  if (typeof value !== 'object' || value === null) return value;
  const { [pulumi.runtime.specialSigKey]: signature, value: secret } = value as Record<string, unknown>;
  if (signature === pulumi.runtime.specialSecretSig) return ofSecret(secret);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapped(each, ofSecret)]));
}

/** What AWS and Random tell of a new resource, where this program uses it. */
function outputsOf(type: string, name: string, region: string, inputs: Inputs): Record<string, unknown> {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${ACCOUNT}:${resource}`;
  const api = `https://${name}.execute-api.${region}.amazonaws.com`;
  const outputs: Record<string, Record<string, unknown>> = {
    'aws:apigatewayv2/api:Api': { apiEndpoint: api, executionArn: arn('execute-api', name) },
    'aws:apigatewayv2/domainName:DomainName': {
      domainNameConfiguration: {
        ...(inputs.domainNameConfiguration as object | undefined),
        targetDomainName: `d-${name}.example`,
        hostedZoneId: 'Z123',
      },
    },
    'aws:cloudwatch/logGroup:LogGroup': { name, arn: arn('logs', `log-group:${name}`) },
    'aws:cloudwatch/metricAlarm:MetricAlarm': { name, arn: arn('cloudwatch', `alarm:${name}`) },
    'aws:cloudwatch/dashboard:Dashboard': { dashboardArn: `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${name}` },
    'aws:iam/role:Role': { name, arn: `arn:aws:iam::${ACCOUNT}:role/${name}` },
    'aws:lambda/alias:Alias': { arn: arn('lambda', `function:${name}:live`), invokeArn: `invoke:${name}:live` },
    'aws:lambda/function:Function': { name, arn: arn('lambda', `function:${name}`), version: '1' },
    'aws:s3/bucket:Bucket': { bucket: name, arn: `arn:aws:s3:::${name}` },
    'aws:secretsmanager/secret:Secret': { arn: arn('secretsmanager', `secret:${name}-Ab1Cd2`) },
    'aws:sns/topic:Topic': { name, arn: arn('sns', name) },
    'aws:sqs/queue:Queue': {
      name,
      arn: arn('sqs', name),
      url: `https://sqs.${region}.amazonaws.com/${ACCOUNT}/${name}`,
    },
    'random:index/randomPassword:RandomPassword': { result: pulumi.secret(tokenOf(name)) },
  };
  return outputs[type] ?? {};
}

/** The token that a `RandomPassword` of that name makes: easy to find again. */
export function tokenOf(name: string): string {
  return `TOKEN-OF-${name}`;
}

function lookUp(token: string, region: string): Record<string, unknown> {
  const results: Record<string, Record<string, unknown>> = {
    'aws:index/getRegion:getRegion': { region, name: region, id: region },
    'aws:index/getCallerIdentity:getCallerIdentity': { accountId: ACCOUNT, id: ACCOUNT },
  };
  const result = results[token];
  if (result === undefined) throw new Error(`tests/support/mocks.ts has no answer for the look-up ${token}`);
  return result;
}
