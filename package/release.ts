/** Writes down, at a release, what the next one must not lose: `npm run release-graph`. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { READY_STACKS } from '../graph/stack';
import packageJson from '../package.json';
import { formatted } from './formatted';
import { placesOf } from './places';
import { resourcesOf } from './stack';

const FILE = resolve(__dirname, '../tests/upgrade/RELEASE.json');

async function main(): Promise<void> {
  const places = await Promise.all(
    READY_STACKS.map(async (stack) => [stack, placesOf(await resourcesOf(stack))] as const),
  );
  writeFileSync(FILE, await formatted({ version: packageJson.version, places: Object.fromEntries(places) }));
}

void main();
