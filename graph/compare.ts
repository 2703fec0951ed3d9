import type { Scalar } from '../components/problem';
import { JURISDICTION_NAMES } from '../components/regions';
import { settingKeys, SETTINGS, type Setting, type SettingKey } from '../components/settings';
import { configKeyOf, settingsOf } from '../stack/config';
import { grantsOf } from './access';
import { componentsOf } from './components';
import { asText, MASK, type Graph } from './graph';
import { BRIDGE, Names } from './names';
import type { StackFile } from './stack-file';
import { sentence } from './statements';
import { checkInputs, factsOf, heading, lines } from './text';

/** A stack as it is compared with another. */
export interface ComparedStack {
  graph: Graph;
  /** What its file says, complete. */
  file: StackFile;
}

/** What is its own in every stack, and so is said once. */
interface Place {
  stack: string;
  bridge: string;
  cluster: string;
  region: string;
  /** AWS accounts of what the stack is given by its ARN. */
  account: string;
  rudderstack: string;
}

/** A line to compare: as it stands, and with what is the stack's own replaced. */
interface Line {
  text: string;
  neutral: string;
}

/** Lines by what they are about, in their order. */
type Subjects = ReadonlyMap<string, readonly Line[]>;

/** Settings that follow from the place, which is said once. */
const OF_PLACE: readonly SettingKey[] = ['brazeCluster', 'awsRegion'];

/**
 * What differs between two stacks, and nothing else: settings, who may do what, and resources with what they are given.
 *
 * @throws GraphError where something would be hidden.
 */
export function comparisonOf(one: ComparedStack, other: ComparedStack): string {
  const differences = [
    ...sectionOf('Settings', settingsIn(one), settingsIn(other)),
    ...sectionOf('Who may do what', accessIn(one), accessIn(other)),
    ...sectionOf('Resources', resourcesIn(one), resourcesIn(other)),
    ...sectionOf('Outputs of the stack', outputsIn(one), outputsIn(other)),
  ];
  return [
    `Currents Bridge, stack ${one.graph.stack} (-) and stack ${other.graph.stack} (+)\n`,
    placesOf(placeOf(one), placeOf(other)),
    ...(differences.length === 0 ? ['Nothing else differs.\n'] : differences),
  ].join('\n');
}

function placeOf({ graph, file }: ComparedStack): Place {
  const settings = settingsOf(file.config);
  const region = asText(graph.resources.find(({ type }) => type === 'pulumi:providers:aws')?.inputs.region);
  const accounts = new Set(JSON.stringify(graph.resources.map(({ inputs }) => inputs)).match(ACCOUNT));
  return {
    stack: graph.stack,
    bridge: graph.resources.find(({ type }) => type === BRIDGE)?.name ?? '',
    cluster: settings.get('brazeCluster') ?? '',
    region,
    account: [...accounts].sort().join(', '),
    rudderstack: JURISDICTION_NAMES[settings.rudderstackJurisdiction],
  };
}

/** In an ARN. */
const ACCOUNT = /(?<=:)\d{12}(?=:)/g;

function placesOf(one: Place, other: Place): string {
  const rows: [string, string, string][] = [
    ['<stack>', one.stack, other.stack],
    ['<bridge>', one.bridge, other.bridge],
    ['<cluster>', one.cluster, other.cluster],
    ['<region>', one.region, other.region],
    ['<account>', one.account, other.account],
    ['RudderStack is in', one.rudderstack, other.rudderstack],
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const shown = rows
    .filter((row) => row[1] !== '' || row[2] !== '')
    .map((row) =>
      row
        .map((cell, column) => (cell || 'none').padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  return `Said here once, <…> below, and no difference:\n${shown.map((row) => `  ${row}\n`).join('')}`;
}

/** What differs by subject; nothing where nothing does. */
function sectionOf(title: string, one: Subjects, other: Subjects): string[] {
  const subjects = [...new Set([...one.keys(), ...other.keys()])].flatMap((subject) => {
    const [own, others] = [one.get(subject), other.get(subject)];
    if (others === undefined) return [`- ${subject}\n`];
    if (own === undefined) return [`+ ${subject}\n`];
    const changed = [...signed('-', without(own, others)), ...signed('+', without(others, own))];
    return changed.length === 0 ? [] : [`${subject}\n${changed.join('')}`];
  });
  return subjects.length === 0 ? [] : [heading(title), ...subjects];
}

function signed(sign: string, lines: readonly Line[]): string[] {
  return lines.map(({ neutral }) => `  ${sign} ${neutral}\n`);
}

/** The lines that the others are without, as they stand and with what is the stack's own replaced. */
function without(lines: readonly Line[], others: readonly Line[]): Line[] {
  const [texts, neutrals] = [new Set(others.map(({ text }) => text)), new Set(others.map(({ neutral }) => neutral))];
  return lines.filter(({ text, neutral }) => !texts.has(text) && !neutrals.has(neutral));
}

function resourcesIn(stack: ComparedStack): Subjects {
  const { graph } = stack;
  const names = new Names(graph);
  const line = lineIn(stack);
  const resources = componentsOf(graph).flatMap((component) => component.resources);
  return new Map(
    resources.map((resource) => {
      checkInputs(resource, graph);
      const facts = withPaths(factsOf(resource, graph, names).flatMap(tagsApart));
      return [`${names.of(resource)} (${resource.type})`, facts.map(line)];
    }),
  );
}

function accessIn(stack: ComparedStack): Subjects {
  const names = new Names(stack.graph);
  const line = lineIn(stack);
  const grants = stack.graph.resources.filter(({ isCustom }) => isCustom).flatMap((each) => grantsOf(each, names));
  return new Map(grants.map((grant) => [line(sentence(grant, [grant.target])).neutral, []]));
}

function outputsIn(stack: ComparedStack): Subjects {
  const names = new Names(stack.graph);
  return new Map(
    Object.entries(stack.graph.outputs).map(([output, value]) => [
      output,
      withPaths(lines({ [output]: value }, names)).map(lineIn(stack)),
    ]),
  );
}

/** Settings by key, or by key and entry; those that are not set, with their default. */
function settingsIn(stack: ComparedStack): Subjects {
  const line = lineIn(stack);
  const keys = settingKeys().filter((key) => !OF_PLACE.includes(key));
  return new Map(keys.map((key) => [key, settingIn(stack.file, key).map(line)]));
}

function settingIn({ config, standIns }: StackFile, key: SettingKey): string[] {
  const { kind, default: fallback }: Setting = SETTINGS[key];
  if (key in standIns) return [standIns[key] === MASK ? MASK : 'left to whoever deploys the stack'];
  const text = config[configKeyOf(key)];
  const value = (text === undefined ? fallback : kind.read(text)) as Scalar | object | undefined;
  if (value === undefined) return ['not set'];
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === 'object') {
    return Object.entries(value).map(([entry, each]) => `${key}: ${entry}=${String(each)}`);
  }
  return [`${String(value)}${value === fallback ? ' (the default)' : ''}`];
}

/** One line for each tag: a list of tags in one is different as soon as one of them is. */
function tagsApart(fact: string): string[] {
  const tags = /^tags: (.*)$/.exec(fact)?.[1];
  return tags === undefined ? [fact] : tags.split(', ').map((tag) => `tags: ${tag}`);
}

/** Each line after those that it stands under, which are lines no more. */
function withPaths(facts: readonly string[]): string[] {
  const above: string[] = [];
  return facts.flatMap((fact, index) => {
    const depth = indentationOf(fact);
    above.length = depth;
    above.push(fact.trim());
    return indentationOf(facts[index + 1] ?? '') > depth ? [] : [above.join(' ')];
  });
}

function indentationOf(line: string): number {
  return (line.length - line.trimStart().length) / 2;
}

/** Makes lines of a stack's texts. */
function lineIn(stack: ComparedStack): (text: string) => Line {
  const { stack: name, bridge, cluster, region } = placeOf(stack);
  const replacements: [RegExp, string][] = [
    [whole(bridge), '<bridge>'],
    [whole(region), '<region>'],
    [ACCOUNT, '<account>'],
    // A word of a sentence can be the same by chance, a tag is not.
    [new RegExp(`(?<=^tags: .+=)${name}$`, 'g'), '<stack>'],
    [new RegExp(`(?<=^tags: braze-cluster=)${cluster}$`, 'g'), '<cluster>'],
  ];
  return (text) => ({
    text,
    neutral: replacements.reduce((changed, [pattern, replacement]) => changed.replaceAll(pattern, replacement), text),
  });
}

/** Not within another word; a name that is made from it begins with it and a hyphen. */
function whole(name: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9])${name}(?![A-Za-z0-9])`, 'g');
}
