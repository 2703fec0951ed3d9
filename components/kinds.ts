import type { Entry, Scalar } from './problem';

/** A kind of value that a setting can have. */
export interface Kind<Value> {
  /** What is allowed, to stand after "must be". */
  allowed: string;
  /** What is wrong with a value; nothing where it is one of this kind. */
  faults(value: unknown): Fault[];
  /** The value that a text of the stack's config stands for; the text itself where it stands for none. */
  read(text: string): unknown;
  example: Value;
}

/** What is wrong with a value, or with one entry of it. */
export interface Fault {
  /** The entry, as `[0]` or `["key"]`; empty for the whole value. */
  at: string;
  /** To stand after the value's name. */
  problem: string;
  /** Where it is not simply to be set to the default or the example. */
  fix?: Entry;
}

/** Text of a certain form. */
export function text(allowed: string, pattern: RegExp, example: string): Kind<string> {
  return single(allowed, example, (value) => typeof value === 'string' && pattern.test(value), asIs);
}

/** An https:// URL of a certain form. It is never quoted, since it may hold a key or a password. */
export function url(allowed: string, pattern: RegExp, example: string): Kind<string> {
  return unquoted(
    single(allowed, example, (value) => typeof value === 'string' && pattern.test(value) && URL.canParse(value), asIs),
  );
}

/** Values of this kind do not get into messages. */
export function unquoted(kind: Kind<string>): Kind<string> {
  const problem = `is of another form (its value is not shown); it must be ${kind.allowed}`;
  return { ...kind, faults: (value) => kind.faults(value).map(({ at }) => ({ at, problem })) };
}

/** The full ARN of something of one AWS service, in a region. */
export function arn(service: string, resource: RegExp, example: string): Kind<string> {
  return text(
    `a full ARN such as ${example}`,
    new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:${resource.source}$`),
    example,
  );
}

/** One of the values of an enum. */
export function oneOf<Word extends string>(words: Record<string, Word>, example: Word): Kind<Word> {
  const all: unknown[] = Object.values(words);
  return single(`one of ${all.join(', ')}`, example, (value) => all.includes(value), asIs);
}

/** A number of a certain form. */
export function number(allowed: string, accepts: (value: number) => boolean, example: number): Kind<number> {
  return single(
    allowed,
    example,
    (value) => typeof value === 'number' && accepts(value),
    (text) => (/^-?\d+$/.test(text.trim()) ? Number(text) : text),
  );
}

/** A whole number, bounds included. */
export function integer(min: number, max: number, unit?: string, example = min): Kind<number> {
  return number(
    `a whole number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}`,
    (value) => Number.isInteger(value) && value >= min && value <= max,
    example,
  );
}

const WORDS: Partial<Record<string, boolean>> = { true: true, false: false };

export const boolean: Kind<boolean> = single(
  'true or false',
  true,
  (value) => typeof value === 'boolean',
  (text) => WORDS[text.trim()] ?? text,
);

/** A list whose entries are all of one kind. */
export function listOf(
  entries: string,
  entry: Kind<string>,
  { min = 0, max = Infinity }: { min?: number; max?: number } = {},
): Kind<string[]> {
  const allowed = `a list of ${entries}`;
  return {
    allowed,
    example: [entry.example],
    read: parsed,
    faults(value) {
      if (!Array.isArray(value) || value.length < min) {
        return [{ at: '', problem: isNot(value, allowed) }];
      }
      if (value.length > max) {
        const problem = `has ${value.length} entries; it must be ${allowed}`;
        return [{ at: '', problem, fix: { at: `[${max}]`, value: undefined } }];
      }
      return value.flatMap((each, index) => {
        const at = `[${index}]`;
        return entry.faults(each).map(({ problem }) => ({ at, problem, fix: { at, value: entry.example } }));
      });
    },
  };
}

/** An object with texts as values. */
export function mapOf(
  entries: string,
  keys: Kind<string>,
  values: Kind<string>,
  max = Infinity,
): Kind<Record<string, string>> {
  const allowed = `an object of ${entries}`;
  return {
    allowed,
    example: { [keys.example]: values.example },
    read: parsed,
    faults(value) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return [{ at: '', problem: isNot(value, allowed) }];
      }
      const all = Object.entries(value);
      const tooMany = all.slice(max).map(([key]) => {
        const at = entryOf(key);
        return { at, problem: `is one of ${all.length} entries; it must be ${allowed}`, fix: { at, value: undefined } };
      });
      const faults = all.flatMap(([key, each]: [string, unknown]) => {
        const at = entryOf(key);
        const ofKey = keys.faults(key).map(() => ({
          at,
          problem: `has a key that is not allowed; it must be ${keys.allowed}`,
          fix: { at, value: undefined },
        }));
        const ofValue = values.faults(each).map(({ problem }) => ({
          at,
          problem,
          // The CLI and YAML take some texts for numbers or booleans.
          fix: { at, value: values.faults(String(each)).length === 0 ? String(each) : values.example },
        }));
        return [...ofKey, ...ofValue];
      });
      return [...tooMany, ...faults];
    },
  };
}

/** How to set a value of a kind, for example: where it has entries, one of them. */
export function exampleOf({ example }: Kind<unknown>): Entry {
  if (typeof example !== 'object' || example === null) return { at: '', value: example as Scalar };
  const [key = '', value] = Object.entries(example as Record<string, Scalar>)[0] ?? [];
  return { at: Array.isArray(example) ? `[${key}]` : entryOf(key), value };
}

function entryOf(key: string): string {
  return `[${JSON.stringify(key)}]`;
}

function single<Value extends Scalar>(
  allowed: string,
  example: Value,
  accepts: (value: unknown) => boolean,
  read: (text: string) => unknown,
): Kind<Value> {
  return {
    allowed,
    example,
    read,
    faults: (value) => (accepts(value) ? [] : [{ at: '', problem: isNot(value, allowed) }]),
  };
}

/** Characters of a value that are shown. */
const SHOWN = 100;

function isNot(value: unknown, allowed: string): string {
  const json = (JSON.stringify(value) as string | undefined) ?? 'undefined';
  return `is ${json.length > SHOWN ? `${json.slice(0, SHOWN)}…` : json}; it must be ${allowed}`;
}

function asIs(text: string): string {
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
