import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Remaining } from '../queue/sqs';
import { archiveKey, type ArchiveEntry } from './key';

/** Milliseconds that one request may wait for S3, whatever S3 does: a third of ingest's own patience. */
const PATIENCE = 5_000;

/** A client that tries once more where S3 fails or is slow, and ends soon enough for its caller to go on. */
export function s3Client(): S3Client {
  return new S3Client({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  });
}

const gzipAsync = promisify(gzip);

/** The archive, for ingest: may add to it, and nothing else. */
export class ArchiveWriter {
  constructor(
    private readonly bucket: string,
    private readonly s3 = s3Client(),
  ) {}

  /**
   * Keeps a request's body, compressed. The client sends a CRC-32 and a SHA-256 of what it sends along, and S3 keeps
   * nothing that does not match them.
   *
   * @throws whatever S3 or the way there gives as a reason; then the body may be kept or not.
   */
  async put(body: Uint8Array, entry: Omit<ArchiveEntry, 'id'>, remaining: Remaining): Promise<void> {
    const { ETag, $metadata } = await this.s3.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: archiveKey({ ...entry, id: randomUUID() }),
        Body: await gzipAsync(body),
        ContentType: 'application/json',
        ContentEncoding: 'gzip',
      }),
      { abortSignal: AbortSignal.timeout(Math.max(Math.floor(Math.min(PATIENCE, remaining())), 1)) },
    );
    if ($metadata.httpStatusCode !== 200 || ETag === undefined) throw new NotKept();
  }
}

/** An answer that is no error, but not S3's answer to an object that it has kept either. */
class NotKept extends Error {
  override readonly name = 'NotKept';

  constructor() {
    super('What answered for S3 did not confirm that it has kept the object.');
  }
}
