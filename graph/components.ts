import type { Graph, Resource } from './graph';
import { KINDS } from './kinds';

/** By the last part of their type, in the order of the pipeline. */
const COMPONENTS = [
  'Stack',
  'CurrentsBridge',
  'IngestEndpoint',
  'EventQueue',
  'Archive',
  'Processor',
  'Secrets',
  'Alarms',
  'Dashboard',
];

/** A component with the resources that are its own, in the order of the pipeline. */
export interface Component {
  /** From the stack down to it. */
  path: Resource[];
  resources: Resource[];
}

/** The components that have resources, in the order of the pipeline. */
export function componentsOf({ resources }: Graph): Component[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const components = new Map<string, Component>();
  for (const resource of resources.filter(({ isCustom }) => isCustom)) {
    const path = pathOf(resource, byUrn);
    const key = path.map(({ type, name }) => rank(COMPONENTS, shortTypeOf(type)) + name).join('/');
    const component = components.get(key) ?? { path, resources: [] };
    components.set(key, { path, resources: [...component.resources, resource].sort(byKindAndName) });
  }
  return [...components].sort(([a], [b]) => compare(a, b)).map(([, component]) => component);
}

/** The name of the class: `EventQueue` of `currents-bridge:index:EventQueue`. */
export function shortTypeOf(type: string): string {
  return type.slice(type.lastIndexOf(':') + 1);
}

/** By code unit, which is the same wherever the graph is made. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function pathOf({ parent }: Resource, byUrn: ReadonlyMap<string, Resource>): Resource[] {
  const component = parent === undefined ? undefined : byUrn.get(parent);
  return component === undefined ? [] : [...pathOf(component, byUrn), component];
}

const TYPES = Object.keys(KINDS);

function byKindAndName(a: Resource, b: Resource): number {
  return compare(rank(TYPES, a.type) + a.name, rank(TYPES, b.type) + b.name);
}

/** To sort by; what is not in the list comes last. */
function rank(list: readonly string[], entry: string): string {
  const index = list.indexOf(entry);
  return String(index < 0 ? list.length : index).padStart(3, '0');
}
