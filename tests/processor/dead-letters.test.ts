import type { SQSRecord } from 'aws-lambda';
import { deadLettersOf } from '../../runtime/processor/dead-letters';
import type { Entry } from '../../runtime/processor/message';
import { decodeDeadLetter, encodeRequest } from '../../runtime/queue/envelope';

const RECEIVED_AT = '2026-11-05T00:00:00.000Z';

/** The dead letters of a message with one event. */
function deadLettersFor(event: string, entry: Entry) {
  const record = { body: encodeRequest(RECEIVED_AT, `{"events":[${event}]}`) } as SQSRecord;
  return deadLettersOf({ record, receivedAt: RECEIVED_AT, entries: [entry] }, 250);
}

test('an answer is kept without what a transform has put into the message, too', () => {
  const text = JSON.stringify({ traits: { name: 'Rosenkohl' } });
  const verdict = { reason: 'refused_by_rudderstack', status: 400, answer: 'no Rosenkohl today' } as const;

  const [deadLetters] = deadLettersFor('{"event_type":"t"}', {
    outcome: { outcome: 'message', text, timestamp: undefined },
    parcel: { text, bytes: text.length, verdict },
  });

  expect(deadLetters?.bodies.map((body) => decodeDeadLetter(body)?.answer)).toEqual(['no … today']);
});

test('an event that is too large for the dead-letter queue once its numbers are written out does not fit', () => {
  const event = `{"event_type":"t","properties":{"n":[${'1e20,'.repeat(300_000)}1]}}`;

  const deadLetters = deadLettersFor(event, {
    outcome: { outcome: 'rejected', reason: 'event_too_large' },
    parcel: undefined,
  });

  expect(deadLetters).toEqual([{ reason: 'event_too_large', events: 1, bodies: [], fits: false }]);
});
