import { parseArgs } from 'node:util';

/** Why a command cannot go on: whole sentences for whoever typed it. Ends it with exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(readonly sentences: readonly string[]) {
    super(sentences.join('\n'));
  }
}

/**
 * Runs a command: `--help` prints the help; whatever the command throws ends it with exit code 1 and sentences on
 * standard error, never a stack trace; a reader that closes our output (`| head`) ends it quietly.
 *
 * @param main gives the exit code.
 */
export function runCommand(help: string, main: (args: readonly string[]) => Promise<number>): void {
  // Not an operator's concern: the SDK warns of Node.js 20 at every start.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const args = process.argv.slice(2);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  if (args.includes('--help')) {
    process.stdout.write(help);
    return;
  }
  main(args).then(
    (exitCode) => {
      process.exitCode = exitCode;
    },
    (error: unknown) => {
      for (const sentence of sentencesOf(error)) process.stderr.write(`${sentence}\n`);
      process.exitCode = 1;
    },
  );
}

/** Lets a command end by itself at Ctrl+C: tells from now on whether it was pressed. Pressed again, it kills. */
export function interruption(): () => boolean {
  let happened = false;
  process.once('SIGINT', () => {
    happened = true;
  });
  return () => happened;
}

/** The exit code of a command that Ctrl+C ended. */
export const INTERRUPTED = 130;

/** Reads a command's flags and collects every mistake, so that one look shows them all. */
export class Flags {
  /** The texts of each flag that was given; none of a switch, nor of one that was given wrongly. */
  readonly #values = new Map<string, readonly string[]>();
  readonly #problems: string[] = [];

  /** @param kinds for each flag whether a text must follow it. */
  constructor(kinds: Readonly<Record<string, 'text' | 'switch'>>, args: readonly string[]) {
    const known = new Map(Object.entries(kinds));
    const names = [...known.keys(), 'help'].map((name) => `--${name}`).join(', ');
    const { tokens } = parseArgs({
      args: [...args],
      options: Object.fromEntries([...known].map(([name, kind]) => [name, { type: TYPES[kind] }])),
      strict: false,
      tokens: true,
    });
    for (const token of tokens) {
      if (token.kind === 'positional') this.reject(`"${token.value}" is not understood; the flags are ${names}.`);
      if (token.kind !== 'option') continue;
      const { name, rawName, value, inlineValue } = token;
      const kind = known.get(name);
      const values = this.texts(name);
      this.#values.set(name, values);
      if (kind === undefined) {
        this.reject(`There is no flag ${rawName}; the flags are ${names}.`);
      } else if (kind === 'switch' && value !== undefined) {
        this.reject(`${rawName} takes no value; leave out "${value}".`);
      } else if (kind === 'text' && (value === undefined || value === '' || (!inlineValue && value.startsWith('-')))) {
        this.reject(`${rawName} needs a value; write it as ${rawName} VALUE.`);
      } else if (value !== undefined) {
        this.#values.set(name, [...values, value]);
      }
    }
  }

  /** Whether a switch was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The text of a flag that may be given once. */
  text(name: string): string | undefined {
    const values = this.texts(name);
    if (values.length > 1) this.reject(`--${name} is given ${values.length} times; give it once.`);
    return values[0];
  }

  /** The texts of a flag that may be given several times. */
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The URL of a queue, with http:// or https://. */
  queueUrl(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined || /^https?:\/\/[^/]+\/./.test(text)) return text;
    this.reject(
      `--${name} is "${text}"; set it to the URL of a queue, as https://sqs.eu-central-1.amazonaws.com/123456789012/name.`,
    );
    return undefined;
  }

  /** The URL of a queue that must be named. */
  requiredQueueUrl(name: string): string {
    if (!this.has(name)) this.reject(`--${name} is missing; set it to the URL of the queue.`);
    return this.queueUrl(name) ?? '';
  }

  /** A whole number within bounds. */
  integer(name: string, { min, max }: { min: number; max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    this.reject(`--${name} is "${text}"; set it to a whole number from ${min} to ${max}.`);
    return undefined;
  }

  /** One of a few words; undefined where the flag is not given. */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : this.#word(name, text, words);
  }

  /** Some of a few words. */
  someOf<Word extends string>(name: string, words: readonly Word[]): Word[] {
    return this.texts(name).flatMap((text) => this.#word(name, text, words) ?? []);
  }

  /** Adds a mistake that only the command can see. */
  reject(sentence: string): void {
    this.#problems.push(sentence);
  }

  /** @throws CommandError when anything so far was wrong. */
  check(): void {
    if (this.#problems.length > 0) throw new CommandError(this.#problems);
  }

  #word<Word extends string>(name: string, text: string, words: readonly Word[]): Word | undefined {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) this.reject(`--${name} is "${text}"; set it to one of ${words.join(', ')}.`);
    return word;
  }
}

const TYPES = { text: 'string', switch: 'boolean' } as const;

/** What AWS's errors mean for whoever runs a command, by the error's name or code. */
const AWS_ERRORS: Readonly<Record<string, string>> = {
  CredentialsProviderError: 'No AWS credentials were found; log in, or set AWS_PROFILE.',
  QueueDoesNotExist: 'There is no such queue; check the URL, the account and the region.',
  'AWS.SimpleQueueService.NonExistentQueue': 'There is no such queue; check the URL, the account and the region.',
  ExpiredTokenException: 'The AWS credentials have expired; log in again.',
  ECONNREFUSED: 'SQS cannot be reached; check the network, the region and AWS_ENDPOINT_URL_SQS.',
  ENOTFOUND: 'SQS cannot be reached; check the network, the region and AWS_ENDPOINT_URL_SQS.',
  TimeoutError: 'SQS does not answer in time; check the network, the region and AWS_ENDPOINT_URL_SQS.',
};

function sentencesOf(error: unknown): readonly string[] {
  if (error instanceof CommandError) return error.sentences;
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (message === 'Region is missing') return ['No AWS region is set; set AWS_REGION, or a region in your profile.'];
  const known = AWS_ERRORS[name ?? ''] ?? AWS_ERRORS[code ?? ''];
  return [known ?? `The command ended early: ${name ?? 'Error'}: ${message ?? String(error)}`];
}
