import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleTransform, type Bundle } from '../runtime/bundle';
import { isObject } from '../runtime/transform/json';
import { ANONYMOUS_USERS, type TransformOptions, type UserTransform } from '../runtime/transform/transform';
import type { Flags } from './command-line';

/** The flags that say how events become messages. */
export const TRANSFORM_FLAGS = { 'anonymous-users': 'text', 'event-names': 'text', transform: 'text' } as const;

/** Their lines in a command's help. */
export const TRANSFORM_FLAGS_HELP = `\
  --anonymous-users skip|forward  What to do with events of users without external_user_id. Default: skip.
  --event-names FILE              New names by event_type: a JSON object of strings.
  --transform FILE                A transform of your own: a TypeScript or JavaScript module.`;

/** Reads them; what is wrong with them is collected in the flags. */
export async function readTransformOptions(flags: Flags): Promise<TransformOptions> {
  return {
    anonymousUsers: flags.oneOf('anonymous-users', ANONYMOUS_USERS) ?? 'skip',
    eventNames: await readEventNames(flags),
    transform: await loadTransform(flags),
  };
}

async function readEventNames(flags: Flags): Promise<ReadonlyMap<string, string>> {
  const path = flags.text('event-names');
  if (path === undefined) return new Map();
  let names: unknown;
  try {
    names = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const problem = error instanceof SyntaxError ? 'is not valid JSON' : 'cannot be read';
    flags.reject(`The file of --event-names, ${path}, ${problem}; name a file such as {"event_type": "New name"}.`);
    return new Map();
  }
  if (!isObject(names) || !Object.values(names).every((name) => typeof name === 'string')) {
    flags.reject(`The file of --event-names, ${path}, must hold a JSON object whose values are all strings.`);
    return new Map();
  }
  return new Map(Object.entries(names as Record<string, string>));
}

async function loadTransform(flags: Flags): Promise<UserTransform | undefined> {
  const path = flags.text('transform');
  if (path === undefined) return undefined;
  try {
    const loaded = await importBundle(await bundleTransform(path));
    if (typeof loaded === 'function') return loaded as UserTransform;
    flags.reject(`The default export of the file of --transform, ${path}, is not a function; export one as default.`);
  } catch (error) {
    flags.reject(`The file of --transform, ${path}, cannot be used: ${reasonOf(error)}`);
  }
  return undefined;
}

/** The default export of a bundle's module. */
async function importBundle(bundle: Bundle): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'currents-bridge-'));
  try {
    for (const [name, text] of Object.entries(bundle)) await writeFile(join(folder, name), text);
    const module = (await import(pathToFileURL(join(folder, 'transform.mjs')).href)) as { default?: unknown };
    return module.default;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** esbuild's first error with file and line, or what the module itself threw. */
function reasonOf(error: unknown): string {
  const { errors, message } = error as { errors?: { text: string; location: Location | null }[]; message?: string };
  const [first] = errors ?? [];
  if (first === undefined) return message ?? String(error);
  const { location, text } = first;
  return location === null ? text : `${location.file}:${location.line}: ${text}`;
}

interface Location {
  file: string;
  line: number;
}
