import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { renderFiles } from '../../graph/files';
import { run } from '../commands/command';

const ROOT = resolve(__dirname, '../..');

test('every graph under docs/graph is what the program makes', async () => {
  const stale: string[] = [];
  for (const [path, text] of await renderFiles()) {
    const checkedIn = await readFile(path, 'utf8').catch(() => 'no file');
    if (checkedIn !== text) stale.push(relative(ROOT, path));
  }

  if (stale.length > 0) {
    throw new Error(`${stale.join(', ')}: not what the program makes. Renew with: npm run graph -- --write`);
  }
  // Each stack is a process of its own, which builds the functions.
}, 180_000);

describe('the command', () => {
  test('prints the graph of one stack', async () => {
    const { exitCode, stdout } = await run('graph', ['--stack', 'dev']);

    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: await readFile(resolve(ROOT, 'docs/graph/dev.txt'), 'utf8'),
    });
  });

  test('says which file is missing of a stack that is none', async () => {
    expect(await run('graph', ['--stack', 'nowhere'])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: 'There is no file Pulumi.nowhere.yaml; name a stack that has one.\n',
    });
  });

  test.each([[[]], [['--stack', 'dev', '--write']]])('takes one of its three flags, not %j', async (args) => {
    expect(await run('graph', args)).toMatchObject({
      exitCode: 1,
      stderr: 'Give one of --stack NAME, --compare NAME OTHER and --write.\n',
    });
  });
});
