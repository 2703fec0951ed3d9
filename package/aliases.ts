import * as pulumi from '@pulumi/pulumi';
import type { Resource } from '../graph/graph';
import { record, type Program } from '../graph/record';

/** Where Pulumi shall look for a resource of an earlier program: by its URN, or by what was different then. */
export type Alias = { urn: string } | { type: string; name: string; parent: string | undefined };

/** What Pulumi identifies a resource by. */
export type Aliased = Pick<Resource, 'urn' | 'type' | 'name' | 'parent'> & { aliases: Alias[] };

/** What a program registers, with its aliases, which the graph leaves out: no reviewer of a new stack needs them. */
export async function recordWithAliases(program: Program): Promise<Aliased[]> {
  const aliases = new Map<string, Alias[]>();
  const run = () => {
    watch(pulumi.runtime.getMonitor() as unknown as Monitor, aliases);
    return program.run();
  };
  const { resources } = await record({ ...program, run });
  return resources.map(({ urn, type, name, parent }) => ({ urn, type, name, parent, aliases: aliases.get(urn) ?? [] }));
}

/** Only the requests to the monitor have the aliases. */
function watch(monitor: Monitor, aliases: Map<string, Alias[]>): void {
  const registerResource = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    registerResource(request, (error, response) => {
      const all = request.getAliasesList().map((alias) => aliasOf(alias, request));
      if (response !== undefined) aliases.set(response.getUrn(), all);
      callback(error, response);
    });
  };
}

function aliasOf(alias: AliasMessage, request: Request): Alias {
  if (alias.hasUrn()) return { urn: alias.getUrn() };
  const spec = alias.getSpec();
  return {
    type: spec.getType() || request.getType(),
    name: spec.getName() || request.getName(),
    parent: spec.getParenturn() || undefined,
  };
}

interface Monitor {
  registerResource(request: Request, callback: (error: unknown, response?: { getUrn(): string }) => void): void;
}

interface Request {
  getType(): string;
  getName(): string;
  getAliasesList(): AliasMessage[];
}

interface AliasMessage {
  hasUrn(): boolean;
  getUrn(): string;
  getSpec(): { getType(): string; getName(): string; getParenturn(): string };
}
