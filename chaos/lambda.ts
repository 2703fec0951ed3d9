import type { Invocation, Journal } from './journal';
import type { Caller } from './network';
import type { Random } from './random';

/** How likely an invocation is to be ended by force, at any await, from moment to moment. */
export type Crashes = () => number;

/** A process of a function: it takes one invocation at a time, and is gone when it dies. */
export class Process implements Caller {
  isDead = false;
  invocation = 0;
  lastUsed = 0;
  /** Steps until it dies. */
  #fuse = Infinity;
  #onDeath: () => void = () => undefined;

  step(): boolean {
    this.#fuse -= 1;
    if (this.#fuse <= 0) this.die();
    return !this.isDead;
  }

  /** Ends it: whatever its code still does has no effect. */
  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#onDeath();
  }

  /** @returns undefined where it died before the work was done. */
  async run<Result>(
    invocation: number,
    work: () => Promise<Result>,
    { steps, milliseconds }: { steps: number; milliseconds: number },
  ): Promise<Result | undefined> {
    this.invocation = invocation;
    this.#fuse = steps;
    const timer = setTimeout(() => {
      this.die();
    }, milliseconds);
    const death = new Promise<undefined>((resolve) => {
      this.#onDeath = () => {
        resolve(undefined);
      };
    });
    try {
      return await Promise.race([work(), death]);
    } finally {
      clearTimeout(timer);
      this.#fuse = Infinity;
      this.lastUsed = Date.now();
    }
  }
}

export interface FunctionArgs<Event, Result> {
  name: Invocation['function'];
  /** Seconds. */
  timeout: number;
  /** A new process: what its code does at the start, and its handler. */
  start: (process: Process) => (event: Event, remaining: () => number) => Promise<Result>;
  messagesOf: (event: Event) => Invocation['messages'];
  /** Of the messages that stay in the queue. */
  handedBackBy: (result: Result) => readonly string[];
}

/** Network steps and milliseconds within which a crash comes. */
const MAX_STEPS = 24;

/** Milliseconds after which an idle process may be gone. */
const IDLE_LIFE = 600_000;

/** A function of Lambda: as many processes as it needs, some of which die. */
export class LambdaFunction<Event, Result> {
  readonly #idle: { process: Process; handler: ReturnType<FunctionArgs<Event, Result>['start']> }[] = [];
  running = 0;

  constructor(
    private readonly args: FunctionArgs<Event, Result>,
    private readonly crashes: Crashes,
    private readonly random: Random,
    private readonly journal: Journal,
  ) {}

  /** @returns undefined for an invocation that was ended by force. */
  async invoke(event: Event): Promise<{ invocation: number; result: Result | undefined }> {
    const { name, timeout, messagesOf, handedBackBy } = this.args;
    const invocation: Invocation = {
      id: this.journal.invocations.length + 1,
      at: Date.now(),
      function: name,
      messages: messagesOf(event),
      end: undefined,
      handedBack: [],
    };
    this.journal.invocations.push(invocation);
    const { process, handler } = this.#process();
    const deadline = Date.now() + timeout * 1_000;
    // The code of a dead process runs on here, without effect; so it is told to hurry.
    const work = () => handler(event, () => (process.isDead ? -Infinity : deadline - Date.now()));
    this.running += 1;
    const result = await process.run(invocation.id, work, this.#end(timeout * 1_000));
    this.running -= 1;
    invocation.end = process.isDead ? 'crashed' : 'returned';
    if (result !== undefined) invocation.handedBack = handedBackBy(result);
    if (!process.isDead) this.#idle.push({ process, handler });
    return { invocation: invocation.id, result: process.isDead ? undefined : result };
  }

  #process() {
    const idle = this.#idle.pop();
    const life = IDLE_LIFE * this.random.fraction() * 4;
    if (idle !== undefined && Date.now() - idle.process.lastUsed < life) return idle;
    const process = new Process();
    return { process, handler: this.args.start(process) };
  }

  /** When the invocation is ended by force: at its time-out, or where chance wants it, before. */
  #end(timeout: number): { steps: number; milliseconds: number } {
    if (!this.random.chance(this.crashes())) return { steps: Infinity, milliseconds: timeout };
    return this.random.chance(0.7)
      ? { steps: this.random.integer(1, MAX_STEPS), milliseconds: timeout }
      : { steps: Infinity, milliseconds: this.random.magnitude(1, timeout) };
  }
}
