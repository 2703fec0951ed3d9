import { gunzipSync } from 'node:zlib';
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, NUMBER_MARK, readExactly, type JsonObject } from './exact-json';
import type { DataPlaneRequest, DeadLetter, Invocation, Journal } from './journal';
import { S3_HOST } from './s3';
import { SQS_HOST } from './sqs';

/**
 * The books of one simulation: for every event what was promised and what became of it. They share no code with the
 * product, and read what went over the wire and lies in the queues for themselves.
 */

/** What of the configuration decides where an event belongs. */
export interface LedgerOptions {
  anonymousUsers: 'skip' | 'forward';
  maxEventBytes: number | undefined;
  archive: 'none' | 'alarm' | 'refuse';
}

/** A promise that was not kept. */
export interface Breach {
  kind: BreachKind;
  /** Of the event; of some breaches there is none. */
  id: string | undefined;
  detail: string;
}

export type BreachKind =
  /** Acknowledged, and not delivered, kept or skipped by rule. */
  | 'lost'
  /** Not acknowledged, and Braze was told not to send it again. */
  | 'turned away'
  | 'delivered though it is to be skipped'
  | 'changed on its way'
  | 'dead letter without a true reason'
  | 'doubled without a cause'
  | 'not at its end'
  /** Acknowledged, and not in the archive that nothing may be missing from. */
  | 'not archived'
  /** Authenticated and readable, and not acknowledged though all that it takes was there. */
  | 'refused without a cause'
  | 'invented';

/** What Braze takes as "send again": all but these. */
const FINAL = new Set([200, 401, 403, 404]);

export function audit(journal: Journal, options: LedgerOptions): Breach[] {
  return new Ledger(journal, options).audit();
}

/** What is known of one event. */
interface Account {
  text: string;
  /** Requests of Braze with it. */
  attempts: number;
  /** Copies that SQS took of it from ingest, in either queue. */
  copies: number;
  /** Of these, in the event queue. */
  inEventQueue: number;
  deliveries: number;
  /** Dead letters of the processor's or SQS's making, and of ingest's. */
  deadLetters: number;
  rejections: number;
  /** Causes for one more copy from ingest, and for one more delivery or dead letter. */
  copyCauses: number;
  causes: number;
}

class Ledger {
  readonly #breaches: Breach[] = [];
  readonly #accounts = new Map<string, Account>();
  readonly #invocations: Map<number, Invocation>;
  readonly #contents = new Map<string, Content>();
  /** Answers that an event got when it was alone in a request, as `id status`. */
  readonly #answeredAlone = new Set<string>();
  /** By invocation: events that were refused alone so far, and what RudderStack or the dead-letter queue has confirmed. */
  readonly #refusedAlone = new Map<number, number>();
  readonly #confirmed = new Map<number, Map<string, number>>();
  /** Bodies that the bridge was handed and that are no Currents requests. */
  readonly #unreadable = new Set<string>();

  constructor(
    private readonly journal: Journal,
    private readonly options: LedgerOptions,
  ) {
    this.#invocations = new Map(journal.invocations.map((invocation) => [invocation.id, invocation]));
    for (const [id, text] of journal.events) {
      this.#accounts.set(id, {
        text,
        attempts: 0,
        copies: 0,
        inEventQueue: 0,
        deliveries: 0,
        deadLetters: 0,
        rejections: 0,
        copyCauses: 0,
        causes: 0,
      });
    }
  }

  audit(): Breach[] {
    this.#enterAttempts();
    this.#checkArchive();
    this.#checkRefusals();
    this.#enterQueued();
    this.#enterRequests();
    this.#enterInvocations();
    this.#enterRepetitions();
    for (const letter of this.journal.deadLetters) this.#enterDeadLetter(letter);
    for (const body of this.journal.left)
      this.#breach('not at its end', undefined, `it is still queued: ${start(body)}`);
    for (const { body } of this.journal.expired)
      this.#breach('lost', undefined, `it expired in a queue: ${start(body)}`);
    for (const [id, account] of this.#accounts) this.#settle(id, account);
    return this.#breaches;
  }

  #breach(kind: BreachKind, id: string | undefined, detail: string): void {
    this.#breaches.push({ kind, id, detail });
  }

  #account(id: string, where: string): Account | undefined {
    const account = this.#accounts.get(id);
    if (account === undefined) this.#breach('invented', id, `an event that nobody has sent is in ${where}`);
    return account;
  }

  #each(ids: readonly string[], enter: (account: Account) => void): void {
    for (const id of ids) {
      const account = this.#accounts.get(id);
      if (account !== undefined) enter(account);
    }
  }

  #enterAttempts(): void {
    const bodies = new Set<string>();
    for (const { ids, arrived, status } of this.journal.attempts) {
      this.#each(ids, (account) => (account.attempts += 1));
      if (arrived !== undefined) bodies.add(arrived);
      if (status === undefined || !FINAL.has(status) || status === 200) continue;
      for (const id of ids) this.#breach('turned away', id, `Braze was answered ${status}`);
    }
    for (const body of bodies) if (!isCurrentsRequest(body)) this.#unreadable.add(body);
  }

  /** Whether the archive holds what was accepted, where it must, and nothing but what has arrived. */
  #checkArchive(): void {
    const { attempts, archived } = this.journal;
    const bodies = new Set(archived.values());
    for (const { arrived = '', status, ids } of attempts) {
      if (this.options.archive === 'refuse' && (status === 200 || status === 400) && !bodies.has(arrived)) {
        this.#breach('not archived', ids[0], `a request with it was answered ${status}: ${start(arrived)}`);
      }
    }
    for (const { arrived } of attempts) if (arrived !== undefined) bodies.delete(arrived);
    for (const body of bodies) this.#breach('changed on its way', undefined, `it lies in the archive: ${start(body)}`);
    if (this.options.archive === 'none' && archived.size > 0) {
      this.#breach('invented', undefined, 'there is an archive, and there should be none');
    }
  }

  /** Whether nothing was refused for a trouble that is not to matter, such as the archive's where it may be missing. */
  #checkRefusals(): void {
    const authenticated = new Set<number>();
    const excused = new Set<number>();
    const needed = this.options.archive === 'refuse' ? [SQS_HOST, S3_HOST] : [SQS_HOST];
    for (const { invocation, host, isDisturbed } of this.journal.calls) {
      // Nobody is let through to the queues or the archive before.
      if (host === SQS_HOST || host === S3_HOST) authenticated.add(invocation);
      if (isDisturbed && needed.includes(host)) excused.add(invocation);
    }
    for (const { invocation = 0, answered, arrived = '', ids } of this.journal.attempts) {
      if (answered === undefined || answered === 200 || !authenticated.has(invocation)) continue;
      if (excused.has(invocation) || (answered === 400 && this.#unreadable.has(arrived))) continue;
      this.#breach('refused without a cause', ids[0], `a request with it was answered ${answered}`);
    }
  }

  #enterQueued(): void {
    for (const { queue, body, invocation, isHeard } of this.journal.queued) {
      const fromIngest = this.#invocations.get(invocation)?.function === 'ingest';
      for (const [id] of this.#contentOf(body).events) {
        const account = this.#account(id, 'a queue');
        if (account === undefined) continue;
        if (fromIngest) account.copies += 1;
        if (fromIngest && queue === 'events') account.inEventQueue += 1;
        if (isHeard) {
          if (!fromIngest) this.#confirm(invocation, id);
        } else if (fromIngest) account.copyCauses += 1;
        else account.causes += 1;
      }
    }
  }

  #enterRequests(): void {
    for (const { invocation, body, isTaken, isHeard, status } of this.journal.requests) {
      if (body === undefined) continue;
      const messages = batchOf(body);
      const ids = messages.map(({ messageId }) => String(messageId));
      const isConfirmed = isTaken && isHeard && status === 200;
      const [only] = ids;
      if (ids.length === 1 && only !== undefined) this.#enterAlone(only, { invocation, isConfirmed, isHeard, status });
      if (!isTaken) continue;
      for (const [index, message] of messages.entries()) {
        const id = ids[index] as string;
        const account = this.#account(id, 'RudderStack');
        if (account === undefined) continue;
        account.deliveries += 1;
        if (!isConfirmed) account.causes += 1;
        else this.#confirm(invocation, id);
        const difference = differenceOf(account.text, message);
        if (difference !== undefined) this.#breach('changed on its way', id, difference);
      }
    }
  }

  #enterAlone(
    id: string,
    {
      invocation,
      isConfirmed,
      isHeard,
      status,
    }: Omit<DataPlaneRequest, 'at' | 'body' | 'isTaken'> & { isConfirmed: boolean },
  ): void {
    if (isHeard) this.#answeredAlone.add(`${id} ${status}`);
    const refused = this.#refusedAlone.get(invocation) ?? 0;
    if (!isConfirmed) this.#refusedAlone.set(invocation, refused + 1);
    // Sent again to tell whether the refusals are about the events.
    else if (refused >= REFUSALS_TO_CHECK) this.#each([id], (account) => (account.causes += 1));
  }

  #confirm(invocation: number, id: string): void {
    const confirmed = this.#confirmed.get(invocation) ?? new Map<string, number>();
    confirmed.set(id, (confirmed.get(id) ?? 0) + 1);
    this.#confirmed.set(invocation, confirmed);
  }

  /** What has come once more though it was done, because an invocation did not get to its end, or not with all. */
  #enterInvocations(): void {
    for (const { id, messages, end, handedBack } of this.journal.invocations) {
      const confirmed = this.#confirmed.get(id);
      if (confirmed === undefined) continue;
      const isBack = (message: { id: string }) => end === 'crashed' || handedBack.includes(message.id);
      // One invocation may get several copies of an event: what was confirmed belongs to those that are gone first.
      const gone = this.#copiesIn(messages.filter((message) => !isBack(message)));
      const back = messages.filter(isBack);
      const copiesBack = this.#copiesIn(back);
      const confirmedOfBack = (one: string) => (confirmed.get(one) ?? 0) - (gone.get(one) ?? 0);
      const isDone = (one: string) => confirmedOfBack(one) >= (copiesBack.get(one) ?? 0) || this.#isSkipped(one);
      const undone = back.filter(({ body }) => end === 'crashed' || !this.#idsIn(body).every(isDone));
      for (const [one, copies] of this.#copiesIn(undone)) {
        this.#each([one], (account) => (account.causes += Math.min(copies, Math.max(0, confirmedOfBack(one)))));
      }
    }
  }

  #copiesIn(messages: Invocation['messages']): Map<string, number> {
    const copies = new Map<string, number>();
    for (const id of messages.flatMap(({ body }) => this.#idsIn(body))) copies.set(id, (copies.get(id) ?? 0) + 1);
    return copies;
  }

  #isSkipped(id: string): boolean {
    const account = this.#accounts.get(id);
    return account !== undefined && isSkipped(account.text, this.options);
  }

  #enterRepetitions(): void {
    const bodies = new Map(this.journal.queued.map(({ messageId, body }) => [messageId, body]));
    for (const { messageId } of this.journal.repeated) {
      this.#each(this.#idsIn(bodies.get(messageId) ?? ''), (account) => (account.causes += 1));
    }
  }

  #enterDeadLetter({ body, receives }: DeadLetter): void {
    const { deadLetter, events, request } = this.#contentOf(body);
    if (request !== undefined && deadLetter?.reason === 'not_a_currents_request') {
      if (!this.#unreadable.has(request)) {
        this.#breach('dead letter without a true reason', undefined, `no such body has arrived: ${start(request)}`);
      }
      return;
    }
    for (const [id, event] of events) {
      const account = this.#account(id, 'the dead-letter queue');
      if (account === undefined) continue;
      const reason = typeof deadLetter?.reason === 'string' ? deadLetter.reason : undefined;
      const isIngests = INGEST_REASONS.has(reason ?? '');
      if (isIngests) account.rejections += 1;
      else account.deadLetters += 1;
      if (!isDeepStrictEqual(event, readExactly(account.text))) {
        this.#breach('changed on its way', id, `it is another event in the dead-letter queue: ${start(body)}`);
      }
      const isTrue =
        reason === undefined
          ? receives !== undefined && isKiller(events)
          : this.#isTrue(reason, id, account.text, deadLetter);
      if (!isTrue) {
        this.#breach(
          'dead letter without a true reason',
          id,
          `${reason ?? `moved by SQS after ${receives ?? 0} receives`}: ${start(account.text)}`,
        );
      }
    }
  }

  /** Whether what a dead letter gives as its reason has happened to the event. */
  #isTrue(reason: string, id: string, text: string, deadLetter: JsonObject | undefined): boolean {
    const event = readExactly(text);
    const properties = isJsonObject(event) && isJsonObject(event.properties) ? event.properties : {};
    const status = Number(String(deadLetter?.status).replace(NUMBER_MARK, ''));
    switch (reason) {
      case 'not_an_object':
        return !isJsonObject(event);
      case 'no_event_type':
        return isJsonObject(event) && event.event_type === undefined;
      case 'cloud_storage_shape':
        return isJsonObject(event) && isJsonObject(event.id);
      case 'invalid_time':
        return isJsonObject(event) && event.time === 'soon';
      case 'transform_failed':
        return properties.trap === true;
      case 'event_too_large':
        return text.length > 0.8 * (this.options.maxEventBytes ?? Infinity);
      case 'refused_by_rudderstack':
        return (status === 400 || status === 413) && this.#answeredAlone.has(`${id} ${status}`);
      case 'forbidden_by_proxy':
        return status === 403 && this.#answeredAlone.has(`${id} ${status}`);
      default:
        return false;
    }
  }

  #settle(id: string, account: Account): void {
    const { attempts, copies, inEventQueue, deliveries, deadLetters, rejections, copyCauses, causes } = account;
    const fate = this.journal.fates.get(id);
    const ends = deliveries + deadLetters + rejections;
    const skip = isSkipped(account.text, this.options);
    switch (fate) {
      case undefined:
        this.#breach('not at its end', id, 'Braze still has it');
        break;
      case 'acknowledged':
        if (copies === 0) this.#breach('lost', id, 'it was acknowledged and is in no queue');
        else if (ends === 0 && !skip) this.#breach('lost', id, `it was queued, and has no end: ${start(account.text)}`);
        break;
      case 'dropped':
        if (ends === 0 && !this.#isKeptAsItArrived(id)) {
          this.#breach('lost', id, 'Braze dropped it after the second 400, and it was not kept');
        }
        break;
      case 'stopped':
      case 'given up':
        // What Braze was answered is told with the attempts.
        break;
    }
    if (skip && deliveries > 0) this.#breach('delivered though it is to be skipped', id, start(account.text));
    if (copies > attempts + copyCauses) {
      this.#breach('doubled without a cause', id, `${copies} copies in queues, of ${attempts} requests with it`);
    }
    if (deliveries + deadLetters > inEventQueue + causes) {
      this.#breach(
        'doubled without a cause',
        id,
        `${deliveries} deliveries and ${deadLetters} dead letters of ${inEventQueue} copies, with ${causes} causes`,
      );
    }
  }

  /** Whether the body of a request with this event alone lies in the dead-letter queue. */
  #isKeptAsItArrived(id: string): boolean {
    const arrived = this.journal.attempts
      .filter(({ ids }) => ids.length === 1 && ids[0] === id)
      .map((attempt) => attempt.arrived);
    return this.journal.deadLetters.some(({ body }) => arrived.includes(this.#contentOf(body).request ?? ''));
  }

  #idsIn(body: string): string[] {
    return [...this.#contentOf(body).events.keys()];
  }

  #contentOf(body: string): Content {
    const known = this.#contents.get(body);
    if (known !== undefined) return known;
    const content = readMessage(body);
    this.#contents.set(body, content);
    return content;
  }
}

/** Events refused alone after which the product may send one again that was taken. */
const REFUSALS_TO_CHECK = 7;

/** Reasons with which ingest puts an event into the dead-letter queue. */
const INGEST_REASONS = new Set(['not_an_object', 'no_event_type', 'cloud_storage_shape']);

/** A queue message as it lies there. */
interface Content {
  /** By their ids. */
  events: ReadonlyMap<string, unknown>;
  deadLetter: JsonObject | undefined;
  /** The body that is kept in it, one character a byte. */
  request: string | undefined;
}

function readMessage(body: string): Content {
  const message = readExactly(body) as { events: unknown[]; request?: string; deadLetter?: JsonObject };
  const bytes = message.request === undefined ? undefined : gunzipSync(Buffer.from(message.request, 'base64'));
  const events = [...message.events];
  if (bytes !== undefined && message.deadLetter?.reason !== 'not_a_currents_request') {
    events.push(...(readExactly(bytes.toString()) as { events: unknown[] }).events);
  }
  return {
    events: new Map(events.map((event) => [idOf(event), event])),
    deadLetter: message.deadLetter,
    request: bytes?.toString('latin1'),
  };
}

/** The id of an event of any shape that is sent here. */
function idOf(event: unknown): string {
  if (!isJsonObject(event)) return String(event);
  return String(isJsonObject(event.id) ? event.id.string : event.id);
}

function batchOf(body: string): JsonObject[] {
  return (readExactly(body) as { batch: JsonObject[] }).batch;
}

/** Whether an arrived body (one character a byte) has events in it that Currents could have sent. */
function isCurrentsRequest(body: string): boolean {
  const bytes = Buffer.from(body, 'latin1');
  const text = bytes.toString();
  if (!Buffer.from(text).equals(bytes)) return false;
  try {
    const { events } = JSON.parse(text) as { events: unknown[] };
    return events.some((event) => !isJsonObject(event) || !isJsonObject(event.id));
  } catch {
    return false;
  }
}

/** Events of which Braze knows the user by nothing but its own id. */
const ABOUT_THE_USER = ['users.UserDeleteRequest', 'users.UserOrphan'];

function isSkipped(text: string, { anonymousUsers }: LedgerOptions): boolean {
  const event = readExactly(text);
  if (!isJsonObject(event) || typeof event.event_type !== 'string') return false;
  const user = isJsonObject(event.user) ? event.user : {};
  const isNamed = (id: unknown) => typeof id === 'string' && id !== '';
  if (!isNamed(user.external_user_id) && !isNamed(user.user_id)) return true;
  if (!isNamed(user.external_user_id) && anonymousUsers === 'skip' && !ABOUT_THE_USER.includes(event.event_type))
    return true;
  return isJsonObject(event.properties) && event.properties.drop === true;
}

/** Whether one of the events ends the function that reads it. */
function isKiller(events: ReadonlyMap<string, unknown>): boolean {
  return [...events.values()].some(
    (event) => isJsonObject(event) && isJsonObject(event.properties) && event.properties.kill === true,
  );
}

/** Where properties go that have a place of their own in RudderStack's messages. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  device_model: ['context', 'device', 'model'],
  os_version: ['context', 'os', 'version'],
  platform: ['context', 'os', 'name'],
  user_agent: ['context', 'userAgent'],
  email_address: ['context', 'traits', 'email'],
  to_phone_number: ['context', 'traits', 'phone'],
  ad_id: ['context', 'device', 'advertisingId'],
  ad_tracking_enabled: ['context', 'device', 'adTrackingEnabled'],
};

/** What in a delivered message is not what the event says; undefined where all is. */
function differenceOf(text: string, message: JsonObject): string | undefined {
  const event = readExactly(text) as JsonObject & { event_type: string; time: string };
  const user = event.user as JsonObject;
  const properties = isJsonObject(event.properties) ? event.properties : {};
  const time = new Date(Number(event.time.replace(NUMBER_MARK, '')) * 1_000).toISOString();
  const expected: [string, unknown, unknown][] = [
    ['type', message.type, 'track'],
    ['event', message.event, event.event_type],
    ['userId', message.userId, user.external_user_id],
    ['anonymousId', message.anonymousId, user.user_id],
    ['timestamp', message.timestamp, time],
    ['originalTimestamp', message.originalTimestamp, time],
    ['context.timezone', at(message, ['context', 'timezone']), user.timezone],
    ['context.device.id', at(message, ['context', 'device', 'id']), user.device_id],
    ...Object.entries(PLACES).map(([key, path]): [string, unknown, unknown] => [
      path.join('.'),
      at(message, path),
      Object.hasOwn(properties, key) ? properties[key] : undefined,
    ]),
    [
      'properties',
      message.properties ?? {},
      Object.fromEntries(Object.entries(properties).filter(([key]) => !Object.hasOwn(PLACES, key))),
    ],
  ];
  const different = expected.find(([, is, shall]) => !isDeepStrictEqual(is ?? undefined, shall ?? undefined));
  return different && `${different[0]} is ${JSON.stringify(different[1])} and not ${JSON.stringify(different[2])}`;
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((part, key) => (isJsonObject(part) ? part[key] : undefined), value);
}

function start(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
