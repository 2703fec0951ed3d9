import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SentEvent } from './braze';
import type { Random } from './random';

/** One realistic event of each type, as JSON. */
const FIXTURES: readonly string[] = readFileSync(join(__dirname, '..', 'fixtures', 'currents-events.jsonl'), 'utf8')
  .trim()
  .split('\n');

/** What an event has that decides about its end, beside what is ordinary. Each with its weight. */
const KINDS = {
  fixture: 40,
  ordinary: 40,
  strange: 6,
  anonymous: 3,
  nobody: 1,
  large: 1,
  'refused with 400': 1,
  'refused with 413': 0.3,
  'refused with 403': 0.3,
  trap: 0.5,
  drop: 0.5,
  'no object': 0.3,
  'no type': 0.3,
  'cloud storage': 0.3,
  'no time': 0.3,
} as const;

export type EventKind = keyof typeof KINDS | 'kill' | 'huge';

/** Texts that have broken others: beyond SQS's alphabet, NUL, halves of pairs, keys of prototypes, digits. */
const STRANGE = [
  String.raw`"text":"\ufffe\uffff 🎁\u200b\u0000 \ud83d"`,
  '"raw":"\ufffe\uffff\ud83c\udf81"',
  '"__proto__":{"polluted":true},"constructor":null',
  '"amount":12345678901234567890,"ratio":0.12345678901234567890123,"small":[9007199254740993,-9007199254740993.5]',
  '"a.b":{"c.d":[1,2,{"":null}]},"toString":"x","":" "',
  String.raw`"quote":"\"},{\"event_type\":\"x\"","backslash":"\\\\","number in text":": 12345678901234567890"`,
];

/** Makes events, each with an id of its own. */
export class EventMaker {
  #count = 0;
  readonly #kinds: EventKind[];
  readonly #weights: number[];

  constructor(private readonly random: Random) {
    this.#kinds = Object.keys(KINDS) as EventKind[];
    this.#weights = Object.values(KINDS);
  }

  any(): SentEvent {
    let at = this.random.fraction() * this.#weights.reduce((sum, weight) => sum + weight, 0);
    const index = this.#weights.findIndex((weight) => (at -= weight) < 0);
    return this.of(this.#kinds[index] ?? 'ordinary');
  }

  of(kind: EventKind): SentEvent {
    this.#count += 1;
    const id = `event-${this.#count}`;
    return { id, text: this.#text(kind, id) };
  }

  #text(kind: EventKind, id: string): string {
    switch (kind) {
      case 'fixture':
        return this.random.pick(FIXTURES).replace(/"id":"[^"]*"/, `"id":"${id}"`);
      case 'strange':
        return this.#event(id, { properties: this.random.pick(STRANGE) });
      case 'anonymous':
        return this.#event(id, { user: `{"user_id":"braze-${id}"}` });
      case 'nobody':
        return this.#event(id, { user: '{}' });
      case 'large':
        return this.#event(id, { properties: `"text":"${'large '.repeat(this.random.magnitude(1_000, 20_000))}"` });
      case 'huge':
        return this.#event(id, { properties: `"text":"${'huge '.repeat(240_000)}"` });
      case 'refused with 400':
        return this.#event(id, { properties: '"poison":400' });
      case 'refused with 413':
        return this.#event(id, { properties: '"poison":413' });
      case 'refused with 403':
        return this.#event(id, { properties: '"poison":403' });
      case 'trap':
      case 'drop':
      case 'kill':
        return this.#event(id, { properties: `"${kind}":true` });
      case 'no object':
        return `"${id}"`;
      case 'no type':
        return `{"id":"${id}","time":1793676746,"user":{"external_user_id":"customer"},"properties":{}}`;
      case 'cloud storage':
        return `{"id":{"string":"${id}"},"user_id":{"string":"braze"},"time":{"long":1793676746}}`;
      case 'no time':
        return this.#event(id, { time: '"soon"' });
      case 'ordinary':
        return this.#event(id, {});
    }
  }

  #event(
    id: string,
    {
      time = String(this.random.integer(1_793_000_000, 1_793_676_746)),
      user = `{"user_id":"braze-${id}","external_user_id":"customer-${id}","timezone":"Europe/Berlin"}`,
      properties = `"campaign_name":"Autumn","email_address":"${id}@example.com","nothing":null`,
    },
  ): string {
    return `{"event_type":"users.messages.email.Open","id":"${id}","time":${time},"user":${user},"properties":{${properties}}}`;
  }
}
