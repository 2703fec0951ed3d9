import { once } from 'node:events';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { LocalDataPlane } from '../../runtime/local/data-plane';
import { newCertificate } from './certificate';

/** RudderStack's data plane on this machine behind TLS, since the stack's settings take nothing less. */
export class SecureDataPlane {
  private constructor(
    readonly dataPlane: LocalDataPlane,
    /** As PEM, for whoever is to trust it. */
    readonly certificate: string,
    private readonly server: Server,
  ) {}

  static async listen(writeKey: string): Promise<SecureDataPlane> {
    const dataPlane = await LocalDataPlane.listen(writeKey);
    const { key, certificate } = await newCertificate();
    const server = createServer({ key, cert: certificate }, (incoming, outgoing) => {
      const { method, url = '', headers } = incoming;
      const passedOn = request(`${dataPlane.url}${url}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      passedOn.on('error', () => outgoing.destroy());
      incoming.pipe(passedOn);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new SecureDataPlane(dataPlane, certificate, server);
  }

  get url(): string {
    return `https://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await Promise.all([closed, this.dataPlane.stop()]);
  }
}
