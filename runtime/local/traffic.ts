import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RejectionReason, SkipReason } from '../transform/reasons';

/** Where an event must end. */
export type Fate =
  { end: 'delivered' } | { end: 'skipped'; reason: SkipReason } | { end: 'dead letter'; reason: RejectionReason };

export interface SentEvent {
  /** Finds the event again: its `id`, else its property `reference`, else its text. */
  key: string;
  json: string;
  fate: Fate;
}

const DELIVERED: Fate = { end: 'delivered' };

/** One event of each of the 93 known types. */
const EXAMPLES = readFileSync(join(__dirname, '../../fixtures/currents-events.jsonl'), 'utf8').trim().split('\n');

/** Events of all types, each with an id, a user and a time of its own. */
export function ordinaryEvents(rounds: number): SentEvent[] {
  return Array.from({ length: rounds }, (_round, round) =>
    EXAMPLES.map((example, index) => {
      const id = randomUUID();
      const time = Math.floor(Date.now() / 1_000) - ((round * EXAMPLES.length + index) % 300);
      // As text: JavaScript would round some of the numbers.
      const json = example
        .replace(/"id":"[^"]*"/, `"id":"${id}"`)
        .replace(/"time":\d+/, `"time":${time}`)
        .replace(/"external_user_id":"[^"]*"/, `"external_user_id":"customer-${(round * 37 + index) % 400}"`);
      return { key: id, json, fate: fateOf(json) };
    }),
  ).flat();
}

function fateOf(json: string): Fate {
  const { user } = JSON.parse(json) as { user: { external_user_id?: string; user_id?: string } };
  if (user.external_user_id !== undefined) return DELIVERED;
  return { end: 'skipped', reason: user.user_id === undefined ? 'no_identity' : 'no_external_user_id' };
}

const FORBIDDEN = '<script>alert(1)</script>';
const REFUSED = 'a value that RudderStack refuses';

/** The status with which a firewall in front of the data plane, or the data plane itself, refuses a message. */
export function objectionTo({ properties = {} }: { properties?: unknown }): 403 | 400 | undefined {
  const text = JSON.stringify(properties);
  if (text.includes(FORBIDDEN)) return 403;
  return text.includes(REFUSED) ? 400 : undefined;
}

/** Anonymous, hostile and malformed events. */
export function strangeEvents(): SentEvent[] {
  const deadLetter = (reason: RejectionReason): Fate => ({ end: 'dead letter', reason });
  const event = (fate: Fate, change: Record<string, unknown>, properties = '{"channel":"email"}'): SentEvent => {
    const id = randomUUID();
    const fields = {
      event_type: 'users.messages.email.Open',
      id,
      time: Math.floor(Date.now() / 1_000),
      user: { external_user_id: 'customer-1', user_id: '5f1c0ffee0ddba11deadbeef' },
      ...change,
    };
    return { key: id, json: `${JSON.stringify(fields).slice(0, -1)},"properties":${properties}}`, fate };
  };
  const withoutId = (fate: Fate, change: Record<string, unknown>): SentEvent => {
    const reference = randomUUID();
    const sent = event(fate, { id: undefined, ...change }, JSON.stringify({ reference }));
    return { ...sent, key: reference };
  };
  const bare = (json: string, reason: RejectionReason): SentEvent => ({ key: json, json, fate: deadLetter(reason) });

  return [
    event({ end: 'skipped', reason: 'no_external_user_id' }, { user: { user_id: '5f1c0ffee0ddba11deadbee1' } }),
    event({ end: 'skipped', reason: 'no_external_user_id' }, { user: { external_user_id: '\u200b', user_id: '5f1c' } }),
    event(
      { end: 'skipped', reason: 'no_external_user_id' },
      { user: { external_user_id: '[REDACTED]', user_id: '5f1' } },
    ),
    event({ end: 'skipped', reason: 'no_identity' }, { user: {} }),
    event({ end: 'skipped', reason: 'no_identity' }, { user: null }),
    event(DELIVERED, { event_type: 'users.UserDeleteRequest', user: { user_id: '5f1c0ffee0ddba11deadbee2' } }),
    event(DELIVERED, { event_type: 'survey.Response' }),
    event(DELIVERED, { time: null }),
    event(DELIVERED, { time: new Date().toISOString() }),
    withoutId(DELIVERED, {}),
    event(DELIVERED, {}, '{"__proto__":{"polluted":true},"constructor":1,"":2,"a.b":3,"a":{"b":4}}'),
    event(DELIVERED, {}, '{"order_number":12345678901234567890,"rate":0.1234567890123456789}'),
    event(DELIVERED, {}, '{"text":"\uFFFE \uFFFF \u0000 \\ud800 \u{1F600}"}'.replace('\u0000', '\\u0000')),
    event(DELIVERED, {}, JSON.stringify({ large: randomBytes(300_000).toString('base64') })),
    event(DELIVERED, {}, JSON.stringify({ larger: randomBytes(640_000).toString('base64') })),
    event(deadLetter('invalid_time'), { time: 'yesterday' }),
    event(deadLetter('no_event_type'), { event_type: ' ' }),
    event(deadLetter('refused_by_rudderstack'), {}, JSON.stringify({ note: REFUSED })),
    event(deadLetter('forbidden_by_proxy'), {}, JSON.stringify({ message_body: FORBIDDEN })),
    bare('null', 'not_an_object'),
    bare('42', 'not_an_object'),
    bare('["an","array"]', 'not_an_object'),
    bare('{"id":"avro-1","external_user_id":{"string":"customer-1"},"time":1795000000}', 'cloud_storage_shape'),
  ].map((sent) => (sent.json.startsWith('{"id":"avro-1"') ? { ...sent, key: 'avro-1' } : sent));
}
