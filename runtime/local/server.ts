import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on this machine. */
export class LocalServer {
  private constructor(private readonly server: Server) {}

  /** @param port 0 for any free one. */
  static async listen(listener: RequestListener, port = 0): Promise<LocalServer> {
    // Longer than a busy machine is held up: a client may still use a connection at the moment that it is closed.
    const server = createServer({ keepAliveTimeout: 60_000 }, listener);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new LocalServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends it at once, with whatever is under way. */
  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
