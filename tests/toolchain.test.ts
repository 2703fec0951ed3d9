import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { version as sdkVersion } from '@pulumi/pulumi/package.json';
import { toolchain } from './engine/toolchain/toolchain';

/** Makes a virtual environment whose Python is this script again, with botocore in it. */
const PYTHON = `#!/bin/sh
case "$*" in
  --version) echo 'Python 3.12.1' ;;
  '-m venv '*) mkdir -p "$3/bin" "$3/botocore/data" && cp "$0" "$3/bin/python" ;;
  *botocore*) echo "\${0%/bin/python}/botocore" ;;
esac
`;

/** Builds programs that say that they are the version in go.mod. */
const GO = `#!/bin/sh
if [ "$1" = env ]; then echo go1.27.0; exit; fi
while [ "$1" != -o ]; do shift; done
version=$(sed -n 's/^require .*pkg.v3 //p' go.mod)
printf '#!/bin/sh\\necho %s\\n' "$version" > "$2" && chmod +x "$2"
`;

let cache: string;
let programs: string;
let announced: jest.SpyInstance;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'currents-bridge-cache-'));
  programs = await mkdtemp(join(tmpdir(), 'currents-bridge-path-'));
  process.env.CI_CACHE = cache;
  process.env.PATH = `${programs}:/usr/bin:/bin`;
  announced = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});

afterEach(async () => {
  announced.mockRestore();
  await rm(cache, { recursive: true });
  await rm(programs, { recursive: true });
});

async function program(path: string, script: string): Promise<void> {
  await writeFile(path, script);
  await chmod(path, 0o755);
}

/** A pulumi on PATH with its language host. */
async function pulumiOf(version: string): Promise<void> {
  await program(join(programs, 'pulumi'), `#!/bin/sh\necho v${version}\n`);
  await program(join(programs, 'pulumi-language-nodejs'), '');
}

async function installed(): Promise<string[]> {
  return (await readdir(join(cache, 'engine'))).map((name) => name.replace(/-[\d.]+-[\da-f]{12}$/, '')).sort();
}

it('what this machine lacks is told at once', async () => {
  process.env.PATH = programs;
  await expect(toolchain()).rejects.toThrow(
    /^Install Python 3\.10 .*: there is no python3 that runs on PATH\. .*\nInstall Go 1\.\d.*: there is no go that runs/,
  );
});

it('programs that are too old are named with their versions', async () => {
  await program(join(programs, 'python3'), '#!/bin/sh\necho Python 3.9.18');
  await program(join(programs, 'go'), '#!/bin/sh\necho go1.22.1');
  await expect(toolchain()).rejects.toThrow(/there is python3 3\.9\.18 on PATH\.[^]*there is go 1\.22\.1 on PATH\./);
});

it('everything is built once, and said to be so', async () => {
  await program(join(programs, 'python3'), PYTHON);
  await program(join(programs, 'go'), GO);
  const { pulumiBin, ministack } = await toolchain();
  expect(await readdir(pulumiBin)).toStrictEqual(['nodejs-language-host', 'pulumi', 'pulumi-language-nodejs']);
  expect(ministack.startsWith(cache)).toBe(true);
  expect(announced.mock.calls.flat()).toStrictEqual([
    expect.stringMatching(/^Installing MiniStack [\d.]+ for Python, once: about .*\.\n$/),
    expect.stringMatching(/^Building Pulumi's CLI [\d.]+ and its language host with Go, once: about .*\.\n$/),
  ]);

  await unlink(join(programs, 'go'));
  await unlink(join(programs, 'python3'));
  expect(await toolchain()).toMatchObject({ pulumiBin, ministack });
});

it('a build that fails leaves nothing behind, and the next one starts anew', async () => {
  await program(join(programs, 'python3'), PYTHON);
  await program(join(programs, 'go'), GO.replace('echo %s', 'echo v0.0.1; exit 0; echo %s'));
  await expect(toolchain()).rejects.toThrow(/says it is Pulumi 0\.0\.1, not /);
  expect(await installed()).toStrictEqual(['ministack']);

  await program(join(programs, 'go'), GO);
  await toolchain();
  expect(await installed()).toStrictEqual(['ministack', 'pulumi']);
});

it('of two runs at once, the later one leaves what the earlier one installed', async () => {
  await program(join(programs, 'python3'), PYTHON);
  const held = join(programs, 'held');
  await program(join(programs, 'go'), GO.replace('while', `echo > ${held}; until [ ! -e ${held} ]; do :; done; while`));
  const later = toolchain();
  while (!existsSync(held)) await setImmediate();

  await unlink(join(programs, 'go'));
  await program(join(programs, 'go'), GO);
  const earlier = await toolchain();
  const { ino } = await stat(earlier.pulumiBin);

  await unlink(held);
  expect(await later).toStrictEqual(earlier);
  expect(await stat(earlier.pulumiBin)).toHaveProperty('ino', ino);
  expect(await installed()).toStrictEqual(['ministack', 'pulumi']);
});

it('an installation whose Python is gone is made anew', async () => {
  await program(join(programs, 'python3'), PYTHON);
  await program(join(programs, 'go'), GO);
  const { ministack } = await toolchain();
  const python = join(ministack, '../venv/bin/python');
  await unlink(python);
  await toolchain();
  expect(await readdir(join(python, '..'))).toStrictEqual(['python']);
});

it('a pulumi on PATH is used as it is, without Go, unless it is older than our SDK', async () => {
  await program(join(programs, 'python3'), PYTHON);
  await program(join(programs, 'go'), '#!/bin/sh\nexit 1');
  await pulumiOf(sdkVersion);
  expect((await toolchain()).pulumiBin).toBe(programs);
  await pulumiOf('3.99.0');
  await expect(toolchain()).rejects.toThrow(/^Install Go /);
});

it('a pulumi on PATH without its language host is not used', async () => {
  await program(join(programs, 'python3'), PYTHON);
  await program(join(programs, 'go'), GO);
  await pulumiOf(sdkVersion);
  await unlink(join(programs, 'pulumi-language-nodejs'));
  expect((await toolchain()).pulumiBin).not.toBe(programs);
});
