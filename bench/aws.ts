import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { secretsManager } from '../runtime/local/secrets-manager';
import { LocalServer } from '../runtime/local/server';

export const TOKEN = 'bench-token';
export const WRITE_KEY = 'bench-write-key';

/** What SQS and Secrets Manager were asked for. */
export interface AwsWork {
  /** SQS requests. */
  sqsRequests: number;
  /** The bodies of the messages that were sent. */
  messages: string[];
  secretReads: number;
}

/** SQS that accepts all at once and keeps it for a look, and Secrets Manager; both over their wire protocols. */
export class CountingAws {
  #work: AwsWork = { sqsRequests: 0, messages: [], secretReads: 0 };

  private constructor(private readonly servers: { sqs: LocalServer; secrets: LocalServer }) {}

  static async start(): Promise<CountingAws> {
    const readSecret = secretsManager(
      new Map([
        ['tokens', JSON.stringify({ current: TOKEN })],
        ['key', WRITE_KEY],
      ]),
    );
    const aws: CountingAws = new CountingAws({
      sqs: await LocalServer.listen((...exchange) => void aws.#answer(...exchange)),
      secrets: await LocalServer.listen((...exchange) => {
        aws.#work.secretReads += 1;
        readSecret(...exchange);
      }),
    });
    return aws;
  }

  /** Of a function that uses these two. */
  get environment(): Record<string, string> {
    return {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      AWS_ENDPOINT_URL_SQS: this.servers.sqs.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: this.servers.secrets.url,
      POWERTOOLS_METRICS_NAMESPACE: 'CurrentsBridge',
      EVENT_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/events',
      DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/dead-letters',
      ENDPOINT_TOKENS_SECRET_ARN: 'tokens',
      RUDDERSTACK_WRITE_KEY_SECRET_ARN: 'key',
    };
  }

  /** Everything since the last call. */
  take(): AwsWork {
    const work = this.#work;
    this.#work = { sqsRequests: 0, messages: [], secretReads: 0 };
    return work;
  }

  async stop(): Promise<void> {
    await Promise.all([this.servers.sqs.stop(), this.servers.secrets.stop()]);
  }

  async #answer(...[request, response]: Parameters<RequestListener>): Promise<void> {
    const { Entries } = JSON.parse(await text(request)) as { Entries: { Id: string; MessageBody?: string }[] };
    this.#work.sqsRequests += 1;
    const Successful = Entries.map(({ Id, MessageBody = '' }) => {
      if (MessageBody !== '') this.#work.messages.push(MessageBody);
      return { Id, MessageId: Id, MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
    });
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify({ Successful, Failed: [] }));
  }
}
