import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { LocalServer } from './server';

/** The gateway refuses more after decompression, in bytes. */
const MAX_BATCH_BYTES = 4_096_000;

type Entry = Record<string, unknown>;

/** How the data plane fails: with a status, by breaking the connection, or with a proxy's page in its place. */
export type Outage = { status: number } | 'reset' | 'html';

/**
 * A stand-in for RudderStack's data plane, as its open gateway behaves (rudder-server `gateway/`, August 2026): basic
 * authentication with the write key, all-or-nothing batches, its limits and status codes.
 */
export class LocalDataPlane {
  /** What was accepted, by `messageId`: each copy. */
  readonly received = new Map<string, Entry[]>();
  outage: Outage | undefined;
  /** Milliseconds before each answer. */
  latency = 0;
  /** Status with which a firewall in front refuses a batch for one entry's content, or undefined. */
  objection: (entry: Entry) => number | undefined = () => undefined;
  requests = 0;

  #server: LocalServer | undefined;

  private constructor(
    public writeKey: string,
    private readonly onEntry: (entry: Entry) => void,
  ) {}

  static async listen(writeKey: string, onEntry: (entry: Entry) => void = () => undefined): Promise<LocalDataPlane> {
    const dataPlane = new LocalDataPlane(writeKey, onEntry);
    dataPlane.#server = await LocalServer.listen((request, response) => {
      // A sender that is killed breaks off in the middle.
      dataPlane.#answer(request, response).catch(() => response.destroy());
    });
    return dataPlane;
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const body = await buffer(request);
    if (this.latency > 0) await wait(this.latency);
    if (this.outage === 'reset') {
      request.socket.destroy();
    } else if (this.outage === 'html') {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>This site is being maintained.</html>');
    } else if (this.outage !== undefined) {
      response.writeHead(this.outage.status).end('unavailable');
    } else {
      const { status, text } = this.#judge(request, body);
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    }
  }

  #judge(request: IncomingMessage, body: Buffer): { status: number; text: string } {
    if (request.method !== 'POST' || request.url !== '/v1/batch') return { status: 404, text: '404 page not found' };
    const credentials = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (Buffer.from(credentials, 'base64').toString() !== `${this.writeKey}:`) {
      return { status: 401, text: 'Invalid Authorization Header' };
    }
    let plain = body;
    if (request.headers['content-encoding'] === 'gzip') {
      try {
        plain = gunzipSync(body);
      } catch {
        return { status: 500, text: 'broken gzip' };
      }
    }
    if (plain.length > MAX_BATCH_BYTES) return { status: 413, text: 'Request size too large' };
    const batch = entriesOf(plain.toString());
    if (batch === undefined) return { status: 400, text: 'Invalid JSON' };
    if (batch.length === 0) return { status: 400, text: 'Empty batch payload' };
    if (!batch.every(hasIdentity)) {
      return { status: 400, text: 'Request neither has anonymousId nor userId' };
    }
    for (const entry of batch) {
      const status = this.objection(entry);
      if (status !== undefined) return { status, text: `Refused because of ${JSON.stringify(entry)}` };
    }
    for (const entry of batch) {
      // Any other id is replaced.
      const id = typeof entry.messageId === 'string' ? entry.messageId : randomUUID();
      this.received.set(id, [...(this.received.get(id) ?? []), entry]);
      this.onEntry(entry);
    }
    return { status: 200, text: 'OK' };
  }
}

function entriesOf(text: string): Entry[] | undefined {
  try {
    const { batch } = JSON.parse(text) as { batch?: unknown };
    if (!Array.isArray(batch)) return undefined;
    return batch.every((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
      ? (batch as Entry[])
      : undefined;
  } catch {
    return undefined;
  }
}

/** Ids are trimmed and stripped of invisible characters first. */
function hasIdentity({ userId, anonymousId }: Entry): boolean {
  return [userId, anonymousId].some((id) => typeof id === 'string' && id.replace(/[\p{Cc}\p{Cf}\s]/gu, '') !== '');
}
