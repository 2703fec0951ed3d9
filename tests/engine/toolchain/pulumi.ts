import { access, copyFile, mkdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { version as sdkVersion } from '@pulumi/pulumi/package.json';
import { run } from './command';
import type { Component } from './component';
import { isAtLeast } from './requirement';

const CLI = join(__dirname, 'cli');
const LANGUAGE_HOST = join(__dirname, 'language-host');

/** Pulumi's CLI, and the language host for Node.js from the last SDK for Go that had it. */
export async function pulumi(): Promise<Component> {
  const goMod = await readFile(join(CLI, 'go.mod'), 'utf8');
  const version = pin(goMod, /pulumi\/pkg\/v3 v(\S+)/);
  return {
    name: `pulumi-${version}`,
    pins: [CLI, LANGUAGE_HOST],
    executables: ['bin/pulumi', 'bin/pulumi-language-nodejs', 'bin/nodejs-language-host'],
    requirement: {
      name: 'Go',
      command: 'go',
      versionArgs: ['env', 'GOVERSION'],
      // There, an older Go may fetch the release that go.mod asks for by itself.
      cwd: CLI,
      least: pin(goMod, /^go (\S+)/m),
      website: 'https://go.dev/dl/',
      reason: `It builds Pulumi's CLI; a pulumi ${sdkVersion} or newer on PATH with its language host does as well.`,
    },
    announcement: `Building Pulumi's CLI ${version} and its language host with Go, once: about 7 minutes on 2 cores.`,
    async build(folder) {
      const bin = join(folder, 'bin');
      await mkdir(bin);
      const host = join(bin, 'nodejs-language-host');
      await goBuild(LANGUAGE_HOST, 'github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs', host);
      await run(host, ['-help']);
      await copyFile(join(LANGUAGE_HOST, 'pulumi-language-nodejs'), join(bin, 'pulumi-language-nodejs'));
      const stamp = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
      await goBuild(CLI, 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi', join(bin, 'pulumi'), stamp);
      const built = await versionOf(join(bin, 'pulumi'));
      if (built !== version) throw new Error(`The CLI that was built says it is Pulumi ${built}, not ${version}.`);
    },
  };
}

/**
 * The first folder on PATH with a CLI that is new enough and its language host. CLI and SDK are released together: the
 * CLI of the SDK's own release, and any later one, speaks with our program.
 */
export async function pulumiOnPath(): Promise<string | undefined> {
  for (const bin of (process.env.PATH ?? '').split(delimiter)) {
    try {
      await access(join(bin, 'pulumi-language-nodejs'));
      if (isAtLeast(await versionOf(join(bin, 'pulumi')), sdkVersion)) return bin;
    } catch {
      // There is no Pulumi in this folder, or none that runs.
    }
  }
  return undefined;
}

/** Builds a command of just the modules that go.sum lists by their hashes. */
async function goBuild(module: string, command: string, executable: string, linkerFlags = ''): Promise<void> {
  await run('go', ['build', '-mod=readonly', '-ldflags', `-s -w ${linkerFlags}`, '-o', executable, command], {
    cwd: module,
    env: { GOWORK: 'off' },
  });
}

async function versionOf(executable: string): Promise<string> {
  const version = await run(executable, ['version'], { env: { PULUMI_SKIP_UPDATE_CHECK: 'true' } });
  return version.replace(/^v/, '');
}

function pin(goMod: string, pattern: RegExp): string {
  const version = pattern.exec(goMod)?.[1];
  if (version === undefined) throw new Error(`There is no ${String(pattern)} in go.mod.`);
  return version;
}
