import { asText, leadingToken, replaceTokens, type Graph, type Reference, type Resource } from './graph';
import { GraphError, kindOf } from './kinds';

export const BRIDGE = 'currents-bridge:index:CurrentsBridge';

/** Parts of names whose plain form reads badly before a noun, as in "events queue". */
const WORDS: Readonly<Record<string, string>> = {
  events: 'event',
  'dead-letters': 'dead-letter',
  default: '$default',
  api: '',
};

/** What an output is called after its resource's name. */
const OUTPUTS: Readonly<Record<string, string>> = {
  apiEndpoint: 'endpoint',
  arn: 'ARN',
  bucket: 'name',
  dashboardArn: 'ARN',
  dashboardName: 'name',
  executionArn: 'execution ARN',
  hostedZoneId: 'hosted zone',
  id: 'id',
  invokeArn: 'invocation ARN',
  name: 'name',
  result: 'value',
  targetDomainName: 'target',
  url: 'URL',
  version: 'version',
};

/** What a reader calls the resources of a graph: "ingest function", "dead-letter queue". */
export class Names {
  readonly #resources = new Map<string, Resource>();
  readonly #names = new Map<string, string>();

  constructor(graph: Graph) {
    const bridge = graph.resources.find(({ type }) => type === BRIDGE)?.name ?? '';
    const region = asText(graph.resources.find(({ type }) => type === 'pulumi:providers:aws')?.inputs.region);
    // The name of the bridge, and that of the region, is the same in all of them.
    const repeated = new RegExp(`^${bridge}(-|$)|-${region}$`, 'g');
    for (const resource of graph.resources.filter(({ isCustom }) => isCustom)) {
      const key = keyOf(resource);
      const own = bridge === '' ? resource.name : resource.name.replaceAll(repeated, '');
      const name = `${WORDS[own] ?? own.replaceAll('-', ' ')} ${kindOf(resource.type).noun}`.trim();
      if ([...this.#names.values()].includes(name)) {
        throw new GraphError(`Two resources would be called "${name}"; tell them apart in graph/names.ts.`);
      }
      this.#names.set(key, name);
      this.#resources.set(key, resource);
    }
  }

  /** @throws where the graph has no such resource. */
  of(resource: { type: string; name: string }): string {
    return this.#names.get(keyOf(resource)) ?? unknown(resource);
  }

  /** A text in which each output is written as `<event queue's ARN>`. */
  inWords(text: string): string {
    return replaceTokens(text, (reference) => `<${possessive(this.of(reference))} ${wordOf(reference)}>`);
  }

  /** The resource that a text begins with an output of, and what follows it. */
  resourceAt(text: string): { resource: Resource; rest: string } | undefined {
    const token = leadingToken(text);
    if (token === undefined) return undefined;
    return { resource: this.#resources.get(keyOf(token.reference)) ?? unknown(token.reference), rest: token.rest };
  }
}

function possessive(name: string): string {
  return name.endsWith('s') ? `${name}'` : `${name}'s`;
}

function keyOf({ type, name }: { type: string; name: string }): string {
  return `${type} ${name}`;
}

function unknown({ type, name }: { type: string; name: string }): never {
  throw new GraphError(`There is no resource ${name} of the type ${type}.`);
}

function wordOf({ type, output }: Reference): string {
  const word = OUTPUTS[output];
  if (word !== undefined) return word;
  throw new GraphError(`The output ${output} of ${type} has no name yet; add one to OUTPUTS in graph/names.ts.`);
}
