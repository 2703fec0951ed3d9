import { gzipSync } from 'node:zlib';
import { Telemetry } from '../runtime/telemetry';
import { withoutValues } from '../runtime/processor/answer';
import { toEventText } from '../runtime/transform/event-text';
import { transformEvents } from '../runtime/transform/transform';
import { fixtureOf } from './fixtures';
import type { Reply } from './support/faulty-server';
import { base64, currentsRequest, Ingesting } from './support/ingesting';
import { Processing } from './support/processing';
import { countdown } from './support/time';
import { parseWriteKey } from '../runtime/processor/write-key';
import { CachedSecret } from '../runtime/secret';

/** One recognisable value of each kind that must never be written. */
const SECRETS = {
  token: 'canary-token-41',
  writeKey: 'canary-write-key-42',
  email: 'canary.mail@example.com',
  phone: '+4915155501043',
  externalId: 'canary-external-44',
  brazeId: 'canary-braze-45',
  eventId: 'canary-event-46',
  property: 'Canarian Property Value',
  key: 'canary_key_47',
};
const WORDS = /canar|4915155501043|example\.com/i;

const EVENT = {
  event_type: 'users.messages.sms.Send',
  id: SECRETS.eventId,
  time: 1_793_676_746,
  user: { user_id: SECRETS.brazeId, external_user_id: SECRETS.externalId },
  properties: {
    email_address: SECRETS.email,
    to_phone_number: SECRETS.phone,
    message_body: SECRETS.property,
    [SECRETS.key]: 1,
  },
};

describe('the processor', () => {
  let processing: Processing;
  beforeAll(async () => {
    processing = await Processing.start();
  });
  beforeEach(async () => {
    await processing.renew();
    jest.spyOn(Math, 'random').mockReturnValue(0);
    processing.secrets.text = SECRETS.writeKey;
    processing.dataPlane.writeKey = SECRETS.writeKey;
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => processing.stop());

  const echo = JSON.stringify({ error: `bad user ${SECRETS.externalId}`, batch: [EVENT], key: SECRETS.writeKey });

  test.each<[string, Reply | undefined]>([
    ['success', undefined],
    ['400 that repeats the event', { status: 400, body: echo }],
    ['403 that repeats the event', { status: 403, body: echo }],
    ['401 that repeats the key', { status: 401, body: echo }],
    ['500 that repeats the event', { status: 500, body: echo }],
    ['HTML that repeats the event', { status: 200, body: `<p>${echo}` }],
    ['a redirect with the id in it', { status: 302, headers: { location: `/${SECRETS.externalId}` } }],
    ['a reset', (response) => response.socket?.resetAndDestroy()],
    ['no HTTP', (response) => response.socket?.end(`HTTP/1.1 nonsense ${SECRETS.email}\r\n\r\n`)],
  ])('writes nothing personal: %s', async (_answer, reply) => {
    processing.dataPlane.script = () => reply;
    await processing.queues.send([EVENT, { ...EVENT, id: `${SECRETS.eventId}-b` }]);

    const { written } = await processing.receiveAndInvoke();

    expect(written.text).toContain('BreakerOpen');
    expect(written.text).not.toMatch(WORDS);
    for (const { deadLetter } of processing.queues.letters) expect(JSON.stringify(deadLetter)).not.toMatch(WORDS);
  });

  test('keeps no write key beside a dead letter, not even one of plain letters', async () => {
    processing.secrets.text = 'Rosenkohl';
    processing.dataPlane.script = () => ({ status: 400, body: 'key Rosenkohl is of another source' });
    await processing.queues.send([EVENT]);

    await processing.receiveAndInvoke();

    expect(processing.queues.letters.map(({ deadLetter }) => deadLetter?.answer)).toEqual([
      'key … is of another source',
    ]);
  });

  test('writes nothing personal: a transform of the user’s own throws the event', async () => {
    processing.options = {
      transformOptions: {
        eventNames: new Map(),
        anonymousUsers: 'skip',
        transform: (message, event) => {
          throw Object.assign(new Error(JSON.stringify(message)), { name: SECRETS.email, event });
        },
      },
    };
    await processing.queues.send([EVENT]);

    const { written } = await processing.receiveAndInvoke();

    expect(processing.queues.letters.map(({ deadLetter }) => deadLetter?.reason)).toEqual(['transform_failed']);
    expect(written.text).not.toMatch(WORDS);
    expect(JSON.stringify(processing.queues.letters[0]?.deadLetter)).not.toMatch(WORDS);
  });

  test('writes nothing personal: the secret is not what it should be', async () => {
    processing.secrets.text = `{"other":"${SECRETS.writeKey}"`;
    processing.options = {
      writeKey: new CachedSecret(
        processing.secrets.client,
        'secret',
        (text) => parseWriteKey(text, 'writeKey'),
        processing.telemetry.secretFailed,
      ),
    };
    await processing.queues.send([EVENT]);

    const { written } = await processing.receiveAndInvoke();

    expect(written.metrics.SecretFailures).toBe(1);
    expect(written.text).not.toMatch(WORDS);
  });

  test('writes nothing personal: foreign messages, bad JSON, a newer release’s, one nested too deeply', async () => {
    await processing.queues.sendBody(`{"events":[${JSON.stringify(EVENT)}`);
    await processing.queues.sendBody(JSON.stringify({ v: 2, events: [EVENT] }));
    const properties = `{"${SECRETS.key}":${'['.repeat(50_000)}"${SECRETS.email}"${']'.repeat(50_000)}}`;
    await processing.queues.sendBody(
      `{"v":1,"receivedAt":"2026-08-01T12:00:00.000Z","events":[{"event_type":"x","user":{"external_user_id":"${SECRETS.externalId}"},"properties":${properties}}]}`,
    );

    const { failed, written } = await processing.receiveAndInvoke();

    expect(failed).toHaveLength(2);
    expect(written.logs).toHaveLength(2);
    expect(written.text).not.toMatch(WORDS);
  });

  test('writes nothing personal: the queues fail', async () => {
    await processing.queues.send([{ ...EVENT, time: SECRETS.property }]);
    const records = await processing.queues.receive();
    processing.queues.loseDeadLetters();
    processing.remaining = countdown(2_500);

    const { written } = await processing.invoke(records);

    expect(written.logs).toHaveLength(1);
    expect(written.text).not.toMatch(WORDS);
  });
});

describe('ingest', () => {
  let ingesting: Ingesting;
  beforeAll(async () => {
    ingesting = await Ingesting.start();
  });
  beforeEach(() => {
    ingesting.renew();
    ingesting.secrets.text = JSON.stringify({ current: SECRETS.token });
  });
  afterAll(() => ingesting.stop());

  const body = JSON.stringify({ events: [EVENT] });
  const withToken = { headers: { authorization: `Bearer ${SECRETS.token}` } };
  const wrongToken = { headers: { authorization: `Bearer ${SECRETS.token}-wrong` } };

  test.each<[string, Parameters<typeof currentsRequest>]>([
    ['a request that is queued', [body, withToken]],
    ['the token in the query', [body, { rawQueryString: `writeKey=${SECRETS.token}` }]],
    ['a wrong token', [body, wrongToken]],
    ['a wrong token in the query', [body, { ...wrongToken, rawQueryString: `writeKey=${SECRETS.token}x` }]],
    ['bad JSON', [body.slice(0, -2), withToken]],
    ['a bare event', [JSON.stringify(EVENT), withToken]],
    ['an event without a type', [JSON.stringify({ events: [{ ...EVENT, event_type: null }] }), withToken]],
    ['broken gzip', [undefined, { ...base64(gzipSync(body).subarray(0, 100)), ...withToken }]],
    ['another path', [body, { ...withToken, rawPath: `/${SECRETS.externalId}` }]],
    ['another method at a path with an id', [body, { ...withToken, method: 'DELETE' }]],
  ])('writes and answers nothing personal: %s', async (_what, request) => {
    const { answer, headers, written } = await ingesting.request(currentsRequest(...request));

    expect(written.text).not.toBe('');
    expect(written.text).not.toMatch(WORDS);
    expect(JSON.stringify([answer, headers])).not.toMatch(WORDS);
    for (const { deadLetter } of ingesting.queues.letters) expect(JSON.stringify(deadLetter)).not.toMatch(WORDS);
  });

  test.each<[string, () => void]>([
    [
      'the queue fails',
      () => {
        ingesting.queues.loseEvents();
      },
    ],
    ['the secret cannot be read', () => (ingesting.secrets.text = undefined)],
    ['the secret is something else', () => (ingesting.secrets.text = SECRETS.token)],
  ])('writes and answers nothing personal: %s', async (_what, fail) => {
    fail();
    ingesting.remaining = countdown(500);

    const { status, answer, written } = await ingesting.request(currentsRequest(body, withToken));

    expect(status).toBe(503);
    expect(written.logs).toHaveLength(1);
    expect(written.text).not.toMatch(WORDS);
    expect(JSON.stringify(answer)).not.toMatch(WORDS);
  });
});

describe('an exception', () => {
  test('is told of by its name, code and place, and by those of its cause', () => {
    const cause = Object.assign(new TypeError(SECRETS.email), { code: 'ECONNRESET' });
    const error = new Error(SECRETS.property, { cause });

    expect(Telemetry.describe(error)).toEqual({
      error: 'Error',
      code: undefined,
      at: expect.arrayContaining([expect.stringContaining('privacy.test')]) as unknown,
      cause: expect.objectContaining({ error: 'TypeError', code: 'ECONNRESET' }) as unknown,
    });
    expect(JSON.stringify(Telemetry.describe(error))).not.toMatch(WORDS);
  });

  test('whose message looks like a place is told of without it', () => {
    const error = new SyntaxError(`Unexpected token in JSON\n    at ${SECRETS.email}\n    at ${SECRETS.phone}`);

    expect(JSON.stringify(Telemetry.describe(error))).not.toMatch(WORDS);
  });

  test.each([SECRETS.email, { email: SECRETS.email }, undefined])(
    'that is no error is told of by its type',
    (thrown) => {
      expect(Telemetry.describe(thrown)).toEqual({ error: typeof thrown });
    },
  );
});

describe('RudderStack’s answer beside a dead letter', () => {
  const EVENT_WITH_NAMES = {
    user: { external_user_id: 'Jonathan Smith' },
    properties: {
      name: "Jo O'Brien",
      tool_arguments: '{"city":"Timbuktu"}',
      list: [{ deep: 'Zanzibar', Montevideo: 1 }],
      n: 4711,
      custom_properties: { Reykjavik: { Casablanca: true } },
    },
  };

  test.each([
    'Request neither has anonymousId nor userId',
    '{"error":"request must have userId or anonymousId"}',
    'context.timezone is unknown, properties.campaign_name has no text',
  ])('keeps plain words and the names of Braze’s fields: %s', (answer) => {
    const event: unknown = JSON.parse(fixtureOf('users.messages.email.Open'));
    const options = { eventNames: new Map(), anonymousUsers: 'skip', transform: undefined } as const;
    const [outcome] = transformEvents([toEventText(event)], undefined, options);
    const message: unknown = outcome?.outcome === 'message' ? JSON.parse(outcome.text) : undefined;

    expect(message).toBeDefined();
    expect(withoutValues(answer, event, message)).toBe(answer);
  });

  test.each([
    ['verbatim', "Jonathan Smith Jo O'Brien Timbuktu Zanzibar 4711"],
    ['cut', 'invalid: Jonat'],
    ['in small letters', 'jonathan smith, zanzibar'],
    ['escaped as HTML', 'O&#39;Brien'],
    ['escaped as JSON', 'Jonathan\\u0020Smith'],
    ['in a URL', 'x=Jonathan%20Smith&y=Timbuktu'],
    ['of two letters', 'hello Jo'],
    ['glued to other words', 'userSmith SmithXYZ, isTimbuktuOk'],
    ['as a key of the customer’s own', 'Reykjavik.Casablanca, list.Montevideo, inReykjavik'],
  ])('holds no value of the event %s', (_how, answer) => {
    expect(withoutValues(answer, EVENT_WITH_NAMES)).not.toMatch(
      /jon|smi|\bjo\b|brien|timb|zanz|4711|reykj|casab|montev/i,
    );
  });

  test('holds no value that only the message has, cleaned or put there by the user’s own transform', () => {
    expect(withoutValues('no Honolulu please', EVENT_WITH_NAMES, { city: 'Honolulu' })).toBe('no … please');
  });

  test('is cut', () => {
    expect(withoutValues('word '.repeat(100_000), {})).toHaveLength(300);
  });

  test('is made quickly of a long answer to a large event', () => {
    const large = { text: 'lorem ipsum '.repeat(80_000) };
    const start = Date.now();

    withoutValues('a'.repeat(1_000_000), large);

    expect(Date.now() - start).toBeLessThan(1_000);
  });
});
