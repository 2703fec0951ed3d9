import { createInterface } from 'node:readline/promises';
import { CommandError } from './command-line';

/**
 * Asks one question after the other, each until it is answered.
 *
 * @param questions by what is asked for.
 * @throws CommandError where the input ends before the answers do.
 */
export async function ask<Name extends string>(
  questions: ReadonlyMap<Name, string>,
  { input, output }: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
): Promise<Map<Name, string>> {
  const terminal = createInterface({ input, output });
  const end = new AbortController();
  // A question that waits for an input that has ended is never answered otherwise, and Node.js ends with exit code 0.
  terminal.once('close', () => {
    end.abort();
  });
  const answers = new Map<Name, string>();
  try {
    for (const [name, question] of questions) {
      let answer = '';
      while (answer === '') answer = (await terminal.question(`${question}: `, { signal: end.signal })).trim();
      answers.set(name, answer);
    }
  } catch (error) {
    if (!end.signal.aborted) throw error;
    throw new CommandError(['\nThe questions were not answered; nothing was written.']);
  } finally {
    terminal.close();
  }
  return answers;
}
