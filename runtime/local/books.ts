import { isDeepStrictEqual } from 'node:util';
import { decodeDeadLetter, decodeMessage } from '../queue/envelope';
import { parseJson } from '../transform/json';
import type { Sent } from './braze';
import type { SentEvent } from './traffic';

type Entry = Record<string, unknown>;

/** What of a RudderStack message the books look at. */
interface Message {
  event?: unknown;
  userId?: unknown;
  anonymousId?: unknown;
  context?: { device?: Entry; os?: Entry; traits?: Entry; userAgent?: unknown };
  properties?: Entry;
}

export interface Evidence {
  sent: readonly SentEvent[];
  answers: Sent<SentEvent>;
  /** What RudderStack accepted. */
  received: readonly Entry[];
  /** The bodies of the dead letters. */
  deadLetters: readonly string[];
  /** Events that the processor counted as skipped, by reason. */
  skipped: ReadonlyMap<string, number>;
  /** New names by `event_type`, as the processor has them. */
  eventNames?: Readonly<Record<string, string>>;
}

export interface Books {
  rows: { end: string; expected: number; found: number }[];
  duplicates: number;
  /** A sentence for each event that did not end where it must, and for whatever came from nowhere. */
  problems: string[];
}

/** Follows each event from Braze to its end. The books balance when there is no problem. */
export function balance({ sent, answers, received, deadLetters, skipped, eventNames = {} }: Evidence): Books {
  const problems: string[] = [];
  const delivered = groupBy(received, keyOfMessage);
  const buried = groupBy(deadLetters.flatMap(eventsIn), ({ event }) => keyOfEvent(event));
  const acknowledged = new Set(answers.acknowledged);
  const expected = new Map<string, number>();
  const expectedSkips = new Map<string, number>();
  const found = new Map<string, number>();
  let duplicates = 0;

  for (const event of sent) {
    const { key, fate } = event;
    const copies = delivered.get(key) ?? [];
    const reasons = (buried.get(key) ?? []).map(({ reason }) => reason);
    delivered.delete(key);
    buried.delete(key);
    const end = fate.end === 'delivered' ? fate.end : `${fate.end}: ${fate.reason}`;
    add(expected, end);
    if (fate.end === 'skipped') add(expectedSkips, fate.reason);
    duplicates += Math.max(copies.length - 1, 0);

    const problem = acknowledged.has(event)
      ? problemWith(event, copies, reasons, eventNames)
      : 'was never acknowledged';
    if (problem === undefined) add(found, end);
    else problems.push(`Event ${key} ${problem}.`);
  }
  for (const reason of new Set([...expectedSkips.keys(), ...skipped.keys()])) {
    const [must, count] = [expectedSkips.get(reason) ?? 0, skipped.get(reason) ?? 0];
    found.set(`skipped: ${reason}`, count);
    if (count !== must) problems.push(`${count} events were counted as skipped (${reason}), not ${must}.`);
  }
  for (const key of delivered.keys()) problems.push(`Message ${key} was delivered, but never sent.`);
  for (const key of buried.keys()) problems.push(`Event ${key} is a dead letter, but was never sent.`);
  const rows = [...expected].map(([end, count]) => ({ end, expected: count, found: found.get(end) ?? 0 }));
  return { rows, duplicates, problems };
}

/** The rest of a sentence about an event that did not end where it must. */
function problemWith(
  event: SentEvent,
  copies: readonly Entry[],
  reasons: readonly string[],
  eventNames: Readonly<Record<string, string>>,
): string | undefined {
  const { fate } = event;
  const expectedReason = fate.end === 'dead letter' ? fate.reason : undefined;
  const wrongReason = reasons.find((reason) => reason !== expectedReason);
  if (wrongReason !== undefined) return `is a dead letter (${wrongReason}), which it must not be`;
  if (fate.end === 'delivered') {
    if (copies.length === 0) return 'is lost: acknowledged, but never delivered';
    return copies.map((copy) => whyNotAsSent(event, copy, eventNames)).find((problem) => problem !== undefined);
  }
  if (copies.length > 0) return `was delivered, but must be ${fate.end} (${fate.reason})`;
  if (expectedReason !== undefined && reasons.length === 0) return `is lost: no dead letter (${expectedReason})`;
  return undefined;
}

function whyNotAsSent(
  { json }: SentEvent,
  message: Message,
  eventNames: Readonly<Record<string, string>>,
): string | undefined {
  const sent = JSON.parse(json) as { event_type: string; user: Entry; properties: Entry };
  if (message.event !== (eventNames[sent.event_type] ?? sent.event_type))
    return `was delivered under another name (${String(message.event)})`;
  if (message.userId !== sent.user.external_user_id || message.anonymousId !== sent.user.user_id) {
    return 'was delivered for another user';
  }
  const { properties = {} } = message;
  const isAsSent = (key: string) => {
    const movedTo = MOVED.get(key);
    return isDeepStrictEqual(
      movedTo === undefined ? properties[key] : (movedTo(message) ?? null),
      sent.properties[key],
    );
  };
  const changed = Object.keys(sent.properties).filter((key) => !isAsSent(key));
  if (changed.length > 0) return `was delivered with other values, or without them (${changed.join()})`;
  const added = Object.keys(properties).filter((key) => !Object.hasOwn(sent.properties, key));
  return added.length > 0 ? `was delivered with properties that it had not (${added.join()})` : undefined;
}

/** Where properties are that have a place of their own in RudderStack's messages. */
const MOVED = new Map<string, (message: Message) => unknown>([
  ['device_model', ({ context }) => context?.device?.model],
  ['os_version', ({ context }) => context?.os?.version],
  ['platform', ({ context }) => context?.os?.name],
  ['user_agent', ({ context }) => context?.userAgent],
  ['email_address', ({ context }) => context?.traits?.email],
  ['to_phone_number', ({ context }) => context?.traits?.phone],
  ['ad_id', ({ context }) => context?.device?.advertisingId],
  ['ad_tracking_enabled', ({ context }) => context?.device?.adTrackingEnabled],
]);

function eventsIn(body: string): { event: unknown; reason: string }[] {
  const content = decodeMessage(body);
  const reason = decodeDeadLetter(body)?.reason ?? 'moved by SQS';
  return content.kind === 'events' ? content.events.map(({ text }) => ({ event: parseJson(text), reason })) : [];
}

function keyOfMessage({ messageId, properties }: Entry): string {
  const { reference } = (properties ?? {}) as { reference?: string };
  return reference ?? String(messageId);
}

function keyOfEvent(event: unknown): string {
  const { id, properties } = (event ?? {}) as { id?: string; properties?: { reference?: string } };
  return id ?? properties?.reference ?? JSON.stringify(event);
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
