/**
 * Prints what a program registers, as JSON: `registered.ts PROGRAM`, in the working directory that Pulumi would run it
 * in. A process of its own, for Jest would resolve the program's packages in its own way.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { run } from '../support/mocks';

/** A resource, with the hash of each file in its archive in place of the file. */
interface RegisteredResource {
  urn: string;
  provider: string;
  inputs: Record<string, unknown>;
}

function withHashes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withHashes);
  if (typeof value !== 'object' || value === null) return value;
  if ('text' in value) return createHash('sha256').update(String(value.text)).digest('hex');
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withHashes(each)]));
}

async function main(program: string): Promise<void> {
  // All of it is registered before the mocks are disconnected: a module that is imported would come too late.
  const { graph } = await run(() => createRequire(__filename)(resolve(program)) as unknown);
  const resources: RegisteredResource[] = graph.resources.map(({ urn, provider, inputs }) => ({
    urn,
    provider,
    inputs: withHashes(inputs) as Record<string, unknown>,
  }));
  // The order of their registration depends on how long the bundles take.
  resources.sort((one, other) => one.urn.localeCompare(other.urn));
  process.stdout.write(JSON.stringify(resources));
}

void main(process.argv[2] ?? '');
