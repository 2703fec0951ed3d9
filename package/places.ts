import type { Aliased } from './aliases';

/** What Pulumi knows a resource by, within its stack. Where it changes, the resource is deleted and another is created. */
export interface Place {
  type: string;
  name: string;
  /** The types of the components that it belongs to, from the outermost, as they stand in its URN; empty for none. */
  parent: string;
}

/** The places of all resources now, in an order that does not depend on which was registered first. */
export function placesOf(resources: readonly Aliased[]): Place[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  return resources
    .filter(({ type }) => type !== STACK)
    .flatMap((each) => allPlacesOf(each, byUrn).slice(0, 1))
    .sort((one, other) => urnOf(one).localeCompare(urnOf(other)));
}

/** Those of an earlier program's places in which Pulumi would find nothing that is there now, aliases included. */
export function lostPlaces(earlier: readonly Place[], resources: readonly Aliased[]): Place[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const found = new Set(resources.flatMap((resource) => allPlacesOf(resource, byUrn)).map(urnOf));
  return earlier.filter((place) => !found.has(urnOf(place)));
}

const STACK = 'pulumi:pulumi:Stack';

/** As in a URN, without the stack and the project. */
function urnOf({ type, name, parent }: Place): string {
  return `${qualified(parent, type)}::${name}`;
}

function qualified(parent: string, type: string): string {
  return parent === '' ? type : `${parent}$${type}`;
}

/** Where a resource is, and then where it may have been: by its aliases, and by those of what it belongs to. */
function allPlacesOf(resource: Aliased, byUrn: ReadonlyMap<string, Aliased>): Place[] {
  const { type, name, parent, aliases } = resource;
  return [{ type, name, parent }, ...aliases].flatMap((each) =>
    'urn' in each ? [placeOfUrn(each.urn)] : placesBelow(each.parent, each.type, each.name, byUrn),
  );
}

function placesBelow(
  parent: string | undefined,
  type: string,
  name: string,
  byUrn: ReadonlyMap<string, Aliased>,
): Place[] {
  const above = parent === undefined ? undefined : byUrn.get(parent);
  if (above === undefined || above.type === STACK) return [{ type, name, parent: '' }];
  return allPlacesOf(above, byUrn).map((place) => ({
    type,
    // Pulumi takes it that a child is named after its parent, now as then.
    name: name.startsWith(above.name) ? place.name + name.slice(above.name.length) : name,
    parent: qualified(place.parent, place.type),
  }));
}

function placeOfUrn(urn: string): Place {
  const [, , types = '', name = ''] = urn.split('::');
  const all = types.split('$');
  return { type: all.at(-1) ?? '', name, parent: all.slice(0, -1).join('$') };
}
