import { readFile, writeFile } from 'node:fs/promises';
import type { ConfigValue } from '../graph/stack-file';
import {
  choiceNames,
  CHOICES,
  commandsBeforePreview,
  differencesOf,
  problemsOf,
  stackFileNameOf,
  stackFileOf,
  type ChoiceName,
  type Choices,
} from '../stack/new-stack';
import { CommandError, Flags, runCommand } from './command-line';
import { readFleet, type Row } from './fleet';
import { ask } from './questions';

const HELP = `Usage: npm run --silent new-stack -- --name NAME --braze-cluster CLUSTER --data-plane-url URL [flags]
       npm run --silent new-stack -- --fleet FILE

Writes Pulumi.NAME.yaml into this folder, the file of a new stack, and prints what is left to do. What is wrong is told
all at once, in the words of \`pulumi up\`, and then nothing is written; nor is a file ever overwritten. On a terminal,
the first three are asked for where they are missing.

  --name NAME                  The stack.
  --braze-cluster CLUSTER      The Braze cluster that sends, such as EU-01. Where everything else is follows from it.
  --data-plane-url URL         RudderStack's data plane, as its web app shows it.
  --write-key-secret-arn ARN   A secret in AWS Secrets Manager that holds RudderStack's write key already. Default: the
                               write key is given to Pulumi, which asks for it.
  --aws-region REGION          The AWS region. Default: the one next to the Braze cluster.
  --rudderstack-region REGION  US or EU, of RudderStack Cloud. Default: where the Braze cluster is.
  --rudderstack-jurisdiction JURISDICTION
                               In place of that: where a data plane stands that you host yourself.
  --allow-crossing FROM-TO     A transfer of personal data that is agreed to, such as AU-US; may be given several times.
  --production                 Protects what must not be deleted, keeps logs for 90 days, archives every request, and
                               watches for missing traffic.
  --alarm-email ADDRESS        Gets the alarms.
  --tag KEY=VALUE              A tag of every resource; may be given several times. Default: environment=NAME.
  --fleet FILE                 A YAML table of several stacks, whose keys are the flags above: see examples/fleet.yaml.
                               What is there already is left as it is, if it says the same.
  --help                       This text.

No secret is taken as a flag, nor written into the file.

Exit code: 0, or 1 with a sentence for each mistake.
`;

/** What a stack cannot do without, and how it is asked for. */
const QUESTIONS = {
  name: 'Name of the stack, such as crm-eu',
  'braze-cluster': 'Braze cluster that sends, such as EU-01',
  'data-plane-url': "RudderStack's data plane URL, as its web app shows it",
} as const;

interface NewStack {
  name: string;
  choices: Choices;
  /** Of the stack's file. */
  text: string;
  isThere: boolean;
}

async function main(args: readonly string[]): Promise<number> {
  const kinds = choiceNames().map((name) => [name, CHOICES[name].form === 'switch' ? 'switch' : 'text'] as const);
  const flags = new Flags({ name: 'text', ...Object.fromEntries(kinds), fleet: 'text' }, args);
  const fleet = flags.text('fleet');
  const name = flags.text('name');
  const choices = choicesOf(flags);
  if (fleet !== undefined && (name !== undefined || Object.keys(choices).length > 0)) {
    flags.reject('--fleet is given beside other flags; write them into the table, as "defaults" if they are for all.');
  }
  flags.check();
  const stacks = fleet === undefined ? [await singleStack(name, choices)] : await fleetOf(await readFleet(fleet));
  for (const { name, text, isThere } of stacks) {
    if (!isThere) await writeFile(stackFileNameOf(name), text, { flag: 'wx' });
    process.stdout.write(
      `${stackFileNameOf(name)} ${isThere ? 'says so already, and is left as it is' : 'is written'}.\n`,
    );
  }
  process.stdout.write(`\n${nextOf(stacks).join('\n')}\n`);
  return 0;
}

function choicesOf(flags: Flags): Choices {
  const choices: Partial<Record<ChoiceName, ConfigValue>> = {};
  for (const name of choiceNames()) if (flags.has(name)) choices[name] = valueOf(flags, name);
  return choices;
}

function valueOf(flags: Flags, name: ChoiceName): ConfigValue | undefined {
  switch (CHOICES[name].form) {
    case 'text':
      return flags.text(name);
    case 'switch':
      return true;
    case 'list':
      return [...flags.texts(name)];
    case 'map':
      return Object.fromEntries(
        flags.texts(name).map((text) => {
          const at = text.indexOf('=');
          if (at < 1) flags.reject(`--${name} is "${text}"; write it as --${name} KEY=VALUE.`);
          return [text.slice(0, at), text.slice(at + 1)];
        }),
      );
  }
}

async function singleStack(given: string | undefined, chosen: Choices): Promise<NewStack> {
  const answers = await askForMissing(given, chosen);
  const name = given ?? answers.get('name') ?? '';
  const choices: Choices = { ...Object.fromEntries(answers), ...chosen };
  const text = stackFileOf(name, choices);
  const problems = problemsOf(name, text, (choice) => `--${choice}`);
  const isThere = name !== '' && (await existing(name)) !== undefined;
  if (name === '') problems.unshift('--name is not set; it must be the name of the new stack.');
  if (isThere) {
    problems.unshift(
      `${stackFileNameOf(name)} is there already, and is not overwritten. Give another --name; or change that stack with ` +
        `npx pulumi config set --stack ${name}.`,
    );
  }
  if (problems.length > 0) throw new CommandError(problems);
  return { name, choices, text, isThere };
}

/** On a terminal. */
async function askForMissing(name: string | undefined, choices: Choices): Promise<Map<string, string>> {
  const given: Readonly<Record<string, unknown>> = { name, ...choices };
  const questions = Object.entries(QUESTIONS).filter(([each]) => given[each] === undefined);
  return process.stdin.isTTY && process.stdout.isTTY
    ? ask(new Map(questions), { input: process.stdin, output: process.stdout })
    : new Map();
}

/** @throws CommandError with all mistakes of all rows. */
async function fleetOf(rows: readonly Row[]): Promise<NewStack[]> {
  const problems: string[] = [];
  const stacks: NewStack[] = [];
  for (const { label, name, choices, problems: ofForm } of rows) {
    const text = stackFileOf(name, choices);
    const there = ofForm.length === 0 ? await existing(name) : undefined;
    const differences = there === undefined ? [] : differencesOf(there, text);
    const ofFile = `${stackFileNameOf(name)} is there already, is not overwritten, and says otherwise of ${differences.join(', ')}; make the two agree.`;
    const sentences = [
      ...ofForm,
      ...(ofForm.length === 0 ? problemsOf(name, text, (choice) => choice) : []),
      ...(differences.length === 0 ? [] : [ofFile]),
    ];
    problems.push(...sentences.map((sentence) => `${label}: ${sentence}`));
    stacks.push({ name, choices, text, isThere: there !== undefined });
  }
  if (problems.length > 0) throw new CommandError(problems);
  return stacks;
}

/** The text of a stack's file; undefined where there is none. */
async function existing(stack: string): Promise<string | undefined> {
  return readFile(stackFileNameOf(stack), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}

/** The commands up to a deployment. */
function nextOf(stacks: readonly NewStack[]): string[] {
  const commands = stacks.flatMap(({ name, choices }) => [
    ...commandsBeforePreview(name, choices),
    `npx pulumi up --stack ${name}`,
  ]);
  return [
    'Next (pulumi up shows a preview, and asks before it does anything):',
    ...commands.map((command) => `  ${command}`),
    'On a terminal the first command that names a stack offers to create it. Elsewhere, run npx pulumi stack init before.',
  ];
}

runCommand(HELP, main);
