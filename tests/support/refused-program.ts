/** Runs a bridge as Pulumi does, in a process of its own, and prints what it is refused for: see `refusal.ts`. */
import * as pulumi from '@pulumi/pulumi';
import { CurrentsBridge, InputError, type CurrentsBridgeArgs } from '../../components/currents-bridge';
import { run, type RunOptions } from './mocks';

interface Program {
  args: CurrentsBridgeArgs;
  options: RunOptions;
  /** Whether RudderStack's settings are known only when the program runs, as outputs. */
  isLate: boolean;
}

function refuse(error: unknown): never {
  if (!(error instanceof InputError)) throw error;
  process.stdout.write(error.message);
  process.exit(1);
}

process.on('unhandledRejection', refuse);
const { args, options, isLate } = JSON.parse(process.argv[2] ?? '') as Program;
const late = Object.entries(args.rudderstack).map(([key, value]) => [key, pulumi.output(value as string)]);
const rudderstack = isLate ? (Object.fromEntries(late) as CurrentsBridgeArgs['rudderstack']) : args.rudderstack;
run(() => new CurrentsBridge('refused', { ...args, rudderstack }), options).catch(refuse);
