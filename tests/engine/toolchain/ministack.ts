import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from './command';
import type { Component } from './component';

const MINISTACK = join(__dirname, 'ministack');

/** The scripts of a virtual environment do not survive its move; this one finds its Python beside itself. */
const SCRIPT = `#!/bin/sh
exec "$(dirname "$0")/venv/bin/python" -I -m ministack "$@"
`;

/** MiniStack in a virtual environment of Python, and the models of AWS's APIs that come with it. */
export async function ministack(): Promise<Component> {
  const version = (await readFile(join(MINISTACK, 'requirements.in'), 'utf8')).trim().replace('ministack==', '');
  return {
    name: `ministack-${version}`,
    pins: [MINISTACK],
    executables: ['ministack', 'venv/bin/python', 'aws-models'],
    requirement: {
      name: 'Python',
      command: 'python3',
      versionArgs: ['--version'],
      least: '3.10',
      website: 'https://www.python.org/downloads/',
      reason: 'It runs MiniStack, which stands in for AWS.',
    },
    announcement: `Installing MiniStack ${version} for Python, once: about half a minute.`,
    async build(folder) {
      const venv = join(folder, 'venv');
      const python = join(venv, 'bin/python');
      await run('python3', ['-m', 'venv', venv]);
      const requirements = ['--require-hashes', '--no-deps', '--only-binary', ':all:', '-r', 'requirements.txt'];
      await run(python, ['-m', 'pip', 'install', '--quiet', ...requirements], { cwd: MINISTACK });
      await run(python, ['-m', 'pip', 'check']);
      await writeFile(join(folder, 'ministack'), SCRIPT, { mode: 0o755 });
      await run(join(folder, 'ministack'), ['--help']);
      const botocore = await run(python, ['-I', '-c', 'import botocore; print(*botocore.__path__)']);
      await symlink(join(relative(folder, botocore), 'data'), join(folder, 'aws-models'));
    },
  };
}
