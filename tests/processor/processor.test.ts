import { gunzipSync } from 'node:zlib';
import { processBatch } from '../../runtime/processor/processor';
import { encodeEvents, encodeRequest } from '../../runtime/queue/envelope';
import { newSmokeId } from '../../runtime/smoke';
import { stringifyJson } from '../../runtime/transform/json';
import type { UserTransform } from '../../runtime/transform/transform';
import { currentsEvent, currentsEvents } from '../support/events';
import type { Written } from '../support/output';
import { Processing } from '../support/processing';
import { countdown, until } from '../support/time';

let processing: Processing;
beforeAll(async () => {
  processing = await Processing.start();
});
beforeEach(() => processing.renew());
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => processing.stop());

const RECEIVED_AT = '2026-08-01T12:00:00.000Z';

function withTransform(transform: UserTransform): void {
  processing.options = { transformOptions: { eventNames: new Map(), anonymousUsers: 'skip', transform } };
}

const anonymous = (id: string) => currentsEvent(id, { user: { user_id: id } });
const untimely = (id: string) => currentsEvent(id, { time: 'yesterday' });

describe('what becomes of a message', () => {
  test('all of it is delivered: it is done, and only metrics are written', async () => {
    await processing.queues.send(currentsEvents(3));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.acceptedIds).toEqual(['event-0', 'event-1', 'event-2']);
    expect(processing.queues.bodies).toEqual([]);
    expect(written.logs).toEqual([]);
    expect(written.metrics).toEqual({
      EventsDelivered: 3,
      BreakerOpen: 0,
      OldestMessageAge: expect.any(Number) as number,
      EventAge: expect.any(Number) as number,
      DeliveryDelay: expect.any(Number) as number,
    });
    expect(written.metrics.EventAge).toBeGreaterThanOrEqual(59_000);
    expect(written.metrics.DeliveryDelay).toBeLessThan(10_000);
  });

  test('its events are delivered, skipped or dead letters, each counted by reason', async () => {
    await processing.queues.send([currentsEvent('good'), anonymous('skipped'), untimely('late'), 7, untimely('later')]);

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.acceptedIds).toEqual(['good']);
    expect(processing.queues.letters.map(({ deadLetter, events }) => [deadLetter?.reason, events])).toEqual([
      ['invalid_time', [untimely('late'), untimely('later')]],
      ['not_an_object', [7]],
    ]);
    expect(written.metrics).toMatchObject({
      EventsDelivered: 1,
      EventsSkipped: 1,
      'EventsSkipped reason=no_external_user_id': 1,
      EventsRejected: 3,
      'EventsRejected reason=invalid_time': 2,
      'EventsRejected reason=not_an_object': 1,
      DeadLetters: 2,
      'DeadLetters reason=invalid_time': 1,
      'DeadLetters reason=not_an_object': 1,
    });
  });

  test('without any event to send, it is done without a request', async () => {
    await processing.queues.send([anonymous('skipped')]);

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.requests).toEqual([]);
  });

  test('an event in the future has an age of 0, not a negative one', async () => {
    await processing.queues.send([currentsEvent('future', { time: Math.floor(Date.now() / 1_000) + 3_600 })]);

    const { written } = await processing.receiveAndInvoke();

    expect(written.metrics.EventAge).toBe(0);
  });

  test('nothing is received: nothing happens', async () => {
    const { failed, written } = await processing.invoke([]);

    expect(failed).toEqual([]);
    expect(written.metrics).toEqual({ BreakerOpen: 0 });
  });
});

describe('a smoke test’s event', () => {
  const id = newSmokeId();
  const countersOfDeliveries = ({ metrics }: Written) =>
    Object.fromEntries(Object.entries(metrics).filter(([name]) => name.startsWith('EventsDelivered')));

  test('is counted in total and by its id, once each, and no other event by its id', async () => {
    await processing.queues.send([...currentsEvents(2), currentsEvent(id)], currentsEvents(3, 'other'));

    const { written } = await processing.receiveAndInvoke();

    expect(processing.dataPlane.acceptedIds).toContain(id);
    expect(countersOfDeliveries(written)).toEqual({ EventsDelivered: 6, [`EventsDelivered smoke=${id}`]: 1 });
    expect(written.emitted.filter(({ dimensions }) => 'smoke' in dimensions)).toEqual([
      expect.objectContaining({
        namespace: 'CurrentsBridge',
        name: 'EventsDelivered',
        dimensions: { service: expect.any(String) as unknown, smoke: id },
      }),
    ]);
  });

  test('is counted alone, too', async () => {
    await processing.queues.send([currentsEvent(id)]);

    const { written } = await processing.receiveAndInvoke();

    expect(countersOfDeliveries(written)).toEqual({ EventsDelivered: 1, [`EventsDelivered smoke=${id}`]: 1 });
  });

  test('is counted when it is delivered, not at an attempt that fails', async () => {
    await processing.queues.send([currentsEvent(id)]);
    const records = await processing.queues.receive();
    processing.dataPlane.script = () => 503;
    jest.spyOn(Math, 'random').mockReturnValue(0);

    const failing = await processing.invoke(records);
    processing.dataPlane.script = () => undefined;
    processing.breaker.succeeded();
    const { written } = await processing.invoke(records);

    expect(countersOfDeliveries(failing.written)).toEqual({});
    expect(countersOfDeliveries(written)).toEqual({ EventsDelivered: 1, [`EventsDelivered smoke=${id}`]: 1 });
  });

  test('is known by the id that it came with, whatever the user’s own transform did to the event', async () => {
    withTransform((message, event) => {
      event.id = 'another';
      return message;
    });
    await processing.queues.send([currentsEvent(id)]);

    const { written } = await processing.receiveAndInvoke();

    expect(countersOfDeliveries(written)).toEqual({ EventsDelivered: 1, [`EventsDelivered smoke=${id}`]: 1 });
  });

  test.each([
    ['without its number', 'currents-bridge-smoke-'],
    ['with more behind it', `${id}-customer@example.com`],
    ['with a line break behind it', `${id}\n`],
    ['with more before it', `customer-${id}`],
    ['in capitals', id.toUpperCase()],
    ['with another kind of number', id.replaceAll('-4', '-5')],
    ['of another prefix', id.replace('smoke', 'spoke')],
    ['as a list', [id]],
  ])('has an id like no other: one %s makes no dimension', async (_what, likeIt) => {
    await processing.queues.send([currentsEvent('event', { id: likeIt })]);

    const { written } = await processing.receiveAndInvoke();

    expect(countersOfDeliveries(written)).toEqual({ EventsDelivered: 1 });
  });

  test.each([
    [
      'skipped',
      'EventsSkipped',
      () => {
        withTransform(() => null);
      },
    ],
    ['rejected', 'EventsRejected', () => (processing.options = { maxEventBytes: 10 })],
    ['refused by RudderStack', 'EventsRejected', () => (processing.dataPlane.script = () => 400)],
  ])('that is %s is not counted by its id', async (_what, counter, prepare) => {
    prepare();
    await processing.queues.send([currentsEvent(id)]);

    const { written } = await processing.receiveAndInvoke();

    expect(written.metrics[counter]).toBe(1);
    expect(written.text).not.toContain(id);
  });
});

describe('dead letters, skips and rejections', () => {
  test('are written and counted once, when the last neighbour is delivered', async () => {
    processing.options = { maxBatchEvents: 2 };
    await processing.queues.send([untimely('late'), anonymous('skipped'), ...currentsEvents(4)]);
    const records = await processing.queues.receive();
    processing.dataPlane.script = ({ messages }) => (messages[0]?.messageId === 'event-2' ? 503 : undefined);
    jest.spyOn(Math, 'random').mockReturnValue(0);

    const first = await processing.invoke(records);

    expect(first.failed).toHaveLength(1);
    expect(processing.queues.letters).toEqual([]);
    expect(
      Object.keys(first.written.metrics).filter((name) => /Skipped|Rejected|DeadLetters|Delivered/.test(name)),
    ).toEqual([]);

    processing.dataPlane.script = () => undefined;
    processing.breaker.succeeded();
    const second = await processing.invoke(records);

    expect(second.failed).toEqual([]);
    expect(processing.queues.letters).toHaveLength(1);
    expect(second.written.metrics).toMatchObject({
      EventsDelivered: 4,
      'EventsSkipped reason=no_external_user_id': 1,
      'DeadLetters reason=invalid_time': 1,
    });
  });

  test('wait for the dead-letter queue: until it takes them the message comes back, and nothing is counted', async () => {
    await processing.queues.send([untimely('late'), currentsEvent('good')], [currentsEvent('other')]);
    const records = await processing.queues.receive();
    processing.queues.loseDeadLetters();
    let left = () => 60_000;
    processing.remaining = () => left();
    processing.dataPlane.script = () => {
      left = countdown(2_700);
      return undefined;
    };

    const first = await processing.invoke(records);

    expect(first.failed).toEqual([records[0]?.messageId]);
    expect(first.written.metrics).toMatchObject({ EventsDelivered: 1, MessagesHandedBack: 1 });
    expect(first.written.metrics).not.toHaveProperty('DeadLetters');
    // Time is kept for handing back.
    expect(left()).toBeGreaterThan(1_000);

    processing.queues.restoreDeadLetters();
    processing.remaining = () => 60_000;
    const second = await processing.invoke(records.slice(0, 1));

    expect(second.failed).toEqual([]);
    expect(processing.queues.letters.map(({ events }) => events)).toEqual([[untimely('late')]]);
    expect(second.written.metrics['DeadLetters reason=invalid_time']).toBe(1);
  });

  test('hold the event as it came, whatever the user’s own transform did to it', async () => {
    withTransform((message, event) => {
      Object.assign(event, { properties: 'overwritten', user: null });
      if (event.id === 'throws') throw new Error('no');
      return event.id === 'not-a-message' ? (7 as never) : message;
    });
    const events = [currentsEvent('throws'), currentsEvent('not-a-message'), currentsEvent('refused')];
    processing.dataPlane.script = () => 400;
    await processing.queues.send(events);

    await processing.receiveAndInvoke();

    expect(processing.queues.letters.map(({ deadLetter, events }) => [deadLetter?.reason, events])).toEqual([
      ['transform_failed', events.slice(0, 2)],
      ['refused_by_rudderstack', events.slice(2)],
    ]);
  });

  test('keep every digit and character of the event', async () => {
    const properties = '{"n":12345678901234567890,"__proto__":1.000000000000000e400,"":"\uFFFF\\ud800"}';
    const event = `{"event_type":"x","time":"yesterday","user":{"external_user_id":"u"},"properties":${properties}}`;
    await processing.queues.sendBody(encodeEvents(RECEIVED_AT, [event]));

    await processing.receiveAndInvoke();

    expect(processing.queues.letters.map(({ events }) => stringifyJson(events))).toEqual([`[${event}]`]);
  });

  test('of a large event that fits only compressed are compressed too', async () => {
    const event = currentsEvent('large', { time: 'yesterday', properties: { text: 'x'.repeat(1_500_000) } });
    await processing.queues.sendBody(encodeRequest(RECEIVED_AT, stringifyJson({ events: [event] })));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.queues.letters.map(({ events }) => events)).toEqual([[event]]);
  });
});

describe('messages of another form', () => {
  test('of a newer release come back after a long while, and never become dead letters', async () => {
    await processing.queues.sendBody('{"v":2,"receivedAt":"2026-08-01T12:00:00.000Z","news":[]}');
    await processing.queues.send(currentsEvents(1));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.dataPlane.acceptedIds).toEqual(['event-0']);
    expect(processing.queues.letters).toEqual([]);
    expect(written.metrics).toMatchObject({ UnknownVersions: 1, MessagesHandedBack: 1 });
    // Long, and short enough that SQS moves it to the dead-letter queue before it expires (components/event-queue.ts).
    expect(processing.queues.secondsAway[0]).toBeGreaterThan(590);
    expect(processing.queues.secondsAway[0]).toBeLessThanOrEqual(600);
  });

  test.each(['no JSON', '[]', '{"events":[]}', '{"v":1}', '{"v":1,"receivedAt":"x","events":[],"request":"no gzip"}'])(
    'that no release wrote becomes a dead letter as a whole: %s',
    async (body) => {
      await processing.queues.sendBody(body);

      const { failed, written } = await processing.receiveAndInvoke();

      expect(failed).toEqual([]);
      const [letter] = processing.queues.letters;
      expect(letter?.deadLetter?.reason).toBe('not_an_envelope');
      const { request } = JSON.parse(letter?.body ?? '') as { request: string };
      expect(gunzipSync(Buffer.from(request, 'base64')).toString()).toBe(body);
      expect(written.metrics).toMatchObject({ 'DeadLetters reason=not_an_envelope': 1 });
      expect(written.metrics).not.toHaveProperty('EventsRejected');
    },
  );

  test('too large for the dead-letter queue is left for SQS to move', async () => {
    const noise = Array.from({ length: 1_000_000 }, () => String.fromCharCode(33 + Math.floor(Math.random() * 94)));
    await processing.queues.sendBody(noise.join(''));
    await processing.queues.send(currentsEvents(1));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.dataPlane.acceptedIds).toEqual(['event-0']);
    expect(processing.queues.letters).toEqual([]);
  });

  test('that is a dead letter of ours, put back, is delivered', async () => {
    const deadLetter = { reason: 'refused_by_rudderstack', at: RECEIVED_AT, status: 400, answer: 'no' } as const;
    await processing.queues.sendBody(encodeEvents(RECEIVED_AT, [stringifyJson(currentsEvent('again'))], deadLetter));

    await processing.receiveAndInvoke();

    expect(processing.dataPlane.acceptedIds).toEqual(['again']);
  });

  test('that holds a request body: delivered once it is a Currents request, a dead letter until then', async () => {
    const deadLetter = { reason: 'not_a_currents_request', at: RECEIVED_AT } as const;
    await processing.queues.sendBody(encodeRequest(RECEIVED_AT, '{"events":[', deadLetter));
    await processing.queues.sendBody(
      encodeRequest(RECEIVED_AT, stringifyJson({ events: [currentsEvent('mended')] }), deadLetter),
    );

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.acceptedIds).toEqual(['mended']);
    expect(processing.queues.letters.map(({ deadLetter }) => deadLetter?.reason)).toEqual(['not_a_currents_request']);
  });

  test.each([
    [
      'when it is transformed',
      (deep: string) => `{"event_type":"x","user":{"external_user_id":"u"},"properties":${deep}}`,
    ],
    ['when its dead letter is made', (deep: string) => deep],
  ])('so odd that it cannot be handled %s comes back without harm to its neighbours', async (_when, eventOf) => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    await processing.queues.sendBody(encodeEvents(RECEIVED_AT, [eventOf(deep)]));
    await processing.queues.send(currentsEvents(1));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(processing.dataPlane.acceptedIds).toEqual(['event-0']);
    expect(written.metrics).toMatchObject({ ProcessorErrors: 1, EventsDelivered: 1 });
  });

  test('with a time of receipt that is none does not come back for ever', async () => {
    await processing.queues.sendBody(encodeEvents('once upon a time', [stringifyJson(currentsEvent('good'))]));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(written.metrics).not.toHaveProperty('DeliveryDelay');
    expect(written.text).not.toContain('null');
  });
});

describe('sizes', () => {
  const large = currentsEvent('large', { properties: { text: 'x'.repeat(40_000) } });

  test('an event over RudderStack’s documented 32 KiB is sent and counted', async () => {
    await processing.queues.send([large, currentsEvent('small')]);

    const { written } = await processing.receiveAndInvoke();

    expect(processing.dataPlane.acceptedIds).toEqual(['large', 'small']);
    expect(written.metrics.EventsOversize).toBe(1);
  });

  test('one over the configured maxEventBytes becomes a dead letter', async () => {
    processing.options = { maxEventBytes: 32_768 };
    await processing.queues.send([large, currentsEvent('small')]);

    const { written } = await processing.receiveAndInvoke();

    expect(processing.dataPlane.acceptedIds).toEqual(['small']);
    expect(processing.queues.letters.map(({ deadLetter, events }) => [deadLetter?.reason, events])).toEqual([
      ['event_too_large', [large]],
    ]);
    expect(written.metrics).not.toHaveProperty('EventsOversize');
  });
});

describe('in an outage', () => {
  beforeEach(() => {
    processing.dataPlane.script = () => 503;
  });

  test('messages are handed back for a while, not for the queue’s own visibility timeout', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    await processing.queues.send(...Array.from({ length: 23 }, (_, index) => currentsEvents(1, `message-${index}`)));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(23);
    expect(processing.dataPlane.requests).toHaveLength(4);
    expect(written.metrics).toMatchObject({
      MessagesHandedBack: 23,
      DeliveryFailures: 4,
      'DeliveryFailures class=server_error': 4,
      BreakerOpen: 1,
    });
    expect(written.metrics).toHaveProperty('OldestMessageAge');
    expect(written.logs).toHaveLength(1);
    expect(processing.queues.secondsAway).toHaveLength(23);
    for (const seconds of processing.queues.secondsAway) expect(seconds).toBeLessThanOrEqual(5);
    expect(await processing.queues.receive()).toEqual([]);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 5_000);
    expect(await processing.queues.receive()).toHaveLength(23);
  });

  test('that has lasted for hours they are handed back for up to 10 minutes, unread and unsent', async () => {
    const start = Date.now();
    const clock = jest.spyOn(Date, 'now');
    for (let seconds = 0; seconds <= 1_000; seconds += 20) {
      clock.mockReturnValue(start + seconds * 1_000);
      processing.breaker.failed();
    }
    await processing.queues.sendBody('not even an envelope');
    await processing.queues.send(currentsEvents(3));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(2);
    expect(processing.dataPlane.requests).toEqual([]);
    expect(processing.queues.letters).toEqual([]);
    for (const seconds of processing.queues.secondsAway) {
      expect(seconds).toBeGreaterThanOrEqual(299);
      expect(seconds).toBeLessThanOrEqual(600);
    }
    expect(written.metrics).toEqual({
      BreakerOpen: 1,
      MessagesHandedBack: 2,
      OldestMessageAge: expect.any(Number) as number,
    });
    expect(written.logs).toEqual([]);
  });

  describe('that began long before this process', () => {
    async function receiveAfterHours(receives: string) {
      await processing.queues.send(currentsEvents(1), currentsEvents(1, 'other'));
      const records = await processing.queues.receive();
      for (const { attributes } of records) {
        attributes.ApproximateReceiveCount = receives;
        attributes.SentTimestamp = String(Date.now() - 7_200_000);
      }
      return records;
    }

    beforeEach(() => {
      // The shortest backoff, the shortest hand-back.
      jest.spyOn(Math, 'random').mockReturnValue(0);
    });

    test('messages that have come four times are handed back for long', async () => {
      await processing.invoke(await receiveAfterHours('4'));

      for (const seconds of processing.queues.secondsAway) {
        expect(seconds).toBeGreaterThan(295);
        expect(seconds).toBeLessThanOrEqual(600);
      }
      expect(processing.queues.secondsAway).toHaveLength(2);
    });

    test('messages that have come less often tell nothing', async () => {
      await processing.invoke(await receiveAfterHours('3'));

      for (const seconds of processing.queues.secondsAway) expect(seconds).toBeLessThanOrEqual(5);
      expect(processing.queues.secondsAway).toHaveLength(2);
    });

    test('is another one if this process has delivered since', async () => {
      const records = await receiveAfterHours('4');
      processing.dataPlane.script = () => undefined;
      await processing.invoke(records.slice(0, 1));
      processing.dataPlane.script = () => 503;

      await processing.invoke(records.slice(1));

      for (const seconds of processing.queues.secondsAway) expect(seconds).toBeLessThanOrEqual(5);
      expect(processing.queues.secondsAway).toHaveLength(1);
    });
  });

  test('the age of the oldest message is told, from when it was sent', async () => {
    await processing.queues.send(currentsEvents(1), currentsEvents(1, 'old'));
    const records = await processing.queues.receive();
    const old = records[1];
    if (old !== undefined) old.attributes.SentTimestamp = String(Date.now() - 7_200_000);
    processing.breaker.failedForGood();

    const { written } = await processing.invoke(records);

    expect(written.metrics.OldestMessageAge).toBeGreaterThanOrEqual(7_200_000);
    expect(written.metrics.OldestMessageAge).toBeLessThan(7_210_000);
  });

  test('one probe goes out when it is due; its success delivers everything', async () => {
    processing.breaker.failedForGood();
    processing.dataPlane.script = () => undefined;
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 2_000);
    await processing.queues.send(currentsEvents(200), currentsEvents(200, 'other'));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toEqual([]);
    expect(processing.dataPlane.accepted).toHaveLength(400);
    expect(written.metrics.BreakerOpen).toBe(0);
  });

  test('one probe goes out when it is due; its failure costs one request', async () => {
    processing.breaker.failedForGood();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 2_000);
    await processing.queues.send(currentsEvents(200), currentsEvents(200, 'other'));

    const { failed } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(2);
    expect(processing.dataPlane.requests).toHaveLength(1);
  });

  test('a hand-back that fails is counted, and the message still comes back', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    await processing.queues.send(currentsEvents(1));
    const records = await processing.queues.receive();
    const [record] = records;
    if (record !== undefined) record.receiptHandle = 'expired';

    const { failed, written } = await processing.invoke(records);

    expect(failed).toHaveLength(1);
    expect(written.metrics).toMatchObject({ MessagesHandedBack: 1, HandBackFailures: 1 });
  });
});

describe('suspects, which were received several times', () => {
  /** Messages of one event each, named by the event; these were received four times. */
  async function receiveWithSuspects(names: string[], suspects: string[]) {
    await processing.queues.send(...names.map((name) => [currentsEvent(name)]));
    const records = await processing.queues.receive();
    for (const record of records) {
      if (suspects.some((name) => record.body.includes(`"id":"${name}"`))) {
        record.attributes.ApproximateReceiveCount = '4';
      }
    }
    return records;
  }

  const namesInQueue = () => (processing.queues.events as { id: string }[]).map(({ id }) => id).toSorted();

  test('come after the others are delivered and deleted, in two halves', async () => {
    const suspects = ['s1', 's2', 's3', 's4', 's5'];
    const records = await receiveWithSuspects(['s1', 's2', 'a', 's3', 's4', 'b', 's5'], suspects);
    const queueAtTransform: string[][] = [];
    withTransform((message) => {
      queueAtTransform.push(namesInQueue());
      return message;
    });

    const { failed } = await processing.invoke(records);

    expect(failed).toEqual([]);
    expect(processing.dataPlane.requests.map(({ messages: { length } }) => length)).toEqual([2, 3, 2]);
    expect(queueAtTransform.map(({ length }) => length)).toEqual([7, 7, 5, 5, 5, 2, 2]);
    expect(queueAtTransform[2]).toEqual(suspects);
  });

  test('that end the function do not take the others with them', async () => {
    const records = await receiveWithSuspects(['a', 's1', 'killer', 'b'], ['s1', 'killer']);
    let left = 60_000;
    processing.remaining = () => left;
    processing.dataPlane.script = ({ messages }) =>
      messages.some(({ messageId }) => messageId === 'killer') ? () => undefined : undefined;

    const invocation = processBatch(records, processing.dependencies, processing.remaining);
    await until(() => processing.dataPlane.requests.some(({ messages }) => messages[0]?.messageId === 'killer'));

    // The function might be killed here.
    expect(namesInQueue()).not.toContain('a');
    expect(namesInQueue()).not.toContain('b');
    expect(namesInQueue()).toContain('killer');
    left = 0;
    processing.dataPlane.script = () => 503;
    processing.dataPlane.requests.at(-1)?.socket.destroy();
    const { batchItemFailures } = await invocation;
    expect(batchItemFailures.length).toBeLessThanOrEqual(2);
  });

  test('are batched as usual, so that a recovery does not go message by message', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const records = await receiveWithSuspects(names, names);

    await processing.invoke(records);

    expect(processing.dataPlane.requests).toHaveLength(2);
    expect(processing.dataPlane.accepted).toHaveLength(40);
  });
});

describe('an error that nobody thought of', () => {
  const broken = () => {
    throw new Error('words of an event');
  };

  test('brings everything back, and is told of without its message', async () => {
    jest.spyOn(processing.breaker, 'succeeded').mockImplementation(broken);
    await processing.queues.send(currentsEvents(1));

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(1);
    expect(written.metrics.ProcessorErrors).toBe(1);
    expect(written.logs).toEqual([expect.objectContaining({ level: 'ERROR', error: 'Error' })]);
    expect(written.text).not.toContain('words of an event');
  });

  test('even in the telemetry keeps what is done, and throws nothing', async () => {
    const dependencies = processing.dependencies;
    for (const method of ['publish', 'gauge'] as const) {
      jest.spyOn(dependencies.telemetry, method).mockImplementation(broken);
    }
    jest.spyOn(dependencies.telemetry.logger, 'error').mockImplementation(broken);
    await processing.queues.send(currentsEvents(1), currentsEvents(1, 'other'));
    await processing.queues.sendBody('{"v":2}');
    const records = await processing.queues.receive();

    const { batchItemFailures } = await processBatch(records, dependencies, () => 60_000);

    expect(batchItemFailures).toEqual(records.map(({ messageId }) => ({ itemIdentifier: messageId })));
  });
});
