import { grantsOf, policyGrants } from './access';
import { compare, componentsOf, shortTypeOf, type Component } from './components';
import { MASK, type Graph, type Resource, type Value } from './graph';
import { GraphError, kindOf } from './kinds';
import { Names } from './names';
import { sentence, sentences, type Grant } from './statements';

const ABOUT = `<…> stands for a value that AWS chooses, and ${MASK} for one that Pulumi keeps encrypted. STATEFUL is what holds data
or is known by its address: a change of what is named there replaces it, and so does another region, logical name or
parent. "depends on" names what has to be there first: with * because the program asks for that, else because a value of
it is used. What is "not set" is left to the defaults of AWS.
`;

/**
 * The whole graph for a reviewer: first who may do what, then each resource by component.
 *
 * @throws GraphError where something would be hidden.
 */
export function textOf(graph: Graph): string {
  const names = new Names(graph);
  const components = componentsOf(graph);
  const resources = components.flatMap((component) => component.resources);
  for (const resource of resources) checkInputs(resource, graph);
  return [
    `Currents Bridge, stack ${graph.stack}\n`,
    ABOUT,
    ...standIns(graph),
    heading('Who may do what'),
    ...accessTo(resources, names),
    ...components.flatMap((component) => sectionOf(component, graph, names)),
    heading('Outputs of the stack'),
    `${lines(graph.outputs, names).join('\n')}\n`,
  ].join('\n');
}

export function heading(title: string): string {
  return `${title}\n${'='.repeat(title.length)}\n`;
}

function standIns({ stack, standIns }: Graph): string[] {
  const entries = Object.entries(standIns);
  if (entries.length === 0) return [];
  return [
    `Pulumi.${stack}.yaml leaves these to whoever deploys it; the graph was made with stand-ins:\n` +
      `${entries.map(([key, value]) => `  ${key}: ${value}`).join('\n')}\n`,
  ];
}

/** By target, in the order of the resources; what is no resource of the graph comes last. */
function accessTo(resources: readonly Resource[], names: Names): string[] {
  const grants = resources.flatMap((resource) => grantsOf(resource, names));
  const order = resources.map((resource) => `the ${names.of(resource)}`);
  const subjectOf = ({ target }: Grant) => order.find((name) => isOf(target, name)) ?? target;
  const subjects = [...new Set(grants.map(subjectOf))];
  const [ours, others] = [order.filter((name) => subjects.includes(name)), subjects.filter((s) => !order.includes(s))];
  return [...ours, ...others.sort(compare)].map((subject) => {
    const own = grants.filter((grant) => subjectOf(grant) === subject);
    return `${subject}\n${own.map((grant) => `  ${sentence(grant, [grant.target])}`).join('\n')}\n`;
  });
}

/** Whether a target is a resource or a part of it. */
function isOf(target: string, name: string): boolean {
  return target === name || target.endsWith(` of ${name}`);
}

function sectionOf({ path, resources }: Component, graph: Graph, names: Names): string[] {
  // The stack, which holds everything, is named once.
  const shown = path.length > 1 ? path.slice(1) : path;
  const title = shown.map(({ type, name }) => `${shortTypeOf(type)} ${name}`).join(' > ');
  return [heading(title), ...resources.map((resource) => blockOf(resource, graph, names))];
}

function blockOf(resource: Resource, graph: Graph, names: Names): string {
  const { type, name, inputs } = resource;
  const { shown, alternatives = [] } = kindOf(type);
  const unset = shown.filter((input) => inputs[input] === undefined && !alternatives.includes(input));
  const missing = unset.length === 0 ? [] : [`not set: ${unset.join(', ')}`];
  return [
    `${names.of(resource)} (${type} ${name})`,
    ...[...factsOf(resource, graph, names), ...missing].map(indented),
    '',
  ].join('\n');
}

/** What is said of a resource, a line each: what becomes of it, and what it is given. */
export function factsOf(resource: Resource, graph: Graph, names: Names): string[] {
  const { type, inputs } = resource;
  const { shown, policy } = kindOf(type);
  const body = shown.flatMap((input) => {
    const value = inputs[input];
    if (value === undefined) return [];
    if (value === MASK) return [`${input}: ${MASK}${origin(resource, input, graph, names)}`];
    if (input !== policy?.input) return lines({ [input]: value }, names);
    return [`${input}:`, ...sentences(policyGrants(resource, names)).map(indented)];
  });
  return [...fateOf(resource, graph, names), ...body];
}

/** What is said of a resource beside its inputs. */
function fateOf(resource: Resource, graph: Graph, names: Names): string[] {
  const { replacedBy } = kindOf(resource.type);
  const { isProtected, isRetained, ignoredChanges, provider, type } = resource;
  const facts: [boolean, string][] = [
    [replacedBy !== undefined, `STATEFUL, replaced by a change of: ${(replacedBy ?? []).join(', ')}`],
    [replacedBy !== undefined || isProtected, `protect: ${String(isProtected)}`],
    [replacedBy !== undefined || isRetained, `retainOnDelete: ${String(isRetained)}`],
    [ignoredChanges.length > 0, `ignoreChanges: ${ignoredChanges.join(', ')}`],
    [type.startsWith('aws:') && provider === undefined, "provider: Pulumi's default one, not the stack's"],
  ];
  return [...facts.filter(([isTold]) => isTold).map(([, fact]) => fact), ...dependenciesOf(resource, graph, names)];
}

function dependenciesOf({ dependencies, inputDependencies }: Resource, graph: Graph, names: Names): string[] {
  const used = new Set(Object.values(inputDependencies).flat());
  const all = resourcesAt(dependencies, graph).map(
    (resource) => names.of(resource) + (used.has(resource.urn) ? '' : '*'),
  );
  return all.length === 0 ? [] : [`depends on: ${all.sort(compare).join(', ')}`];
}

function resourcesAt(urns: readonly string[], graph: Graph): Resource[] {
  return graph.resources.filter(({ urn, isCustom }) => isCustom && urns.includes(urn));
}

/** What a secret is made from. */
function origin({ inputDependencies }: Resource, input: string, graph: Graph, names: Names): string {
  const sources = resourcesAt(inputDependencies[input] ?? [], graph).map((source) => names.of(source));
  return sources.length === 0 ? '' : `, made from: ${sources.sort(compare).join(', ')}`;
}

/**
 * @throws where an input is neither shown nor left out for a reason; or is made from an output that the recording has no
 * token for, which would be missing in what is shown.
 */
export function checkInputs({ type, name, inputs, inputDependencies }: Resource, graph: Graph): void {
  const { shown, leftOut } = kindOf(type);
  for (const [input, value] of Object.entries(inputs).filter(([each]) => leftOut[each] === undefined)) {
    if (!shown.includes(input)) {
      throw new GraphError(
        `${name} is given ${input}, which the graph neither shows nor leaves out for a reason; add it to ${type} in ` +
          `graph/kinds.ts.`,
      );
    }
    const sources = resourcesAt(inputDependencies[input] ?? [], graph);
    const missing = sources.find((source) => value !== MASK && !isVisible(value, source));
    if (missing !== undefined) {
      throw new GraphError(
        `${input} of ${name} depends on ${missing.name} but shows no output of it; add that output to ${missing.type} ` +
          `in graph/kinds.ts.`,
      );
    }
  }
}

/** Whether a value shows an output of a resource, or an input that comes back as its output, such as an alias' name. */
function isVisible(value: Value, { type, name, inputs }: Resource): boolean {
  return JSON.stringify(value).includes(`{{${type} ${name} `) || Object.values(inputs).includes(value);
}

/** One line for each value, more for an object or a list of them. */
export function lines(values: Record<string, Value>, names: Names): string[] {
  return Object.entries(values).flatMap(([key, given]) => {
    const value = parsed(given);
    if (isObject(value) && key !== 'tags') return [`${key}:`, ...lines(value, names).map(indented)];
    if (Array.isArray(value) && value.some(isObject)) {
      return [`${key}:`, ...value.map((each) => indented(`- ${inline(key, each, names)}`))];
    }
    return [`${key}: ${inline(key, value, names)}`];
  });
}

/** A value in one line. */
function inline(key: string, value: Value, names: Names): string {
  if (Array.isArray(value)) return value.map((each) => inline(key, each, names)).join(', ');
  if (!isObject(value)) return scalar(key, value, names);
  return Object.entries(value)
    .map(([part, each]) => {
      const text = inline(part, each, names);
      return `${part}=${isObject(each) ? `(${text})` : text}`;
    })
    .join(', ');
}

function isObject(value: Value): value is Record<string, Value> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON that a resource is given as a text. */
function parsed(value: Value): Value {
  if (typeof value !== 'string' || !/^[{[]/.test(value)) return value;
  try {
    return JSON.parse(value) as Value;
  } catch {
    return value;
  }
}

const UNITS: Readonly<Record<string, string>> = {
  maxMessageSize: ' bytes',
  memorySize: ' MB',
  period: ' seconds',
  timeout: ' seconds',
};

function scalar(key: string, value: Exclude<Value, object>, names: Names): string {
  if (typeof value === 'string') return names.inWords(value);
  const days = Number(value) / 86_400;
  const inDays = key.endsWith('Seconds') && Number.isInteger(days) && days > 0 ? ` (${days} days)` : '';
  return `${String(value)}${UNITS[key] ?? inDays}`;
}

function indented(line: string): string {
  return `  ${line}`;
}
