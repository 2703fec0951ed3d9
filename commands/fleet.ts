import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import type { ConfigValue } from '../graph/stack-file';
import { choiceNames, CHOICES, type ChoiceName, type Choices } from '../stack/new-stack';
import { CommandError } from './command-line';

/** An entry of a fleet's table. */
export interface Row {
  /** How a message begins that is about this row. */
  label: string;
  /** The stack's; empty where it is missing. */
  name: string;
  choices: Choices;
  /** Whole sentences about what cannot be taken as it stands. */
  problems: string[];
}

type Entry = Readonly<Record<string, unknown>>;

/** A transfer is agreed to for one stack, and a name is of one. */
const OF_ONE_STACK: readonly string[] = ['name', 'allow-crossing'];

/** Reads a fleet's table: `stacks`, a list, and `defaults`, which each stack can override. */
export async function readFleet(path: string): Promise<Row[]> {
  const table = await read(path);
  const { defaults = {}, stacks, ...others } = isEntry(table) ? table : {};
  if (!Array.isArray(stacks) || stacks.length === 0 || !isEntry(defaults) || Object.keys(others).length > 0) {
    throw new CommandError([
      `${path} must have "stacks", a list of at least one stack, and may have "defaults", an object; and nothing else.`,
    ]);
  }
  const ofDefaults = [
    ...OF_ONE_STACK.filter((key) => key in defaults).map(
      (key) => `Defaults: ${key} is said of all stacks at once; say it in the row of each stack that it is true of.`,
    ),
    ...formProblems(defaults).map((problem) => `Defaults: ${problem}`),
  ];
  if (ofDefaults.length > 0) throw new CommandError(ofDefaults);
  const rows = stacks.map((entry, index) => rowOf(entry, index + 1, defaults));
  return rows.map((row, index) => {
    const first = rows.findIndex(({ name }) => name === row.name);
    const isSecond = row.name !== '' && first < index;
    const problem = `name is ${row.name}, which is that of row ${first + 1}, too; give each stack its own.`;
    return isSecond ? { ...row, problems: [...row.problems, problem] } : row;
  });
}

async function read(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new CommandError([`--fleet is ${path}, which cannot be read; name a YAML file.`]);
  });
  try {
    return parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    throw new CommandError([`${path} is no YAML from line ${line}, column ${col} on; look there.`]);
  }
}

function rowOf(entry: unknown, number: number, defaults: Entry): Row {
  if (!isEntry(entry)) {
    const problem = `is no object; write it as the others, with name, braze-cluster and data-plane-url.`;
    return { label: `Row ${number}`, name: '', choices: {}, problems: [problem] };
  }
  const name = typeof entry.name === 'string' ? entry.name : '';
  const problems = formProblems(entry);
  if (name === '') problems.unshift('name is missing, or is no text; set it to the name of the stack.');
  const choices: Partial<Record<ChoiceName, ConfigValue>> = {};
  for (const choice of choiceNames()) {
    const [shared, own] = [defaults[choice], entry[choice]];
    const value = CHOICES[choice].form === 'map' && isEntry(shared) && isEntry(own) ? { ...shared, ...own } : own;
    choices[choice] = value ?? shared ?? undefined;
  }
  return { label: `Row ${number}${name === '' ? '' : ` (${name})`}`, name, choices, problems };
}

/** What is said of the values' forms here, since a stack's file would take it for something else. */
function formProblems(entry: Entry): string[] {
  return Object.entries(entry).flatMap(([key, value]) => {
    if (key === 'name') return [];
    const choice = choiceNames().find((name) => name === key);
    if (choice === undefined) return [`${key} is no key of a table; the keys are name, ${choiceNames().join(', ')}.`];
    if (value === null) return [`${key} has no value; set it, or leave it out.`];
    const isSingle = CHOICES[choice].form === 'text' || CHOICES[choice].form === 'switch';
    return isSingle && typeof value === 'object' ? [`${key} is a list or an object; it must be a single value.`] : [];
  });
}

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
