import { setTimeout as wait } from 'node:timers/promises';
import type { Remaining } from '../queue/sqs';
import { SecretUnavailable, type CachedSecret } from '../secret';
import { Telemetry } from '../telemetry';
import type { RejectionReason } from '../transform/reasons';
import type { Breaker } from './breaker';
import { MAX_BATCH_BYTES, type Answer, type DataPlane } from './rudderstack';

/** One message on its way to RudderStack, and in the end what became of it; undefined while that is open. */
export interface Parcel {
  readonly text: string;
  readonly bytes: number;
  verdict: 'delivered' | Refused | undefined;
}

/** RudderStack will never take it. */
export interface Refused {
  reason: RejectionReason;
  status: number;
  answer: string;
}

/** A request may take this long, in milliseconds: longer than the 10 s after which the gateway answers 504. */
const REQUEST_TIMEOUT = 15_000;
const MIN_REQUEST_TIMEOUT = 11_000;

/** The longest wait before the next attempt, in milliseconds: doubled each time. */
const FIRST_BACKOFF = 500;

/** Events refused in a row until one that was accepted is sent again: one before the breaker opens. */
const REFUSALS_TO_CHECK = 7;

export interface DeliveryDependencies {
  dataPlane: DataPlane;
  writeKey: CachedSecret<string>;
  breaker: Breaker;
  /** The most events in one request. */
  maxBatchEvents: number;
  telemetry: Telemetry;
}

/** An answer that decides about the batch. */
type Decision = Exclude<Answer, { kind: 'unavailable' }>;

/** Ends the deliveries of an invocation. Caught by {@link Delivery.deliver}. */
class Stop extends Error {}

/** The deliveries of one invocation. Once it has stopped, it stays so: what has no verdict is to be handed back. */
export class Delivery {
  #stopped = false;
  #sent = 0;
  /** One of those accepted last. */
  #accepted: Parcel | undefined;
  /** Refused since something was accepted last. */
  #unproven: Parcel[] = [];

  constructor(
    private readonly dependencies: DeliveryDependencies,
    private readonly remaining: Remaining,
  ) {}

  get hasStopped(): boolean {
    return this.#stopped;
  }

  /**
   * Sends parcels in as few requests as the limits allow, and gives each its verdict.
   *
   * @param groups parcels that belong to one queue message each; a request holds whole groups where possible.
   */
  async deliver(groups: readonly (readonly Parcel[])[]): Promise<void> {
    try {
      await this.#send(batchesOf(groups, this.dependencies.maxBatchEvents));
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      this.#stopped = true;
    }
  }

  /**
   * Those that are refused are halved until the events at fault are alone: after the others, so that the search does
   * not hold them up.
   */
  async #send(batches: Iterable<readonly Parcel[]>): Promise<void> {
    const refused: Attempt[] = [];
    for (const parcels of batches) {
      const refusal = await this.#attempt(parcels);
      if (refusal !== undefined) refused.push({ parcels, refusal });
    }
    for (const { parcels, refusal } of refused) {
      const [only] = parcels;
      if (only !== undefined && parcels.length === 1) await this.#refuse(only, refusal);
      else await this.#send(halvesOf(parcels));
    }
  }

  /** @returns why the batch was refused for what is in it, or undefined where it was delivered. */
  async #attempt(parcels: readonly Parcel[]): Promise<Refused | undefined> {
    const answer = await this.#knock(parcels);
    if (answer.kind === 'accepted') {
      for (const parcel of parcels) parcel.verdict = 'delivered';
      this.#accepted = parcels[0];
      this.#unproven = [];
      this.dependencies.breaker.succeeded();
      return undefined;
    }
    const { status } = answer;
    if (answer.kind === 'refused') {
      this.dependencies.breaker.answered();
      return { reason: 'refused_by_rudderstack', status, answer: answer.text };
    }
    if (answer.kind === 'unauthorized' || !(await this.#isDoorOpen())) this.#notLetIn(status);
    return { reason: 'forbidden_by_proxy', status, answer: answer.text };
  }

  /**
   * Where one after the other is refused, it may not be about the events. One that was accepted before tells, at the
   * price of a duplicate; if it is refused now, or if there is none, all of them have another try.
   */
  async #refuse(parcel: Parcel, refused: Refused): Promise<void> {
    const { breaker, telemetry } = this.dependencies;
    parcel.verdict = refused;
    this.#unproven.push(parcel);
    if (this.#unproven.length === REFUSALS_TO_CHECK && this.#accepted !== undefined) {
      await this.#attempt([this.#accepted]);
    }
    breaker.refused();
    if (!breaker.isOpen) return;
    for (const unproven of this.#unproven) unproven.verdict = undefined;
    telemetry.count('DeliveryFailures', 1, { class: 'refuses_everything' });
    telemetry.logger.error('The data plane refuses one event after the other; messages are handed back.', {
      status: refused.status,
    });
    throw new Stop();
  }

  /**
   * Who a 403 is about: a batch without events holds nothing to object to, so if it is refused with 403, too, we are
   * not let in. RudderStack itself answers it with 400.
   */
  async #isDoorOpen(): Promise<boolean> {
    const { kind } = await this.#knock([]);
    return kind === 'accepted' || kind === 'refused';
  }

  /** Sends one batch, again and again while that may help. */
  async #knock(parcels: readonly Parcel[]): Promise<Decision> {
    const { dataPlane, breaker, telemetry } = this.dependencies;
    const texts = parcels.map(({ text }) => text);
    let keyWasRefreshed = false;
    for (let attempt = 0; ; attempt += 1) {
      if (!breaker.mayKnock) throw new Stop();
      const writeKey = await this.#writeKey();
      const timeout = Math.floor(Math.min(REQUEST_TIMEOUT, this.remaining()));
      if (timeout < (this.#sent === 0 ? 1 : MIN_REQUEST_TIMEOUT)) throw new Stop();
      this.#sent += 1;
      const answer = await dataPlane.send(texts, writeKey, timeout);

      if (answer.kind === 'unauthorized' && !keyWasRefreshed && this.remaining() >= MIN_REQUEST_TIMEOUT) {
        keyWasRefreshed = true;
        if (await this.#hasChanged(writeKey)) continue;
      }
      if (answer.kind !== 'unavailable') return answer;

      const { retryAfter = 0 } = answer;
      telemetry.count('DeliveryFailures', 1, { class: answer.failure });
      const pause = Math.max(retryAfter, Math.random() * FIRST_BACKOFF * 2 ** attempt);
      const isWorthTheWait = this.remaining() - pause >= MIN_REQUEST_TIMEOUT;
      if (!isWorthTheWait && retryAfter > 0) breaker.failedForGood(retryAfter);
      else breaker.failed(retryAfter);
      if (!isWorthTheWait || breaker.isOpen) {
        telemetry.logger.warn('The data plane does not take events now; messages are handed back.', {
          failure: answer.failure,
          status: answer.status,
        });
        throw new Stop();
      }
      await wait(pause);
    }
  }

  async #writeKey(): Promise<string> {
    try {
      return await this.dependencies.writeKey.get();
    } catch (error) {
      if (!(error instanceof SecretUnavailable)) throw error;
      this.dependencies.breaker.failedForGood();
      throw new Stop();
    }
  }

  /** Whether the secret holds another key by now than the one that was not let in. */
  async #hasChanged(writeKey: string): Promise<boolean> {
    try {
      return (await this.dependencies.writeKey.refresh()) !== writeKey;
    } catch (error) {
      if (!(error instanceof SecretUnavailable)) throw error;
      return false;
    }
  }

  #notLetIn(status: number): never {
    const { breaker, telemetry } = this.dependencies;
    telemetry.count('CredentialFailures', 1);
    telemetry.count('DeliveryFailures', 1, { class: 'unauthorized' });
    telemetry.logger.error(
      'RudderStack does not let us in: check the write key, the data plane URL and that the source is enabled.',
      { status },
    );
    breaker.failedForGood();
    throw new Stop();
  }
}

/** A batch that was refused for what is in it. */
interface Attempt {
  parcels: readonly Parcel[];
  refusal: Refused;
}

/** Whole groups where they fit, within RudderStack's limits. */
function* batchesOf(groups: readonly (readonly Parcel[])[], maxEvents: number): Generator<readonly Parcel[]> {
  let batch: Parcel[] = [];
  let batchBytes = FRAME_BYTES;
  const fits = (count: number, bytes: number) =>
    batch.length + count <= maxEvents && batchBytes + bytes <= MAX_BATCH_BYTES;
  for (const group of groups) {
    const groupBytes = group.reduce((sum, { bytes }) => sum + bytes + 1, 0);
    for (const [index, parcel] of group.entries()) {
      const isFull = index === 0 ? !fits(group.length, groupBytes) : !fits(1, parcel.bytes + 1);
      if (batch.length > 0 && isFull) {
        yield batch;
        batch = [];
        batchBytes = FRAME_BYTES;
      }
      batch.push(parcel);
      batchBytes += parcel.bytes + 1;
    }
  }
  if (batch.length > 0) yield batch;
}

/** `{"batch":[]}` */
const FRAME_BYTES = 12;

function halvesOf<Item>(items: readonly Item[]): [readonly Item[], readonly Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
