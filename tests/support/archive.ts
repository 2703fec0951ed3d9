import { S3Client } from '@aws-sdk/client-s3';
import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { ArchiveReader, type ArchivedRequest } from '../../runtime/archive/reader';
import { ArchiveWriter } from '../../runtime/archive/writer';

/** A request in the archive, its body decompressed. */
export interface Kept extends ArchivedRequest {
  body: Buffer;
}

/** An archive on fauxqs, behind the real S3 client. */
export class Archive {
  #count = 0;
  bucket = '';
  readonly s3: S3Client;

  private constructor(private readonly fauxqs: FauxqsServer) {
    this.s3 = s3At(this.endpoint);
  }

  static async start(): Promise<Archive> {
    const archive = new Archive(await startFauxqs({ port: 0, host: '127.0.0.1', logger: false }));
    archive.renew();
    return archive;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.fauxqs.port}`;
  }

  /** A new, empty bucket. */
  renew(): void {
    this.#count += 1;
    this.bucket = `archive-${this.#count}`;
    this.fauxqs.createBucket(this.bucket);
  }

  get writer(): ArchiveWriter {
    return new ArchiveWriter(this.bucket, this.s3);
  }

  get reader(): ArchiveReader {
    return new ArchiveReader(this.s3, this.bucket);
  }

  /** Everything that lies there, in the order of receipt. */
  async requests(): Promise<Kept[]> {
    const kept: Kept[] = [];
    for await (const request of this.reader.list({ from: new Date(0), to: new Date('9999-12-31') })) {
      kept.push({ ...request, body: (await this.reader.readBody(request.key)) ?? Buffer.alloc(0) });
    }
    return kept;
  }

  async stop(): Promise<void> {
    this.s3.destroy();
    await this.fauxqs.stop();
  }
}

/** The real client, for another endpoint. */
export function s3At(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}
