import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { credentials } from '@grpc/grpc-js';
import { ResourceProviderClient } from '@pulumi/pulumi/proto/provider_grpc_pb';
import { GetSchemaRequest } from '@pulumi/pulumi/proto/provider_pb';

/** What Pulumi's language host runs for a plugin: Pulumi's own script, with the folder of the package. */
export function commandOf(project: string): [string, string] {
  const modules = join(project, 'node_modules');
  return [join(modules, '@pulumi/pulumi/cmd/run-plugin'), join(modules, 'currents-bridge')];
}

/** The package's plugin as a process. */
export class Plugin {
  private constructor(
    private readonly process: ChildProcess,
    /** Where it listens. */
    private readonly port: string,
  ) {}

  /** @param project the folder of the program that uses it, with the package among its modules. */
  static async start(project: string): Promise<Plugin> {
    const child = spawn(process.execPath, commandOf(project), { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
    return new Plugin(child, port);
  }

  /** What it tells Pulumi of the package. */
  async schema(): Promise<unknown> {
    const client = new ResourceProviderClient(`127.0.0.1:${this.port}`, credentials.createInsecure());
    try {
      return await new Promise((resolve, reject) => {
        client.getSchema(new GetSchemaRequest(), (error, response) => {
          if (error === null) resolve(JSON.parse(response.getSchema()));
          else reject(error);
        });
      });
    } finally {
      client.close();
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill();
    await ended;
  }
}
