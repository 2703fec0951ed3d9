import { resolve } from 'node:path';

/** A value as JSON, as Prettier wants it in this repository. */
export async function formatted(value: unknown): Promise<string> {
  const { format, resolveConfig } = await import('prettier');
  return format(JSON.stringify(value), { ...(await resolveConfig(resolve(__dirname, 'any.json'))), parser: 'json' });
}
