import * as aws from '@pulumi/aws';
import { CurrentsBridge, type CurrentsBridgeArgs } from '../../components/currents-bridge';
import type * as bundle from '../../runtime/bundle';
import { LEAST, NAME, PROVIDER, REGION } from './args';
import { run, type Registered, type Graph, type RunOptions } from './mocks';

// Bundling takes most of the time of a run, and equal configuration gives equal bundles.
jest.mock('../../runtime/bundle', () => {
  const actual = jest.requireActual<typeof bundle>('../../runtime/bundle');
  const bundles = new Map<string, Promise<bundle.Bundle>>();
  const once = (key: string, build: () => Promise<bundle.Bundle>) => {
    const built = bundles.get(key) ?? build();
    bundles.set(key, built);
    return built;
  };
  return {
    ...actual,
    bundleIngest: () => once('ingest', actual.bundleIngest),
    bundleProcessor: (configuration: bundle.ProcessorConfiguration) =>
      once(JSON.stringify(configuration), () => actual.bundleProcessor(configuration)),
  };
});

/** Deploys a bridge with an AWS provider of its own. */
export async function deploy(
  args: CurrentsBridgeArgs = LEAST,
  { name = NAME, ...options }: RunOptions & { name?: string } = {},
) {
  const { graph, result } = await run(() => {
    const provider = new aws.Provider(PROVIDER, { region: (options.region ?? REGION) as aws.Region });
    return new CurrentsBridge(name, args, { provider });
  }, options);
  return { graph, bridge: result };
}

export interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, unknown>>;
}

export function policyOf(resource: Registered, input = 'policy'): Statement[] {
  return (JSON.parse(String(resource.inputs[input])) as { Statement: Statement[] }).Statement;
}

/** The files of a function's archive. */
export function filesOf(graph: Graph, suffix: string): Record<string, { text: string }> {
  const { code } = graph.one('aws:lambda/function:Function', suffix).inputs;
  return (code as { assets: Record<string, { text: string }> }).assets;
}

export function variablesOf(graph: Graph, suffix: string): Record<string, string> {
  const { environment } = graph.one('aws:lambda/function:Function', suffix).inputs;
  return (environment as { variables: Record<string, string> }).variables;
}
