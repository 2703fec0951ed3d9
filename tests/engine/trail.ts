import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { newCertificate } from './certificate';

/** A call that IAM refused. */
export interface Refusal {
  /** The ARN of who called. */
  principal: string;
  /** As `sqs:SendMessage`. */
  action: string;
  /** As the caller named it: a queue's URL, a secret's ARN, or the path of an object. */
  resource: string | undefined;
}

/** As IAM words a refusal. */
const REFUSED = /User: (\S+) is not authorized to perform: (\S+)/;

/** What of a call's body names the resource. */
interface NamesResource {
  QueueUrl?: string;
  SecretId?: string;
}

/**
 * Stands between the functions and the emulator and keeps what IAM refused. CloudTrail does that in AWS; MiniStack's has
 * only what was allowed.
 */
export class Trail {
  refusals: Refusal[] = [];

  #emulatorUrl = '';

  private constructor(
    readonly certificate: string,
    private readonly server: Server,
  ) {}

  static async listen(): Promise<Trail> {
    const { key, certificate } = await newCertificate();
    const server = createServer({ key, cert: certificate });
    const trail = new Trail(certificate, server);
    server.on('request', (incoming, outgoing) => {
      trail.#pass(incoming).then(
        ({ answer, body }) => outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(body),
        () => outgoing.destroy(),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return trail;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  passOnTo(emulatorUrl: string): void {
    this.#emulatorUrl = emulatorUrl;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  async #pass(incoming: IncomingMessage): Promise<{ answer: IncomingMessage; body: string }> {
    const { method, url = '', headers } = incoming;
    const call = await buffer(incoming);
    // With the caller's Host header, which is signed.
    const passedOn = request(`${this.#emulatorUrl}${url}`, { method, headers });
    passedOn.end(call);
    const [answer] = (await once(passedOn, 'response')) as [IncomingMessage];
    const body = await text(answer);
    const [, principal, action] = REFUSED.exec(body) ?? [];
    if (principal !== undefined && action !== undefined) {
      this.refusals.push({ principal, action, resource: action.startsWith('s3:') ? pathOf(url) : namedIn(call) });
    }
    return { answer, body };
  }
}

function namedIn(call: Buffer): string | undefined {
  const { QueueUrl, SecretId } = JSON.parse(call.toString()) as NamesResource;
  return QueueUrl ?? SecretId;
}

/** Without what the SDK adds of its own. */
function pathOf(url: string): string {
  return url.replace(/\?.*$/, '');
}
