/** Runs a bridge as Pulumi does, in a process of its own, and prints what it is refused for: see `refusal.ts`. */
import * as pulumi from '@pulumi/pulumi';
import { CurrentsBridge, InputError, type CurrentsBridgeArgs } from '../../components/currents-bridge';
import { Graph, run, type RunOptions } from './mocks';

interface Program {
  args: CurrentsBridgeArgs;
  options: RunOptions;
  /** Whether RudderStack's settings are known only when the program runs, as outputs. */
  isLate: boolean;
}

const graph = new Graph();

function refuse(error: unknown): void {
  if (!(error instanceof InputError)) throw error;
  const { message } = error;
  // What does not wait for what was refused is registered by then.
  setImmediate(() => {
    process.stdout.write(JSON.stringify({ message, created: graph.created.map(({ name }) => name) }));
    process.exit(1);
  });
}

process.once('unhandledRejection', refuse).on('unhandledRejection', () => undefined);
const { args, options, isLate } = JSON.parse(process.argv[2] ?? '') as Program;
const late = Object.entries(args.rudderstack).map(([key, value]) => [key, pulumi.output(value as string)]);
const rudderstack = isLate ? (Object.fromEntries(late) as CurrentsBridgeArgs['rudderstack']) : args.rudderstack;
run(() => new CurrentsBridge('refused', { ...args, rudderstack }), { ...options, graph }).catch(refuse);
