import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { comparisonOf, type ComparedStack } from '../graph/compare';
import { renderFiles } from '../graph/files';
import { GraphError } from '../graph/kinds';
import { graphOf, READY_STACKS, ROOT } from '../graph/stack';
import { readStackFile } from '../graph/stack-file';
import { textOf } from '../graph/text';
import { CommandError, Flags, runCommand } from './command-line';

const HELP = `Usage: npm run --silent graph -- --stack NAME
       npm run --silent graph -- --compare NAME OTHER
       npm run graph -- --write

Prints what \`pulumi up\` would create for a stack, for a reviewer: who may do what to which queue and secret, and each
resource with what it is given. It runs the stack program against mocks, and so needs no AWS account, no login and no
passphrase: secrets and whatever else Pulumi.NAME.yaml leaves open get stand-ins.

  --stack NAME          The stack, as in Pulumi.NAME.yaml.
  --compare NAME OTHER  What differs between two stacks, and nothing else: settings, who may do what, resources. The names
                        of stack and region, the Braze cluster and the accounts in ARNs are said once, and differ nowhere
                        else. Of a bundle only the names of its files are compared; what is in it follows from settings.
  --write               Renews what is checked in under docs/graph: ${READY_STACKS.join(', ')} and the diagram.
  --help                This text.

Exit code: 0, whether two stacks differ or not; or 1 with a sentence when the program refuses the config, or the graph cannot be shown whole.
`;

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags({ stack: 'text', compare: 'text', write: 'switch' }, apart(args));
  const stack = flags.text('stack');
  const [one, other, ...more] = flags.texts('compare');
  const given = [stack !== undefined, flags.has('compare'), flags.has('write')].filter(Boolean);
  if (given.length !== 1) flags.reject('Give one of --stack NAME, --compare NAME OTHER and --write.');
  if (flags.has('compare') && (other === undefined || more.length > 0)) {
    flags.reject('--compare needs two stacks; write it as --compare prod-us prod-eu.');
  }
  flags.check();
  try {
    if (stack !== undefined) await print(stack);
    else if (one !== undefined && other !== undefined) await compare(one, other);
    else await write();
  } catch (error) {
    if (error instanceof GraphError) throw new CommandError([error.message]);
    throw error;
  }
  return 0;
}

async function print(stack: string): Promise<void> {
  process.stdout.write(textOf(await graphOf(stack)));
}

/** The second stack of a comparison as a flag of its own. */
function apart(args: readonly string[]): string[] {
  const second = args.indexOf('--compare') + 2;
  const isGiven = second > 1 && args[second]?.startsWith('-') === false;
  return isGiven ? [...args.slice(0, second), '--compare', ...args.slice(second)] : [...args];
}

async function compare(one: string, other: string): Promise<void> {
  const stacks = [one, other].map(async (stack) => ({
    file: await readStackFile(ROOT, stack),
    graph: await graphOf(stack),
  }));
  const [first, second] = (await Promise.all(stacks)) as [ComparedStack, ComparedStack];
  process.stdout.write(comparisonOf(first, second));
}

async function write(): Promise<void> {
  for (const [path, text] of await renderFiles()) {
    await writeFile(path, text);
    process.stdout.write(`${relative('', path)}\n`);
  }
}

runCommand(HELP, main);
