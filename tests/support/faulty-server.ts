import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { LocalServer } from '../../runtime/local/server';

export interface SentMessage {
  messageId: string;
  userId?: string;
  [key: string]: unknown;
}

/** What a request to the data plane carried, its body after gunzip. */
export interface Delivered {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  writeKey: string;
  body: Buffer;
  messages: SentMessage[];
  socket: Socket;
}

/** A status, a whole answer, or anything done to the response by hand. */
export type Reply =
  | number
  | { status: number; headers?: Record<string, string>; body?: string }
  | ((response: ServerResponse, request: Delivered) => void);

/**
 * A stand-in for RudderStack's `POST /v1/batch`: all or nothing, sizes after gunzip, HTTP Basic. A script decides
 * first and may do anything; undefined leaves it to the rules.
 */
export class FaultyServer {
  /** Every request that came in whole. */
  readonly requests: Delivered[] = [];
  /** The messages of accepted requests. */
  readonly accepted: SentMessage[] = [];
  writeKey = 'write-key';
  script: (request: Delivered) => Reply | undefined = () => undefined;

  private constructor(
    private readonly server: LocalServer,
    readonly url: string,
  ) {}

  static async start(): Promise<FaultyServer> {
    const server = await LocalServer.listen((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        await once(request, 'end');
        const bytes = Buffer.concat(chunks);
        const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
        const basic = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
        const { method, url, headers, socket } = request;
        const { batch } = JSON.parse(body.toString()) as { batch: SentMessage[] };
        faulty.#answer(
          { method, url, headers, writeKey: basic.replace(/:$/, ''), body, messages: batch, socket },
          response,
        );
      })();
    });
    const faulty = new FaultyServer(server, server.url);
    return faulty;
  }

  /** Ids of the accepted messages. */
  get acceptedIds(): string[] {
    return this.accepted.map(({ messageId }) => messageId);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  #answer(request: Delivered, response: ServerResponse): void {
    this.requests.push(request);
    const reply = this.script(request) ?? this.#byTheRules(request);
    if (typeof reply === 'function') {
      reply(response, request);
      return;
    }
    const { status, headers = {}, body = '' } = typeof reply === 'number' ? { status: reply } : reply;
    if (status === 200 && body === '') this.accepted.push(...request.messages);
    response.writeHead(status, headers).end(body);
  }

  #byTheRules({ writeKey, body, messages }: Delivered): number {
    if (writeKey !== this.writeKey) return 401;
    if (body.length > 4_096_000) return 413;
    if (messages.length === 0 || messages.some(({ userId, anonymousId }) => !userId && !anonymousId)) return 400;
    return 200;
  }
}
