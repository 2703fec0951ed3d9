import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent } from 'node:https';
import { Duplex } from 'node:stream';
import { sleep } from './clock';
import type { Journal } from './journal';

/** Who makes requests. Once it is dead, nothing that it does has an effect, and nothing reaches it. */
export interface Caller {
  /** The number of the invocation that it is in. */
  readonly invocation: number;
  /** A moment at which it may die, before a request leaves and before an answer is heard. @returns whether it lives. */
  step(): boolean;
}

export interface Request {
  caller: Caller;
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

/** What the way to a service and back does to a request. */
export interface Passage {
  /** Milliseconds to the service, and back. */
  there: number;
  back: number;
  /** Whether the service gets the request; if so, it acts on it, whatever becomes of its answer. */
  arrives: boolean;
  end: 'answer' | 'silence' | 'reset' | 'half an answer';
  /** What comes in place of the service's own answer. */
  instead?: Answer;
  /** The name of what disturbs it; undefined where nothing does. */
  fault: string | undefined;
}

/** A service's own answer, and what to do when it is known whether the caller has heard the one that was given. */
export interface Handled {
  answer: Answer;
  heard?: (isHeard: boolean) => void;
}

export interface Service {
  passage(): Passage;
  handle(request: Request, passage: Passage): Handled;
  /** Told of a request that did not arrive, since something else has answered it. */
  intercepted?(request: Request, answer: Answer): Handled;
}

/** One end of a connection inside this process. What is written to it comes out of the other. */
class ConnectionEnd extends Duplex {
  #other!: ConnectionEnd;

  static pair(): [ConnectionEnd, ConnectionEnd] {
    const ends: [ConnectionEnd, ConnectionEnd] = [new ConnectionEnd(), new ConnectionEnd()];
    [ends[0].#other, ends[1].#other] = [ends[1], ends[0]];
    return ends;
  }

  override _read(): void {
    // Comes by itself.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (!this.#other.destroyed) this.#other.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    if (!this.#other.destroyed) this.#other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other;
    process.nextTick(() => other.destroy());
    done(error);
  }

  // What HTTP asks of a socket.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

/** The HTTPS agent of one caller: it reaches the network's services, and nothing else. */
class CallersAgent extends Agent {
  constructor(private readonly connect: (host: string) => Duplex) {
    super({ keepAlive: true });
  }

  override createConnection(options: { host?: string | null }): Duplex {
    return this.connect(options.host ?? '');
  }
}

/** Services by host name, reached by real HTTP through connections inside this process. */
export class Network {
  readonly #server: Server;
  readonly #connections = new Set<Duplex>();
  readonly #callers = new WeakMap<Duplex, Caller>();
  readonly #clientEnds = new WeakMap<Duplex, Duplex>();

  constructor(
    private readonly services: ReadonlyMap<string, Service>,
    private readonly journal: Journal,
  ) {
    this.#server = createServer((request, response) => {
      // Of a connection that is gone there is nobody left to tell.
      this.#serve(request, response).catch(() => undefined);
    });
  }

  agentFor(caller: Caller): Agent {
    return new CallersAgent((host) => {
      if (!this.services.has(host)) throw new Error(`There is no service at ${host}.`);
      const [client, server] = ConnectionEnd.pair();
      this.#callers.set(server, caller);
      this.#connections.add(server);
      this.#clientEnds.set(server, client);
      this.#server.emit('connection', server);
      return client;
    });
  }

  /**
   * Ends all connections: Node.js keeps what hangs on an open one. When this ends, whoever still waited at one has heard
   * of it: nobody may do so in the next simulation, and take of its random numbers.
   */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection: Duplex = incoming.socket;
    const caller = this.#callers.get(connection) as Caller;
    const { host = '' } = incoming.headers;
    const service = this.services.get(host) as Service;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (!caller.step()) return;

    const passage = service.passage();
    this.journal.calls.push({ invocation: caller.invocation, host, isDisturbed: passage.fault !== undefined });
    const { there, back, arrives, end, instead } = passage;
    await sleep(there);
    const request = { caller, path: incoming.url ?? '', headers: incoming.headers, body: Buffer.concat(chunks) };
    let handled: Handled | undefined;
    if (arrives) handled = service.handle(request, passage);
    else if (instead !== undefined) handled = service.intercepted?.(request, instead);
    const answer = instead ?? handled?.answer ?? { status: 502, body: '' };
    await sleep(back);
    const isListening = caller.step() && this.#clientEnds.get(connection)?.destroyed === false;
    handled?.heard?.(isListening && end === 'answer');
    if (!isListening || end === 'silence') return;
    if (end === 'reset') {
      connection.destroy();
      return;
    }
    response.sendDate = false;
    response.writeHead(answer.status, {
      ...answer.headers,
      'content-length': Buffer.byteLength(answer.body) + (end === 'answer' ? 0 : 1),
    });
    if (end === 'answer') {
      response.end(answer.body);
      return;
    }
    response.write(answer.body.slice(0, answer.body.length / 2));
    setTimeout(() => connection.destroy(), 1);
  }
}
