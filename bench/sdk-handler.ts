/**
 * What one would write with RudderStack's own SDK in place of the processor: a function that reads the same messages,
 * calls `track` for each event, and waits until RudderStack has taken all of them. It drops no event and knows no
 * dead letters, skips, retries over invocations or personal data; the processor's work on those is its handicap here.
 */
import Analytics from '@rudderstack/rudder-sdk-node';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { CurrentsEvent } from '../runtime/transform/currents';

type Track = Parameters<Analytics['track']>[0];

const flushAt = Number(process.env.FLUSH_AT);
const analytics = new Analytics('bench-write-key', {
  dataPlaneUrl: process.env.RUDDERSTACK_DATA_PLANE_URL ?? '',
  flushAt,
  logLevel: 'error',
});

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const events = Records.flatMap(({ body }) => (JSON.parse(body) as { events: CurrentsEvent[] }).events);
  for (let at = 0; at < events.length; at += flushAt) {
    // The SDK measures all that waits with each event that is added: no more than one batch may wait.
    const sent = events.slice(at, at + flushAt).map(track);
    await analytics.flush();
    // `flush` itself does not wait for a batch that the last event has set going.
    await Promise.all(sent);
  }
  return { batchItemFailures: [] };
}

async function track(event: CurrentsEvent): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    analytics.track(trackOf(event), (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(new Error('RudderStack did not take a batch.', { cause: error }));
    });
  });
}

function trackOf({ event_type, id, time, user, properties }: CurrentsEvent): Track {
  return {
    event: event_type,
    messageId: id,
    userId: user?.external_user_id,
    anonymousId: user?.user_id,
    timestamp: new Date(Number(time) * 1_000),
    context: { device: { id: user?.device_id }, timezone: user?.timezone, integration: { name: 'Braze' } },
    integrations: { Braze: false },
    properties,
  } as Track;
}
