import { fork } from 'node:child_process';
import { resolve } from 'node:path';
import type { Graph } from './graph';
import { GraphError } from './kinds';

/** What the process that records a stack sends when it is done. */
export type Recording = { graph: Graph } | { problem: string };

/** The folder of the project. */
export const ROOT = resolve(__dirname, '..');

/** The stacks whose graphs are checked in. */
export const READY_STACKS = ['dev', 'prod-us', 'prod-eu'] as const;

/** Runs the stack program with the config of `Pulumi.<stack>.yaml`, in a process of its own, and records it. */
export function graphOf(stack: string): Promise<Graph> {
  const child = fork(resolve(__dirname, 'record-stack.ts'), [stack], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.on('message', (recording: Recording) => {
      if ('graph' in recording) resolve(recording.graph);
      else reject(new GraphError(recording.problem));
    });
    child.on('exit', (code) => {
      reject(new GraphError(`The stack program ended with exit code ${String(code)} before it was recorded.`));
    });
  });
}
