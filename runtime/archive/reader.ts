import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { GetObjectCommand, NoSuchKey, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { MAX_REQUEST_BYTES, NotACurrentsRequest, parseCurrentsRequest } from '../transform/currents';
import { ARCHIVE_PREFIX, archiveKeyStart, parseArchiveKey, type ArchiveEntry } from './key';

/** A request as a listing of the archive shows it. */
export interface ArchivedRequest extends ArchiveEntry {
  key: string;
}

/** Times of receipt. */
export interface TimeRange {
  from: Date;
  /** The first time that is not meant any more. */
  to: Date;
}

const gunzipAsync = promisify(gunzip);

/** The archive, for those who may read it. */
export class ArchiveReader {
  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
  ) {}

  /**
   * The requests of a time in the order of their receipt, page by page. Whatever lies there under a key that is none of
   * the archive's is left out.
   *
   * @param after the key after which to go on, from an earlier listing.
   */
  async *list({ from, to }: TimeRange, after = ''): AsyncGenerator<ArchivedRequest> {
    const start = archiveKeyStart(from.toISOString());
    const end = archiveKeyStart(to.toISOString());
    // Keys are in the order of time, so one listing does, however many hours have none.
    const pages = paginateListObjectsV2(
      { client: this.s3 },
      { Bucket: this.bucket, Prefix: ARCHIVE_PREFIX, StartAfter: after > start ? after : start },
    );
    for await (const { Contents = [] } of pages) {
      for (const { Key: key = '' } of Contents) {
        if (key >= end) return;
        const entry = parseArchiveKey(key);
        if (entry !== undefined) yield { key, ...entry };
      }
    }
  }

  /** The same request under the key that it has since an erasure wrote it anew; undefined where there is none. */
  async findRewritten({ receivedAt, id, key }: ArchivedRequest): Promise<ArchivedRequest | undefined> {
    const from = new Date(receivedAt);
    for await (const request of this.list({ from, to: new Date(from.getTime() + 1) })) {
      if (request.id === id && request.key !== key) return request;
    }
    return undefined;
  }

  /**
   * The entries of a request's `events`, unchecked; none where its body is no Currents request.
   *
   * @returns undefined where it has expired, or was erased, since it was listed.
   */
  async read(key: string): Promise<unknown[] | undefined> {
    const body = await this.readBody(key);
    if (body === undefined) return undefined;
    try {
      return parseCurrentsRequest(body);
    } catch (error) {
      if (error instanceof NotACurrentsRequest) return [];
      throw error;
    }
  }

  /** A request's body as Braze sent it, decompressed; undefined where it is not there any more. */
  async readBody(key: string): Promise<Buffer | undefined> {
    try {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      const compressed = (await Body?.transformToByteArray()) ?? new Uint8Array();
      return await gunzipAsync(compressed, { maxOutputLength: MAX_REQUEST_BYTES });
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }
}
