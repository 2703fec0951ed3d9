import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { LocalServer } from '../../runtime/local/server';

/** One version of an object, or the mark that it was deleted. */
interface Version {
  key: string;
  versionId: string;
  /** Undefined for the mark that the object was deleted. */
  body: Buffer | undefined;
}

/** The status that a request gets instead; undefined to go on with it. A `DELETE` is one of versions. */
type Interceptor = (method: string, key: string) => number | undefined;

/** As S3 answers where `s3:DeleteObjectVersion` is missing. */
const NOT_DELETED = '<DeleteResult><Error><Key>…</Key><Code>AccessDenied</Code></Error></DeleteResult>';

/** S3 with one bucket that keeps versions, which fauxqs does not: as much of it as the archive and an erasure need. */
export class VersionedS3 {
  /** Every version, the newest of a key first. */
  #versions: Version[] = [];
  intercept: Interceptor = () => undefined;
  /** Versions in one page of a listing. */
  pageSize = 1_000;

  private constructor(private readonly server: LocalServer) {}

  static async start(): Promise<VersionedS3> {
    const server = await LocalServer.listen((request, response) => {
      void s3.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
      });
    });
    const s3 = new VersionedS3(server);
    return s3;
  }

  get url(): string {
    return this.server.url;
  }

  /** Puts an object, gzipped. */
  put(key: string, text: string): void {
    this.putRaw(key, gzipSync(text));
  }

  putRaw(key: string, body: Buffer): void {
    this.#versions.unshift({ key, versionId: randomUUID(), body });
  }

  /** Deletes an object as an expiry does: its versions stay. */
  expire(key: string): void {
    this.#versions.unshift({ key, versionId: randomUUID(), body: undefined });
  }

  /** Every version's key and text, sorted. */
  get content(): { key: string; text: string }[] {
    return this.#versions
      .flatMap(({ key, body }) => (body === undefined ? [] : [{ key, text: gunzipSync(body).toString('utf8') }]))
      .sort((one, other) => one.key.localeCompare(other.key));
  }

  /** Everything that was ever put and is there still, delete markers included. */
  get versions(): number {
    return this.#versions.length;
  }

  clear(): void {
    this.#versions = [];
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: Buffer | string }> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
    const key = decodeURIComponent(pathname.replace(/^\/[^/]+\/?/, ''));
    const body = await buffer(request);
    const method = searchParams.has('delete') ? 'DELETE' : String(request.method);
    const refused = this.intercept(method, key);
    if (refused !== undefined && method === 'DELETE') return { status: 200, body: NOT_DELETED };
    if (refused !== undefined) return { status: refused, body: '<Error><Code>AccessDenied</Code></Error>' };
    if (request.method === 'PUT') {
      this.putRaw(key, body);
      return { status: 200, body: '' };
    }
    if (request.method === 'POST') return this.#delete(body.toString('utf8'));
    if (searchParams.has('versions')) return this.#listVersions(searchParams.get('version-id-marker'));
    return key === '' ? this.#list() : this.#get(key, searchParams.get('versionId'));
  }

  #get(key: string, versionId: string | null): { status: number; body: Buffer | string } {
    const found = this.#versions.find((one) => one.key === key && (versionId === null || one.versionId === versionId));
    return found?.body === undefined
      ? { status: 404, body: `<Error><Code>${versionId === null ? 'NoSuchKey' : 'NoSuchVersion'}</Code></Error>` }
      : { status: 200, body: found.body };
  }

  #delete(xml: string): { status: number; body: string } {
    for (const [, key, versionId] of xml.matchAll(
      /<Object><Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId><\/Object>/g,
    )) {
      this.#versions = this.#versions.filter((one) => one.key !== key || one.versionId !== versionId);
    }
    return { status: 200, body: '<DeleteResult/>' };
  }

  #list(): { status: number; body: string } {
    const current = this.#inOrder().filter(({ isLatest, body }) => isLatest && body !== undefined);
    const contents = current.map(({ key }) => `<Contents><Key>${key}</Key></Contents>`).join('');
    return { status: 200, body: `<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>` };
  }

  #listVersions(after: string | null): { status: number; body: string } {
    const all = this.#inOrder();
    const start = all.findIndex(({ versionId }) => versionId === after) + 1;
    const page = all.slice(start, start + this.pageSize);
    const last = page.at(-1);
    const isTruncated = start + page.length < all.length;
    const entries = page.map(({ key, versionId, isLatest, body }) => {
      const name = body === undefined ? 'DeleteMarker' : 'Version';
      return `<${name}><Key>${key}</Key><VersionId>${versionId}</VersionId><IsLatest>${isLatest}</IsLatest></${name}>`;
    });
    const next = isTruncated
      ? `<NextKeyMarker>${last?.key}</NextKeyMarker><NextVersionIdMarker>${last?.versionId}</NextVersionIdMarker>`
      : '';
    return {
      status: 200,
      body: `<ListVersionsResult><IsTruncated>${isTruncated}</IsTruncated>${next}${entries.join('')}</ListVersionsResult>`,
    };
  }

  /** By key, and of one key the newest first. */
  #inOrder(): (Version & { isLatest: boolean })[] {
    return this.#versions
      .map((version, index, all) => ({
        ...version,
        isLatest: all.findIndex(({ key }) => key === version.key) === index,
      }))
      .sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
  }
}
