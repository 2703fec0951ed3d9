import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { readStackFile } from '../graph/stack-file';
import { recordWithAliases, type Aliased } from './aliases';

const ROOT = resolve(__dirname, '..');

/**
 * What the stack program registers with the config of `Pulumi.<stack>.yaml`, recorded in a process of its own.
 *
 * @throws Error with what the process says where the program fails.
 */
export async function resourcesOf(stack: string): Promise<Aliased[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', __filename, stack], {
    cwd: ROOT,
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Aliased[];
}

async function printResources(stack: string): Promise<void> {
  const { project, main, config, secretKeys } = await readStackFile(ROOT, stack);
  const run = () => import(resolve(ROOT, main)) as Promise<Record<string, unknown>>;
  process.stdout.write(JSON.stringify(await recordWithAliases({ project, stack, config, secretKeys, run })));
}

if (require.main === module) void printResources(process.argv[2] ?? '');
