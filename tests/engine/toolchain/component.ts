import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Requirement } from './requirement';

/** Something that the tests run and no package of npm has, in a folder of its own in the cache. */
export interface Component {
  /** As "ministack-1.5.33". */
  name: string;
  /** Folders of the files that say what is built. */
  pins: readonly string[];
  /** What it cannot run without, in its folder. */
  executables: readonly string[];
  requirement: Requirement;
  /** What is done and how long it takes, for who waits for it. */
  announcement: string;
  /** Builds it into a folder that is not the one where it will run. */
  build(folder: string): Promise<void>;
}

/** The folder where a component is, or will be: another one whenever its pins change. */
export async function folderOf({ name, pins }: Component): Promise<string> {
  // As .ci/run chooses it.
  const cache =
    process.env.CI_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'currents-bridge-ci');
  return resolve(cache, 'engine', `${name}-${await hash(pins)}`);
}

export async function isInstalled(component: Component): Promise<boolean> {
  return isComplete(component, await folderOf(component));
}

/** Builds a component beside its folder and moves it there, so that it is there as a whole or not at all. */
export async function install(component: Component): Promise<void> {
  const folder = await folderOf(component);
  await mkdir(join(folder, '..'), { recursive: true });
  const built = await mkdtemp(`${folder}.`);
  try {
    process.stderr.write(`${component.announcement}\n`);
    await component.build(built);
    await settle(component, built, folder);
  } finally {
    await rm(built, { recursive: true, force: true });
  }
}

/** Moves what was built to its folder, unless another run was there first. */
async function settle(component: Component, built: string, folder: string): Promise<void> {
  if (await isComplete(component, folder)) return;
  // What lies there stopped working: the Python of a virtual environment was uninstalled, for one.
  await rm(folder, { recursive: true, force: true });
  try {
    await rename(built, folder);
  } catch (error) {
    if (!(await isComplete(component, folder))) throw error;
  }
}

async function isComplete({ executables }: Component, folder: string): Promise<boolean> {
  try {
    await Promise.all(executables.map((executable) => access(join(folder, executable))));
    return true;
  } catch {
    return false;
  }
}

async function hash(folders: readonly string[]): Promise<string> {
  const digest = createHash('sha256');
  for (const folder of folders) {
    for (const name of (await readdir(folder)).sort()) {
      digest.update(`${basename(folder)}/${name}\0`).update(await readFile(join(folder, name)));
    }
  }
  return digest.digest('hex').slice(0, 12);
}
