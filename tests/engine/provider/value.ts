import type { Properties } from './resource-type';

/** How Pulumi's engine marks, in a message, an object that stands for something else than itself. */
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';
const ASSET = 'c44067f5952c0a294b673a41bacd8c17';
const ARCHIVE = '0def7320c3a5731c473e5ecbe6d01bc7';

/** Stands in a preview for what only AWS can tell. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** A file: its text, or a path to it. */
export interface Asset {
  [SIGNATURE]: typeof ASSET;
  /** SHA-256 of the content, in hexadecimal digits. */
  hash: string;
  text?: string;
  path?: string;
}

/** A folder: its entries by their paths in it, or a path to it or to a zip. */
export interface Archive {
  [SIGNATURE]: typeof ARCHIVE;
  hash: string;
  assets?: Record<string, Asset | Archive>;
  path?: string;
}

export function isAsset(value: unknown): value is Asset {
  return isRecord(value) && value[SIGNATURE] === ASSET;
}

export function isArchive(value: unknown): value is Archive {
  return isRecord(value) && value[SIGNATURE] === ARCHIVE;
}

/** The value with nothing wrapped as a secret in it. */
export function unwrapped(value: unknown): unknown {
  if (isSecret(value)) return unwrapped(value.value);
  if (Array.isArray(value)) return value.map(unwrapped);
  return isRecord(value) ? mapValues(value, unwrapped) : value;
}

/** Properties with nothing wrapped as a secret in them. */
export function plain(properties: Properties): Properties {
  return unwrapped(properties) as Properties;
}

/** Names of the properties with a secret in them. */
export function secretNames(properties: Properties): string[] {
  return Object.keys(properties).filter((name) => secretsIn(properties[name]).length > 0);
}

/** What is wrapped as a secret, wherever it is in the value. */
export function secretsIn(value: unknown): unknown[] {
  if (isSecret(value)) return [unwrapped(value.value)];
  if (Array.isArray(value)) return value.flatMap(secretsIn);
  return isRecord(value) ? Object.values(value).flatMap(secretsIn) : [];
}

/** Plain properties with those of these names wrapped as secrets. */
export function wrapped(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      names.includes(name) ? { [SIGNATURE]: SECRET, value } : value,
    ]),
  );
}

/** Whether two values are the same, secret or not; files and folders by what they hold. */
export function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(sorted(unwrapped(value)) ?? null);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (isAsset(value) || isArchive(value)) return { [SIGNATURE]: value[SIGNATURE], hash: value.hash };
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

function isSecret(value: unknown): value is { value: unknown } {
  return isRecord(value) && value[SIGNATURE] === SECRET;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapValues(record: Record<string, unknown>, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
