import { UnknownValueError } from '@pulumi/policy';

/** A property's value; undefined where it is not set, and where a preview cannot know it yet. */
export function known(properties: object, name: string): unknown {
  try {
    return (properties as Record<string, unknown>)[name];
  } catch (error) {
    if (error instanceof UnknownValueError) return undefined;
    throw error;
  }
}

/** Every text inside a value that is known already. Assets have none: what code says about itself is no setting. */
export function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((name) => texts(known(value, name)));
}
