import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { renderFiles } from '../graph/files';
import { GraphError } from '../graph/kinds';
import { graphOf, READY_STACKS } from '../graph/stack';
import { textOf } from '../graph/text';
import { CommandError, Flags, runCommand } from './command-line';

const HELP = `Usage: npm run --silent graph -- --stack NAME
       npm run graph -- --write

Prints what \`pulumi up\` would create for a stack, for a reviewer: who may do what to which queue and secret, and each
resource with what it is given. It runs the stack program against mocks, and so needs no AWS account, no login and no
passphrase: secrets and whatever else Pulumi.NAME.yaml leaves open get stand-ins.

  --stack NAME  The stack, as in Pulumi.NAME.yaml.
  --write       Renews what is checked in under docs/graph: ${READY_STACKS.join(', ')} and the diagram.
  --help        This text.

Exit code: 0, or 1 with a sentence when the program refuses the config, or the graph cannot be shown whole.
`;

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags({ stack: 'text', write: 'switch' }, args);
  const stack = flags.text('stack');
  if ((stack === undefined) !== flags.has('write')) flags.reject('Give either --stack NAME or --write.');
  flags.check();
  try {
    await (stack === undefined ? write() : print(stack));
  } catch (error) {
    if (error instanceof GraphError) throw new CommandError([error.message]);
    throw error;
  }
  return 0;
}

async function print(stack: string): Promise<void> {
  process.stdout.write(textOf(await graphOf(stack)));
}

async function write(): Promise<void> {
  for (const [path, text] of await renderFiles()) {
    await writeFile(path, text);
    process.stdout.write(`${relative('', path)}\n`);
  }
}

runCommand(HELP, main);
