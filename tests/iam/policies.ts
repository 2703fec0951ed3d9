/** Writes the policies of the functions' roles to the folder that is named, a file each, for a linter to read. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CurrentsBridge } from '../../components/currents-bridge';
import { ADOPTING, LEAST, MOST } from '../support/args';
import { run } from '../support/mocks';

async function main(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [variant, args] of Object.entries({ least: LEAST, most: MOST, adopting: ADOPTING })) {
    const { graph } = await run(() => new CurrentsBridge(variant, args));
    for (const { name, inputs } of graph.ofType('aws:iam/rolePolicy:RolePolicy')) {
      await writeFile(join(folder, `${name}.json`), String(inputs.policy));
    }
  }
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder for the policies.');
void main(folder);
