import type { IncomingMessage, RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { HttpRequest, HttpResponse } from '../ingest/ingest';

/** API Gateway refuses larger bodies itself, in bytes. */
const MAX_BODY_BYTES = 10_485_760;

const ROUTES = [
  { method: 'ANY', path: '/v1/webhook' },
  { method: 'GET', path: '/health' },
];

/**
 * An API Gateway HTTP API on this machine: the stack's two routes, payload format 2.0, and API Gateway's own answers
 * where there is no route or the function fails.
 */
export function httpApi(invoke: (request: HttpRequest) => Promise<HttpResponse>): RequestListener {
  return (request, response) => {
    void answer(request, invoke).then(({ statusCode, headers, body }) => {
      response.writeHead(statusCode, headers).end(body);
    });
  };
}

async function answer(
  request: IncomingMessage,
  invoke: (request: HttpRequest) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/.exec(request.url ?? '') ?? [];
  const method = request.method ?? 'GET';
  if (!ROUTES.some((route) => route.path === path && (route.method === 'ANY' || route.method === method))) {
    return gatewayAnswer(404, 'Not Found');
  }
  try {
    const body = await buffer(request);
    if (body.length > MAX_BODY_BYTES) return gatewayAnswer(413, 'Request Entity Too Large');
    const isText = isTextual(request);
    return await invoke({
      rawPath: path,
      rawQueryString: query,
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
      ),
      requestContext: { http: { method, sourceIp: request.socket.remoteAddress ?? '' } },
      ...(body.length > 0 ? { body: body.toString(isText ? 'utf8' : 'base64') } : {}),
      isBase64Encoded: body.length > 0 && !isText,
    });
  } catch {
    return gatewayAnswer(500, 'Internal Server Error');
  }
}

function isTextual({ headers }: IncomingMessage): boolean {
  const type = headers['content-type'] ?? 'text/plain';
  return headers['content-encoding'] === undefined && /^(?:text\/|application\/(?:json|javascript|xml))/i.test(type);
}

function gatewayAnswer(statusCode: number, message: string): HttpResponse {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}
