import { execFile } from 'node:child_process';
import { isObject } from '../runtime/transform/json';
import { CommandError } from './command-line';

/** The CLI as somebody has installed it, or as npm fetches it. */
const CLIS = [['pulumi'], ['npx', '--yes', 'pulumi']] as const;

/** Milliseconds: npm may have to fetch the CLI first. */
const PATIENCE = 300_000;

/** How a program ended. */
interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/**
 * Outputs of a deployed stack of the project in the current folder, by the Pulumi CLI.
 *
 * @param names of outputs that are text. A secret among them comes as it is: to be used, never to be shown.
 * @throws CommandError
 */
export async function stackOutputs<Name extends string>(
  stack: string,
  names: readonly Name[],
): Promise<Record<Name, string>> {
  const outputs = outputsIn(await pulumi(['stack', 'output', '--json', '--show-secrets', '--stack', stack], stack));
  const missing = names.filter((name) => typeof outputs[name] !== 'string');
  if (missing.length === 0) return outputs as Record<Name, string>;
  throw new CommandError([
    `The stack "${stack}" is not a deployed Currents Bridge: it has no output ${missing.join(', ')}. Run npx pulumi up --stack ${stack} first.`,
  ]);
}

/** @returns what it writes to standard output. */
async function pulumi(args: readonly string[], stack: string): Promise<string> {
  for (const [program, ...own] of CLIS) {
    const ended = await run(program, [...own, ...args]);
    if (ended?.exitCode === 0) return ended.stdout;
    if (ended !== undefined) throw new CommandError(sentencesOf(ended, stack));
  }
  throw new CommandError([
    'Neither pulumi nor npx was found; install the Pulumi CLI (https://www.pulumi.com/docs/install/), or npm, which brings npx.',
  ]);
}

/** @returns undefined where there is no such program. */
function run(program: string, args: readonly string[]): Promise<Ended | undefined> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: PATIENCE }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') resolve(undefined);
      else if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else resolve({ exitCode: typeof error.code === 'number' ? error.code : undefined, stdout, stderr });
    });
    // Nobody sees a question, so nobody could answer it.
    child.stdin?.end();
  });
}

/** Never of its standard output, where secrets are. */
function sentencesOf({ exitCode, stderr }: Ended, stack: string): string[] {
  if (stderr.includes('no stack named')) {
    return [`There is no stack "${stack}"; npx pulumi stack ls lists those there are.`];
  }
  const why = exitCode === undefined ? 'it was ended, or did not end in five minutes' : `exit code ${exitCode}`;
  return [
    `Pulumi cannot tell the outputs of the stack "${stack}" (${why}). Put right what it complains of:`,
    ...stderr.trim().split('\n'),
  ];
}

/** None where that is no JSON object. The parser's own message would quote it. */
function outputsIn(json: string): Record<string, unknown> {
  try {
    const outputs: unknown = JSON.parse(json);
    return isObject(outputs) ? outputs : {};
  } catch {
    return {};
  }
}
