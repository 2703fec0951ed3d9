import {
  unknownCheckingProxy,
  type Policies,
  type PolicyResource,
  type ResourceValidationArgs,
  type StackValidationArgs,
} from '@pulumi/policy';
import type { Resource, Value } from '../../graph/graph';

export type Rule = Policies[number];

/** Values of a rule's config, in place of the defaults. */
export type Config = Record<string, unknown>;

/** What a rule reports of the resources that a program registers, as Pulumi's engine would ask it. */
export async function reports(rule: Rule, resources: readonly Resource[], config: Config = {}): Promise<string[]> {
  const messages: string[] = [];
  const report = (message: string) => {
    messages.push(message);
  };
  const policyResources = resourcesOf(resources);
  const settings = { ...defaultsOf(rule), ...config };
  const shared = { stackTags: new Map<string, string>(), getConfig: () => settings as never, notApplicable };
  if ('validateStack' in rule) {
    const args: StackValidationArgs = { ...shared, resources: policyResources };
    await applicable(() => rule.validateStack(args, report));
  } else {
    for (const resource of policyResources) {
      const args = { ...resource, ...shared } as ResourceValidationArgs;
      for (const validate of [rule.validateResource ?? []].flat()) await applicable(() => validate(args, report));
    }
  }
  return messages;
}

class NotApplicable extends Error {}

function notApplicable(): never {
  throw new NotApplicable();
}

async function applicable(validate: () => Promise<void> | void): Promise<void> {
  try {
    await validate();
  } catch (error) {
    if (!(error instanceof NotApplicable)) throw error;
  }
}

function defaultsOf({ configSchema }: Rule): Config {
  const properties = Object.entries(configSchema?.properties ?? {});
  return Object.fromEntries(properties.map(([key, schema]) => [key, schema.default]));
}

function resourcesOf(resources: readonly Resource[]): PolicyResource[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, policyResourceOf(resource, resources)]));
  const found = (urns: readonly string[]) => urns.flatMap((urn) => byUrn.get(urn) ?? []);
  for (const { urn, dependencies, inputDependencies } of resources) {
    const resource = byUrn.get(urn) as PolicyResource;
    resource.dependencies = found(dependencies);
    for (const [input, urns] of Object.entries(inputDependencies)) resource.propertyDependencies[input] = found(urns);
  }
  return [...byUrn.values()];
}

function policyResourceOf(resource: Resource, all: readonly Resource[]): PolicyResource {
  const { type, name, urn, inputs, isProtected, ignoredChanges } = resource;
  const provider = all.find((each) => each.urn === resource.provider);
  const isType = ({ __pulumiType }: { __pulumiType?: string }) => __pulumiType === type;
  return {
    type,
    name,
    urn,
    props: propsOf(inputs),
    provider: provider && { type: provider.type, name: provider.name, urn, props: propsOf(provider.inputs) },
    opts: {
      protect: isProtected,
      ignoreChanges: ignoredChanges,
      aliases: [],
      customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
      additionalSecretOutputs: [],
    },
    dependencies: [],
    propertyDependencies: {},
    isType: isType as PolicyResource['isType'],
    asType: () => undefined,
  };
}

/** As the pack gets them: what asks for a value that is not known yet throws. */
function propsOf(inputs: Record<string, Value>): Record<string, unknown> {
  // Exported, but left out of the typings.
  return (unknownCheckingProxy as (properties: object) => Record<string, unknown>)(inputs);
}
