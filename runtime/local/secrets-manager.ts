import type { RequestListener } from 'node:http';
import { json } from 'node:stream/consumers';

/**
 * As much of AWS Secrets Manager as the functions use: `GetSecretValue`, over its wire protocol (AWS JSON 1.1).
 *
 * @param secrets texts by secret id; may change at any time.
 */
export function secretsManager(secrets: ReadonlyMap<string, string>): RequestListener {
  const answer: (...args: Parameters<RequestListener>) => Promise<void> = async (request, response) => {
    const { SecretId } = (await json(request)) as { SecretId: string };
    const SecretString = secrets.get(SecretId);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (SecretString !== undefined) response.end(JSON.stringify({ SecretString }));
    else response.writeHead(400).end(JSON.stringify({ __type: 'ResourceNotFoundException' }));
  };
  return (request, response) => {
    // A function that is killed breaks off in the middle.
    answer(request, response).catch(() => response.destroy());
  };
}
