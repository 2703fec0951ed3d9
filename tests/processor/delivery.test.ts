import { Breaker } from '../../runtime/processor/breaker';
import { currentsEvent, currentsEvents } from '../support/events';
import type { Delivered, Reply } from '../support/faulty-server';
import { Processing } from '../support/processing';

let processing: Processing;
beforeAll(async () => {
  processing = await Processing.start();
});
beforeEach(() => processing.renew());
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => processing.stop());

/** Backoff without the wait. */
function withoutWaiting(): void {
  jest.spyOn(Math, 'random').mockReturnValue(0);
}

const holds =
  (...ids: string[]) =>
  ({ messages }: Delivered) =>
    messages.some(({ messageId }) => ids.includes(messageId));

/** Answers this to every batch with one of these events. */
function refuse(reply: Reply, ...ids: string[]): void {
  const isRefused = holds(...ids);
  processing.dataPlane.script = (request) => (isRefused(request) ? reply : undefined);
}

const idsOf = (events: readonly Record<string, unknown>[]) => events.map(({ id }) => id);

const idsInDeadLetters = () =>
  processing.queues.letters.flatMap(({ events }) => idsOf(events as Record<string, unknown>[])).toSorted();

/** Moves the clock on, and holds it there: messages that were handed back are visible again. */
function later(seconds: number): void {
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(now + seconds * 1_000);
}

/** Eight messages that fill a batch each. */
const fullBatches = () => Array.from({ length: 8 }, (_, index) => currentsEvents(250, `message-${index}`));

describe('batches', () => {
  test('hold whole queue messages up to the configured number of events', async () => {
    processing.options = { maxBatchEvents: 100 };
    await processing.queues.send(currentsEvents(60, 'a'), currentsEvents(40, 'b'), currentsEvents(30, 'c'));

    await processing.receiveAndInvoke();

    const sizes = processing.dataPlane.requests.map(({ messages }) => messages.length);
    expect(sizes).toHaveLength(2);
    for (const { messages } of processing.dataPlane.requests) {
      const sizeOf = (prefix: string) => messages.filter(({ messageId }) => messageId.startsWith(prefix)).length;
      expect([0, 60]).toContain(sizeOf('a-'));
      expect([0, 40]).toContain(sizeOf('b-'));
      expect([0, 30]).toContain(sizeOf('c-'));
    }
  });

  test('split a message that is larger than a batch', async () => {
    processing.options = { maxBatchEvents: 20 };
    const events = currentsEvents(50);
    await processing.queues.send(events);

    await processing.receiveAndInvoke();

    expect(processing.dataPlane.requests.map(({ messages }) => messages.length)).toEqual([20, 20, 10]);
    expect(processing.dataPlane.acceptedIds).toEqual(idsOf(events));
  });

  test('stay within RudderStack’s bytes, filled as far as whole messages allow', async () => {
    const large = (id: string) => currentsEvent(id, { properties: { text: 'ü'.repeat(120_000) } });
    const messages = Array.from({ length: 24 }, (_, index) => [large(`${index}-a`), large(`${index}-b`)]);
    await processing.queues.send(...messages);

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.accepted).toHaveLength(48);
    for (const { body } of processing.dataPlane.requests) expect(body.length).toBeLessThanOrEqual(4_096_000);
    expect(processing.dataPlane.requests.map(({ messages: { length } }) => length)).toEqual([16, 16, 16]);
  });
});

describe('one event that RudderStack never takes', () => {
  test.each([400, 413])('is found by bisecting, and it alone becomes a dead letter (%d)', async (status) => {
    const events = currentsEvents(250);
    refuse({ status, body: '{"error":"something about event-137 is wrong"}' }, 'event-137');
    await processing.queues.send(events.slice(0, 100), events.slice(100));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.acceptedIds.toSorted()).toEqual(
      idsOf(events)
        .filter((id) => id !== 'event-137')
        .toSorted(),
    );
    expect(processing.queues.letters).toEqual([
      expect.objectContaining({
        events: [events[137]],
        deadLetter: {
          reason: 'refused_by_rudderstack',
          status,
          at: expect.any(String) as string,
          answer: expect.stringMatching(/^\{"error":"something about …-… is wrong"\}$/) as string,
        },
      }),
    ]);
    expect(written.metrics).toMatchObject({
      EventsDelivered: 249,
      'DeadLetters reason=refused_by_rudderstack': 1,
      'EventsRejected reason=refused_by_rudderstack': 1,
    });
    expect(processing.dataPlane.requests.length).toBeLessThan(20);
  });

  test('does not hide another one in the same batch', async () => {
    refuse(400, 'event-0', 'event-7');
    await processing.queues.send(currentsEvents(10));

    await processing.receiveAndInvoke();

    expect(processing.queues.letters.flatMap(({ events }) => idsOf(events as Record<string, unknown>[]))).toEqual([
      'event-0',
      'event-7',
    ]);
    expect(processing.dataPlane.accepted).toHaveLength(8);
  });

  test('is decided even when the data plane fails a moment later; what was open comes back', async () => {
    withoutWaiting();
    processing.dataPlane.script = ({ messages }) => {
      const isOfOther = messages.length === 1 && messages[0]?.messageId.startsWith('other');
      return isOfOther ? 503 : 400;
    };
    await processing.queues.send(currentsEvents(2), currentsEvents(2, 'other'));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.queues.letters.flatMap(({ events }) => events)).toHaveLength(2);
    expect(idsOf(processing.queues.events as Record<string, unknown>[])).toEqual(['other-0', 'other-1']);
  });
});

describe('several events that RudderStack never takes', () => {
  /** Every so many-th of these events. */
  const some = (from: number, count: number, distance = 1) =>
    Array.from({ length: count }, (_, index) => `event-${from + index * distance}`);

  test('become dead letters even where they are all there is and nothing was accepted before', async () => {
    processing.dataPlane.script = () => 400;
    await processing.queues.send(currentsEvents(3));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(idsInDeadLetters()).toEqual(['event-0', 'event-1', 'event-2']);
    expect(processing.breaker.isOpen).toBe(false);
  });

  test.each([
    ['all over it', some(2, 20, 5)],
    ['at its beginning', some(0, 20)],
    ['in its middle', some(40, 20)],
    ['at its end', some(80, 20)],
  ])('are told from the good ones of a message: 20 of 100, %s', async (_where, ids) => {
    refuse(400, ...ids);
    await processing.queues.send(currentsEvents(100));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(idsInDeadLetters()).toEqual(ids.toSorted());
    expect(new Set(processing.dataPlane.acceptedIds).size).toBe(80);
    // After seven refusals in a row, one that was accepted before is sent again.
    expect(processing.dataPlane.accepted.length).toBeLessThanOrEqual(82);
    expect(written.metrics).toMatchObject({ EventsDelivered: 80, BreakerOpen: 0 });
  });

  test('fill a message, which does not come back for ever as long as others are accepted', async () => {
    processing.dataPlane.script = ({ messages }) =>
      messages.some(({ messageId }) => messageId.startsWith('bad')) ? 400 : undefined;
    await processing.queues.send(currentsEvents(250), currentsEvents(100, 'bad'));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(idsInDeadLetters()).toHaveLength(100);
    expect(processing.dataPlane.accepted.length).toBeLessThanOrEqual(250 + 100 / 7);
  });
});

describe('400 for everything', () => {
  beforeEach(() => {
    processing.dataPlane.script = () => 400;
  });

  test('blames no event: all is handed back, and the breaker opens', async () => {
    await processing.queues.send(...fullBatches());

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(8);
    expect(processing.queues.letters).toEqual([]);
    expect(processing.dataPlane.requests.length).toBeLessThanOrEqual(40);
    expect(written.metrics).toMatchObject({
      'DeliveryFailures class=refuses_everything': 1,
      MessagesHandedBack: 8,
      BreakerOpen: 1,
    });
    expect(written.metrics).not.toHaveProperty('EventsRejected');
  });

  test('costs few requests for as long as it lasts; once it is over, everything is delivered', async () => {
    await processing.queues.send(...fullBatches());
    await processing.receiveAndInvoke();

    for (let invocation = 0; invocation < 6; invocation += 1) {
      processing.dataPlane.requests.length = 0;
      later(960);
      const { failed, written } = await processing.receiveAndInvoke();

      expect(failed).toHaveLength(8);
      expect(written.metrics).toMatchObject({ 'DeliveryFailures class=refuses_everything': 1, BreakerOpen: 1 });
      expect(processing.dataPlane.requests.length).toBeLessThanOrEqual(25);
    }
    processing.dataPlane.script = () => undefined;
    later(960);
    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.queues.letters).toEqual([]);
    expect(processing.dataPlane.accepted).toHaveLength(2_000);
    expect(written.metrics).toMatchObject({ EventsDelivered: 2_000, BreakerOpen: 0 });
  });

  test('that begins amid a search for an event at fault blames none of the others', async () => {
    const isAtFault = holds('event-0');
    processing.dataPlane.script = (request) =>
      isAtFault(request) || processing.dataPlane.accepted.length > 0 ? 400 : undefined;
    await processing.queues.send(currentsEvents(100));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.queues.letters).toEqual([]);
    expect(processing.dataPlane.accepted).toHaveLength(50);
    expect(processing.breaker.isOpen).toBe(true);
  });
});

describe('403', () => {
  test('for one event’s content makes a dead letter of that event', async () => {
    refuse({ status: 403, body: '<h1>Blocked by the firewall</h1>' }, 'event-3');
    await processing.queues.send(currentsEvents(10));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.accepted).toHaveLength(9);
    expect(processing.queues.letters.map(({ deadLetter }) => deadLetter)).toEqual([
      expect.objectContaining({ reason: 'forbidden_by_proxy', status: 403 }),
    ]);
    expect(written.metrics.CredentialFailures).toBeUndefined();
    expect(processing.breaker.isOpen).toBe(false);
  });

  test('for everything is about credentials: all is handed back after two requests', async () => {
    processing.dataPlane.script = () => 403;
    await processing.queues.send(currentsEvents(10), currentsEvents(10, 'other'));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(2);
    expect(processing.queues.letters).toEqual([]);
    expect(processing.dataPlane.requests).toHaveLength(2);
    expect(written.metrics).toMatchObject({ CredentialFailures: 1, BreakerOpen: 1 });
  });

  test('for everything from the middle of an invocation on is about credentials after three requests', async () => {
    processing.dataPlane.script = () => (processing.dataPlane.requests.length === 1 ? undefined : 403);
    await processing.queues.send(...fullBatches());

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(7);
    expect(processing.queues.events).toHaveLength(1_750);
    expect(processing.queues.letters).toEqual([]);
    expect(processing.dataPlane.requests).toHaveLength(3);
    expect(written.metrics).toMatchObject({ EventsDelivered: 250, CredentialFailures: 1, BreakerOpen: 1 });
  });

  test('for an event in each half of the only batch makes dead letters of the two', async () => {
    refuse(403, 'event-1', 'event-8');
    await processing.queues.send(currentsEvents(10));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(idsInDeadLetters()).toEqual(['event-1', 'event-8']);
    expect(processing.queues.letters.map(({ deadLetter }) => deadLetter?.reason)).toEqual(['forbidden_by_proxy']);
    expect(processing.dataPlane.accepted).toHaveLength(8);
    expect(written.metrics).not.toHaveProperty('CredentialFailures');
  });

  test('for the only event makes a dead letter of it where a batch without events is let in', async () => {
    refuse(403, 'event-0');
    await processing.queues.send(currentsEvents(1));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(idsInDeadLetters()).toEqual(['event-0']);
    expect(written.metrics).toMatchObject({ 'DeadLetters reason=forbidden_by_proxy': 1, BreakerOpen: 0 });
    expect(written.metrics).not.toHaveProperty('CredentialFailures');
  });

  test('for a single event is about credentials where a batch without events is not let in either', async () => {
    processing.dataPlane.script = () => 403;
    await processing.queues.send(currentsEvents(1));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.queues.letters).toEqual([]);
    expect(written.metrics.CredentialFailures).toBe(1);
  });

  test('for hours is one outage: hand-backs grow, probes become rare', async () => {
    processing.dataPlane.script = () => 403;
    await processing.queues.send(currentsEvents(2));
    const records = await processing.queues.receive();
    const start = Date.now();
    const clock = jest.spyOn(Date, 'now');
    for (let minute = 0; minute < 60; minute += 1) {
      clock.mockReturnValue(start + minute * 60_000);
      await processing.invoke(records);
    }
    const requests = processing.dataPlane.requests.length;
    const longest = Math.max(...Array.from({ length: 100 }, () => processing.breaker.handBackSeconds()));
    clock.mockReturnValue(start + 59 * 60_000 + 20_000);
    await processing.invoke(records);

    expect(longest).toBeGreaterThan(500);
    expect(processing.dataPlane.requests).toHaveLength(requests);
  });

  test('in one half does not make the other half go out twice when the data plane fails in between', async () => {
    withoutWaiting();
    processing.dataPlane.script = ({ messages: { length } }) => {
      if (length === 10) return 403;
      return processing.dataPlane.accepted.length === 0 ? undefined : 503;
    };
    await processing.queues.send(currentsEvents(5), currentsEvents(5, 'other'));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.dataPlane.accepted).toHaveLength(5);
  });

  test('of a half whose other half is refused by RudderStack itself is about content', async () => {
    processing.dataPlane.script = ({ messages }) => {
      const ids = messages.map(({ messageId }) => messageId);
      if (ids.includes('event-0')) return 403;
      return ids.includes('event-3') ? 400 : undefined;
    };
    await processing.queues.send(currentsEvents(4));

    await processing.receiveAndInvoke();

    const reasons = processing.queues.letters.map(({ deadLetter }) => deadLetter?.reason).toSorted();
    expect(reasons).toEqual(['forbidden_by_proxy', 'refused_by_rudderstack']);
    expect(processing.dataPlane.acceptedIds.toSorted()).toEqual(['event-1', 'event-2']);
  });
});

describe('a wrong write key', () => {
  /** A key that was read a while ago. */
  async function keyOfAWhileAgo(): Promise<void> {
    await processing.dependencies.writeKey.get();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 6_000);
  }

  test.each([401, 404])('or a disabled source (%d) hands everything back, and no dead letters', async (status) => {
    processing.dataPlane.script = () => status;
    await processing.queues.send(currentsEvents(3), currentsEvents(3, 'other'));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(2);
    expect(processing.queues.letters).toEqual([]);
    expect(written.metrics).toMatchObject({
      CredentialFailures: 1,
      'DeliveryFailures class=unauthorized': 1,
      BreakerOpen: 1,
    });
    expect(written.logs).toEqual([expect.objectContaining({ level: 'ERROR', status })]);
  });

  test('that was put right meanwhile is read anew, and the same invocation delivers', async () => {
    await keyOfAWhileAgo();
    processing.secrets.text = 'new-key';
    processing.dataPlane.writeKey = 'new-key';
    await processing.queues.send(currentsEvents(3));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.requests.map(({ writeKey }) => writeKey)).toEqual(['write-key', 'new-key']);
    expect(written.metrics.CredentialFailures).toBeUndefined();
  });

  test('is read anew once only, and asked for once only', async () => {
    await keyOfAWhileAgo();
    processing.secrets.text = 'another-wrong-key';
    processing.dataPlane.writeKey = 'new-key';
    await processing.queues.send(currentsEvents(3));

    await processing.receiveAndInvoke();

    expect(processing.dataPlane.requests).toHaveLength(2);
    expect(processing.secrets.reads).toBe(2);
  });

  test('is told of even when the secret cannot be read anew', async () => {
    await keyOfAWhileAgo();
    processing.secrets.text = undefined;
    processing.dataPlane.writeKey = 'new-key';
    await processing.queues.send(currentsEvents(3));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(written.metrics).toMatchObject({ CredentialFailures: 1, SecretFailures: 1, BreakerOpen: 1 });
  });

  test('is not read anew where no time is left for another request', async () => {
    await keyOfAWhileAgo();
    processing.dataPlane.writeKey = 'new-key';
    processing.remaining = () => (processing.dataPlane.requests.length === 0 ? 60_000 : 10_000);
    await processing.queues.send(currentsEvents(3));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.secrets.reads).toBe(1);
  });
});

test('a secret that cannot be read is as an outage: nothing is sent, all is handed back', async () => {
  processing.secrets.text = undefined;
  await processing.queues.send(currentsEvents(3));

  const { failed, written } = await processing.receiveAndInvoke();

  expect(failed).toHaveLength(1);
  expect(processing.dataPlane.requests).toEqual([]);
  expect(written.metrics).toMatchObject({ SecretFailures: 1, BreakerOpen: 1, MessagesHandedBack: 1 });
});

describe('what may yet succeed', () => {
  test.each<[string, string, Reply]>([
    ['408', 'timeout', 408],
    ['429', 'rate_limited', 429],
    ['500', 'server_error', 500],
    ['302', 'redirect', { status: 302, headers: { location: '/login' } }],
    ['418', 'unexpected_status', 418],
    ['HTML', 'not_rudderstack', { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }],
    ['a reset', 'network', (response) => response.socket?.resetAndDestroy()],
  ])('%s is tried again and counted by its class', async (_fault, failure, reply) => {
    withoutWaiting();
    processing.dataPlane.script = () => (processing.dataPlane.requests.length <= 2 ? reply : undefined);
    await processing.queues.send(currentsEvents(3));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.acceptedIds).toEqual(['event-0', 'event-1', 'event-2']);
    expect(written.metrics).toMatchObject({ [`DeliveryFailures class=${failure}`]: 2, DeliveryFailures: 2 });
    expect(written.logs).toEqual([]);
  });

  test('is compressed anew: every attempt carries the same messages', async () => {
    withoutWaiting();
    processing.dataPlane.script = () => (processing.dataPlane.requests.length <= 3 ? 503 : undefined);
    await processing.queues.send(currentsEvents(3));

    await processing.receiveAndInvoke();

    expect(new Set(processing.dataPlane.requests.map(({ body }) => body.toString())).size).toBe(1);
  });

  test('waits as long as Retry-After says', async () => {
    processing.dataPlane.script = () =>
      processing.dataPlane.requests.length === 1 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
    await processing.queues.send(currentsEvents(3));
    const start = Date.now();

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(Date.now() - start).toBeGreaterThanOrEqual(990);
  });

  test('waits after a Retry-After of 0 as without one', async () => {
    processing.dataPlane.script = () =>
      processing.dataPlane.requests.length === 1 ? { status: 429, headers: { 'retry-after': '0' } } : undefined;
    await processing.queues.send(currentsEvents(3));
    jest.spyOn(Math, 'random').mockReturnValue(0.9);
    const start = Date.now();

    await processing.receiveAndInvoke();

    expect(Date.now() - start).toBeGreaterThanOrEqual(440);
  });

  test('opens the breaker at once when Retry-After is longer than the invocation', async () => {
    processing.dataPlane.script = () => ({ status: 429, headers: { 'retry-after': '120' } });
    await processing.queues.send(currentsEvents(3));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.dataPlane.requests).toHaveLength(1);
    expect(written.metrics).toMatchObject({ BreakerOpen: 1, MessagesHandedBack: 1 });
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 119_000);
    expect(processing.breaker.mayKnock).toBe(false);
  });
});

describe('time', () => {
  test('that runs out hands back what is undecided and keeps what is decided', async () => {
    processing.options = { maxBatchEvents: 10 };
    processing.remaining = () => (processing.dataPlane.requests.length < 2 ? 60_000 : 15_000);
    await processing.queues.send(currentsEvents(10, 'a'), currentsEvents(10, 'b'), currentsEvents(10, 'c'));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(processing.dataPlane.requests).toHaveLength(2);
    expect(failed).toHaveLength(1);
    expect(written.metrics).toMatchObject({ EventsDelivered: 20, MessagesHandedBack: 1, BreakerOpen: 0 });
    expect(processing.queues.secondsAway.every((seconds) => seconds <= 5)).toBe(true);
  });

  describe('that runs out in a search for the event at fault', () => {
    /** Four messages of 50 events, one of which is refused; each invocation has the time of seven requests. */
    async function beginSearch() {
      let requestsBefore = 0;
      refuse(400, 'message-0-17');
      processing.remaining = () => 60_000 - 7_000 * (processing.dataPlane.requests.length - requestsBefore);
      const invokeAgain = async () => {
        requestsBefore = processing.dataPlane.requests.length;
        later(6);
        return processing.receiveAndInvoke();
      };
      await processing.queues.send(
        ...fullBatches()
          .slice(0, 4)
          .map((events) => events.slice(0, 50)),
      );
      const first = await processing.receiveAndInvoke();
      return { first, invokeAgain };
    }

    test('leaves the other messages done, and the message at fault for another receive', async () => {
      const { first } = await beginSearch();

      expect(first.failed).toHaveLength(1);
      expect(processing.queues.events).toContainEqual(expect.objectContaining({ id: 'message-0-17' }));
      expect(first.written.metrics).toMatchObject({ EventsDelivered: 150, MessagesHandedBack: 1, BreakerOpen: 0 });
      expect(processing.queues.letters).toEqual([]);
    });

    test('is made up for: the next invocations go on from there until it is found', async () => {
      const { invokeAgain } = await beginSearch();

      const second = await invokeAgain();
      expect(second.failed).toHaveLength(1);
      expect(processing.queues.letters).toEqual([]);
      const third = await invokeAgain();

      expect(third.failed).toEqual([]);
      expect(third.written.metrics).toMatchObject({ EventsDelivered: 49, DeadLetters: 1 });
      expect(idsInDeadLetters()).toEqual(['message-0-17']);
      expect(processing.dataPlane.accepted).toHaveLength(199);
      expect(new Set(processing.dataPlane.acceptedIds).size).toBe(199);
      expect(processing.dataPlane.requests.length).toBeLessThanOrEqual(19);
      expect(processing.progress.size).toBe(0);
    });

    test('is begun anew by another process, which ends right, too', async () => {
      const { invokeAgain } = await beginSearch();
      processing.progress = new Map();
      processing.breaker = new Breaker();

      const deadLetters = [];
      let comesBack = true;
      for (let invocation = 0; comesBack && invocation < 4; invocation += 1) {
        const { failed, written } = await invokeAgain();
        comesBack = failed.length > 0;
        deadLetters.push(written.metrics.DeadLetters);
      }

      expect(comesBack).toBe(false);
      expect(deadLetters).toEqual([undefined, 1]);
      expect(idsInDeadLetters()).toEqual(['message-0-17']);
      expect(new Set(processing.dataPlane.acceptedIds).size).toBe(199);
      // What was delivered of this message before goes out a second time.
      expect(processing.dataPlane.accepted).toHaveLength(199 + 25);
    });
  });

  test('that is short is used all the same for a first request', async () => {
    processing.remaining = () => 9_000.5;
    await processing.queues.send(currentsEvents(3));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
  });

  test('that is over before the first request sends nothing', async () => {
    processing.remaining = () => 4_000;
    await processing.queues.send(currentsEvents(3));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.dataPlane.requests).toEqual([]);
  });
});
