import type { SQSRecord } from 'aws-lambda';
import { decodeMessage, type DeadLetter } from '../queue/envelope';
import { smokeIdOf } from '../smoke';
import type { Telemetry } from '../telemetry';
import type { RejectionReason } from '../transform/reasons';
import { transformEvents, type Outcome, type TransformOptions } from '../transform/transform';
import type { Parcel } from './delivery';

/** A queue message, transformed. */
export interface Prepared {
  record: SQSRecord;
  receivedAt: string;
  entries: readonly Entry[];
  /** What to keep of a message that has no events, and why. */
  rejected?: { reason: RejectionReason; body: string | Uint8Array };
}

/** One event: what the transform made of it and, where that is a message, its way to RudderStack. */
export interface Entry {
  outcome: Outcome;
  parcel: Parcel | undefined;
  /** Of a smoke test's message. */
  smokeId?: string;
}

export interface PrepareDependencies {
  transformOptions: TransformOptions;
  /** Larger messages become dead letters, in bytes; without it they are sent and counted. */
  maxEventBytes: number | undefined;
  /** What is known of messages that were handed back half done, by message id: the next receive goes on from there. */
  progress: Map<string, readonly Parcel['verdict'][]>;
  telemetry: Telemetry;
}

/** @returns undefined for a message that only a newer release can read. */
export function prepare(
  record: SQSRecord,
  { transformOptions, maxEventBytes, progress, telemetry }: PrepareDependencies,
): Prepared | undefined {
  const content = decodeMessage(record.body);
  if (content.kind === 'unknown_version') {
    telemetry.count('UnknownVersions', 1);
    telemetry.logger.error('A message was written by a newer release; it comes back until that one is running.');
    return undefined;
  }
  const receivedAt = content.receivedAt ?? new Date(Number(record.attributes.SentTimestamp)).toISOString();
  if (content.kind === 'rejected') return { record, receivedAt, entries: [], rejected: content };
  const verdicts = progress.get(record.messageId) ?? [];
  const entries = transformEvents(content.events, receivedAt, transformOptions).map((outcome, index): Entry => {
    if (outcome.outcome !== 'message') return { outcome, parcel: undefined };
    const bytes = Buffer.byteLength(outcome.text);
    if (maxEventBytes !== undefined && bytes > maxEventBytes) {
      return { outcome: { outcome: 'rejected', reason: 'event_too_large' }, parcel: undefined };
    }
    return {
      outcome,
      parcel: { text: outcome.text, bytes, verdict: verdicts[index] },
      smokeId: smokeIdOf(content.events[index]?.id),
    };
  });
  return { record, receivedAt, entries };
}

/** Whether it is known what becomes of an event. */
export function isDecided({ parcel }: Entry): boolean {
  return parcel === undefined || parcel.verdict !== undefined;
}

/** Why an event is for the dead-letter queue, or undefined. */
export function rejectionOfEntry({ outcome, parcel }: Entry): Omit<DeadLetter, 'at'> | undefined {
  if (outcome.outcome === 'rejected') return { reason: outcome.reason };
  return typeof parcel?.verdict === 'object' ? parcel.verdict : undefined;
}
