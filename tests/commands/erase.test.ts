import { randomUUID } from 'node:crypto';
import { archiveKey } from '../../runtime/archive/key';
import { decodeDeadLetter, encodeEvents } from '../../runtime/queue/envelope';
import { FakePulumi } from '../replay/fake-pulumi';
import { VersionedS3 } from '../replay/versioned-s3';
import { currentsEvent } from '../support/events';
import { eventsOf } from '../support/queues';
import { Command, localAws, type Ended } from './command';
import { letter, message, requestLetter } from './letters';
import { Sqs } from './sqs';

const RECEIVED_AT = '2026-11-25T14:15:03.123Z';
const LENA = { user_id: 'braze-lena', external_user_id: 'lena' };

let sqs: Sqs;
let s3: VersionedS3;
let pulumi: FakePulumi;
let deadLetterQueueUrl: string;
let count = 0;

beforeAll(async () => {
  [sqs, s3, pulumi] = await Promise.all([Sqs.start(), VersionedS3.start(), FakePulumi.install()]);
});

beforeEach(async () => {
  count += 1;
  deadLetterQueueUrl = sqs.createQueue(`dead-letters-${count}`);
  sqs.intercept = () => undefined;
  s3.clear();
  s3.intercept = () => undefined;
  s3.pageSize = 1_000;
  await know({ archiveBucketName: 'archive' });
});

afterAll(() => Promise.all([sqs.stop(), s3.stop(), pulumi.remove()]));

function know(more: Record<string, unknown>): Promise<void> {
  return pulumi.know({
    eventQueueArn: 'arn:aws:sqs:eu-central-1:123456789012:events',
    eventQueueUrl: `${sqs.url}/000000000000/events`,
    deadLetterQueueUrl,
    ...more,
  });
}

function command(...flags: string[]): Command {
  return new Command('erase', ['--stack', 'dev', ...flags], {
    ...localAws(sqs.url),
    PATH: pulumi.folder,
    AWS_ENDPOINT_URL_S3: s3.url,
  });
}

function erase(...flags: string[]): Promise<Ended> {
  return command(...flags).ended;
}

/** Archives a request; its key, and the key of the same request with another number of events. */
function archive(
  events: readonly unknown[],
  receivedAt = RECEIVED_AT,
): { key: string; keyOf: (events: number) => string } {
  const id = randomUUID();
  const keyOf = (events: number) => archiveKey({ receivedAt, events, id });
  s3.put(keyOf(events.length), JSON.stringify({ events }));
  return { key: keyOf(events.length), keyOf };
}

function requestOf(events: readonly unknown[]): string {
  return JSON.stringify({ events });
}

/** Ids of the events in all versions of the archive, sorted. */
function archivedIds(): string[] {
  return s3.content.flatMap(({ text }) => idsIn(JSON.parse(text) as { events: unknown[] })).sort();
}

/** Ids of the events in the dead-letter queue, sorted. */
function deadIds(): string[] {
  const { visible, hidden } = sqs.contentOf(deadLetterQueueUrl);
  return [...visible, ...hidden].flatMap((body) => idsIn({ events: eventsOf(body) })).sort();
}

function idsIn({ events }: { events: unknown[] }): string[] {
  return events.map((event) => (event as { id: string }).id);
}

/** A dead letter of some events. */
function letterOf(...events: unknown[]): string {
  const texts = events.map((event) => JSON.stringify(event));
  return encodeEvents(RECEIVED_AT, texts, { reason: 'refused_by_rudderstack', at: RECEIVED_AT, status: 400 });
}

const lenas = (id: string) => currentsEvent(id, { user: LENA });

test("objects are written anew without the user's events, those with nothing left are deleted, others stay", async () => {
  const [a, b, c] = [currentsEvent('a'), currentsEvent('b'), currentsEvent('c')];
  const mixed = archive([a, lenas('x'), b]);
  archive([lenas('y')]);
  const others = archive([c]);

  const { exitCode, stdout, stderr } = await erase('--user', 'lena');

  expect(stdout).toContain('Archive: 3 objects looked at, 2 events removed, 1 objects rewritten, 1 deleted.');
  expect(exitCode).toBe(0);
  expect(`${stdout}${stderr}`).not.toContain('lena');
  expect(s3.content).toEqual([
    { key: others.key, text: requestOf([c]) },
    { key: mixed.keyOf(2), text: requestOf([a, b]) },
  ]);
  expect(s3.versions).toBe(2);
});

test('earlier versions go, too: of objects that are there, and of those that have expired, on whatever page', async () => {
  s3.pageSize = 2;
  const twice = archive([lenas('x'), currentsEvent('a')]);
  s3.put(twice.key, requestOf([lenas('x'), currentsEvent('a')]));
  const expired = archive([lenas('y')], '2026-11-25T13:00:00.000Z');
  s3.expire(expired.key);
  archive([currentsEvent('b')], '2026-11-25T15:00:00.000Z');
  archive([currentsEvent('c')], '2026-11-25T16:00:00.000Z');

  const { stdout } = await erase('--user', 'lena');

  expect(archivedIds()).toEqual(['a', 'b', 'c']);
  expect(stdout).toContain('Archive: 4 objects looked at, 2 events removed, 1 objects rewritten, 1 deleted.');
});

test('what is left keeps every digit, key and character', async () => {
  const kept =
    '{"event_type":"a","id":"kept","user":{"user_id":"u"},"properties":{"n":12345678901234567890,"__proto__":{"a.b":null},"t":"\u2028é"}}';
  const { keyOf } = archive([]);
  s3.clear();
  s3.put(keyOf(2), `{"events":[${JSON.stringify(lenas('x'))},${kept}]}`);

  await erase('--user', 'lena');

  expect(s3.content).toEqual([{ key: keyOf(1), text: `{"events":[${kept}]}` }]);
});

test('all ids of a user are looked for, as either kind of id, and as RudderStack sees them', async () => {
  archive([
    currentsEvent('anonymous', { user: { user_id: 'braze-lena' } }),
    currentsEvent('spaces', { user: { external_user_id: ' lena ' } }),
    currentsEvent('part', { user: { external_user_id: 'lena-2', user_id: 'xbraze-lena' } }),
    currentsEvent('number', { user: { external_user_id: 42 } }),
    currentsEvent('none', { user: {} }),
    currentsEvent('mentioned', { properties: { text: 'lena' } }),
  ]);

  await erase('--user', 'lena', '--user', 'braze-lena', '--user', '42');

  expect(archivedIds()).toEqual(['mentioned', 'none', 'part']);
});

test('what is no Currents request and names the user is deleted whole, and nothing else that is none', async () => {
  const { keyOf } = archive([]);
  s3.clear();
  s3.put(keyOf(0), '{"events":[{"event_type":"a","user":{"external_user_id":"lena","dev');
  const others = ['{"events":[{"user":{"external_user_id":"lena-2"', 'lena', ''].map((text, index) => {
    const key = archiveKey({ receivedAt: `2026-11-25T1${index}:00:00.000Z`, events: 0, id: randomUUID() });
    s3.put(key, text);
    return { key, text };
  });

  const { stdout } = await erase('--user', 'lena');

  expect(stdout).toContain('0 events removed, 0 objects rewritten, 1 deleted.');
  expect(s3.content).toEqual(others);
});

test.each([
  ['"external_user_id":" lena "', 'lena'],
  ['"user_id":"le\u200bna"', 'lena'],
  ['"user_id" : 12345678901234567890', '12345678901234567890'],
  ['"external_user_id":{"string":"lena"}', 'lena'],
])('in what is no Currents request, too, ids are looked for as RudderStack sees them: %s', async (text, user) => {
  const { keyOf } = archive([]);
  s3.clear();
  s3.put(keyOf(0), `{"events":[{"user":{${text},`);

  await erase('--user', user);

  expect(s3.content).toEqual([]);
});

test("dead letters are sent anew without the user's events, with their reason, time and status; others stay", async () => {
  const [a, b] = [currentsEvent('a'), currentsEvent('b')];
  const untouched = [letterOf(b), requestLetter('{"events":['), 'no envelope', message()];
  await sqs.send(deadLetterQueueUrl, [
    letterOf(a, lenas('x')),
    letterOf(lenas('y')),
    requestLetter('{"events":[{"user":{"user_id":"lena"'),
    ...untouched,
  ]);

  const { exitCode, stdout } = await erase('--user', 'lena');

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Dead letters: \d messages looked at, 2 events removed, 1 messages rewritten, 2 deleted\./);
  const { visible, hidden } = sqs.contentOf(deadLetterQueueUrl);
  expect(hidden).toEqual([]);
  expect(visible).toEqual([...untouched, letterOf(a)].sort());
  expect(decodeDeadLetter(letterOf(a))).toEqual({ reason: 'refused_by_rudderstack', at: RECEIVED_AT, status: 400 });
});

test('a dead letter of a newer release is left and told', async () => {
  const newer = '{"v":99,"user":{"user_id":"lena"}}';
  await sqs.send(deadLetterQueueUrl, [newer]);

  const { exitCode, stderr } = await erase('--user', 'lena');

  expect(exitCode).toBe(1);
  expect(stderr).toContain('1 dead letters were written by a newer release');
  expect(sqs.contentOf(deadLetterQueueUrl).visible).toEqual([newer]);
});

test('--dry-run tells what would be removed and changes nothing', async () => {
  archive([lenas('x'), currentsEvent('a')]);
  archive([lenas('y')]);
  await sqs.send(deadLetterQueueUrl, [letterOf(lenas('z'), currentsEvent('b'))]);

  const { exitCode, stdout } = await erase('--user', 'lena', '--dry-run');

  expect(exitCode).toBe(0);
  expect(stdout).toBe(
    'Archive: 2 objects looked at, 2 events would be removed, 1 objects to rewrite, 1 to delete.\n' +
      'Dead letters: 1 messages looked at, 1 events would be removed, 1 messages to rewrite, 0 to delete.\n',
  );
  expect(archivedIds()).toEqual(['a', 'x', 'y']);
  expect(deadIds()).toEqual(['b', 'z']);
  expect(sqs.contentOf(deadLetterQueueUrl).hidden).toEqual([]);
});

test.each([
  ['before a PUT is done', 'PUT', false],
  ['when a DELETE is done', 'DELETE', true],
  ['before a SendMessageBatch is done', 'SendMessageBatch', false],
  ['when a DeleteMessageBatch is done', 'DeleteMessageBatch', true],
])("SIGKILL %s loses nothing of others', and the next run erases the rest", async (_when, action, isDone) => {
  archive([lenas('x'), currentsEvent('a')], '2026-11-25T13:00:00.000Z');
  archive([lenas('y'), currentsEvent('b')], '2026-11-25T14:00:00.000Z');
  await sqs.send(deadLetterQueueUrl, [letterOf(lenas('z'), currentsEvent('c'))]);
  const killed = command('--user', 'lena');
  const isKilledAt = (current: string) => current === action && killed.process.kill('SIGKILL') && !isDone;
  s3.intercept = (method) => (isKilledAt(method) ? 500 : undefined);
  sqs.intercept = (current) => (isKilledAt(current) ? new Error('It never came.') : undefined);

  const { signal } = await killed.ended;

  expect(signal).toBe('SIGKILL');
  expect(archivedIds()).toEqual(expect.arrayContaining(['a', 'b']));
  expect(deadIds()).toContain('c');
  s3.intercept = () => undefined;
  sqs.intercept = () => undefined;
  await erase('--user', 'lena');
  // Perhaps in two versions, where what is left was written in both runs.
  expect(new Set(archivedIds())).toEqual(new Set(['a', 'b']));
});

test('versions that cannot be deleted end it with what to do; what was written is no loss', async () => {
  archive([lenas('x'), currentsEvent('a')]);
  s3.intercept = (method) => (method === 'DELETE' ? 403 : undefined);

  const { exitCode, stderr } = await erase('--user', 'lena');

  expect(exitCode).toBe(1);
  expect(stderr).toContain('s3:DeleteObjectVersion');
  expect(archivedIds()).toEqual(['a', 'a', 'x']);
});

test('what may not be read ends it with what it needs', async () => {
  archive([lenas('x')]);
  s3.intercept = (method, key) => (method === 'GET' && key !== '' ? 403 : undefined);

  const { exitCode, stderr } = await erase('--user', 'lena');

  expect(exitCode).toBe(1);
  expect(stderr).toContain('s3:GetObjectVersion');
  expect(archivedIds()).toEqual(['x']);
});

test('dead letters that cannot be sent anew stay and are told', async () => {
  const body = letterOf(lenas('x'), currentsEvent('a'));
  await sqs.send(deadLetterQueueUrl, [body]);
  sqs.intercept = (action) =>
    action === 'SendMessageBatch' ? Object.assign(new Error('Not yours.'), { name: 'AccessDenied' }) : undefined;

  const { exitCode, stderr } = await erase('--user', 'lena');

  expect(exitCode).toBe(1);
  expect(stderr).toContain('1 dead letters could not be rewritten and deleted');
  expect(sqs.contentOf(deadLetterQueueUrl)).toEqual({ visible: [body], hidden: [] });
});

test('dead letters that another process is reading are told', async () => {
  await sqs.send(deadLetterQueueUrl, [letter('invalid_time')]);
  await sqs.hideAll(deadLetterQueueUrl);

  const { exitCode, stderr } = await erase('--user', 'lena');

  expect(exitCode).toBe(1);
  expect(stderr).toContain('About 1 dead letters were being read by another process');
});

test('an object that is damaged is told by its key and left, and does not hold up the others', async () => {
  const key = archiveKey({ receivedAt: RECEIVED_AT, events: 1, id: randomUUID() });
  s3.putRaw(key, Buffer.from('no gzip'));
  archive([lenas('x')], '2026-11-25T15:00:00.000Z');

  const { exitCode, stdout, stderr } = await erase('--user', 'lena');

  expect(exitCode).toBe(1);
  expect(stderr).toContain(`The object ${key} is damaged`);
  expect(stdout).toContain('1 events removed');
  expect(s3.versions).toBe(1);
});

test('where a stack has no archive, the dead letters are erased', async () => {
  await know({ archiveBucketName: null });
  await sqs.send(deadLetterQueueUrl, [letterOf(lenas('x'), currentsEvent('a'))]);

  const { exitCode, stdout } = await erase('--user', 'lena');

  expect(exitCode).toBe(0);
  expect(stdout).toContain('The stack "dev" has no archive.');
  expect(deadIds()).toEqual(['a']);
});

test('all mistakes of a command line are told at once', async () => {
  const { exitCode, stderr } = await new Command('erase', ['--user', '\u200b', '--dry-run=yes'], {
    PATH: pulumi.folder,
  }).ended;

  expect(exitCode).toBe(1);
  expect(stderr.trim().split('\n')).toEqual([
    '--dry-run takes no value; leave out "yes".',
    '--stack is missing; set it to the name of a stack, as in npx pulumi stack ls.',
    '--user is blank, or a stand-in that Braze leaves; set it to the id of a user.',
  ]);
});
