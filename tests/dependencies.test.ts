import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'currents-bridge-dependencies-'));
});
afterEach(() => rm(folder, { recursive: true }));

function run(script: string, ...args: string[]) {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, [`.ci/${script}`, ...args], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the check of licences', () => {
  async function check(packages: Record<string, object>) {
    const lock = join(folder, 'package-lock.json');
    await writeFile(
      lock,
      JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'currents-bridge' }, ...packages } }),
    );
    return run('licences.mjs', lock);
  }

  test('is content with what this project depends on', () => {
    expect(run('licences.mjs')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/all \d{3,} packages/) as unknown,
    });
  });

  test.each(['MIT', 'Apache-2.0 AND MIT', '(MIT OR CC0-1.0)'])('allows %s', async (license) => {
    expect(await check({ 'node_modules/a': { version: '1.0.0', license } })).toMatchObject({ status: 0 });
  });

  test('names each package whose licence is not known to be fine, those for development too', async () => {
    const { status, stderr } = await check({
      'node_modules/good': { version: '1.0.0', license: 'MIT' },
      'node_modules/copyleft': { version: '1.0.0', license: 'GPL-3.0-only' },
      'node_modules/good/node_modules/@scope/chosen': { version: '2.0.0', license: '(MIT OR AGPL-3.0)', dev: true },
      'node_modules/silent': { version: '3.0.0' },
      'node_modules/empty': { version: '4.0.0', license: '' },
      'node_modules/alias': { version: '5.0.0', name: 'real', license: 'MIT*' },
    });

    expect(status).toBe(1);
    expect(stderr.match(/^\S+/gm)).toEqual([
      'copyleft@1.0.0',
      '@scope/chosen@2.0.0',
      'silent@3.0.0',
      'empty@4.0.0',
      'real@5.0.0',
    ]);
    expect(stderr).toContain('silent@3.0.0 names no licence; read it,');
  });
});

describe('the audit', () => {
  /** An npm whose audit says this. */
  async function npmSaying(text: string, exitCode: number) {
    const npm = join(folder, 'npm');
    await writeFile(join(folder, 'answer'), text);
    await writeFile(npm, `#!/bin/sh\ncat "${folder}/answer"\nexit ${exitCode}\n`);
    await chmod(npm, 0o755);
    return run('audit.mjs');
  }
  const report = (high: number, critical: number) =>
    JSON.stringify({ auditReportVersion: 2, metadata: { vulnerabilities: { low: 3, moderate: 2, high, critical } } });

  test('passes where nothing high is known', async () => {
    expect(await npmSaying(report(0, 0), 0)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('0 critical, 0 high') as unknown,
    });
  });

  test.each([
    [1, 0],
    [0, 1],
  ])('fails with %d high and %d critical', async (high, critical) => {
    expect(await npmSaying(report(high, critical), 1)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`${critical} critical, ${high} high`) as unknown,
    });
  });

  test.each(['{"message":"405 Method Not Allowed","error":{"summary":""}}', 'npm error network', ''])(
    'says that nothing was checked where the registry answers %j',
    async (answer) => {
      expect(await npmSaying(answer, 1)).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^NOT CHECKED/) as unknown,
      });
    },
  );
});
