import fc from 'fast-check';
import type { HttpRequest } from '../runtime/ingest/ingest';
import { body, type Body } from './bodies';
import { CANARY, TOKENS, type Endpoint } from './endpoint';

type Headers = readonly (readonly [name: string, value: string])[];

/** A request as bytes for the HTTP API, or as the event that API Gateway would make of one. */
export type HostileRequest = { wire: Buffer; isWhole: boolean } | { event: HttpRequest };

/** Sends a request, and leaves its exchanges at the endpoint; whether the function ends well is for the rules to see. */
export async function sendTo(endpoint: Endpoint, request: HostileRequest): Promise<void> {
  if ('wire' in request) await endpoint.send(request.wire, request.isWhole);
  else await endpoint.invoke(request.event).catch(() => undefined);
}

const wrongTokens = fc.constantFrom(
  '',
  CANARY,
  `${TOKENS.current} `.repeat(2),
  `${TOKENS.current}x`,
  TOKENS.current.slice(0, -1),
  TOKENS.current.toUpperCase(),
  `${TOKENS.current}\0`,
  `${TOKENS.current},${TOKENS.previous}`,
  `${CANARY}-ü`,
  CANARY.repeat(1_000),
  '{"current":"x"}',
  '__proto__',
  'undefined',
);
const anyToken = fc.oneof(fc.constantFrom(TOKENS.current, TOKENS.previous), wrongTokens);

const good: Headers = [['Authorization', `Bearer ${TOKENS.current}`]];

/** `Authorization` headers, none to three. */
const authorization: fc.Arbitrary<Headers> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(good) },
  {
    weight: 4,
    arbitrary: fc.array(
      fc
        .tuple(
          fc.constantFrom('Authorization', 'authorization', 'AUTHORIZATION', 'Proxy-Authorization'),
          fc.constantFrom('Bearer ', 'bearer  ', 'BEARER ', 'Bearer\t', 'Basic ', 'Bearer', 'Bearer Bearer ', ''),
          anyToken,
        )
        .map(([name, scheme, token]) => [name, scheme + token] as const),
      { maxLength: 3 },
    ),
  },
);

/** Query strings without their question mark. */
const query = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  {
    weight: 5,
    arbitrary: fc
      .array(
        fc
          .tuple(
            fc.constantFrom(
              'writeKey',
              'writekey',
              'writeKey[]',
              'write%4Bey',
              ' writeKey',
              'x',
              'region',
              '__proto__',
            ),
            fc.oneof(
              anyToken,
              anyToken.map(encodeURIComponent),
              fc.constantFrom('%', '%00', '%zz', '+', '%0d%0aX:%201'),
            ),
          )
          .map(([name, value]) => `${name}=${value.slice(0, 2_000)}`),
        { maxLength: 4 },
      )
      .chain((parts) => fc.constantFrom('&', ';', '&&').map((separator) => parts.join(separator))),
  },
  { weight: 1, arbitrary: fc.constantFrom('&'.repeat(4_000), 'writeKey=x&'.repeat(500), '?writeKey=x', 'writeKey') },
);

const path = fc.oneof(
  { weight: 20, arbitrary: fc.constant('/v1/webhook') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '/health',
      '/',
      '*',
      '/v1/webhook/',
      '//v1/webhook',
      '/v1//webhook',
      '/V1/Webhook',
      '/v1/%77ebhook',
      '/v1/webhook%2f',
      '/v1/webhook%00',
      '/v1/%2e%2e/health',
      '/health/../v1/webhook',
      '/v1/webhook;writeKey=x',
      '/v1/webhook#/health',
      'http://elsewhere.example/v1/webhook',
      '/$default/v1/webhook',
      '/__proto__',
    ),
  },
);

const method = fc.oneof(
  { weight: 20, arbitrary: fc.constant('POST') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'post', 'PURGE'),
  },
);

const contentType = fc.constantFrom<Headers[]>(
  [['Content-Type', 'application/json']],
  [['content-type', 'application/json; charset=utf-8']],
  [['Content-Type', 'application/json;charset="UTF-8";charset=utf-16']],
  [['CONTENT-TYPE', 'application/json; charset=latin1']],
  [['Content-Type', 'application/octet-stream']],
  [['Content-Type', 'multipart/form-data; boundary=x']],
  [['Content-Type', `text/plain${'; '.repeat(2_000)}charset`]],
  [
    ['Content-Type', 'text/plain'],
    ['Content-Type', 'application/json'],
  ],
  [['Content-Type', '']],
  [],
);

const braze = fc.constantFrom<Headers[]>(
  [['Braze-Currents-Version', '1']],
  [['braze-currents-version', '']],
  [
    ['BRAZE-CURRENTS-VERSION', '1'],
    ['Braze-Currents-Version', '2'],
  ],
  [],
);

const otherHeaders: fc.Arbitrary<Headers> = fc.array(
  fc.constantFrom<Headers[number][]>(
    ['X-HTTP-Method-Override', 'GET'],
    ['X-Original-URL', '/health'],
    ['X-Rewrite-URL', '/health'],
    ['X-Forwarded-For', `${CANARY}, 127.0.0.1`],
    ['Forwarded', 'for=127.0.0.1'],
    ['Cookie', `writeKey=${TOKENS.current}; ${CANARY}=1`],
    ['__proto__', CANARY],
    ['constructor', CANARY],
    ['Content-MD5', 'x'],
    ['Content-Range', 'bytes 0-1/2'],
    ['Expect', '100-continue'],
    ['Upgrade', 'h2c'],
    ['X-Long', CANARY.repeat(900)],
    ['X-Latin', `${CANARY}-\xfc\xff`],
  ),
  { maxLength: 3 },
);

const parts = fc.record({ method, path, query, authorization, contentType, braze, otherHeaders, body });

type Parts = Omit<typeof parts extends fc.Arbitrary<infer Value> ? Value : never, 'body'> & { body: Body };

function headersOf({ authorization, contentType, braze, otherHeaders, body: { headers } }: Parts): Headers {
  return [...authorization, ...contentType, ...braze, ...otherHeaders, ...Object.entries(headers)];
}

const wire = fc
  .tuple(
    parts,
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('length' as const) },
      { weight: 2, arbitrary: fc.constantFrom('chunks', 'none', 'too long', 'too short', 'both', 'twice') },
    ),
    fc.oneof(
      { weight: 20, arbitrary: fc.constant('') },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          ...[
            ' Authorization: x',
            'Folded: x\r\n Authorization: y',
            'X: a\rAuthorization: b',
            'X: a\nAuthorization: b',
          ],
          ...['No colon', ': no name', 'Na me: x', 'X: \0', `X: ${'x'.repeat(20_000)}`, 'Host: a\r\nHost: b'],
        ),
      },
    ),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0'),
  )
  .map(([request, framing, strange, version]) => {
    const { bytes } = request.body;
    const target = request.query === '' ? request.path : `${request.path}?${request.query}`;
    const chunk = Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n0\r\n\r\n')]);
    const frames: Record<typeof framing, [headers: Headers, body: Buffer]> = {
      length: [[['Content-Length', String(bytes.length)]], bytes],
      none: [[], bytes],
      'too long': [[['Content-Length', String(bytes.length + 5)]], bytes],
      'too short': [[['Content-Length', String(Math.floor(bytes.length / 2))]], bytes],
      twice: [['1', String(bytes.length)].map((length) => ['Content-Length', length] as const), bytes],
      chunks: [[['Transfer-Encoding', 'chunked']], bytes.length === 0 ? Buffer.from('0\r\n\r\n') : chunk],
      both: [
        [
          ['Content-Length', String(bytes.length)],
          ['Transfer-Encoding', 'chunked'],
        ],
        chunk,
      ],
    };
    const [lengthHeaders, framed] = frames[framing];
    const lines = [...headersOf(request), ...lengthHeaders].map(([name, value]) => `${name}: ${value}`);
    const head = [
      `${request.method} ${target} ${version}`,
      'Host: localhost',
      'Connection: close',
      ...lines,
      ...(strange === '' ? [] : [strange]),
    ];
    const bytesOfHead = Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
    return { wire: Buffer.concat([bytesOfHead, framed]), isWhole: framing !== 'too long' };
  });

/** As payload format 2.0 has it: names in small letters, the values of one name joined. */
function joined(headers: Headers): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = values.get(key);
    values.set(key, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}

const apiEvent = fc.tuple(parts, fc.boolean(), fc.boolean()).map(([request, isBinary, hasRequest]) => {
  const { bytes } = request.body;
  const event: HttpRequest & Record<string, unknown> = {
    version: '2.0',
    rawPath: request.path,
    rawQueryString: request.query,
    cookies: [`${CANARY}=1`],
    headers: joined(headersOf(request)),
    requestContext: { http: { method: request.method, sourceIp: '192.0.2.1' } },
    ...(hasRequest || bytes.length > 0 ? { body: bytes.toString(isBinary ? 'base64' : 'utf8') } : {}),
    isBase64Encoded: isBinary,
  };
  return { event };
});

/** What API Gateway never sends with payload format 2.0. */
const misshapen = fc
  .tuple(
    apiEvent,
    fc.constantFrom<Record<string, unknown>[]>(
      { headers: undefined },
      { headers: null },
      { headers: { authorization: ['x', 'y'], 'content-type': 7, 'content-encoding': {} } },
      { body: null },
      { body: {} },
      { body: 7 },
      { isBase64Encoded: undefined },
      { isBase64Encoded: 'false' },
      { isBase64Encoded: true },
      { isBase64Encoded: false },
      { rawQueryString: undefined },
      { rawPath: undefined },
      { requestContext: undefined },
      { requestContext: {} },
      { requestContext: { http: {} } },
      { version: '1.0', path: '/v1/webhook', httpMethod: 'POST', rawPath: undefined, requestContext: {} },
    ),
  )
  .map(([{ event }, changes]) => ({ event: { ...event, ...changes } }));

/** Requests of somebody who means harm, or of something broken on the way; half of them with a token that is valid. */
export const hostileRequest: fc.Arbitrary<HostileRequest> = fc.oneof(
  { weight: 10, arbitrary: wire },
  { weight: 9, arbitrary: apiEvent },
  { weight: 1, arbitrary: misshapen },
);
