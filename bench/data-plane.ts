import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { LocalServer } from '../runtime/local/server';

/** What was sent to the data plane. */
export interface DataPlaneWork {
  requests: number;
  events: number;
  /** Of the requests' bodies, as they were sent. */
  wireBytes: number;
  /** Of the same after decompression. */
  plainBytes: number;
}

/** A data plane that accepts all, so that the sender's own work is what is measured. */
export class CountingDataPlane {
  /** Milliseconds before each answer. */
  latency = 0;
  #bodies: Buffer[] = [];

  private constructor(private readonly server: LocalServer) {}

  static async start(): Promise<CountingDataPlane> {
    const dataPlane: CountingDataPlane = new CountingDataPlane(
      await LocalServer.listen((...exchange) => void dataPlane.#answer(...exchange)),
    );
    return dataPlane;
  }

  get url(): string {
    return this.server.url;
  }

  /** Everything since the last call. It is looked into only now, not while the sender waits. */
  take(): DataPlaneWork {
    const work: DataPlaneWork = { requests: 0, events: 0, wireBytes: 0, plainBytes: 0 };
    for (const body of this.#bodies) {
      const plain = body[0] === 0x1f ? gunzipSync(body) : body;
      work.requests += 1;
      work.events += (JSON.parse(plain.toString()) as { batch: unknown[] }).batch.length;
      work.wireBytes += body.length;
      work.plainBytes += plain.length;
    }
    this.discard();
    return work;
  }

  /** Forgets everything since then without a look. */
  discard(): void {
    this.#bodies = [];
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  async #answer(...[request, response]: Parameters<RequestListener>): Promise<void> {
    this.#bodies.push(await buffer(request));
    if (this.latency > 0) await wait(this.latency);
    response.end('OK');
  }
}
