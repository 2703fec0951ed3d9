import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with a Pulumi CLI in it that knows the outputs of every stack. */
export class FakePulumi {
  private constructor(readonly folder: string) {}

  static async install(): Promise<FakePulumi> {
    return new FakePulumi(await mkdtemp(join(tmpdir(), 'currents-bridge-pulumi-')));
  }

  async know(outputs: Record<string, unknown>): Promise<void> {
    const path = join(this.folder, 'pulumi');
    const printed = JSON.stringify(JSON.stringify(outputs));
    await writeFile(path, `#!${process.execPath}\nprocess.stdout.write(${printed});`);
    await chmod(path, 0o755);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}
