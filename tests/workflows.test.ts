import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { scripts } from '../package.json';
import { packages } from '../package-lock.json';
import renovate from '../renovate.json';

const ROOT = resolve(__dirname, '..');
const SCRIPTS = join(ROOT, '.github/scripts');

type Permissions = Record<string, 'read' | 'write' | 'none'>;

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Job {
  permissions?: Permissions;
  'timeout-minutes'?: number;
  'runs-on': string;
  environment?: string | { name: string };
  concurrency?: { group: string; 'cancel-in-progress': boolean };
  strategy?: { 'fail-fast'?: boolean };
  steps: Step[];
}

interface Workflow {
  on: Record<string, unknown>;
  permissions?: Permissions;
  jobs: Record<string, Job>;
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const FILES = readdirSync(join(ROOT, '.github/workflows')).map((name) => `.github/workflows/${name}`);
const WORKFLOWS = new Map(FILES.map((path) => [path, parse(read(path)) as Workflow]));
const JOBS = [...WORKFLOWS].flatMap(([path, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => [`${path.replace('.github/workflows/', '')} ${name}`, job] as const),
);
const STACKS = readdirSync(ROOT).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);

/** Those jobs, by name, of which a statement holds. */
const jobsWhere = (holds: (job: Job) => boolean) => JOBS.filter(([, job]) => holds(job)).map(([name]) => name);

const writes = ({ permissions = {} }: Job) =>
  Object.entries(permissions)
    .filter(([, level]) => level === 'write')
    .map(([name]) => name);

describe('the workflows', () => {
  test('give each job its own permissions, and the rest none', () => {
    for (const { permissions } of WORKFLOWS.values()) expect(permissions).toStrictEqual({});
    expect(jobsWhere(({ permissions }) => permissions === undefined)).toStrictEqual([]);
  });

  test('let a job write only comments, or ask for credentials of AWS, never both', () => {
    expect(
      Object.fromEntries(JOBS.map(([name, job]) => [name, writes(job)]).filter(([, names]) => names?.length)),
    ).toEqual({
      'deploy.yml deploy': ['id-token'],
      'preview.yml comment': ['pull-requests'],
      'preview.yml preview': ['id-token'],
      'pull-request.yml comment': ['pull-requests'],
    });
  });

  test('run no code of a pull request where they may comment', () => {
    const commenting = JOBS.filter(([, job]) => writes(job).includes('pull-requests')).flatMap(
      ([, { steps }]) => steps,
    );
    expect(commenting.filter(({ run = '' }) => /\b(npm|npx|node)\b/.test(run))).toStrictEqual([]);
    const checkouts = commenting.filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
    expect(checkouts).toHaveLength(2);
    for (const checkout of checkouts) expect(checkout.with?.ref).toBe('${{ github.event.pull_request.base.sha }}');
  });

  test('start by nothing that lends a stranger the rights of the repository', () => {
    const triggers = new Set([...WORKFLOWS.values()].flatMap((workflow) => Object.keys(workflow.on)));
    expect([...triggers].sort()).toStrictEqual(['pull_request', 'push', 'workflow_dispatch']);
  });

  test('end every job in time, on a runner of a fixed release', () => {
    expect(jobsWhere((job) => !(Number(job['timeout-minutes']) <= 90))).toStrictEqual([]);
    expect(jobsWhere((job) => !/-\d\d\.\d\d$/.test(job['runs-on']))).toStrictEqual([]);
  });

  test('leave no token behind in a checkout', () => {
    const checkouts = JOBS.flatMap(([, { steps }]) => steps).filter(({ uses = '' }) =>
      uses.startsWith('actions/checkout@'),
    );
    expect(checkouts.length).toBeGreaterThanOrEqual(JOBS.length);
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toStrictEqual([]);
  });

  test('take each action by one full commit, and name its version', () => {
    const used = [...FILES, 'docs/github-actions.md'].flatMap((path) => read(path).match(/(?<=\buses: ).*/g) ?? []);
    expect(used.length).toBeGreaterThan(20);
    expect(used.filter((action) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toStrictEqual([]);
    const names = [...new Set(used)].map((action) => action.split('@')[0]);
    expect(names).toHaveLength(new Set(names).size);
  });

  test('run the Pulumi that the engine tests prove', () => {
    const goMod = read('tests/engine/toolchain/cli/go.mod');
    const proven = /pulumi\/pkg\/v3 v(\S+)/.exec(goMod)?.[1];
    const steps = JOBS.flatMap(([, job]) => job.steps).filter(({ uses = '' }) => uses.startsWith('pulumi/actions@'));
    expect(steps.map((step) => step.with?.['pulumi-version'])).toStrictEqual([proven, proven]);
  });

  test('deploy a stack in its own environment, one run at a time, and end none half-way', () => {
    expect(WORKFLOWS.get('.github/workflows/deploy.yml')?.jobs.deploy).toMatchObject({
      environment: '${{ matrix.stack }}',
      concurrency: { group: 'deploy-${{ matrix.stack }}', 'cancel-in-progress': false },
      strategy: { 'fail-fast': false },
    });
  });
});

test('what workflows, their scripts and whoever contributes are told to run is there', () => {
  const pages = [...FILES, 'CONTRIBUTING.md', '.github/pull_request_template.md', '.ci/run'];
  const text = [...pages.map(read), ...readdirSync(SCRIPTS).map((name) => read(`.github/scripts/${name}`))].join('\n');
  const named = [...text.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name = '']) => name);
  expect(named).toEqual(expect.arrayContaining(['smoke', 'graph', 'test:engine']));
  expect(named.filter((name) => !(name in scripts))).toStrictEqual([]);
  const files = text.match(/(?<![\w/])\.(?:ci|github)\/[\w./-]*\w/g) ?? [];
  expect(files.filter((path) => !existsSync(join(ROOT, path)))).toStrictEqual([]);
});

test('every line of CODEOWNERS is about files that there are', () => {
  const patterns = read('.github/CODEOWNERS').match(/^\/\S+/gm) ?? [];
  expect(patterns.length).toBeGreaterThan(5);
  const top = readdirSync(ROOT).map((name) => `/${name}`);
  const isThere = (pattern: string) => {
    const form = new RegExp(`^${pattern.replaceAll('.', '\\.').replace('*', '.+')}$`);
    return existsSync(join(ROOT, pattern)) || top.some((path) => form.test(path));
  };
  expect(patterns.filter((pattern) => !isThere(pattern))).toStrictEqual([]);
});

test('what is installed keeps below the ceilings that Renovate is given', () => {
  const locked = packages as Record<string, { version?: string }>;
  const ceilings = renovate.packageRules.flatMap(({ allowedVersions, matchPackageNames }) =>
    allowedVersions === undefined ? [] : matchPackageNames.map((name) => ({ name, allowedVersions })),
  );
  expect(ceilings.length).toBeGreaterThan(3);
  const above = ceilings.filter(({ name, allowedVersions }) => {
    const [, operator, ceiling = ''] = /^(<=?)([\d.]+)$/.exec(allowedVersions) ?? [];
    const order = (locked[`node_modules/${name}`]?.version ?? '∞').localeCompare(ceiling, 'en', { numeric: true });
    return operator === '<=' ? order > 0 : order >= 0;
  });
  expect(above).toStrictEqual([]);
});

describe('a script of the workflows', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'currents-bridge-workflows-'));
    await mkdir(join(folder, 'bin'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** Puts a program on the PATH of the scripts. */
  async function program(name: string, script: string): Promise<void> {
    const path = join(folder, 'bin', name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }

  /** @returns what it prints. @throws Error with `stdout` where it fails. */
  async function run(script: string, args: string[], environment: Record<string, string>, cwd = ROOT): Promise<string> {
    const env = { ...environment, PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`, TMPDIR: folder };
    const { stdout } = await promisify(execFile)(join(SCRIPTS, script), args, { cwd, env });
    return stdout;
  }

  describe('finds the stacks', () => {
    /** The step output, and what it prints. */
    async function stacks(environment: Record<string, string>): Promise<{ stacks: unknown; printed: string }> {
      const output = join(folder, 'output');
      const printed = await run('stacks.sh', [], { ...environment, GITHUB_OUTPUT: output });
      const [, json = ''] = /^stacks=(.*)\n$/.exec(await readFile(output, 'utf8')) ?? [];
      return { stacks: JSON.parse(json) as unknown, printed };
    }

    test('which are those that have a file, where all are named', async () => {
      expect(await stacks({ STACKS: STACKS.join(' ') })).toStrictEqual({ stacks: STACKS, printed: '' });
    });

    test('none and a notice, where none is named', async () => {
      expect(await stacks({ STACKS: '' })).toStrictEqual({
        stacks: [],
        printed: expect.stringMatching(/^::notice .*\n$/) as unknown,
      });
    });

    test('and says which are left out', async () => {
      const [first = '', ...others] = STACKS;
      const { stacks: found, printed } = await stacks({ STACKS: first });
      expect(found).toStrictEqual([first]);
      expect(printed.match(/(?<=title=)\S+(?= is left out)/g)).toStrictEqual(others);
    });

    test('or just the one that somebody asks for', async () => {
      expect((await stacks({ STACKS: STACKS.join(' '), STACK: 'dev' })).stacks).toStrictEqual(['dev']);
    });

    test.each([
      ['has no file', { STACKS: 'dev nowhere elsewhere' }, ['"nowhere"', '"elsewhere"']],
      ['is not set up', { STACKS: 'dev', STACK: 'prod-eu' }, ['"prod-eu"']],
      ['is asked for where none is set up', { STACKS: '', STACK: 'dev' }, ['"dev"']],
    ])('and refuses one that %s', async (_, environment, names) => {
      const failure = await stacks(environment).then(
        () => ({ stdout: '' }),
        (error: unknown) => error as { stdout: string },
      );
      expect(failure.stdout.match(/(?<=::error .*?)"[\w-]+"/g)).toStrictEqual(names);
    });
  });

  describe('comments', () => {
    const ENVIRONMENT = {
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'octo/bridge',
      GITHUB_RUN_ID: '42',
      PULL_REQUEST: '7',
      GH_TOKEN: 'none',
    };

    /** Comments with a file on a pull request that has some comments. */
    async function comment(text: string, comments: { id: number; login: string; body: string }[]) {
      // As gh: prints by --jq what the script asks for, else takes a body from a file.
      const ofWorkflows = comments.filter(({ login }) => login === 'github-actions[bot]');
      const lines = ofWorkflows.map(({ id, body }) => `${id} ${body.split('\n')[0] ?? ''}`);
      await writeFile(join(folder, 'comments'), lines.join('\n'));
      await program(
        'gh',
        `case "$*" in
          *--jq*) cat ${folder}/comments ;;
          *) for last; do :; done; echo "$4 $5" > ${folder}/call; cat "\${last#body=@}" > ${folder}/body ;;
        esac`,
      );
      await writeFile(join(folder, 'review.md'), text);
      await run('comment.sh', ['Preview', join(folder, 'review.md')], ENVIRONMENT);
      return {
        call: (await readFile(join(folder, 'call'), 'utf8')).trim(),
        body: await readFile(join(folder, 'body'), 'utf8'),
      };
    }

    test('anew where there is no comment of that title by a workflow', async () => {
      const { call, body } = await comment('Nothing changes.\n', [
        { id: 1, login: 'somebody', body: '## Preview\n\nMine.' },
        { id: 2, login: 'github-actions[bot]', body: '## Infrastructure\n\nOther.' },
      ]);
      expect(call).toBe('POST repos/octo/bridge/issues/7/comments');
      expect(body).toBe(
        '## Preview\n\nBy [this run](https://github.com/octo/bridge/actions/runs/42).\n\nNothing changes.\n',
      );
    });

    test('in the place of the comment that an earlier run wrote', async () => {
      const earlier = { id: 3, login: 'github-actions[bot]', body: '## Preview\n\nOld.' };
      expect((await comment('New.', [earlier])).call).toBe('PATCH repos/octo/bridge/issues/comments/3');
    });

    test('with no more than GitHub takes, in whole lines', async () => {
      const { body } = await comment(`a\n${'seven c€\n'.repeat(15_000)}`, []);
      expect(body.length).toBeLessThan(65_536);
      expect(body).toContain('the rest is in the summary of that run');
      expect(body).toMatch(/\na\n(seven c€\n){5000,}$/);
    });
  });

  describe('reviews', () => {
    /** A checkout of a pull request's merge commit, by which the graph of a stack changes. */
    async function checkout(): Promise<string> {
      const project = join(folder, 'project');
      await mkdir(join(project, 'docs/graph'), { recursive: true });
      await writeFile(join(project, 'docs/graph/dev.txt'), 'queue\n');
      const git = (...args: string[]) =>
        promisify(execFile)('git', ['-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], { cwd: project });
      await git('init', '--quiet');
      await git('add', '.');
      await git('commit', '--quiet', '--message', 'base');
      await writeFile(join(project, 'docs/graph/dev.txt'), 'queue\nrole\n');
      await git('commit', '--quiet', '--all', '--message', 'merge');
      return project;
    }

    const review = async () => run('review.sh', [], { HOME: folder }, await checkout());

    test('what a change makes of the graphs, renewed by its author or not', async () => {
      await program('npm', 'echo topic >> docs/graph/dev.txt; echo queue > docs/graph/new.txt');
      await program('npx', 'exit 0');
      const text = await review();
      expect(text).toMatch(
        /^~{10}diff\n[^]*\n\+role\n\+topic\n[^]*\+\+\+ b\/docs\/graph\/new\.txt\n[^]*\+queue\n~{10}$/m,
      );
      expect(text).toContain('Every ready stack keeps the rules.');
    });

    test('that nothing changes', async () => {
      await program('npm', 'echo queue > docs/graph/dev.txt');
      await program('npx', 'exit 0');
      expect(await review()).toContain('No change of any ready stack.');
    });

    test('what the program and the policy refuse', async () => {
      await program('npm', 'echo "set brazeCluster" >&2; exit 1');
      await program('npx', 'echo "queue without TLS" >&2; exit 1');
      const text = await review();
      expect(text).toContain('The program cannot be shown:\n\n~~~~~~~~~~text\nset brazeCluster\n');
      expect(text).toContain('A rule is broken, or a case of it fails:\n\n~~~~~~~~~~text\nqueue without TLS\n');
    });
  });
});
