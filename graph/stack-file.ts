import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { SettingKey } from '../components/settings';
import { configKeyOf } from '../stack/config';
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

/** A value of a stack's config, as its file has it. */
export type ConfigValue = string | number | boolean | object;

const DATA_PLANE_URL = 'https://example.dataplane.rudderstack.com';

/** For what is not checked in: where the events go, and secrets, which nobody but Pulumi can read. */
const STAND_INS: Readonly<Partial<Record<SettingKey, { text: string; isSecret: boolean }>>> = {
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
    else file.config[key] = textOfValue(value);
  }
  for (const key of missing((key) => configKeyOf(key) in file.config)) addStandIn(file, configKeyOf(key));
  return file;
}

/** A value as Pulumi hands it over. */
export function textOfValue(value: ConfigValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function missing(isSet: (key: SettingKey) => boolean): SettingKey[] {
  if (isSet('rudderstackWebhookUrl')) return [];
  const left: SettingKey[] = [];
  if (!isSet('rudderstackDataPlaneUrl')) left.push('rudderstackDataPlaneUrl');
  if (!isSet('rudderstackWriteKey') && !isSet('rudderstackWriteKeySecretArn')) left.push('rudderstackWriteKey');
  return left;
}

function addStandIn({ config, secretKeys, standIns }: StackFile, key: string): void {
  const found = Object.entries(STAND_INS).find(([name]) => configKeyOf(name as SettingKey) === key);
  if (found === undefined) {
    throw new GraphError(`Nothing stands in for the encrypted ${key}; add it to STAND_INS in graph/stack-file.ts.`);
  }
  const [name, standIn] = found;
  config[key] = standIn.text;
  standIns[name] = standIn.isSecret ? MASK : standIn.text;
  if (standIn.isSecret) secretKeys.push(key);
}
