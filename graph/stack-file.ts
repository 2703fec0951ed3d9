import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { MASK } from './graph';
import { GraphError } from './kinds';

/** A stack's config as its file gives it, complete. */
export interface StackFile {
  project: string;
  /** Path of the stack program, from the project's folder. */
  main: string;
  /** Texts by key with namespace, as Pulumi hands them over. */
  config: Record<string, string>;
  secretKeys: string[];
  /** By key without namespace: what the file leaves to whoever deploys the stack, and what stands in for it. */
  standIns: Record<string, string>;
}

/** What `Pulumi.yaml` says, as far as it is used here. */
export interface Project {
  name: string;
  main: string;
}

type ConfigValue = string | number | boolean | object;

const DATA_PLANE_URL = 'https://example.dataplane.rudderstack.com';

/** For what is not checked in: where the events go, and secrets, which nobody but Pulumi can read. */
const STAND_INS: Readonly<Record<string, { text: string; isSecret: boolean }>> = {
  rudderstackDataPlaneUrl: { text: DATA_PLANE_URL, isSecret: false },
  rudderstackWriteKey: { text: 'WRITE_KEY', isSecret: true },
  rudderstackWebhookUrl: { text: `${DATA_PLANE_URL}/v1/webhook?writeKey=WRITE_KEY`, isSecret: true },
};

/** Reads `Pulumi.yaml` and `Pulumi.<stack>.yaml`. @throws where the stack has no file. */
export async function readStackFile(folder: string, stack: string): Promise<StackFile> {
  const project = (await read(folder, 'Pulumi.yaml')) as Project;
  const settings = (await read(folder, `Pulumi.${stack}.yaml`)) as { config?: Record<string, ConfigValue> } | null;
  return completed(project, settings?.config ?? {});
}

async function read(folder: string, file: string): Promise<unknown> {
  const text = await readFile(join(folder, file), 'utf8').catch(() => {
    throw new GraphError(`There is no file ${file}; name a stack that has one.`);
  });
  return parse(text);
}

/** The config with stand-ins for what is encrypted and for what is missing. */
export function completed({ name: project, main }: Project, values: Readonly<Record<string, ConfigValue>>): StackFile {
  const file: StackFile = { project, main, config: {}, secretKeys: [], standIns: {} };
  for (const [name, value] of Object.entries(values)) {
    const key = name.includes(':') ? name : `${project}:${name}`;
    if (typeof value === 'object' && 'secure' in value) addStandIn(file, key);
    else file.config[key] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  for (const key of missing((key) => `${project}:${key}` in file.config)) addStandIn(file, `${project}:${key}`);
  return file;
}

function missing(isSet: (key: string) => boolean): string[] {
  if (isSet('rudderstackWebhookUrl')) return [];
  return [
    ...(isSet('rudderstackDataPlaneUrl') ? [] : ['rudderstackDataPlaneUrl']),
    ...(isSet('rudderstackWriteKey') || isSet('rudderstackWriteKeySecretArn') ? [] : ['rudderstackWriteKey']),
  ];
}

function addStandIn({ project, config, secretKeys, standIns }: StackFile, key: string): void {
  const name = key.slice(project.length + 1);
  const standIn = STAND_INS[name];
  if (standIn === undefined) {
    throw new GraphError(`Nothing stands in for the encrypted ${key}; add it to STAND_INS in graph/stack-file.ts.`);
  }
  config[key] = standIn.text;
  standIns[name] = standIn.isSecret ? MASK : standIn.text;
  if (standIn.isSecret) secretKeys.push(key);
}
