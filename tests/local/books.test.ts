import { balance, type Evidence } from '../../runtime/local/books';
import type { Fate, SentEvent } from '../../runtime/local/traffic';
import { encodeEvents } from '../../runtime/queue/envelope';
import { packRequest } from '../../runtime/queue/packing';
import type { RejectionReason } from '../../runtime/transform/reasons';
import { toEventText } from '../../runtime/transform/event-text';
import { transformEvents } from '../../runtime/transform/transform';
import { currentsEvent } from '../support/events';

const AT = '2026-11-01T12:00:00.000Z';

const DELIVERED = sentEvent('delivered', { end: 'delivered' });
const SKIPPED = sentEvent('skipped', { end: 'skipped', reason: 'no_identity' }, { user: {} });
const DEAD = sentEvent('dead', { end: 'dead letter', reason: 'invalid_time' }, { time: 'yesterday' });

function sentEvent(key: string, fate: Fate, changes: Record<string, unknown> = {}): SentEvent {
  const properties = { campaign_name: 'Autumn', rate: 7, email_address: 'lena@example.com' };
  return { key, json: JSON.stringify(currentsEvent(key, { properties, ...changes })), fate };
}

/** What RudderStack receives of an event; `changes` replace fields of it. */
function messageOf({ json }: SentEvent, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const [outcome] = transformEvents([toEventText(JSON.parse(json))], AT, {
    eventNames: new Map(),
    anonymousUsers: 'skip',
    transform: undefined,
  });
  if (outcome?.outcome !== 'message') throw new Error('The event does not become a message.');
  return { ...(JSON.parse(outcome.text) as Record<string, unknown>), ...changes };
}

function deadLetterOf({ json }: SentEvent, reason: RejectionReason = 'invalid_time'): string {
  return encodeEvents(AT, [json], { reason, at: AT });
}

/** Books of one event of each fate, all as they must be but for `changes`. */
function booksWith(changes: Partial<Evidence> = {}) {
  const sent = [DELIVERED, SKIPPED, DEAD];
  return balance({
    sent,
    answers: { acknowledged: sent, dropped: [], lost: [] },
    received: [messageOf(DELIVERED)],
    deadLetters: [deadLetterOf(DEAD)],
    skipped: new Map([['no_identity', 1]]),
    ...changes,
  });
}

test('books balance when each event has come to its end', () => {
  const { problems, rows, duplicates } = booksWith();

  expect(problems).toEqual([]);
  expect(duplicates).toBe(0);
  expect(rows).toEqual([
    { end: 'delivered', expected: 1, found: 1 },
    { end: 'skipped: no_identity', expected: 1, found: 1 },
    { end: 'dead letter: invalid_time', expected: 1, found: 1 },
  ]);
});

test('duplicates are counted and are no problem', () => {
  const { problems, duplicates } = booksWith({ received: Array.from({ length: 3 }, () => messageOf(DELIVERED)) });

  expect(problems).toEqual([]);
  expect(duplicates).toBe(2);
});

test('an event without an id is found by its reference, and one that is no object by its text', () => {
  const withoutId = sentEvent('reference-1', DELIVERED.fate, {
    id: undefined,
    properties: { reference: 'reference-1' },
  });
  const bare: SentEvent = { key: '42', json: '42', fate: { end: 'dead letter', reason: 'not_an_object' } };
  const sent = [withoutId, bare];

  const { problems } = balance({
    sent,
    answers: { acknowledged: sent, dropped: [], lost: [] },
    received: [messageOf(withoutId)],
    deadLetters: [deadLetterOf(bare, 'not_an_object')],
    skipped: new Map(),
  });

  expect(problems).toEqual([]);
});

test('a compressed dead letter is read as any other', () => {
  const deadLetter = { reason: 'invalid_time' as const, at: AT };
  const body = packRequest(`{"events":[${DEAD.json}]}`, { receivedAt: AT, deadLetter });

  expect(booksWith({ deadLetters: [body ?? ''] }).problems).toEqual([]);
});

const { properties } = JSON.parse(DELIVERED.json) as { properties: Record<string, unknown> };
const { email_address: _email, ...kept } = properties;
const { campaign_name: _name, ...withoutName } = kept;

const STRANGER = sentEvent('stranger', { end: 'delivered' });
const WITH_OTHER_VALUES = /delivered was delivered with other values/;

test.each<[what: string, changes: Partial<Evidence>, problem: RegExp]>([
  ['a lost event', { received: [] }, /delivered is lost/],
  [
    'an event that Braze gave up',
    { answers: { acknowledged: [SKIPPED, DEAD], dropped: [], lost: [DELIVERED] } },
    /delivered was never acknowledged/,
  ],
  ['another name', { received: [messageOf(DELIVERED, { event: 'users.messages.email.Click' })] }, /another name/],
  ['another user', { received: [messageOf(DELIVERED, { userId: 'customer-2' })] }, /another user/],
  ['another anonymous user', { received: [messageOf(DELIVERED, { anonymousId: 'braze-2' })] }, /another user/],
  ['a changed value', { received: [messageOf(DELIVERED, { properties: { ...kept, rate: 8 } })] }, WITH_OTHER_VALUES],
  ['a missing property', { received: [messageOf(DELIVERED, { properties: withoutName })] }, WITH_OTHER_VALUES],
  [
    'a missing property that has a place of its own',
    { received: [messageOf(DELIVERED, { context: {} })] },
    WITH_OTHER_VALUES,
  ],
  [
    'a property too many',
    { received: [messageOf(DELIVERED, { properties: { ...kept, more: 1 } })] },
    /properties that it had not \(more\)/,
  ],
  [
    'a changed value in the second copy only',
    { received: [messageOf(DELIVERED), messageOf(DELIVERED, { properties: withoutName })] },
    WITH_OTHER_VALUES,
  ],
  [
    'a dead letter with a wrong reason',
    { deadLetters: [deadLetterOf(DEAD, 'no_event_type')] },
    /dead is a dead letter \(no_event_type\)/,
  ],
  [
    'a dead letter that SQS moved',
    { deadLetters: [encodeEvents(AT, [DEAD.json])] },
    /dead is a dead letter \(moved by SQS\)/,
  ],
  ['a missing dead letter', { deadLetters: [] }, /dead is lost: no dead letter/],
  [
    'an event both delivered and dead',
    { deadLetters: [deadLetterOf(DEAD), deadLetterOf(DELIVERED, 'refused_by_rudderstack')] },
    /delivered is a dead letter/,
  ],
  [
    'a dead letter that was delivered too',
    { received: [messageOf(DELIVERED), messageOf(STRANGER, { messageId: 'dead' })] },
    /dead was delivered/,
  ],
  [
    'a skipped event that was delivered',
    { received: [messageOf(DELIVERED), messageOf(STRANGER, { messageId: 'skipped' })] },
    /skipped was delivered/,
  ],
  [
    'a skip that was counted twice',
    { skipped: new Map([['no_identity', 2]]) },
    /^2 events were counted as skipped \(no_identity\), not 1/,
  ],
  ['a skip that was never counted', { skipped: new Map() }, /^0 events were counted as skipped \(no_identity\), not 1/],
  [
    'a skip that nobody expected',
    {
      skipped: new Map([
        ['no_identity', 1],
        ['no_external_user_id', 3],
      ]),
    },
    /^3 events .*\(no_external_user_id\), not 0/,
  ],
  [
    'a message from nowhere',
    { received: [messageOf(DELIVERED), messageOf(STRANGER)] },
    /stranger was delivered, but never sent/,
  ],
  [
    'a dead letter from nowhere',
    { deadLetters: [deadLetterOf(DEAD), deadLetterOf(STRANGER)] },
    /stranger is a dead letter, but was never sent/,
  ],
])('%s is noticed, and nothing else', (_what, changes, problem) => {
  const { problems } = booksWith(changes);

  expect(problems).toEqual([expect.stringMatching(problem)]);
});

test('what is not as it must be is not found in the table', () => {
  const { rows } = booksWith({ received: [], deadLetters: [], skipped: new Map() });

  expect(rows.map(({ found }) => found)).toEqual([0, 0, 0]);
});

test('events have to have their new names', () => {
  const eventNames = { 'users.messages.email.Open': 'Email Opened' };

  expect(booksWith({ eventNames }).problems).toEqual([
    'Event delivered was delivered under another name (users.messages.email.Open).',
  ]);
  expect(booksWith({ eventNames, received: [messageOf(DELIVERED, { event: 'Email Opened' })] }).problems).toEqual([]);
});
