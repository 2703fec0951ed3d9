import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { LocalServer } from '../../runtime/local/server';

/** A stand-in for Secrets Manager with one secret, behind the real client. */
export class SecretsManagerStandIn {
  /** Readings so far, failed ones too. */
  reads = 0;
  /** undefined: Secrets Manager cannot be reached. */
  text: string | undefined;
  readonly client: SecretsManagerClient;

  private constructor(
    private readonly server: LocalServer,
    readonly url: string,
  ) {
    this.client = new SecretsManagerClient({
      endpoint: url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
  }

  static async start(text: string): Promise<SecretsManagerStandIn> {
    const server = await LocalServer.listen((request, response) => {
      request.resume();
      standIn.reads += 1;
      const headers = { 'content-type': 'application/x-amz-json-1.1' };
      if (standIn.text === undefined) {
        response.writeHead(500, headers).end('{"__type":"InternalServiceError","message":"no secrets today"}');
      } else {
        response.writeHead(200, headers).end(JSON.stringify({ Name: 'secret', SecretString: standIn.text }));
      }
    });
    const standIn = new SecretsManagerStandIn(server, server.url);
    standIn.text = text;
    return standIn;
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.server.stop();
  }
}
