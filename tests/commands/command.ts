import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const ROOT = resolve(__dirname, '../..');

export interface Ended {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A command in a process of its own, started as `npm run` starts it. */
export class Command {
  /** What became of it. */
  readonly ended: Promise<Ended>;
  readonly process: ChildProcessWithoutNullStreams;

  constructor(name: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.process = spawn(process.execPath, ['--import', 'tsx', `commands/${name}.ts`, ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...environment },
    });
    this.process.stdin.on('error', () => undefined);
    const exit = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      this.process.on('exit', (...how) => {
        resolve(how);
      });
    });
    const stdout = text(this.process.stdout).catch(() => 'closed by the reader');
    this.ended = Promise.all([exit, stdout, text(this.process.stderr)]).then(
      ([[exitCode, signal], stdout, stderr]) => ({ exitCode, signal, stdout, stderr }),
    );
  }
}

/** Runs a command to its end. */
export function run(name: string, args: readonly string[], input: string | Buffer = ''): Promise<Ended> {
  const command = new Command(name, args);
  command.process.stdin.end(input);
  return command.ended;
}

/** Runs a command against a local SQS to its end. */
export function runOn(endpoint: string, name: string, args: readonly string[]): Promise<Ended> {
  return new Command(name, args, localAws(endpoint)).ended;
}

export function localAws(endpoint: string): NodeJS.ProcessEnv {
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SQS: endpoint,
  };
}
