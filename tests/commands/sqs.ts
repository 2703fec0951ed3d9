import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs, type FauxqsServer } from 'fauxqs';

/** What a request to SQS gets instead of fauxqs' answer; undefined to pass it on, with what was changed in it. */
export type Interceptor = (action: string, body: SqsRequest) => unknown;

export interface SqsRequest {
  QueueUrl: string;
  VisibilityTimeout?: number;
  Entries?: { Id: string; MessageBody?: string }[];
}

/**
 * fauxqs behind a front that can be asked to misbehave, and whose queue URLs have its own address: those of fauxqs have
 * a host name that not every machine resolves.
 */
export class Sqs {
  /** Sees every request before fauxqs does; what it returns is the answer, an Error a refusal. */
  intercept: Interceptor = () => undefined;
  readonly client: SQSClient;
  readonly #hosts = new Map<string, string>();

  private constructor(
    private readonly fauxqs: FauxqsServer,
    private readonly front: Server,
  ) {
    this.client = new SQSClient({
      endpoint: this.url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  }

  static async start(): Promise<Sqs> {
    const fauxqs = await startFauxqs({ port: 0, logger: false });
    const front = createServer((request, response) => {
      void sqs.#answer(request).then(({ status, text }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
      });
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const sqs = new Sqs(fauxqs, front);
    return sqs;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.front.address() as AddressInfo).port}`;
  }

  /** A new, empty queue; its URL. */
  createQueue(name: string): string {
    const { queueUrl } = this.fauxqs.createQueue(name, { attributes: { MaximumMessageSize: '1048576' } });
    const url = `${this.url}/000000000000/${name}`;
    this.#hosts.set(url, queueUrl);
    return url;
  }

  async send(queueUrl: string, bodies: readonly string[]): Promise<void> {
    for (const MessageBody of bodies) {
      await this.client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    }
  }

  /** Receives up to ten messages, as another reader of the queue would. */
  async hideAll(queueUrl: string): Promise<void> {
    await this.client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }));
  }

  /** The bodies of all that lies in a queue, sorted, by whether it can be received now. */
  contentOf(queueUrl: string): { visible: string[]; hidden: string[] } {
    const queue = this.fauxqs.inspectQueue(queueUrl.slice(queueUrl.lastIndexOf('/') + 1));
    if (queue === undefined) throw new Error(`There is no queue at ${queueUrl}.`);
    const { ready, inflight } = queue.messages;
    return {
      visible: ready.map(({ body }) => body).sort(),
      hidden: inflight.map(({ message }) => message.body).sort(),
    };
  }

  async stop(): Promise<void> {
    this.client.destroy();
    this.front.closeAllConnections();
    await new Promise((resolve) => this.front.close(resolve));
    await this.fauxqs.stop();
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; text: string }> {
    const target = String(request.headers['x-amz-target']);
    const body = (await json(request)) as SqsRequest;
    const instead = await this.intercept(target.split('.')[1] ?? '', body);
    if (instead instanceof Error) {
      return { status: 400, text: JSON.stringify({ __type: instead.name, message: instead.message }) };
    }
    if (instead !== undefined) return { status: 200, text: JSON.stringify(instead) };
    const response = await fetch(`http://127.0.0.1:${this.fauxqs.port}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
      body: JSON.stringify({ ...body, QueueUrl: this.#hosts.get(body.QueueUrl) ?? body.QueueUrl }),
    });
    return { status: response.status, text: await response.text() };
  }
}
