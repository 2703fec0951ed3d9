import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { currentsEvent } from '../support/events';
import { Command, run } from './command';

const FIXTURES = readFileSync(resolve(__dirname, '../../fixtures/currents-events.jsonl'), 'utf8').trim().split('\n');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'transform-test-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function request(...events: unknown[]): string {
  return JSON.stringify({ events });
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('one message a line on standard output, one reason a line on standard error for the rest', async () => {
  const forwarded = currentsEvent('forwarded');
  const anonymous = currentsEvent(' anonymous ', { user: { user_id: 'braze-1' } });
  const broken = currentsEvent('broken', { time: 'yesterday' });

  const { exitCode, stdout, stderr } = await run('transform', [], request(forwarded, anonymous, broken, 'lost', {}));

  expect(exitCode).toBe(0);
  expect(linesOf(stdout)).toMatchObject([{ type: 'track', messageId: 'forwarded', userId: 'customer-forwarded' }]);
  expect(linesOf(stderr)).toEqual([
    { outcome: 'skipped', reason: 'no_external_user_id', id: 'anonymous' },
    { outcome: 'rejected', reason: 'invalid_time', id: 'broken' },
    { outcome: 'rejected', reason: 'not_an_object', id: null },
    { outcome: 'rejected', reason: 'no_event_type', id: null },
  ]);
});

test('an event without a time has no timestamp, since when it was received is not known', async () => {
  const { stdout } = await run('transform', [], request(currentsEvent('event', { time: null })));

  expect(linesOf(stdout)[0]).not.toHaveProperty('timestamp');
});

test('anonymous users are forwarded, events renamed and the example transform applied when asked', async () => {
  const names = file('names.json', '{"users.messages.email.Open": "Email Opened"}');
  const anonymous = currentsEvent('event', {
    user: { user_id: 'braze-1' },
    properties: { email_address: 'lena@example.com', gender: 'F' },
  });

  const { stdout, stderr } = await run(
    'transform',
    ['--anonymous-users', 'forward', '--event-names', names, '--transform', 'examples/transforms/personal-data.ts'],
    request(anonymous),
  );

  expect(stderr).toBe('');
  expect(linesOf(stdout)).toMatchObject([{ event: 'Email Opened', anonymousId: 'braze-1' }]);
  expect(stdout).not.toMatch(/lena@example|gender/);
});

test('a transform that throws later on fails for its event alone, and nothing of its message is printed', async () => {
  const transform = file(
    'throws-later.ts',
    `export default (message) => (message.messageId === 'second' ? refuse() : message);
    async function refuse() {
      await undefined;
      throw new Error('No mail to lena@example.com.');
    }`,
  );
  const events = ['first', 'second', 'third'].map((id) => currentsEvent(id));

  const { exitCode, stdout, stderr } = await run('transform', ['--transform', transform], request(...events));

  expect(exitCode).toBe(0);
  expect(linesOf(stdout).map(({ messageId }) => messageId)).toEqual(['first', 'third']);
  expect(linesOf(stderr)).toEqual([{ outcome: 'rejected', reason: 'transform_failed', id: 'second' }]);
});

test('a body of 6 MB with characters of several bytes comes through whole', async () => {
  const text = '名前🎁é'.repeat(4_000);
  const events = Array.from({ length: 100 }, (_, index) =>
    currentsEvent(`event-${index}`, { properties: { text: `${'x'.repeat(index)}${text}` } }),
  );
  const body = Buffer.from(request(...events));
  expect(body.length).toBeGreaterThan(4_500_000);

  const { stdout } = await run('transform', [], body);

  const texts = linesOf(stdout).map(({ properties }) => (properties as { text: string }).text);
  expect(texts).toEqual(events.map(({ properties }) => (properties as { text: string }).text));
});

test.each([
  ['truncated JSON', `{"events":[${FIXTURES[0]}`, /not valid JSON/],
  ['events that are no array', '{"events":{}}', /`events` is not an array/],
  ['the cloud-storage shape', '{"events":[{"id":"a","external_user_id":{"string":"b"}}]}', /cloud-storage/],
])('%s is refused with one sentence', async (_what, body, sentence) => {
  const { exitCode, stdout, stderr } = await run('transform', [], body);

  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toMatch(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('an empty body is a valid request', async () => {
  expect(await run('transform', [], '')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
});

test('all mistakes of a command line are told at once, without a stack trace', async () => {
  const unbuildable = file('unbuildable.ts', 'export default (message =');

  const { exitCode, stderr } = await run('transform', [
    '--colour',
    '--anonymous-users=maybe',
    '--event-names',
    file('names-wrong.json', '{"a": 1}'),
    '--transform',
    unbuildable,
    'request.json',
  ]);

  expect(exitCode).toBe(1);
  expect(stderr.trim().split('\n')).toEqual([
    'There is no flag --colour; the flags are --anonymous-users, --event-names, --transform, --help.',
    '"request.json" is not understood; the flags are --anonymous-users, --event-names, --transform, --help.',
    '--anonymous-users is "maybe"; set it to one of skip, forward.',
    expect.stringMatching(/names-wrong\.json, must hold a JSON object whose values are all strings\.$/),
    expect.stringMatching(/unbuildable\.ts, cannot be used: .*unbuildable\.ts:1: /),
  ]);
});

test.each([
  ['has no function as its default export', 'export default 1', /is not a function/],
  ['throws when it is loaded', 'throw new Error("No country today.")', /cannot be used: No country today\./],
])('a transform that %s is refused with one sentence', async (_what, source, sentence) => {
  const { exitCode, stderr } = await run('transform', ['--transform', file('wrong.ts', source)]);

  expect(exitCode).toBe(1);
  expect(stderr).toMatch(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('a reader that closes the pipe early ends it quietly', async () => {
  const events = Array.from({ length: 200 }, (_, index) =>
    currentsEvent(`event-${index}`, { properties: { text: 'x'.repeat(10_000) } }),
  );
  const command = new Command('transform', []);
  command.process.stdout.once('readable', () => command.process.stdout.destroy());
  command.process.stdin.end(request(...events));

  const ended = await command.ended;

  expect(ended).toMatchObject({ exitCode: 0, stdout: 'closed by the reader', stderr: '' });
});

test.each([
  ['transform', /< request\.json/],
  ['dead-letters', /--show-personal-data/],
  ['redrive', /start-message-move-task[^]*--destination-arn/],
])('%s explains itself with --help', async (name, content) => {
  const { exitCode, stdout, stderr } = await run(name, ['--help', '--colour']);

  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(content);
});
