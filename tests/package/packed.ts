import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '../../package.json';

const ROOT = resolve(__dirname, '../..');
const TARBALL = `${packageJson.name}-${packageJson.version}.tgz`;
/** What a TypeScript program of Pulumi has for its development, whatever it imports. */
const OF_EVERY_PROGRAM = ['typescript', '@types/node'];

export const run = promisify(execFile);

/** The package as `npm pack` makes it, in a folder of its own. */
export class Packed {
  private constructor(
    private readonly scratch: string,
    /** Paths of all that is packed. */
    readonly files: string[],
  ) {}

  static async pack(): Promise<Packed> {
    const scratch = await realpath(await mkdtemp(join(tmpdir(), 'currents-bridge-package-')));
    await run('npm', ['pack', '--offline', '--pack-destination', scratch], { cwd: ROOT });
    const { stdout } = await run('tar', ['-tzf', join(scratch, TARBALL)]);
    return new Packed(
      scratch,
      stdout
        .trim()
        .split('\n')
        .map((path) => path.replace(/^package\//, '')),
    );
  }

  /**
   * Installs the package and what it depends on into a folder's node_modules, as npm would, but without a network: each
   * dependency is a link to the repository's. Nothing else of the repository's can be found from there.
   */
  async installInto(folder: string): Promise<void> {
    const modules = join(folder, 'node_modules');
    const target = join(modules, packageJson.name);
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', join(this.scratch, TARBALL), '-C', target, '--strip-components', '1']);
    for (const name of [...Object.keys(packageJson.dependencies), ...OF_EVERY_PROGRAM]) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await symlink(join(ROOT, 'node_modules', name), join(modules, name));
    }
  }

  async remove(): Promise<void> {
    await rm(this.scratch, { recursive: true });
  }
}
