/** What a resource is given, as JSON; a secret is `MASK`, and an output of another resource a token of `reference`. */
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

/** A resource or component as the program registers it with Pulumi. */
export interface Resource {
  urn: string;
  type: string;
  name: string;
  /** Whether a provider creates it; else it is a component. */
  isCustom: boolean;
  /** URN of the component that it belongs to. */
  parent: string | undefined;
  /** URN of the provider that it was given; undefined where Pulumi chooses its default one. */
  provider: string | undefined;
  inputs: Record<string, Value>;
  /** URNs of what has to be there first. */
  dependencies: string[];
  /** URNs of what a single input is made from. */
  inputDependencies: Record<string, string[]>;
  isProtected: boolean;
  isRetained: boolean;
  ignoredChanges: string[];
}

/** Everything that a stack program registers. */
export interface Graph {
  stack: string;
  resources: Resource[];
  outputs: Record<string, Value>;
  /** Config that the stack's file leaves to its user, and what stands in for it here. */
  standIns: Record<string, string>;
}

export const MASK = '(secret)';

/** A value that is a text; empty where it is none. */
export function asText(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** An output whose value AWS will choose. */
export interface Reference {
  type: string;
  name: string;
  output: string;
}

const REFERENCE = /\{\{(\S+) (\S+) (\S+)\}\}/;

/** A token that stands for an output wherever the program puts it: in a text, in JSON, in a URL. */
export function tokenOf({ type, name, output }: Reference): string {
  return `{{${type} ${name} ${output}}}`;
}

/** The text with its tokens replaced. */
export function replaceTokens(text: string, replace: (reference: Reference) => string): string {
  return text.replace(new RegExp(REFERENCE, 'g'), (_, type: string, name: string, output: string) =>
    replace({ type, name, output }),
  );
}

/** The first token of a text, and what follows it; undefined where the text begins otherwise. */
export function leadingToken(text: string): { reference: Reference; rest: string } | undefined {
  const match = new RegExp(`^${REFERENCE.source}`).exec(text);
  if (match === null) return undefined;
  const [token, type, name, output] = match as unknown as [string, string, string, string];
  return { reference: { type, name, output }, rest: text.slice(token.length) };
}
