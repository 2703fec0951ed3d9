import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Emulator } from './emulator';
import type { Toolchain } from './toolchain/toolchain';

const ROOT = resolve(__dirname, '../..');

/** What a user of the project has. */
const PROJECT = ['Pulumi.yaml', 'Pulumi.dev.yaml', 'Pulumi.prod-eu.yaml', 'Pulumi.prod-us.yaml', 'package.json'];
const SOURCES = ['tsconfig.json', 'index.ts', 'components', 'runtime', 'stack', 'examples', 'commands', 'graph'];

/** What a command of Pulumi did with a resource, or would do. */
export interface Change {
  op: string;
  /** As `aws:sqs/queue:Queue`. */
  type: string;
  name: string;
}

export interface Ended {
  exitCode: number;
  /** Of standard output and standard error. */
  output: string;
}

/** A copy of the project with a backend of its own, and Pulumi's commands as a user types them in it. */
export class Project {
  /** What Pulumi has printed in all calls of `change`. */
  record = '';

  private constructor(
    /** Everything that is written goes here. */
    readonly scratch: string,
    private readonly toolchain: Toolchain,
    private readonly emulator: Emulator,
    private readonly provider: ChildProcess,
    private readonly port: string,
  ) {}

  /** @param credentials with which the provider calls AWS, in place of the root's. */
  static async copy(toolchain: Toolchain, emulator: Emulator, credentials: NodeJS.ProcessEnv = {}): Promise<Project> {
    const scratch = await mkdtemp(join(tmpdir(), 'currents-bridge-engine-'));
    const folder = join(scratch, 'project');
    await mkdir(folder);
    await mkdir(join(scratch, 'state'));
    for (const name of [...PROJECT, ...SOURCES]) await cp(join(ROOT, name), join(folder, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

    const provider = spawn(process.execPath, ['--require', 'tsx/cjs', 'tests/engine/provider/main.ts'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, ...emulator.environment, ...credentials, AWS_MODELS: toolchain.awsModels },
    });
    const [port] = (await once(createInterface(provider.stdout), 'line')) as [string];
    return new Project(scratch, toolchain, emulator, provider, port);
  }

  get folder(): string {
    return join(this.scratch, 'project');
  }

  /** Of Pulumi's commands, and of the project's own that ask Pulumi. */
  get environment(): NodeJS.ProcessEnv {
    return {
      PATH: `${this.toolchain.pulumiBin}:${process.env.PATH}`,
      HOME: this.scratch,
      PULUMI_HOME: join(this.scratch, 'home'),
      PULUMI_BACKEND_URL: `file://${join(this.scratch, 'state')}`,
      PULUMI_CONFIG_PASSPHRASE: 'a passphrase of the tests',
      PULUMI_SKIP_UPDATE_CHECK: 'true',
      PULUMI_DEBUG_PROVIDERS: `aws:${this.port},random:${this.port}`,
      // For the flag --event-log.
      PULUMI_DEBUG_COMMANDS: 'true',
      NO_COLOR: '1',
    };
  }

  /** Runs `pulumi ARGS`, whatever its exit code. */
  run(args: readonly string[], input = ''): Promise<Ended> {
    return this.#run('pulumi', [...args, '--non-interactive'], this.environment, input);
  }

  /** Runs `npm run SCRIPT -- ARGS` as who may do everything in AWS. */
  script(script: string, args: readonly string[]): Promise<Ended> {
    const environment = { ...this.emulator.environment, ...this.environment };
    return this.#run('npm', ['run', '--silent', script, '--', ...args], environment, '');
  }

  /** Runs `pulumi ARGS`. @throws Error with its output when it fails. */
  async pulumi(args: readonly string[], input?: string): Promise<string> {
    const { exitCode, output } = await this.run(args, input);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(' ')} failed:\n${output}`);
    return output;
  }

  /** Runs `pulumi up`, `preview` or `destroy` and gives what it did or would do, without what stays the same. */
  async change(command: 'up' | 'preview' | 'destroy', ...flags: string[]): Promise<Change[]> {
    const log = join(this.scratch, 'events.jsonl');
    await rm(log, { force: true });
    const confirmation = command === 'preview' ? [] : ['--yes', '--skip-preview'];
    this.record += await this.pulumi([command, ...confirmation, '--event-log', log, ...flags]);
    // For the machine alone: it holds debugging output, and secrets in that.
    const events = await readFile(log, 'utf8');
    return events
      .trim()
      .split('\n')
      .flatMap((line) => {
        const { resourcePreEvent } = JSON.parse(line) as EngineEvent;
        if (resourcePreEvent === undefined) return [];
        const { op, type, urn } = resourcePreEvent.metadata;
        return ['same', 'read', 'refresh'].includes(op) || type === 'pulumi:pulumi:Stack'
          ? []
          : [{ op, type, name: urn.split('::').at(-1) ?? '' }];
      });
  }

  async set(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [key, value] of Object.entries(settings)) {
      await this.pulumi(['config', 'set', '--plaintext', `currents-bridge:${key}`, value]);
    }
  }

  /** By standard input, as in a shell's pipe, so that it stands in no list of processes. */
  async setSecret(key: string, value: string): Promise<void> {
    await this.pulumi(['config', 'set', '--secret', `currents-bridge:${key}`], value);
  }

  async outputs(): Promise<Record<string, string>> {
    const json = await this.pulumi(['stack', 'output', '--json', '--show-secrets']);
    return JSON.parse(json) as Record<string, string>;
  }

  async #run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv, input: string): Promise<Ended> {
    const child = spawn(command, args, { cwd: this.folder, env: environment });
    child.stdin.end(input);
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ]);
    return { exitCode, output: stdout + stderr };
  }

  async stop(): Promise<void> {
    if (this.provider.exitCode === null) {
      const ended = once(this.provider, 'exit');
      this.provider.kill();
      await ended;
    }
    await rm(this.scratch, { recursive: true });
  }
}

interface EngineEvent {
  resourcePreEvent?: { metadata: { op: string; type: string; urn: string } };
}
