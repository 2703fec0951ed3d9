import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleIngest } from '../runtime/bundle';
import type { HttpRequest } from '../runtime/ingest/ingest';
import { MAX_REQUEST_BYTES } from '../runtime/transform/currents';
import { TOKENS, type Endpoint } from './endpoint';

/** MB; the most that ingest's process may take, whatever comes: the function's default memory. */
export const MEMORY_BOUND = 512;

/** Shares of a function's memory that Lambda's Node.js runtime gives to the old and the new part of the heap. */
const [OLD_SPACE, SEMI_SPACE] = [0.9, 0.05];

const PROPERTY = '{"events":[{"event_type":"x","properties":{"p":[1';

/** Bodies of the largest size that is accepted, which take the most memory for each of their bytes. */
export const HEAVY_BODIES: Readonly<Record<string, () => Buffer>> = {
  'events without a type': () => filled('{"events":[{}', ',{}', ']}'),
  'events that are numbers': () => filled('{"events":[7', ',7', ']}'),
  'events of another shape each': () => filled('{"events":[1', (index) => `,{"${index.toString(36)}":1}`, ']}'),
  'small events': () => filled('{"events":[{"event_type":"x"}', ',{"event_type":"x"}', ']}'),
  'many requests': () => filled('[{}', ',{}', ']'),
  'many keys': () => filled('{"events":[{"event_type":"x"', (index) => `,"${index.toString(36)}":1`, '}]}'),
  'empty objects': () => filled(PROPERTY, ',{}', ']}}]}'),
  'numbers beyond a double': () => filled(PROPERTY, ',1e400', ']}}]}'),
  'numbers of many digits': () => filled(PROPERTY, ',12345678901234567', ']}}]}'),
  'nesting without end': () => Buffer.alloc(MAX_REQUEST_BYTES, '['),
  'nesting up to the limit': () => filled('{"events":[1', `,${'['.repeat(900)}${']'.repeat(900)}`, ']}'),
  'one long text of escapes': () => filled('{"events":[{"event_type":"x","p":"', String.raw`\u0001`, '"}]}'),
};

function filled(start: string, piece: string | ((index: number) => string), end: string): Buffer {
  const pieces = [start];
  for (let index = 0, length = start.length + end.length; ; index += 1) {
    const next = typeof piece === 'string' ? piece : piece(index);
    length += next.length;
    if (length > MAX_REQUEST_BYTES) break;
    pieces.push(next);
  }
  return Buffer.from(`${pieces.join('')}${end}`.padEnd(MAX_REQUEST_BYTES));
}

export interface Peak {
  status: number;
  /** The most memory that the process has ever had. */
  peakBytes: number;
}

/** The ingest bundle in a fresh process for each request. */
export class MemoryGauge {
  private constructor(
    private readonly endpoint: Endpoint,
    private readonly folder: string,
  ) {}

  static async create(endpoint: Endpoint): Promise<MemoryGauge> {
    const folder = await mkdtemp(join(tmpdir(), 'currents-bridge-fuzz-'));
    const bundle = await bundleIngest();
    await Promise.all(Object.entries(bundle).map(([file, content]) => writeFile(join(folder, file), content)));
    return new MemoryGauge(endpoint, folder);
  }

  /** @returns undefined where the process ended without an answer, for want of memory. */
  async measure(body: Buffer): Promise<Peak | undefined> {
    const request: HttpRequest = {
      rawPath: '/v1/webhook',
      rawQueryString: '',
      headers: { authorization: `Bearer ${TOKENS.current}`, 'content-type': 'application/json' },
      requestContext: { http: { method: 'POST', sourceIp: '192.0.2.1' } },
      body: body.toString(),
      isBase64Encoded: false,
    };
    const process = fork(join(__dirname, 'memory-worker.mjs'), [join(this.folder, 'index.mjs')], {
      env: { ...this.endpoint.environment, AWS_LAMBDA_FUNCTION_NAME: 'ingest' },
      execArgv: [
        `--max-old-space-size=${Math.floor(MEMORY_BOUND * OLD_SPACE)}`,
        `--max-semi-space-size=${Math.floor(MEMORY_BOUND * SEMI_SPACE)}`,
      ],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    process.send(request);
    const peak = await new Promise<Peak | undefined>((resolve) => {
      process.once('message', (message) => {
        resolve(message as Peak);
      });
      process.once('exit', () => {
        resolve(undefined);
      });
    });
    await this.endpoint.take();
    return peak;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
