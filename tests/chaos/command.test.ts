import { run } from '../commands/command';

test('schedules are lived through, and told in numbers', async () => {
  const { exitCode, stdout, stderr } = await run('chaos', ['--schedules', '2', '--seed', '5']);

  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^schedules: 2, failed: 0\nsimulated hours: \d+\nevents: \d+\n/);
  expect(stdout).toMatch(/\nbroken promises: 0\n$/);
});

test('what an outage costs is told in numbers', async () => {
  const { exitCode, stdout } = await run('chaos', ['--outage', '1']);

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^hours: 1\nbacklog: \d+ events in \d+ messages\n(.+\n)+dead letters: 0\n$/);
});

test('all mistakes in the flags are told at once', async () => {
  const { exitCode, stderr } = await run('chaos', ['--schedules', '0', '--outage', '99', '--sed']);

  expect(exitCode).toBe(1);
  expect(stderr.trim().split('\n')).toStrictEqual([
    'There is no flag --sed; the flags are --schedules, --seed, --outage, --help.',
    '--schedules is "0"; set it to a whole number from 1 to 1000000.',
    '--outage is "99"; set it to a whole number from 1 to 78.',
    'Give one of --schedules and --outage.',
  ]);
});
