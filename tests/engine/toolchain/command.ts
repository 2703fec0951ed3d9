import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { promisify } from 'node:util';

interface Surroundings {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end. @returns its standard output. @throws Error with its standard error when it fails. */
export async function run(command: string, args: readonly string[], { cwd, env }: Surroundings = {}): Promise<string> {
  // Go keeps its caches below HOME, and refuses to build without it.
  const { stdout } = await promisify(execFile)(command, args, {
    cwd,
    env: { ...process.env, HOME: homedir(), ...env },
  });
  return stdout.trim();
}
