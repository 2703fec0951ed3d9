import * as pulumi from '@pulumi/pulumi';
import { MASK, tokenOf, type Graph, type Resource, type Value } from './graph';
import { KINDS } from './kinds';

export interface Program {
  project: string;
  stack: string;
  /** By whole key. */
  config: Record<string, string>;
  /** Keys of `config`. */
  secretKeys: string[];
  /** Gives the stack's outputs. */
  run(): Promise<Record<string, unknown>>;
}

/**
 * Runs a stack program against Pulumi's mocks, without an AWS account, and records what it registers.
 *
 * Each output that AWS would choose is a token. Pulumi's runtime has one set of mocks a process, and is disconnected at
 * the end: a process records one program.
 */
export async function record(program: Program): Promise<Omit<Graph, 'standIns'>> {
  const { project, stack, config, secretKeys } = program;
  const recorder = new Recorder();
  await pulumi.runtime.setMocks(recorder, project, stack, false);
  pulumi.runtime.setAllConfig(config, secretKeys);
  const outputs = await recorder.watch(async () => {
    await pulumi.runtime.runInPulumiStack(() => program.run());
    await pulumi.runtime.disconnect();
  });
  return { stack, resources: recorder.resources, outputs };
}

class Recorder implements pulumi.runtime.Mocks {
  readonly resources: Resource[] = [];

  newResource({ type, name, inputs }: pulumi.runtime.MockResourceArgs): pulumi.runtime.MockResourceResult {
    const { outputs = [], secretOutputs = [] } = KINDS[type] ?? {};
    const token = (output: string) => {
      const text = tokenOf({ type, name, output });
      return secretOutputs.includes(output) ? pulumi.secret(text) : text;
    };
    const state = { ...(inputs as Record<string, unknown>) };
    for (const path of outputs) {
      const [first, nested] = path.split('.') as [string, string?];
      if (nested === undefined) state[first] ??= token(first);
      else state[first] = { ...(state[first] as object), [nested]: token(nested) };
    }
    return { id: tokenOf({ type, name, output: 'id' }), state };
  }

  call({ token, provider }: pulumi.runtime.MockCallArgs): pulumi.runtime.MockCallResult {
    switch (token) {
      case 'aws:index/getRegion:getRegion':
        return { region: this.resources.find(({ urn }) => provider?.startsWith(`${urn}::`))?.inputs.region };
      case 'aws:index/getCallerIdentity:getCallerIdentity':
        return { accountId: '<account id>' };
      default:
        throw new Error(`The graph does not know the answer to ${token}; add it to graph/record.ts.`);
    }
  }

  /** Records what is registered while something runs, and gives the stack's outputs. */
  async watch(program: () => Promise<void>): Promise<Record<string, Value>> {
    // The mocks themselves are not told of options and dependencies: only the requests have them.
    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    const registerResource = monitor.registerResource.bind(monitor);
    const registerResourceOutputs = monitor.registerResourceOutputs.bind(monitor);
    let outputs: Record<string, Value> = {};
    monitor.registerResource = (request, callback) => {
      registerResource(request, (error, response) => {
        if (response) this.resources.push(resourceOf(response.getUrn(), request));
        callback(error, response);
      });
    };
    monitor.registerResourceOutputs = (request, callback) => {
      if (request.getUrn().includes('::pulumi:pulumi:Stack::')) outputs = valuesOf(request.getOutputs());
      registerResourceOutputs(request, callback);
    };
    await program();
    return outputs;
  }
}

function resourceOf(urn: string, request: RegisterRequest): Resource {
  const provider = request.getProvider();
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    isCustom: request.getCustom(),
    parent: request.getParent() || undefined,
    // The reference to a provider is its URN and its id.
    provider: provider === '' ? undefined : provider.split('::').slice(0, 4).join('::'),
    inputs: valuesOf(request.getObject()),
    dependencies: request.getDependenciesList(),
    inputDependencies: Object.fromEntries(
      [...request.getPropertydependenciesMap().entries()].map(([input, by]) => [input, by.getUrnsList()]),
    ),
    isProtected: request.getProtect() ?? false,
    isRetained: request.getRetainondelete() ?? false,
    ignoredChanges: request.getIgnorechangesList(),
  };
}

function valuesOf(struct: Struct | undefined): Record<string, Value> {
  const values = Object.entries(struct?.toJavaScript() ?? {});
  return Object.fromEntries(values.map(([key, value]) => [key, valueOf(value)]));
}

/** Without secrets, and with the names of an archive's files in place of their content. */
function valueOf(value: Value): Value {
  if (Array.isArray(value)) return value.map(valueOf);
  if (typeof value !== 'object' || value === null) return value;
  switch (value[pulumi.runtime.specialSigKey]) {
    case undefined:
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, valueOf(each)]));
    case pulumi.runtime.specialSecretSig:
      return MASK;
    case pulumi.runtime.specialArchiveSig:
      return Object.keys(value.assets ?? {}).sort();
    default:
      throw new Error(`The graph cannot show a value of this form: ${Object.keys(value).join(', ')}.`);
  }
}

interface Struct {
  toJavaScript(): Record<string, Value>;
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProvider(): string;
  getObject(): Struct | undefined;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): { entries(): Iterable<[string, { getUrnsList(): string[] }]> };
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getIgnorechangesList(): string[];
}

/** What Pulumi's mock of its resource monitor is, as far as it is used here. */
interface Monitor {
  registerResource(request: RegisterRequest, callback: Callback<{ getUrn(): string }>): void;
  registerResourceOutputs(
    request: { getUrn(): string; getOutputs(): Struct | undefined },
    callback: Callback<unknown>,
  ): void;
}

type Callback<Response> = (error: unknown, response?: Response) => void;
