import { randomUUID } from 'node:crypto';
import type { SQSEvent } from 'aws-lambda';
import type { HttpRequest } from '../runtime/ingest/ingest';
import { ordinaryEvents } from '../runtime/local/traffic';
import { packEvents } from '../runtime/queue/packing';
import { TOKEN } from './aws';

/** The settings' default for `maxBatchEvents`. */
const MAX_BATCH_EVENTS = 250;

/**
 * Lists of events as JSON, which walk through all types of those that are delivered; each event has an id, a user and a
 * time of its own.
 */
export function eventLists(lists: number, eventsPerList: number): string[][] {
  const texts: string[] = [];
  while (texts.length < lists * eventsPerList) {
    texts.push(...ordinaryEvents(1).flatMap(({ json, fate }) => (fate.end === 'delivered' ? [json] : [])));
  }
  return Array.from({ length: lists }, (_, list) => texts.slice(list * eventsPerList, (list + 1) * eventsPerList));
}

/** The body of a request of Braze. */
export function bodyOf(events: readonly string[]): string {
  return `{"events":[${events.join(',')}]}`;
}

/** A request of Braze as API Gateway hands it to ingest. */
export function requestOf(events: readonly string[]): HttpRequest {
  return {
    rawPath: '/v1/webhook',
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'braze-currents-version': '1',
      'content-type': 'application/json',
    },
    requestContext: { http: { method: 'POST', sourceIp: '52.58.142.242' } },
    body: bodyOf(events),
    isBase64Encoded: false,
  };
}

/** The messages that ingest makes of a request. */
export function messagesOf(events: readonly string[]): string[] {
  return packEvents(events, { receivedAt: new Date().toISOString(), maxEvents: MAX_BATCH_EVENTS }).bodies;
}

/** An invocation of the processor, as the event source makes it of messages that come for the first time. */
export function invocationOf(bodies: readonly string[]): SQSEvent {
  const now = String(Date.now());
  return {
    Records: bodies.map((body) => ({
      messageId: randomUUID(),
      receiptHandle: randomUUID(),
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: now,
        SenderId: 'AIDAIENQZJOLO23YVJ4VO',
        ApproximateFirstReceiveTimestamp: now,
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:events',
      awsRegion: 'us-east-1',
    })),
  };
}
