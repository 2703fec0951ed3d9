import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { MAX_REQUEST_BYTES } from '../transform/currents';
import { Refusal } from './refusal';

/** What of an HTTP API event (payload 2.0) makes the body. */
export interface EncodedBody {
  body?: string | undefined;
  isBase64Encoded: boolean;
  headers: Record<string, string | undefined>;
}

/**
 * The bytes of a request body: plain, base64 or gzip (known by its first bytes, as proxies change headers).
 *
 * @param maxBytes after decompression.
 * @throws Refusal 415 for an encoding or a charset that is not understood, 413 over `maxBytes`.
 */
export async function readBody(
  { body = '', isBase64Encoded, headers }: EncodedBody,
  maxBytes = MAX_REQUEST_BYTES,
): Promise<Buffer> {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (!['identity', 'gzip', 'x-gzip', ''].includes(encoding)) {
    throw new Refusal(415, 'unsupported_encoding', 'The Content-Encoding is not understood; send gzip, or none.');
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset)) {
    throw new Refusal(415, 'unsupported_charset', 'The charset of the Content-Type is not understood; send UTF-8.');
  }
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  // Decompressed on its way, or empty, whatever the header says.
  const isPlain = /^\s*(?:[[{]|$)/.test(bytes.toString('utf8', 0, 64));
  if (!isGzip && encoding.endsWith('gzip') && !isPlain) throw brokenGzip();
  const plain = isGzip ? await decompress(bytes, maxBytes) : bytes;
  if (plain.length > maxBytes) throw tooLarge(maxBytes);
  return plain;
}

const gunzipAsync = promisify(gunzip);

async function decompress(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await gunzipAsync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw brokenGzip();
  }
}

/** Damaged on its way, so worth sending again: Braze does so after any code that is not in its table. */
function brokenGzip(): Refusal {
  return new Refusal(415, 'broken_gzip', 'The body is said to be gzip but cannot be decompressed; send it again.');
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(
    413,
    'request_too_large',
    `The body is larger than ${maxBytes} bytes after decompression; send fewer events in a request.`,
  );
}
