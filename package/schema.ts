/** Renews schema.json, by which Pulumi's other languages know the component: `npm run schema`. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Analyzer } from '@pulumi/pulumi/provider/experimental/analyzer';
import { generateSchema } from '@pulumi/pulumi/provider/experimental/schema';
import packageJson from '../package.json';
import { formatted } from './formatted';

const ROOT = resolve(__dirname, '..');

/** The schema as Pulumi's analyzer reads it out of the component's types. */
export function schemaOfComponent(): unknown {
  const { name, version, description } = packageJson;
  const analyzer = new Analyzer(ROOT, name, packageJson, new Set(['CurrentsBridge']));
  const { components, typeDefinitions, dependencies } = analyzer.analyze();
  const schema = generateSchema(name, version, description, components, typeDefinitions, dependencies);
  // What is undefined is not in the file.
  return JSON.parse(JSON.stringify(schema)) as unknown;
}

async function main(): Promise<void> {
  writeFileSync(join(ROOT, 'schema.json'), await formatted(schemaOfComponent()));
}

if (require.main === module) void main();
