import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle } from '../runtime/bundle';

export interface FunctionProcessArgs {
  bundle: Bundle;
  environment: Readonly<Record<string, string>>;
  /** Collects garbage before memory is looked at. */
  collectsGarbage?: boolean;
}

/** What a row of invocations cost. */
export interface Invocations {
  /** Milliseconds of each, in order. */
  durations: number[];
  /** Milliseconds of CPU of all of them. */
  cpu: number;
  /** To standard output. */
  logBytes: number;
  logLines: number;
  /** Bytes, after the last one. */
  rss: number;
  heapUsed: number;
  /** The highest resident memory that the process has ever had, in bytes. */
  peak: number;
}

/** A bundle in a fresh process of its own, as in an execution environment of Lambda. */
export class FunctionProcess {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    /** Milliseconds of loading the bundle. */
    readonly importTime: number,
    /** Bytes of resident memory before the first invocation. */
    readonly rss: number,
  ) {}

  static async start({ bundle, environment, collectsGarbage = false }: FunctionProcessArgs): Promise<FunctionProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'currents-bridge-bench-'));
    await Promise.all(Object.entries(bundle).map(([file, text]) => writeFile(join(folder, file), text)));
    const child = fork(join(__dirname, 'function-worker.mjs'), [join(folder, 'index.mjs')], {
      env: { ...environment, AWS_LAMBDA_FUNCTION_NAME: 'bench' },
      execArgv: collectsGarbage ? ['--expose-gc'] : [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const { importTime, rss } = await messageFrom<{ importTime: number; rss: number }>(child);
    return new FunctionProcess(child, folder, importTime, rss);
  }

  /** A process for one piece of work, whatever comes of it. */
  static async during<Result>(
    args: FunctionProcessArgs,
    work: (subject: FunctionProcess) => Promise<Result>,
  ): Promise<Result> {
    const subject = await FunctionProcess.start(args);
    try {
      return await work(subject);
    } finally {
      await subject.stop();
    }
  }

  /**
   * Runs invocations one after the other.
   *
   * @param payloads each is one invocation; all of them are repeated `times` times.
   * @throws Error when one of them is not answered with success.
   */
  async invoke(payloads: readonly unknown[], times = 1): Promise<Invocations> {
    const file = join(this.folder, 'payloads.json');
    await writeFile(file, JSON.stringify(payloads));
    const answer = messageFrom<Invocations & { failures: unknown[] }>(this.process);
    this.process.send({ file, times });
    const { failures, ...invocations } = await answer;
    if (failures.length > 0) {
      const { length } = invocations.durations;
      throw new Error(
        `${failures.length} of ${length} invocations failed, the first with ${JSON.stringify(failures[0])}.`,
      );
    }
    return invocations;
  }

  async stop(): Promise<void> {
    if (this.process.kill()) await once(this.process, 'exit');
    await rm(this.folder, { recursive: true });
  }
}

/** @throws Error when the process ends before it says anything. */
async function messageFrom<Message>(child: ChildProcess): Promise<Message> {
  const ended = new AbortController();
  const onExit = () => {
    ended.abort();
  };
  child.once('exit', onExit);
  try {
    const [message] = (await once(child, 'message', { signal: ended.signal })) as [Message];
    return message;
  } catch (error) {
    throw new Error('The process of a function ended before it answered.', { cause: error });
  } finally {
    child.off('exit', onExit);
  }
}
