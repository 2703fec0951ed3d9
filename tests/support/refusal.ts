import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CurrentsBridgeArgs } from '../../components/currents-bridge';
import type { RunOptions } from './mocks';

interface Refusal {
  message: string;
  /** The names of resources that were created nevertheless. */
  created: string[];
}

/**
 * What a program is refused for, by its input. What an output is refused for ends the process, so it runs in one of its
 * own.
 */
export async function refusalOf(
  args: CurrentsBridgeArgs,
  { isLate = false, ...options }: RunOptions & { isLate?: boolean } = {},
): Promise<Refusal> {
  const program = join(__dirname, 'refused-program.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify({ args, options, isLate })]);
  const exitCode = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect({ stderr, exitCode: await exitCode }).toEqual({ stderr: '', exitCode: 1 });
  return JSON.parse(stdout) as Refusal;
}
