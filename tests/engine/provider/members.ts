import type { Properties, Property } from './resource-type';
import { isSame } from './value';

/** Properties that each are a member of an operation's input: the last word of `reaches`. */
export type Carried = Readonly<
  Record<
    string,
    Property & {
      /** What the member is set to when the property is taken away. */
      unset?: unknown;
    }
  >
>;

/** An operation's input from the properties that are given. */
export function membersOf(carried: Carried, given: Properties): Record<string, unknown> {
  const names = Object.keys(carried).filter((name) => given[name] !== undefined);
  return Object.fromEntries(names.map((name) => [memberOf(carried, name), capitalised(given[name])]));
}

/** An operation's input from the properties that differ; undefined where none does. */
export function changedMembersOf(
  carried: Carried,
  news: Properties,
  olds: Properties,
): Record<string, unknown> | undefined {
  const names = Object.keys(carried).filter((name) => !isSame(news[name], olds[name]));
  if (names.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name) => {
      const value = news[name] === undefined ? carried[name]?.unset : capitalised(news[name]);
      if (value === undefined) throw new Error(`The stand-in does not know how ${name} is taken away again.`);
      return [memberOf(carried, name), value];
    }),
  );
}

/** The properties from an operation's output. */
export function propertiesOf(carried: Carried, output: object): Properties {
  const members = new Map<string, unknown>(Object.entries(output));
  return Object.fromEntries(Object.keys(carried).map((name) => [name, lowered(members.get(memberOf(carried, name)))]));
}

function memberOf(carried: Carried, name: string): string {
  return carried[name]?.reaches.split(' ').at(-1) ?? '';
}

/** With the API's names, which begin with capitals. One that the API does not have stays for its model to refuse. */
export function capitalised(value: unknown): unknown {
  return renamed(value, (name) => name.charAt(0).toUpperCase() + name.slice(1));
}

/** With Pulumi's names. */
export function lowered(value: unknown): unknown {
  return renamed(value, (name) => name.charAt(0).toLowerCase() + name.slice(1));
}

/** The names of an environment's variables are the user's own. */
const MAP = /^variables$/i;

/** With other names, at every depth. */
export function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((entry) => renamed(entry, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [rename(name), MAP.test(name) ? entry : renamed(entry, rename)]),
  );
}
