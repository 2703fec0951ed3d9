import { LocalBridge } from './bridge';
import { LocalDataPlane } from './data-plane';
import type { RealDataPlane } from './demo';

/** No secret: it opens nothing but a port of this machine. */
const LOCAL_TOKEN = 'local-token';
const PORT = 8_080;

/** Runs the bridge until it is interrupted, and shows what arrives. */
export async function serve(real: RealDataPlane | undefined): Promise<number> {
  const dataPlane =
    real === undefined
      ? await LocalDataPlane.listen('local-write-key', (entry) => {
          console.log(JSON.stringify(entry));
        })
      : undefined;
  const bridge = await LocalBridge.start({
    dataPlaneUrl: real?.url ?? dataPlane?.url ?? '',
    writeKey: real?.writeKey ?? dataPlane?.writeKey ?? '',
    token: LOCAL_TOKEN,
    port: PORT,
  });
  console.log(`The bridge is up. Send it an event from another terminal:

  curl -H 'Authorization: Bearer ${bridge.token}' -H 'Content-Type: application/json' ${bridge.endpoint} \\
    -d '{"events":[{"event_type":"users.messages.email.Open","id":"1","time":${Math.floor(Date.now() / 1_000)},"user":{"external_user_id":"customer-1"},"properties":{"campaign_name":"Hello"}}]}'

What it cannot deliver lies in the dead-letter queue, and each request in the archive:

  export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_ENDPOINT_URL=${bridge.sqsEndpoint}
  npm run --silent dead-letters -- --queue-url ${bridge.deadLetterQueueUrl}
  npm run --silent redrive -- --queue-url ${bridge.deadLetterQueueUrl} \\
    --to ${bridge.eventQueueUrl}
  aws s3 ls --recursive s3://${bridge.archiveBucket}

${real === undefined ? 'What a stand-in for RudderStack receives is printed below.' : 'Events go to your data plane.'} Ctrl-C ends it.
`);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await bridge.stop();
  await dataPlane?.stop();
  return 0;
}
