import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import axios from 'axios';
import { balance } from '../../runtime/local/books';
import { Braze, type Sent } from '../../runtime/local/braze';
import { newToken } from '../../runtime/local/bridge';
import { objectionTo, ordinaryEvents, strangeEvents, type SentEvent } from '../../runtime/local/traffic';
import { decodeDeadLetter, decodeMessage } from '../../runtime/queue/envelope';
import { parseJson, stringifyJson } from '../../runtime/transform/json';
import type { Ended } from '../commands/command';
import { DeployedBridge } from './deployed-bridge';
import { Emulator } from './emulator';
import { Project } from './project';
import { SecureDataPlane } from './secure-data-plane';
import { toolchain } from './toolchain/toolchain';

/** Where the stack of development is. */
const REGION = 'eu-central-1';

/** Milliseconds in which what is waited for comes true: hand-backs last as long as the outage before them. */
const PATIENCE = 60_000;

/** So few that some traffic makes many messages, and many requests to RudderStack. */
const MAX_BATCH_EVENTS = 20;
/** And many invocations. */
const BATCH_SIZE = 4;

const KEYS = { first: newToken(), second: newToken() };

const NOTHING: Sent<SentEvent> = { acknowledged: [], dropped: [], lost: [] };

/** Of the users in the traffic. */
const USER_ID = /customer-\d|5f1c0ffee/;

/** What `pulumi stack export` writes. */
interface Exported {
  deployment: { resources: { type: string }[] };
}

let secureDataPlane: SecureDataPlane;
let emulator: Emulator;
let project: Project;
let bridge: DeployedBridge;
/** Events that were skipped before the present test, by reason. */
let skippedBefore: ReadonlyMap<string, number>;

beforeAll(async () => {
  secureDataPlane = await SecureDataPlane.listen(KEYS.first);
  const tools = await toolchain();
  emulator = await Emulator.start(tools, [secureDataPlane.certificate]);
  project = await Project.copy(tools, emulator);
  await project.pulumi(['stack', 'init', 'dev']);
  await project.set({
    rudderstackDataPlaneUrl: secureDataPlane.url,
    archive: 'true',
    maxBatchEvents: String(MAX_BATCH_EVENTS),
    batchSize: String(BATCH_SIZE),
    // Each is a process here, on a machine with few cores.
    maxConcurrency: '2',
  });
  await project.setSecret('rudderstackWriteKey', KEYS.first);
  await project.change('up');
  bridge = new DeployedBridge(emulator, REGION, await project.outputs());
});

beforeEach(async () => {
  const { dataPlane } = secureDataPlane;
  dataPlane.received.clear();
  dataPlane.requests = 0;
  dataPlane.outage = undefined;
  dataPlane.objection = () => undefined;
  // What a failed test has left.
  await bridge.purge();
  await bridge.takeDeadLetters();
  skippedBefore = (await bridge.written()).sumsBy('EventsSkipped');
});

afterAll(async () => {
  await project.stop();
  await emulator.stop();
  await secureDataPlane.stop();
});

/** @throws Error when it does not come true. */
async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`In ${PATIENCE / 1_000} seconds it did not come true that ${what}.`);
    await wait(100);
  }
}

function untilQueueIsEmpty(): Promise<void> {
  return until('the event queue is empty', async () => (await bridge.queued()) === 0);
}

async function send(events: readonly SentEvent[]): Promise<Sent<SentEvent>> {
  const url = bridge.output('customHttpUrl');
  const deadline = Date.now() + PATIENCE;
  const braze = new Braze<SentEvent>({
    // Braze goes on for days; here a path without a route ends it, with API Gateway's 404.
    get endpoint() {
      return Date.now() < deadline ? url : `${url}/no-more`;
    },
    token: () => bridge.output('customHttpToken'),
    toJson: ({ json }) => json,
  });
  return braze.send(events);
}

/** Follows each event to its end, as soon as all have got there. Empties the dead-letter queue. */
async function problemsOf(sent: readonly SentEvent[], answers: Sent<SentEvent>): Promise<string[]> {
  await untilQueueIsEmpty();
  const toSkip = sent.filter(({ fate }) => fate.end === 'skipped').length;
  await until('the skipped events are counted', async () => {
    // MiniStack may log the last that an invocation writes with the next one only.
    await bridge.invokeProcessor();
    return sumOf(await skippedSoFar()) >= toSkip;
  });
  const skipped = await skippedSoFar();
  const deadLetters = await bridge.takeDeadLetters();
  const received = [...secureDataPlane.dataPlane.received.values()].flat();
  return balance({ sent, answers, received, deadLetters, skipped }).problems;
}

/** In this test, by reason. */
async function skippedSoFar(): Promise<Map<string, number>> {
  const now = (await bridge.written()).sumsBy('EventsSkipped');
  const differences = [...now].map(([reason, count]) => [reason, count - (skippedBefore.get(reason) ?? 0)] as const);
  return new Map(differences.filter(([, count]) => count > 0));
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function deliverableEvents(rounds: number): SentEvent[] {
  return ordinaryEvents(rounds).filter(({ fate }) => fate.end === 'delivered');
}

async function request(
  url: string,
  {
    method = 'POST',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<{ status: number; data: unknown }> {
  const { status, data } = await axios.request<unknown>({
    url,
    method,
    // Otherwise axios names a type of its own.
    headers: { 'content-type': false, ...headers },
    // As bytes, so that nothing is done to it.
    data: body === undefined ? undefined : Buffer.from(body),
    proxy: false,
    validateStatus: () => true,
  });
  return { status, data };
}

/** The headers of the Custom HTTP connector. */
function connector(token = bridge.output('customHttpToken')): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'braze-currents-version': '1', 'content-type': 'application/json' };
}

function requestWith(...events: readonly SentEvent[]): string {
  return `{"events":[${events.map(({ json }) => json).join(',')}]}`;
}

/** Reason, status, messages and events of a row of the listing. */
const REFUSED_ONCE = /^refused_by_rudderstack\t400\t1\t1\t/m;
const MOVED_ONCE = /^moved_by_sqs\t-\t1\t1\t/m;

function redrive(): Promise<Ended> {
  // MiniStack does not know whose dead-letter queue it is.
  return bridge.command('redrive', '--to', bridge.output('eventQueueUrl'));
}

describe('traffic through a deployed stack', () => {
  test('each ordinary and each strange event ends where it must', async () => {
    secureDataPlane.dataPlane.objection = objectionTo;
    const sent = [...ordinaryEvents(2), ...strangeEvents()];
    const before = await bridge.archived();
    const answers = await send(sent);
    expect(await problemsOf(sent, answers)).toEqual([]);

    const archived = (await bridge.archived()).slice(before.length);
    const contents = archived.flatMap((each) => each.contents ?? []);
    // What comes after a 503 or a lost answer is there twice, and that is not so here.
    expect(contents.map((event) => stringifyJson(event)).sort()).toEqual(
      sent.map(({ json }) => stringifyJson(parseJson(json))).sort(),
    );
    // The keys alone tell how many there are.
    expect(archived.map(({ events }) => events)).toEqual(archived.map((each) => each.contents?.length));
  });

  test('requests are taken in every form that may come', async () => {
    const [url, exportUrl] = [bridge.output('customHttpUrl'), bridge.output('rudderstackExportUrl')];
    const query = `?region=eu&writeKey=${bridge.output('customHttpToken')}`;
    const sent = deliverableEvents(1).slice(0, 5);
    const [plain, gzip, bare, form, list] = sent.map((event) => requestWith(event)) as [string, ...string[]];

    const answers = [
      await request(url, { headers: connector(), body: plain }),
      // MiniStack makes text of what is said to be JSON, gzip too; of an unsaid type API Gateway makes base64.
      await request(url, { headers: { authorization: connector().authorization ?? '' }, body: gzipSync(gzip ?? '') }),
      await request(`${url}${query}`, { body: bare }),
      await request(exportUrl, { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form }),
      await request(exportUrl, { headers: { 'content-type': 'application/json' }, body: `[${list}]` }),
    ];

    expect(answers).toEqual(answers.map(() => ({ status: 200, data: { received: 1, queued: 1, rejected: 0 } })));
    expect(await problemsOf(sent, { acknowledged: sent, dropped: [], lost: [] })).toEqual([]);
  });

  test('the credentials are tested without an event, and a wrong token costs none', async () => {
    const url = bridge.output('customHttpUrl');
    const event = requestWith(...ordinaryEvents(1).slice(0, 1));
    const archived = await bridge.archived();
    const statusOf = async (headers: Record<string, string>, body: string, query = '') =>
      (await request(`${url}${query}`, { headers, body })).status;

    expect(await statusOf(connector(), '')).toBe(200);
    expect(await statusOf(connector(), '{"events":[]}')).toBe(200);
    expect(await statusOf({}, '', `?writeKey=${bridge.output('customHttpToken')}`)).toBe(200);
    expect(await statusOf(connector('wrong'), '')).toBe(401);
    expect(await statusOf({}, '', '?writeKey=wrong')).toBe(401);
    // These are Braze's, which would not send them again after a 401.
    expect(await statusOf(connector('wrong'), event)).toBe(503);
    expect(await statusOf({}, event, '?writeKey=wrong')).toBe(503);
    expect(await statusOf({ authorization: 'Bearer wrong' }, event)).toBe(401);
    expect(await statusOf({}, event)).toBe(401);
    expect(await problemsOf([], NOTHING)).toEqual([]);
    expect(await bridge.archived()).toEqual(archived);
  });

  test('there is one way in for events', async () => {
    const url = bridge.output('customHttpUrl');
    const headers = connector();
    const origin = url.replace('/v1/webhook', '');
    const notFound = { status: 404, data: { message: 'Not Found' } };

    expect(await request(url, { method: 'GET', headers })).toMatchObject({ status: 405 });
    expect(await request(`${origin}/health`, { method: 'GET' })).toEqual({ status: 200, data: { status: 'ok' } });
    // By API Gateway itself: the function answers otherwise.
    expect(await request(`${origin}/health`, { headers })).toEqual(notFound);
    expect(await request(`${url}/more`, { headers })).toEqual(notFound);
    expect(await request(`${origin}/v1/batch`, { headers })).toEqual(notFound);
  });

  test('a body that is no Currents request is refused, and kept', async () => {
    const bodies = ['{"events":[{"event_type":"users.mess', '{"event_type":"a bare event"}', '\u{1F600}'];
    for (const body of bodies) {
      const { status } = await request(bridge.output('customHttpUrl'), { headers: connector(), body });
      expect(status).toBe(400);
    }
    const kept = await bridge.takeDeadLetters();
    expect(kept.map((body) => decodeDeadLetter(body)?.reason)).toEqual(bodies.map(() => 'not_a_currents_request'));
    const contents = kept.map((body) => decodeMessage(body));
    expect(contents.map((content) => content.kind === 'rejected' && String(content.body)).sort()).toEqual(
      bodies.sort(),
    );
    const archived = (await bridge.archived()).slice(-bodies.length);
    expect(archived.map(({ events, contents: requests }) => [events, requests])).toEqual(bodies.map(() => [0, []]));
  });
});

describe('what goes wrong behind it', () => {
  test('an outage of RudderStack costs time only, and few requests', async () => {
    const { dataPlane } = secureDataPlane;
    const sent = deliverableEvents(10);
    const before = await bridge.written();
    const since = async (metric: string) => (await bridge.written()).sum(metric) - before.sum(metric);

    dataPlane.outage = { status: 503 };
    const answers = await send(sent);
    const messages = await bridge.queued();
    expect(messages).toBeGreaterThanOrEqual(sent.length / MAX_BATCH_EVENTS);
    await until('each message was handed back', async () => (await since('MessagesHandedBack')) >= messages);
    dataPlane.outage = 'reset';
    await until('each message was handed back twice', async () => (await since('MessagesHandedBack')) >= 2 * messages);
    // Most invocations look at nothing and make none.
    expect(dataPlane.requests).toBeLessThan(await since('BreakerOpen'));
    expect(dataPlane.received.size).toBe(0);

    dataPlane.outage = undefined;
    expect(await problemsOf(sent, answers)).toEqual([]);
  });

  test('a wrong write key costs time only, until the user puts it right', async () => {
    const { dataPlane } = secureDataPlane;
    const sent = deliverableEvents(1);

    const before = (await bridge.written()).sum('CredentialFailures');
    dataPlane.writeKey = KEYS.second;
    const answers = await send(sent);
    await until('it is noticed', async () => (await bridge.written()).sum('CredentialFailures') > before);
    expect(dataPlane.received.size).toBe(0);

    await project.setSecret('rudderstackWriteKey', KEYS.second);
    await project.change('up');
    expect(await problemsOf(sent, answers)).toEqual([]);
  });

  test('an event that RudderStack refuses harms no other, and arrives by a redrive once it is taken', async () => {
    const { dataPlane } = secureDataPlane;
    const sent = deliverableEvents(1).slice(0, 30);
    const refused = sent[7]?.key ?? '';

    dataPlane.objection = ({ messageId }) => (messageId === refused ? 400 : undefined);
    const answers = await send(sent);
    await untilQueueIsEmpty();
    expect([...dataPlane.received.keys(), refused].sort()).toEqual(sent.map(({ key }) => key).sort());
    const listed = await bridge.command('dead-letters');
    expect(listed).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(REFUSED_ONCE) as unknown });
    expect(listed.stdout).toContain(refused);

    dataPlane.objection = () => undefined;
    const redriven = await redrive();
    expect(redriven).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Put back 1 message') as unknown });
    expect(await problemsOf(sent, answers)).toEqual([]);
    expect(dataPlane.received.get(refused)).toHaveLength(1);
  });

  test('a message that is not done stays in the queue, and its neighbours leave it', async () => {
    const sent = deliverableEvents(1).slice(0, (BATCH_SIZE - 1) * MAX_BATCH_EVENTS);
    const answers = await bridge.whilePaused(async () => {
      // Of a newer release: for the processor to hand back.
      await bridge.queue('{"v":2}');
      const acknowledged = await send(sent);
      expect(await bridge.queued()).toBe(BATCH_SIZE);
      return acknowledged;
    });
    await until('the others are done', async () => (await bridge.queued()) <= 1);
    expect(await bridge.queued()).toBe(1);
    await bridge.purge();
    expect(await problemsOf(sent, answers)).toEqual([]);
  });

  test('a message that is received too often becomes a dead letter, and arrives by a redrive', async () => {
    const sent = deliverableEvents(1).slice(0, 1);
    const answers = await bridge.whilePaused(async () => {
      const acknowledged = await send(sent);
      let receives = 0;
      while (await bridge.receive()) receives += 1;
      expect(receives).toBe(await bridge.maxReceiveCount());
      return acknowledged;
    });
    const listed = await bridge.command('dead-letters');
    expect(listed).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(MOVED_ONCE) as unknown });
    expect(await redrive()).toMatchObject({ exitCode: 0 });
    expect(await problemsOf(sent, answers)).toEqual([]);
  });
});

describe('secrets of a deployed stack', () => {
  const secrets = () => [...Object.values(KEYS), bridge.output('customHttpToken')];

  test('no log line holds one, nor the id of a user', async () => {
    const lines = await bridge.logLines();
    expect(lines.some((line) => line.includes('CredentialFailures'))).toBe(true);
    // A failing test must not print them, either.
    expect(lines.filter((line) => secrets().some((secret) => line.includes(secret))).length).toBe(0);
    expect(lines.filter((line) => USER_ID.test(line)).length).toBe(0);
  });

  test('no version of a function is configured with one', async () => {
    const configurations = await bridge.functionConfigurations();
    expect(configurations.length).toBeGreaterThan(2);
    const text = JSON.stringify(configurations);
    expect(text).toContain('EVENT_QUEUE_URL');
    expect(secrets().filter((secret) => text.includes(secret)).length).toBe(0);
  });

  test('no resource has one among its properties, but for those that are made to hold it', async () => {
    const { deployment } = JSON.parse(await project.pulumi(['stack', 'export', '--show-secrets'])) as Exported;
    const holders = deployment.resources.filter((resource) => {
      const text = JSON.stringify(resource);
      return secrets().some((secret) => text.includes(secret));
    });
    expect(new Set(holders.map(({ type }) => type))).toEqual(
      new Set([
        'pulumi:pulumi:Stack',
        'currents-bridge:index:CurrentsBridge',
        'random:index/randomPassword:RandomPassword',
        'aws:secretsmanager/secretVersion:SecretVersion',
      ]),
    );
  });
});
