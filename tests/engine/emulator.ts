import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { globalAgent } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import axios from 'axios';
import { newCertificate } from './certificate';
import type { Toolchain } from './toolchain/toolchain';

/** Of the account's root, to whom everything is allowed. */
const ROOT_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

interface ClientConfig {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  requestHandler: { httpsAgent: typeof globalAgent };
}

/**
 * MiniStack, which takes the calls of AWS's APIs on this machine: it enforces the policies of IAM, runs the functions as
 * processes of Node.js, and polls their queues. It speaks TLS, since the queues take nothing less.
 */
export class Emulator {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  /**
   * @param certificates as PEM, which the functions trust beside the usual ones.
   * @param environment more variables for MiniStack and the functions, which inherit them.
   */
  static async start(
    { ministack }: Toolchain,
    certificates: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<Emulator> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'currents-bridge-emulator-'));
    const { key, certificate } = await newCertificate();
    await writeFile(join(folder, 'key.pem'), key, { mode: 0o600 });
    await writeFile(join(folder, 'certificate.pem'), certificate);
    await writeFile(join(folder, 'trusted.pem'), [certificate, ...certificates].join('\n'));
    // This process read the variable for it before there was a certificate.
    globalAgent.options.ca = [...rootCertificates, certificate];

    const server = spawn(ministack, {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        // The functions inherit it.
        NODE_EXTRA_CA_CERTS: join(folder, 'trusted.pem'),
        AUTH: 'true',
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: String(port),
        LAMBDA_EXECUTOR: 'local',
        USE_SSL: 'true',
        MINISTACK_SSL_CERT: join(folder, 'certificate.pem'),
        MINISTACK_SSL_KEY: join(folder, 'key.pem'),
        ...environment,
      },
    });
    const emulator = new Emulator(`https://127.0.0.1:${port}`, server, folder);
    while (!(await emulator.#isReady())) {
      if (server.exitCode !== null) throw new Error(`MiniStack ended with exit code ${server.exitCode}.`);
      await wait(100);
    }
    return emulator;
  }

  /** For a process that calls AWS with all permissions. */
  get environment(): NodeJS.ProcessEnv {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
      NODE_EXTRA_CA_CERTS: join(this.folder, 'trusted.pem'),
    };
  }

  /** A client of the SDK, by default with all permissions. */
  client<Client>(
    constructor: new (config: ClientConfig) => Client,
    region: string,
    credentials = ROOT_CREDENTIALS,
  ): Client {
    return new constructor({
      endpoint: this.url,
      region,
      credentials,
      requestHandler: { httpsAgent: globalAgent },
    });
  }

  /** What is in a log group, line by line. */
  async logs(region: string, logGroupName: string): Promise<string[]> {
    const client = this.client(CloudWatchLogsClient, region);
    const lines: string[] = [];
    for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName })) {
      lines.push(...events.map(({ message = '' }) => message));
    }
    return lines;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill();
      await ended;
    }
    await rm(this.folder, { recursive: true });
  }

  async #isReady(): Promise<boolean> {
    try {
      await axios.get(`${this.url}/_ministack/ready`, { proxy: false });
      return true;
    } catch {
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
