import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { decodeMessage } from '../../runtime/queue/envelope';
import { FakePulumi } from '../replay/fake-pulumi';
import { Archive } from '../support/archive';
import { currentsEvent, currentsEvents } from '../support/events';
import { eventsOf } from '../support/queues';
import { Command, localAws, run, type Ended } from './command';
import { Sqs } from './sqs';

const ROOT = resolve(__dirname, '../..');

let sqs: Sqs;
let archive: Archive;
let pulumi: FakePulumi;
let folder: string;
let eventQueueUrl: string;
/** Another for each test, so that none goes on with another's checkpoint. */
let stack: string;
let count = 0;

beforeAll(async () => {
  [sqs, archive, pulumi] = await Promise.all([Sqs.start(), Archive.start(), FakePulumi.install()]);
  folder = await mkdtemp(join(tmpdir(), 'currents-bridge-replay-'));
});

beforeEach(async () => {
  count += 1;
  stack = `test-${process.pid}-${count}`;
  eventQueueUrl = sqs.createQueue(`events-${count}`);
  sqs.intercept = () => undefined;
  archive.renew();
  await know({ archiveBucketName: archive.bucket });
});

afterEach(async () => {
  for (const name of await checkpoints()) await rm(join(ROOT, name));
});

afterAll(async () => {
  await Promise.all([sqs.stop(), archive.stop(), pulumi.remove(), rm(folder, { recursive: true })]);
});

function know(more: Record<string, unknown>): Promise<void> {
  return pulumi.know({
    eventQueueArn: 'arn:aws:sqs:eu-central-1:123456789012:events',
    eventQueueUrl,
    deadLetterQueueUrl: `${sqs.url}/000000000000/dead-letters`,
    ...more,
  });
}

async function checkpoints(): Promise<string[]> {
  return (await readdir(ROOT)).filter((name) => name.startsWith(`replay-${stack}-`));
}

async function command(...flags: string[]): Promise<Command> {
  const endpoint = await archive.s3.config.endpoint?.();
  return new Command('replay', ['--stack', stack, ...flags], {
    ...localAws(sqs.url),
    PATH: pulumi.folder,
    AWS_ENDPOINT_URL_S3: `http://${endpoint?.hostname}:${endpoint?.port}`,
  });
}

const HOUR = ['--from', '2026-10-01T14:00', '--to', '2026-10-01T15:00'];
const FAST = [...HOUR, '--rate', '100000'];

async function replay(...flags: string[]): Promise<Ended> {
  return (await command(...flags)).ended;
}

/** Archives a request, received at a time of 1 October 2026. */
async function keep(time: string, events: readonly unknown[]): Promise<void> {
  await keepBody(time, JSON.stringify({ events }), events.length);
}

async function keepBody(time: string, body: string, events: number): Promise<void> {
  await archive.writer.put(Buffer.from(body), { receivedAt: `2026-10-01T${time}Z`, events }, () => 10_000);
}

interface Queued {
  receivedAt: string;
  events: { id: string }[];
}

/** What lies in the event queue, in the order of receipt. */
function queued(): Queued[] {
  const { visible, hidden } = sqs.contentOf(eventQueueUrl);
  expect(hidden).toEqual([]);
  return visible
    .map((body) => ({ ...(decodeMessage(body) as unknown as Queued), events: eventsOf(body) as Queued['events'] }))
    .sort((one, other) => (one.receivedAt < other.receivedAt ? -1 : 1));
}

function queuedIds(): string[] {
  return queued().flatMap(({ events }) => events.map(({ id }) => id));
}

/** What was said beside the progress. */
function sentencesOf({ stderr }: Ended): string[] {
  return stderr
    .trim()
    .split('\n')
    .filter((line) => !/looked at(?:,.*)? left$/.test(line) && line !== '');
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, `${count}-${name}`);
  await writeFile(path, text);
  return path;
}

test('the requests of the time are queued with the time of their receipt, each digit and their order', async () => {
  const exact = '{"event_type":"a","id":"exact","user":{"user_id":"u"},"properties":{"n":12345678901234567890}}';
  await keep('13:59:59.999', [currentsEvent('before')]);
  await keepBody('14:00:00.000', `{"events":[${exact}]}`, 1);
  await keep('14:30:00.123', currentsEvents(100, 'many'));
  await keep('14:59:59.999', [currentsEvent('last')]);
  await keep('15:00:00.000', [currentsEvent('after')]);
  const groups = new Set<string | undefined>();
  sqs.intercept = (_action, { Entries = [] }) => {
    for (const entry of Entries) groups.add((entry as { MessageGroupId?: string }).MessageGroupId);
    return undefined;
  };

  const { exitCode, stdout } = await replay(...FAST);

  expect(stdout).toBe(`Queued 102 events of 102 looked at, in 3 messages, into ${eventQueueUrl}.\n`);
  expect(exitCode).toBe(0);
  expect(queued().map(({ receivedAt, events }) => [receivedAt, events.map(({ id }) => id)])).toEqual([
    ['2026-10-01T14:00:00.000Z', ['exact']],
    ['2026-10-01T14:30:00.123Z', currentsEvents(100, 'many').map(({ id }) => id)],
    ['2026-10-01T14:59:59.999Z', ['last']],
  ]);
  expect(sqs.contentOf(eventQueueUrl).visible.find((body) => body.includes('exact'))).toContain(exact);
  expect([...groups]).toEqual(['replay']);
  expect(await checkpoints()).toEqual([]);
});

test('only the event types and users asked for are queued', async () => {
  await keep('14:00:00.000', [
    currentsEvent('a', { event_type: 'users.campaigns.Conversion' }),
    currentsEvent('b', { event_type: 'users.campaigns.Conversion', user: { user_id: 'lena' } }),
    currentsEvent('c', { event_type: 'users.canvas.Entry', user: { external_user_id: 'max' } }),
    currentsEvent('d', { user: { external_user_id: 'max' } }),
    currentsEvent('e', { event_type: 'users.campaigns.Conversion', user: {} }),
  ]);

  const { stdout, stderr } = await replay(
    ...FAST,
    ...['--event-type', 'users.campaigns.Conversion', '--event-type', 'users.canvas.Entry'],
    ...['--user', 'lena', '--user', 'max'],
  );

  expect(queuedIds()).toEqual(['b', 'c']);
  expect(stdout).toContain('Queued 2 events of 5 looked at');
  expect(stderr).not.toMatch(/lena|max/);
});

test('an event type that is not known is looked for, with a warning', async () => {
  await keep('14:00:00.000', [currentsEvent('a', { event_type: 'users.new.Type' })]);

  const ended = await replay(...FAST, '--event-type', 'users.new.Type');

  expect(sentencesOf(ended)[0]).toBe(
    '--event-type users.new.Type is none that is known here; it is looked for as it is.',
  );
  expect(queuedIds()).toEqual(['a']);
});

test('--skipped-only queues what was skipped under the settings named', async () => {
  const transform = await file(
    'transform.ts',
    `export default (message, event) => {
      delete event.id;
      return message.event === 'Conversion' ? null : message;
    };`,
  );
  const names = await file('names.json', '{"users.campaigns.Conversion": "Conversion"}');
  const events = [
    currentsEvent('delivered'),
    currentsEvent('anonymous', { user: { user_id: 'u' } }),
    currentsEvent('left out', { event_type: 'users.campaigns.Conversion' }),
    currentsEvent('digits', { user: { external_user_id: 'DIGITS' } }),
    currentsEvent('broken', { time: 'yesterday' }),
  ];
  const body = JSON.stringify({ events }).replace('"DIGITS"', '12345678901234567890');
  await keepBody('14:00:00.000', body, events.length);

  const { exitCode } = await replay(...FAST, '--skipped-only', '--event-names', names, '--transform', transform);

  expect(exitCode).toBe(0);
  expect(queuedIds()).toEqual(['anonymous', 'left out']);
});

test('what ingest has made a dead letter of is left out and told, as is what is no Currents request', async () => {
  await keep('14:00:00.000', ['text', currentsEvent('a'), { id: 'no type' }]);
  await keepBody('14:10:00.000', '{"events":[', 0);

  const ended = await replay(...FAST);

  expect(queuedIds()).toEqual(['a']);
  expect(sentencesOf(ended).at(-1)).toBe(
    '2 events can never become a message, so ingest has made dead letters of them; left out.',
  );
});

/** Kills a replay when it sends for the nth time. */
async function killedAt(n: number, signal: NodeJS.Signals, ...flags: string[]): Promise<Ended> {
  let sends = 0;
  const killed = await command(...FAST, ...flags);
  sqs.intercept = (action) => {
    if (action === 'SendMessageBatch' && ++sends === n) killed.process.kill(signal);
    return undefined;
  };
  const ended = await killed.ended;
  sqs.intercept = () => undefined;
  return ended;
}

test('an hour of 100 events a second, killed twice: nothing is missing, and doubled is only what was in flight', async () => {
  const requests = Array.from({ length: 360 }, (_, index) => currentsEvents(100, `request-${index}`));
  for (const [index, events] of requests.entries()) {
    const [minute, second] = [Math.floor(index / 6), (index % 6) * 10].map((part) => String(part).padStart(2, '0'));
    await keep(`14:${minute}:${second}.000`, events);
  }

  const first = await killedAt(9, 'SIGKILL');
  const second = await killedAt(14, 'SIGKILL');
  const last = await replay(...FAST);

  expect([first.signal, second.signal, last.exitCode]).toEqual(['SIGKILL', 'SIGKILL', 0]);
  expect(last.stdout).toContain('Queued 36000 events of 36000 looked at, in 360 messages');
  const times = new Map<string, number>();
  for (const id of queuedIds()) times.set(id, (times.get(id) ?? 0) + 1);
  expect(times.size).toBe(36_000);
  const doubled = [...times].filter(([, count]) => count > 1);
  expect(Math.max(...times.values())).toBe(2);
  // Two batches of ten requests each were under way.
  expect(doubled.length).toBeLessThanOrEqual(2_000);
  expect(await checkpoints()).toEqual([]);
});

test('Ctrl+C ends it after the batch at hand, says where it goes on, and nothing is sent twice', async () => {
  for (let minute = 10; minute < 50; minute += 1) await keep(`14:${minute}:00.000`, [currentsEvent(`event-${minute}`)]);

  const interrupted = await killedAt(2, 'SIGINT');

  const [name = ''] = await checkpoints();
  expect(interrupted.exitCode).toBe(130);
  expect(interrupted.stderr).toContain(`How far it has come is noted in ${join(ROOT, name)}`);
  const sent = queuedIds().length;
  expect(sent).toBeLessThan(40);
  expect(interrupted.stdout).toContain(`Queued ${sent} events of ${sent} looked at`);

  const ended = await replay(...FAST);

  expect(ended.exitCode).toBe(0);
  expect(ended.stderr).toContain(`Goes on after ${sent} events where it stopped; left are ${40 - sent} events`);
  expect(queuedIds()).toHaveLength(40);
  expect(new Set(queuedIds()).size).toBe(40);
});

test('Ctrl+C ends it while it waits for its pace', async () => {
  await keep('14:00:00.000', currentsEvents(100, 'first'));
  await keep('14:01:00.000', currentsEvents(100, 'second'));
  const slow = await command(...HOUR, '--rate', '1');
  let isSent = () => {};
  const sent = new Promise<void>((resolve) => (isSent = resolve));
  sqs.intercept = (action) => {
    if (action === 'SendMessageBatch') isSent();
    return undefined;
  };
  await sent;

  slow.process.kill('SIGINT');

  expect((await slow.ended).exitCode).toBe(130);
  expect(queuedIds()).toHaveLength(100);
});

test('a replay of something else does not go on where this one stopped', async () => {
  for (let minute = 10; minute < 50; minute += 1) await keep(`14:${minute}:00.000`, [currentsEvent(`event-${minute}`)]);
  await killedAt(2, 'SIGKILL');

  await replay(...FAST, '--user', 'customer-event-10');

  expect(queuedIds().filter((id) => id === 'event-10')).toHaveLength(2);
  const [name = ''] = await checkpoints();
  expect(await readFile(join(ROOT, name), 'utf8')).not.toContain('customer');
});

test('a replay of what was skipped does not go on under another transform in the same file', async () => {
  for (let minute = 10; minute < 50; minute += 1) await keep(`14:${minute}:00.000`, [currentsEvent(`event-${minute}`)]);
  const transform = await file('skipping.ts', 'export default () => null;');
  const flags = ['--skipped-only', '--transform', transform];
  await killedAt(2, 'SIGKILL', ...flags);
  await writeFile(transform, 'export default (message) => (message.messageId === "event-10" ? null : message);');

  await replay(...FAST, ...flags);

  expect(queuedIds().filter((id) => id === 'event-10')).toHaveLength(2);
});

test('a queue that does not accept a batch ends it with what to do; the same command goes on there', async () => {
  for (let minute = 10; minute < 35; minute += 1) await keep(`14:${minute}:00.000`, [currentsEvent(`event-${minute}`)]);
  let sends = 0;
  sqs.intercept = (action, { Entries = [] }) => {
    if (action !== 'SendMessageBatch' || ++sends < 2) return undefined;
    return {
      Successful: [],
      Failed: Entries.map(({ Id }) => ({ Id, Code: 'KmsAccessDenied', SenderFault: true })),
    };
  };

  const { exitCode, stderr } = await replay(...FAST);

  expect(exitCode).toBe(1);
  expect(stderr).toContain('sqs:SendMessage');
  expect(queuedIds()).toHaveLength(10);
  sqs.intercept = () => undefined;
  await replay(...FAST);
  expect(new Set(queuedIds()).size).toBe(25);
  expect(queuedIds()).toHaveLength(25);
});

test('--dry-run tells by hour and type what would be queued and what it costs, and sends nothing', async () => {
  await keep('13:10:00.000', [currentsEvent('a')]);
  await keep('14:10:00.000', [currentsEvent('b'), currentsEvent('c', { event_type: 'users.canvas.Entry' })]);
  await keep('14:20:00.000', [currentsEvent('d')]);

  const { exitCode, stdout } = await replay('--from=2026-10-01', '--to=2026-10-01T15:00:00Z', '--dry-run');

  expect(exitCode).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'Hour\tEvent type\tEvents',
    '2026-10-01T13Z\tusers.messages.email.Open\t1',
    '2026-10-01T14Z\tusers.messages.email.Open\t2',
    '2026-10-01T14Z\tusers.canvas.Entry\t1',
    '',
    'Would queue 4 events of 4 looked at, in 3 messages.',
    'SQS bills about 3 requests for it, to send, receive and delete: $0.00 at $0.40 a million.',
    'At 100 events a second it takes about 1 s.',
    '',
  ]);
  expect(queued()).toEqual([]);
  expect(await checkpoints()).toEqual([]);
});

test('the messages of two settings, written to files and compared, show what changes and how', async () => {
  const [oldFile, newFile] = [join(folder, `${count}-old`), join(folder, `${count}-new`)];
  const names = await file('names.json', '{"users.messages.email.Open": "Email Opened"}');
  await keep('14:00:00.000', [
    currentsEvent('a', { time: null }),
    currentsEvent('b', { event_type: 'users.canvas.Entry' }),
    currentsEvent('c', { user: { user_id: 'u' } }),
    currentsEvent('d', { time: 'yesterday' }),
  ]);

  const old = await replay(...HOUR, '--to-file', oldFile);
  await replay(...HOUR, '--to-file', newFile, '--event-names', names, '--anonymous-users', 'forward');
  const { exitCode, stdout } = await run('replay', ['--diff', oldFile, newFile]);

  expect(old.stdout).toBe(
    `2 events as RudderStack messages in ${oldFile}.\n  skipped: no_external_user_id: 1\n  rejected: invalid_time: 1\n`,
  );
  const [first] = (await readFile(oldFile, 'utf8')).split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({ messageId: 'a', timestamp: '2026-10-01T14:00:00.000Z' });
  expect(exitCode).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'unchanged: 1',
    'changed: 1',
    '  $.event: 1',
    '    a: "users.messages.email.Open" → "Email Opened"',
    'only in the newer file: 1',
    '  c: "Email Opened"',
    'only in the older file: 0',
    '',
  ]);
  expect(queued()).toEqual([]);
});

test('values that may be personal are shown only when asked', async () => {
  const line = (email: string) =>
    `${JSON.stringify({ messageId: 'a', event: 'e', context: { device: { id: email } }, properties: { email, custom: { [email]: 1 } } })}\n`;
  const files = [await file('old', line('lena@example.com')), await file('new', line('max@example.com'))];

  const masked = await run('replay', ['--diff', ...files]);
  const shown = await run('replay', ['--diff', ...files, '--show-personal-data', '--samples', '1']);

  expect(masked.stdout).toContain('a: "<string>" → "<string>"');
  expect(masked.stdout).not.toContain('example.com');
  expect(shown.stdout).toContain('a: "lena@example.com" → "max@example.com"');
});

test('Ctrl+C leaves no half-written file', async () => {
  for (let minute = 10; minute < 50; minute += 1) await keep(`14:${minute}:00.000`, currentsEvents(100));
  const path = join(folder, `${count}-whole`);
  // Its transform tells that the writing has begun.
  const transform = await file(
    'transform.ts',
    `let isTold = false;
     export default (message) => {
       if (!isTold) process.kill(process.pid, 'SIGINT');
       isTold = true;
       return message;
     };`,
  );

  const { exitCode } = await replay(...HOUR, '--to-file', path, '--transform', transform);

  expect(exitCode).toBe(130);
  expect((await readdir(folder)).filter((name) => name.startsWith(`${count}-whole`))).toEqual([]);
});

test('an archive that begins later is told', async () => {
  await keep('14:30:00.000', [currentsEvent('a')]);

  const ended = await replay(...FAST);
  const earlier = await replay('--from', '2026-10-01T13:00', '--to', '2026-10-01T14:30:00.000Z');

  expect(sentencesOf(ended)[0]).toBe('The archive begins at 2026-10-01T14:30:00.000Z; it holds nothing from before.');
  expect(queuedIds()).toEqual(['a']);
  expect(earlier.exitCode).toBe(1);
  expect(earlier.stderr).toMatch(
    /^The archive begins at 2026-10-01T14:30:00\.000Z, which is not before --to: .*Set --to/,
  );
});

test('a stack without an archive, and an archive without a request, are told', async () => {
  const empty = await replay(...FAST);
  await know({ archiveBucketName: null });
  const none = await replay(...FAST);
  await know({ archiveBucketName: 'elsewhere' });
  const elsewhere = await replay(...FAST);

  expect([empty.exitCode, none.exitCode, elsewhere.exitCode]).toEqual([1, 1, 1]);
  expect(empty.stderr).toContain(`The archive in the bucket ${archive.bucket} is empty`);
  expect(none.stderr).toMatch(/^The stack "test-.*" has no archive.*npx pulumi config set archive true/);
  expect(elsewhere.stderr).toMatch(/^The archive in the bucket elsewhere cannot be listed: there is no such bucket/);
});

test('a file that is no checkpoint is not taken for one', async () => {
  for (let minute = 10; minute < 50; minute += 1) await keep(`14:${minute}:00.000`, [currentsEvent(`event-${minute}`)]);
  await killedAt(2, 'SIGKILL');
  const [name = ''] = await checkpoints();
  await writeFile(join(ROOT, name), '{"after":');

  const { exitCode, stderr } = await replay(...FAST);

  expect(exitCode).toBe(1);
  expect(stderr).toContain(`${join(ROOT, name)} is no checkpoint of a replay; move it away`);
});

test('all mistakes of a command line are told at once', async () => {
  const there = await file('there', '');
  const { exitCode, stderr } = await run('replay', [
    ...['--from', '20261001', '--rate', '0', '--user', ' ', '--skipped-only', '--dry-run', '--event-names', 'nowhere'],
    ...['--to-file', there, '--to', '2026-13-01'],
  ]);

  expect(exitCode).toBe(1);
  expect(stderr.trim().split('\n')).toEqual([
    '--stack is missing; set it to the name of a stack, as in npx pulumi stack ls.',
    expect.stringMatching(/^--from is "20261001"; set it to a time as 2026-11-25T14:00/),
    expect.stringMatching(/^--to is "2026-13-01"; set it to a time as/),
    '--user is blank, or a stand-in that Braze leaves; set it to the id of a user.',
    '--rate is "0"; set it to a whole number from 1 to 100000.',
    expect.stringMatching(/^The file of --event-names, nowhere, cannot be read/),
    expect.stringMatching(/^--skipped-only and --to-file both ask for settings/),
    expect.stringMatching(/^--dry-run writes nothing, and --to-file sends nothing/),
    '--rate is for what is sent, and --to-file sends nothing; leave it out.',
    `The file of --to-file, ${there}, is there already; name another, or remove it.`,
  ]);
});

test.each([
  [['--to', '2026-10-01'], ['--from is missing; set it to a time such as 2026-11-25T14:00, in UTC.']],
  [
    ['--from', '2026-10-01T14:00+02:00', '--to', '2026-10-01T12:00'],
    [/^--from is 2026-10-01T12:00:00\.000Z, which is not before --to, 2026-10-01T12:00:00\.000Z; set/],
  ],
  [['--from', '2026-10-01', '--to', '9999-01-01'], [/^--to is 9999-.* at least a minute ago/]],
  [[...HOUR, '--anonymous-users', 'skip'], [/^--anonymous-users is for --skipped-only and --to-file; leave it out/]],
])('%j is told as a mistake', async (flags, sentences) => {
  const { exitCode, stderr } = await replay(...flags);

  expect(exitCode).toBe(1);
  expect(stderr.trim().split('\n')).toEqual(
    sentences.map((sentence) => (sentence instanceof RegExp ? (expect.stringMatching(sentence) as string) : sentence)),
  );
});

test.each([
  [['--diff', 'one'], '--diff needs two files that --to-file has written; write it as --diff OLD NEW.'],
  [['--diff', 'nowhere', 'nowhere'], 'The file nowhere cannot be read (ENOENT); name a file of --to-file.'],
  [
    ['--diff', 'package.json', 'package.json'],
    'Line 1 of package.json is no message with a messageId; name files that --to-file has written.',
  ],
])('%j is told as a mistake', async (flags, sentence) => {
  expect(await run('replay', flags)).toMatchObject({ exitCode: 1, stdout: '', stderr: `${sentence}\n` });
});
