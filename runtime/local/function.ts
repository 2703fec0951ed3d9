import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Bundle, FunctionName } from '../bundle';

/** The function ended without a result: an exception, a time-out or a crash. Lambda would report it so, too. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
}

export interface LocalFunctionArgs {
  name: FunctionName;
  bundle: Bundle;
  environment: Record<string, string>;
  /** Seconds; then the process is killed in the middle of what it does. */
  timeout: number;
  /** The most processes at once. */
  concurrency: number;
  /** Called with each line that a process writes. */
  onLine: (line: string) => void;
}

type Answer = { ready: true } | { result: unknown } | { failure: string };

/**
 * A Lambda function on this machine: its bundle in a process of its own for each concurrent invocation, kept for the
 * next one as Lambda keeps execution environments.
 */
export class LocalFunction {
  readonly #idle: ChildProcess[] = [];
  readonly #all = new Set<ChildProcess>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #isStopped = false;

  private constructor(
    private readonly args: LocalFunctionArgs,
    private readonly folder: string,
  ) {}

  static async create(args: LocalFunctionArgs): Promise<LocalFunction> {
    const folder = await mkdtemp(join(tmpdir(), `currents-bridge-${args.name}-`));
    await Promise.all(Object.entries(args.bundle).map(([file, content]) => writeFile(join(folder, file), content)));
    return new LocalFunction(args, folder);
  }

  /** @throws FunctionError */
  async invoke(event: unknown): Promise<unknown> {
    while (this.#busy >= this.args.concurrency) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy += 1;
    try {
      if (this.#isStopped) throw new FunctionError(`${this.args.name} is stopped.`);
      const process = this.#idle.pop() ?? (await this.#start());
      const result = await this.#run(process, event);
      this.#idle.push(process);
      return result;
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Kills a running process at once, as a crash of its host would. @returns whether there was one. */
  kill(): boolean {
    const [process] = this.#all;
    return process?.kill('SIGKILL') ?? false;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const running = [...this.#all];
    await Promise.all(running.map((process) => (process.kill('SIGKILL'), once(process, 'exit'))));
    await rm(this.folder, { recursive: true, force: true });
  }

  async #start(): Promise<ChildProcess> {
    const { name, environment, onLine } = this.args;
    const process = fork(join(__dirname, 'function-worker.mjs'), [join(this.folder, 'index.mjs')], {
      env: { ...environment, AWS_LAMBDA_FUNCTION_NAME: name },
      execArgv: ['--enable-source-maps'],
      silent: true,
    });
    this.#all.add(process);
    process.once('exit', () => {
      this.#all.delete(process);
      const at = this.#idle.indexOf(process);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    for (const stream of [process.stdout, process.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', onLine);
    }
    const answer = await answerFrom(process);
    if (!('ready' in answer)) throw new FunctionError(`${name} could not start.`);
    return process;
  }

  async #run(process: ChildProcess, event: unknown): Promise<unknown> {
    const { name, timeout } = this.args;
    const timer = setTimeout(() => process.kill('SIGKILL'), timeout * 1_000);
    try {
      const answer = answerFrom(process);
      process.send({ event, deadline: Date.now() + timeout * 1_000, requestId: randomUUID() }, () => undefined);
      const settled = await answer;
      if ('result' in settled) return settled.result;
      process.kill('SIGKILL');
      throw new FunctionError('failure' in settled ? `${name} threw ${settled.failure}.` : `${name} lost its place.`);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function answerFrom(process: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      process.off('exit', onExit);
      resolve(message as Answer);
    };
    const onExit = () => {
      process.off('message', onMessage);
      reject(new FunctionError('The process ended before it answered.'));
    };
    process.once('message', onMessage);
    process.once('exit', onExit);
  });
}
