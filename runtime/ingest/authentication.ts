import { createHash, timingSafeEqual } from 'node:crypto';
import type { CachedSecret } from '../secret';
import { parseObject } from '../transform/json';

/** Two tokens are valid at once, so that a rotation refuses nothing. */
export interface EndpointTokens {
  current: string;
  previous: string | undefined;
}

export type TokenUsed = keyof EndpointTokens;

/** Reads the secret `{"current":"…","previous":"…"}`; `previous` may be missing. */
export function parseEndpointTokens(text: string): EndpointTokens | undefined {
  const { current, previous } = parseObject(text) ?? {};
  if (typeof current !== 'string' || current === '') return undefined;
  return { current, previous: typeof previous === 'string' && previous !== '' ? previous : undefined };
}

/**
 * Which token the request was sent with: as `Authorization: Bearer …` (the Custom HTTP connector) or as `?writeKey=…`
 * (the RudderStack export connector).
 *
 * @returns undefined when it carries no token that is valid now.
 * @throws SecretUnavailable when the tokens cannot be read.
 */
export async function authenticate(
  request: { authorization: string | undefined; query: string },
  tokens: CachedSecret<EndpointTokens>,
): Promise<TokenUsed | undefined> {
  // A token has no spaces, but a query string reads an unescaped `+` as one.
  const offered = new URLSearchParams(request.query).getAll('writeKey').map((token) => token.replaceAll(' ', '+'));
  const bearer = /^Bearer +(\S+) *$/i.exec(request.authorization ?? '');
  if (bearer?.[1] !== undefined) offered.push(bearer[1]);
  if (offered.length === 0) return undefined;
  // Before a token is refused the secret is read anew: it may have been rotated a moment ago.
  return matching(offered, await tokens.get()) ?? matching(offered, await tokens.refresh());
}

function matching(offered: readonly string[], { current, previous }: EndpointTokens): TokenUsed | undefined {
  const digests = offered.map(digestOf);
  const isOffered = (token: string) => digests.filter((digest) => timingSafeEqual(digest, digestOf(token))).length > 0;
  if (isOffered(current)) return 'current';
  return previous !== undefined && isOffered(previous) ? 'previous' : undefined;
}

/** Digests have equal lengths, which the comparison needs, and tell nothing of the token's own. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
