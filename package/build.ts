/** Builds what is packed, into dist/: `npm run build`. */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleHandler, type FunctionName } from '../runtime/bundle';

const ROOT = resolve(__dirname, '..');
const DIST = join(ROOT, 'dist');

function compile(): void {
  const tsc = require.resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '--project', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
}

async function writeBundle(name: FunctionName): Promise<void> {
  const folder = join(DIST, 'bundles', name);
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(await bundleHandler(name))) await writeFile(join(folder, file), content);
}

async function main(): Promise<void> {
  await rm(DIST, { recursive: true, force: true });
  compile();
  await writeBundle('ingest');
  await writeBundle('processor');
}

void main();
