/** A kind of value that a setting can have. */
export interface Kind<Value> {
  /** What is allowed, to stand after "must be". */
  allowed: string;
  accepts(value: unknown): value is Value;
  /** The value that a text of the stack's config stands for; undefined where it stands for none. */
  read(text: string): unknown;
  /** A value to show how to set it. */
  example: string;
}

/** Text of a certain form. */
export function text(allowed: string, pattern: RegExp, example: string): Kind<string> {
  return {
    allowed,
    accepts: (value): value is string => typeof value === 'string' && pattern.test(value),
    read: asIs,
    example,
  };
}

/** One of the values of an enum. */
export function oneOf<Word extends string>(words: Record<string, Word>): Kind<Word> {
  const all: Word[] = Object.values(words);
  return {
    allowed: `one of ${all.join(', ')}`,
    accepts: (value): value is Word => all.includes(value as Word),
    read: asIs,
    example: String(all[0]),
  };
}

/** A whole number, bounds included. */
export function integer(min: number, max: number, unit?: string): Kind<number> {
  return {
    allowed: `a whole number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}`,
    accepts: (value): value is number => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
    read: (text) => (/^-?\d+$/.test(text.trim()) ? Number(text) : undefined),
    example: String(min),
  };
}

export const boolean: Kind<boolean> = {
  allowed: 'true or false',
  accepts: (value): value is boolean => typeof value === 'boolean',
  read: (text) =>
    new Map([
      ['true', true],
      ['false', false],
    ]).get(text.trim()),
  example: 'true',
};

/** A list whose entries are all of one kind. */
export function listOf<Entry>(entries: string, entry: Kind<Entry>): Kind<Entry[]> {
  return {
    allowed: `a list of ${entries}`,
    accepts: (value): value is Entry[] => Array.isArray(value) && value.every((each) => entry.accepts(each)),
    read: parsed,
    example: entry.example,
  };
}

/** An object whose values are texts. */
export function mapOf(
  allowed: string,
  accepts: (key: string, value: string) => boolean,
  example: string,
): Kind<Record<string, string>> {
  return {
    allowed,
    accepts: (value): value is Record<string, string> =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.entries(value).every(([key, each]) => typeof each === 'string' && accepts(key, each)),
    read: parsed,
    example,
  };
}

/** The full ARN of something of one AWS service. */
export function arn(service: string, resource: RegExp, example: string): Kind<string> {
  return text(
    `a full ARN such as ${example}`,
    new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:\\d{12}:${resource.source}$`),
    example,
  );
}

function asIs(text: string): string {
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
