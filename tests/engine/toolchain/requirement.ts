import { run } from './command';

/** A program that this machine has to have for something to be built. */
export interface Requirement {
  /** As "Go". */
  name: string;
  command: string;
  /** With which the command prints its version. */
  versionArgs: readonly string[];
  cwd?: string;
  least: string;
  /** What it is for, and what else would do, as a sentence. */
  reason: string;
  website: string;
}

/** @returns what is to be done, when the program is not there or too old. */
export async function unmet(requirement: Requirement): Promise<string | undefined> {
  const { name, command, least, reason, website } = requirement;
  const found = await version(requirement);
  if (found !== undefined && isAtLeast(found, least)) return undefined;
  const state = found === undefined ? `no ${command} that runs` : `${command} ${found}`;
  return `Install ${name} ${least} or newer from ${website}: there is ${state} on PATH. ${reason}`;
}

export function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0;
}

async function version({ command, versionArgs, cwd }: Requirement): Promise<string | undefined> {
  try {
    return /\d[\w.]*/.exec(await run(command, versionArgs, { cwd }))?.[0];
  } catch {
    return undefined;
  }
}
