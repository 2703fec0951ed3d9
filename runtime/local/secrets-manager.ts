import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** As much of AWS Secrets Manager as the functions use: `GetSecretValue`, over its wire protocol (AWS JSON 1.1). */
export class LocalSecretsManager {
  readonly secrets = new Map<string, string>();

  private constructor(private readonly server: Server) {}

  static async listen(): Promise<LocalSecretsManager> {
    const server = createServer();
    const manager = new LocalSecretsManager(server);
    server.on('request', (request, response) => {
      // A function that is killed breaks off in the middle.
      manager.#answer(request, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return manager;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { SecretId } = (await json(request)) as { SecretId: string };
    const value = this.secrets.get(SecretId);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (value === undefined) response.writeHead(400).end(JSON.stringify({ __type: 'ResourceNotFoundException' }));
    else response.end(JSON.stringify({ SecretString: value }));
  }
}
