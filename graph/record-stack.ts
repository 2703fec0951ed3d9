import { resolve } from 'node:path';
import { GraphError } from './kinds';
import { record } from './record';
import { ROOT, type Recording } from './stack';
import { readStackFile } from './stack-file';

/** Records one stack for `graphOf`, whose process this is not. */
function send(recording: Recording): void {
  process.send?.(recording, () => process.exit());
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  send({ problem: error instanceof GraphError ? message : `The stack program fails: ${message}` });
}

async function recordStack(stack: string): Promise<void> {
  const { main, standIns, ...program } = await readStackFile(ROOT, stack);
  const run = () => import(resolve(ROOT, main)) as Promise<Record<string, unknown>>;
  send({ graph: { ...(await record({ ...program, stack, run })), standIns } });
}

// What a program throws inside an output is handled by nobody.
process.on('unhandledRejection', fail);
recordStack(process.argv[2] ?? '').catch(fail);
