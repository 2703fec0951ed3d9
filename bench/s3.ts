import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { LocalServer } from '../runtime/local/server';

/** What S3 was asked to keep. */
export interface S3Work {
  /** Requests. */
  puts: number;
  /** Of the objects. */
  bytes: number;
}

/** S3 that accepts every object and keeps none, for the archive; over its wire protocol. */
export class CountingS3 {
  #work: S3Work = { puts: 0, bytes: 0 };

  private constructor(private readonly server: LocalServer) {}

  static async start(): Promise<CountingS3> {
    const s3: CountingS3 = new CountingS3(await LocalServer.listen((...exchange) => void s3.#answer(...exchange)));
    return s3;
  }

  /** Of a function that archives, beside what it has without. */
  get environment(): Record<string, string> {
    return { AWS_ENDPOINT_URL_S3: this.server.url, ARCHIVE_BUCKET: 'archive' };
  }

  /** Everything since the last call. */
  take(): S3Work {
    const work = this.#work;
    this.#work = { puts: 0, bytes: 0 };
    return work;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  async #answer(...[request, response]: Parameters<RequestListener>): Promise<void> {
    const { length } = await buffer(request);
    this.#work.puts += 1;
    this.#work.bytes += length;
    response.writeHead(200, { etag: '"0"' }).end();
  }
}
