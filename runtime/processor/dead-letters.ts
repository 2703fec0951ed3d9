import { decodeMessage, type DeadLetter } from '../queue/envelope';
import { packEvents, packRequest } from '../queue/packing';
import { parseJson, stringifyJson } from '../transform/json';
import type { RejectionReason } from '../transform/reasons';
import { withoutValues } from './answer';
import { rejectionOfEntry, type Prepared } from './message';

/** Messages for the dead-letter queue, of one reason. */
export interface DeadLetters {
  reason: RejectionReason;
  events: number;
  bodies: string[];
  /** False for what is too large for the dead-letter queue: SQS will move the message itself there in time. */
  fits: boolean;
}

/** A message's dead letters: its rejected events by reason, as they came from Braze. */
export function deadLettersOf({ record, receivedAt, entries, rejected }: Prepared, maxEvents: number): DeadLetters[] {
  const at = new Date().toISOString();
  if (rejected !== undefined) {
    const { reason } = rejected;
    const body = packRequest(rejected.body, { receivedAt, deadLetter: { reason, at } });
    return [{ reason, events: 0, bodies: body === undefined ? [] : [body], fits: body !== undefined }];
  }
  if (entries.every((entry) => rejectionOfEntry(entry) === undefined)) return [];

  const content = decodeMessage(record.body);
  const events = content.kind === 'events' ? content.events.map(({ text }) => parseJson(text)) : [];
  const groups = new Map<string, { deadLetter: DeadLetter; texts: string[] }>();
  for (const [index, entry] of entries.entries()) {
    const rejection = rejectionOfEntry(entry);
    if (rejection === undefined) continue;
    const { reason, status } = rejection;
    const sent: unknown = entry.parcel && JSON.parse(entry.parcel.text);
    const answer = rejection.answer === undefined ? undefined : withoutValues(rejection.answer, events[index], sent);
    const key = JSON.stringify([reason, status, answer]);
    const group = groups.get(key) ?? { deadLetter: { reason, at, status, answer }, texts: [] };
    group.texts.push(stringifyJson(events[index]));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ deadLetter, texts }) => {
    const { bodies, tooLarge } = packEvents(texts, { receivedAt, maxEvents, deadLetter });
    return { reason: deadLetter.reason, events: texts.length, bodies, fits: tooLarge === 0 };
  });
}
