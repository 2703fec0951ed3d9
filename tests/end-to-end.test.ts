import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { decodeDeadLetter } from '../runtime/queue/envelope';
import { balance } from '../runtime/local/books';
import { Braze } from '../runtime/local/braze';
import { LocalBridge, newToken, type LocalBridgeArgs } from '../runtime/local/bridge';
import { LocalDataPlane } from '../runtime/local/data-plane';
import { objectionTo, ordinaryEvents, strangeEvents, type SentEvent } from '../runtime/local/traffic';
import { Command } from './commands/command';
import { currentsEvent, currentsEvents } from './support/events';

const ROOT = resolve(__dirname, '..');

let dataPlane: LocalDataPlane;
let bridge: LocalBridge;

async function start(args: Partial<LocalBridgeArgs> = {}): Promise<void> {
  dataPlane = await LocalDataPlane.listen('the-write-key');
  const { url, writeKey } = dataPlane;
  bridge = await LocalBridge.start({ dataPlaneUrl: url, writeKey, token: newToken(), visibilityTimeout: 2, ...args });
}
async function stop(): Promise<void> {
  await Promise.all([bridge.stop(), dataPlane.stop()]);
}

/** Waits until something is so; fails by the test's own time-out. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await wait(20);
}

function hasArrived(...ids: string[]): boolean {
  return ids.every((id) => dataPlane.received.has(id));
}

function brazeWith(token: () => string): Braze<unknown> {
  return new Braze({ endpoint: bridge.endpoint, token, toJson: (event) => JSON.stringify(event) });
}

/** A request with these headers and no other, but for the host. */
async function post(
  body: string | Buffer,
  headers: Record<string, string>,
  query = '',
): Promise<{ status: number | undefined; answer: unknown }> {
  const request = httpRequest(`${bridge.endpoint}${query}`, { method: 'POST', headers });
  request.end(body);
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      void text(response).then((answer) => {
        resolve({ status: response.statusCode, answer: JSON.parse(answer) });
      });
    });
  });
}

describe('the bridge', () => {
  afterEach(stop);

  test('nothing that was acknowledged is lost when ingest and processor are killed at any moment', async () => {
    await start();
    dataPlane.latency = 60;
    dataPlane.objection = objectionTo;
    // A process that is killed may have counted a skip already, or not yet; all else is exact.
    const sent = [...ordinaryEvents(25), ...strangeEvents()].filter(({ fate }) => fate.end !== 'skipped');
    const braze = new Braze<SentEvent>({
      endpoint: bridge.endpoint,
      token: () => bridge.token,
      toJson: ({ json }) => json,
    });
    const kills: string[] = [];
    const killSometimes = async (name: 'ingest' | 'processor', isOver: () => boolean) => {
      for (let killed = 0; killed < 8 && !isOver();) {
        const after = Math.floor(Math.random() * 400);
        await wait(after);
        if (!bridge[name].kill()) continue;
        killed += 1;
        kills.push(`${name} after ${after} ms`);
      }
    };

    let isSent = false;
    const sending = braze.send(sent).then(({ acknowledged }) => {
      isSent = true;
      return acknowledged;
    });
    const [acknowledged] = await Promise.all([
      sending,
      killSometimes('ingest', () => isSent),
      killSometimes('processor', () => isSent && bridge.queued === 0),
    ]);
    await until(() => bridge.queued === 0);

    const { problems } = balance({
      sent,
      answers: { acknowledged, dropped: [], lost: [] },
      received: [...dataPlane.received.values()].flat(),
      deadLetters: bridge.deadLetters,
      skipped: new Map(),
    });
    expect({ kills, problems }).toEqual({ kills, problems: [] });
    // API Gateway's answer where the function fails: so ingest was in the middle of something.
    expect(braze.answers.get(500)).toBeGreaterThan(0);
    expect(kills).toContainEqual(expect.stringContaining('processor'));
  });

  test('requests are taken in every form that may come, and health needs no token', async () => {
    await start();
    const body = (id: string) => JSON.stringify({ events: [currentsEvent(id)] });
    const query = `?writeKey=${bridge.token}`;
    const authorization = `Bearer ${bridge.token}`;

    const answers = [
      await post(gzipSync(body('gzip')), {
        authorization,
        'content-encoding': 'gzip',
        'content-type': 'application/json',
      }),
      await post(gzipSync(body('gzip-unsaid')), { authorization, 'content-type': 'application/octet-stream' }),
      await post(body('without-headers'), {}, query),
      await post(body('curl'), { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'curl/8' }, query),
      await post(`[${body('rudderstack-export')}]`, { 'content-type': 'application/json' }, `${query}&region=us`),
    ];

    const queued = { status: 200, answer: { received: 1, queued: 1, rejected: 0 } };
    expect(answers).toEqual(answers.map(() => queued));
    await until(() => hasArrived('gzip', 'gzip-unsaid', 'without-headers', 'curl', 'rudderstack-export'));
    const health = await fetch(bridge.endpoint.replace('/v1/webhook', '/health'));
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('a token is rotated while requests run, and none of them is refused', async () => {
    await start();
    let token = bridge.token;
    const changing = brazeWith(() => token);
    const staying = brazeWith(() => previous);
    const previous = bridge.token;
    let isOver = false;
    const ids: string[] = [];
    const sendOn = async (braze: Braze<unknown>, name: string) => {
      for (let count = 0; !isOver; count += 1) {
        ids.push(`${name}-${count}`);
        await braze.send([currentsEvent(`${name}-${count}`)]);
      }
    };
    const used = (which: string) => bridge.output.sumsBy('RequestsAuthenticated').get(which) ?? 0;

    const senders = Promise.all([sendOn(changing, 'changing'), sendOn(staying, 'staying')]);
    await until(() => used('current') >= 20);
    bridge.rotateToken();
    // The secret is read at most once in five seconds, and nobody changes a connector faster than that.
    await wait(5_500);
    token = bridge.token;
    await until(() => used('previous') >= 20);
    isOver = true;
    await senders;

    expect([...changing.answers.keys(), ...staying.answers.keys()]).toEqual([200, 200]);
    await until(() => hasArrived(...ids));
    expect(dataPlane.received.size).toBe(ids.length);
  });

  test('a wrong write key delays events only: once it is put right all of them arrive', async () => {
    await start({ writeKey: 'a-wrong-key' });
    const events = currentsEvents(150);

    await brazeWith(() => bridge.token).send(events);
    await until(() => bridge.output.sum('CredentialFailures') > 0);
    expect(dataPlane.received.size).toBe(0);
    bridge.setWriteKey('the-write-key');
    await until(() => bridge.queued === 0);

    expect([...dataPlane.received.keys()].sort()).toEqual(events.map(({ id }) => id).sort());
    expect(bridge.deadLetters).toEqual([]);
  });

  test('a dead letter whose cause is gone arrives by a redrive', async () => {
    await start();
    dataPlane.objection = ({ messageId }) => (messageId === 'objected' ? 400 : undefined);
    await brazeWith(() => bridge.token).send([currentsEvent('good'), currentsEvent('objected'), currentsEvent('fine')]);
    await until(() => bridge.deadLetters.length > 0 && bridge.queued === 0);
    expect(bridge.deadLetters.map((body) => decodeDeadLetter(body)?.reason)).toEqual(['refused_by_rudderstack']);
    expect([...dataPlane.received.keys()].sort()).toEqual(['fine', 'good']);

    dataPlane.objection = () => undefined;
    const redrive = new Command('redrive', ['--queue-url', bridge.deadLetterQueueUrl, '--to', bridge.eventQueueUrl], {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SQS: bridge.sqsEndpoint,
    });

    expect(await redrive.ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Put back 1 message') as unknown,
    });
    await until(() => bridge.queued === 0);
    expect(dataPlane.received.get('objected')).toHaveLength(1);
    expect(dataPlane.received.size).toBe(3);
    expect(bridge.deadLetters).toEqual([]);
  });

  test('new names and a transform of one’s own are applied, and what it throws rejects that event alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'currents-bridge-transform-'));
    const transform = join(folder, 'transform.ts');
    await writeFile(
      transform,
      `export default (message: { messageId: string; event: string }) => {
      console.log(message);
      if (message.messageId === 'throws') throw new Error('no');
      return message.messageId === 'nothing' ? null : { ...message, seen: message.event };
    };`,
    );
    await start({ configuration: { transform, eventNames: { 'users.messages.email.Open': 'Email Opened' } } });
    await rm(folder, { recursive: true });

    await brazeWith(() => bridge.token).send(['changed', 'nothing', 'throws'].map((id) => currentsEvent(id)));
    await until(() => hasArrived('changed') && bridge.queued === 0);

    expect(dataPlane.received.get('changed')).toMatchObject([{ event: 'Email Opened', seen: 'Email Opened' }]);
    expect(dataPlane.received.size).toBe(1);
    expect(bridge.deadLetters.map((body) => decodeDeadLetter(body)?.reason)).toEqual(['transform_failed']);
    expect(Object.fromEntries(bridge.output.sumsBy('EventsSkipped'))).toEqual({ transform_returned_nothing: 1 });
  });
});

describe('as a user runs it', () => {
  /** `npm start`, with its output piped. */
  function npmStart() {
    const env = { ...process.env, CI: 'true' };
    return spawn(process.execPath, ['node_modules/.bin/tsx', 'runtime/local/main.ts'], { cwd: ROOT, env });
  }

  function ended(child: ReturnType<typeof npmStart>): Promise<number | null> {
    return new Promise((resolve) => child.on('exit', resolve));
  }

  test('the demo balances its books, in plain lines without a secret', async () => {
    const child = npmStart();

    const [exitCode, stdout, stderr] = await Promise.all([ended(child), text(child.stdout), text(child.stderr)]);

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('The books balance, event by event.');
    expect(stdout).toMatch(/delivered +│ +(\d{4}) │ +\1 │ ✓/);
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u001b\r]/);
    expect(stdout).not.toMatch(/write-key|[A-Za-z0-9_-]{32}/);
  });
});
