import { join } from 'node:path';
import { folderOf, install, isInstalled } from './component';
import { ministack } from './ministack';
import { pulumi, pulumiOnPath } from './pulumi';
import { unmet } from './requirement';

/** What the tests run that no package of npm has. */
export interface Toolchain {
  /** Folder with pulumi and pulumi-language-nodejs. */
  pulumiBin: string;
  /** Its executable. */
  ministack: string;
  /** Botocore's data: the models of AWS's APIs. */
  awsModels: string;
}

/** Installs what is missing into the cache. @throws Error that names every program this machine lacks for that. */
export async function toolchain(): Promise<Toolchain> {
  const onPath = await pulumiOnPath();
  const [cli, emulator] = await Promise.all([pulumi(), ministack()]);
  const needed = onPath === undefined ? [emulator, cli] : [emulator];
  const missing = [];
  for (const component of needed) if (!(await isInstalled(component))) missing.push(component);

  const sentences = await Promise.all(missing.map(({ requirement }) => unmet(requirement)));
  const problems = sentences.filter((sentence) => sentence !== undefined);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  for (const component of missing) await install(component);

  const folder = await folderOf(emulator);
  return {
    pulumiBin: onPath ?? join(await folderOf(cli), 'bin'),
    ministack: join(folder, 'ministack'),
    awsModels: join(folder, 'aws-models'),
  };
}
