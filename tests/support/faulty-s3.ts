import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { ArchiveWriter } from '../../runtime/archive/writer';
import { LocalServer } from '../../runtime/local/server';

export const BUCKET = 'the-archive';

/** A request for an object, with its body. */
export interface PutRequest {
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What happens to a request when it has come in whole. */
export type Fault = (response: ServerResponse, request: IncomingMessage) => void;

/** What S3 answers for an object that it has kept. */
export const KEPT: Fault = (response) => void response.writeHead(200, { etag: '"0"' }).end();

/** S3's answer with an error. */
export function s3Error(status: number, code: string, headers: Record<string, string> = {}): Fault {
  return (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/xml', ...headers })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>words of S3</Message></Error>`);
}

/** Something in place of S3, behind the very client that ingest has. */
export class FaultyS3 {
  readonly requests: PutRequest[] = [];
  /** For each request in turn; the last for all others. */
  faults: Fault[] = [KEPT];

  private constructor(private readonly server: LocalServer) {
    // What Lambda sets, and an operator for an endpoint of one's own.
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: server.url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
  }

  static async start(): Promise<FaultyS3> {
    const server = await LocalServer.listen((request, response) => {
      void buffer(request).then((body) => {
        const { url, headers } = request;
        faulty.requests.push({ url, headers, body });
        const fault = faulty.faults.length > 1 ? faulty.faults.shift() : faulty.faults[0];
        fault?.(response, request);
      });
    });
    const faulty: FaultyS3 = new FaultyS3(server);
    return faulty;
  }

  /** Forgets everything. */
  renew(): void {
    this.requests.length = 0;
    this.faults = [KEPT];
  }

  get url(): string {
    return this.server.url;
  }

  get writer(): ArchiveWriter {
    return new ArchiveWriter(BUCKET);
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
