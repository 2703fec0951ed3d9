import { createHash } from 'node:crypto';
import { letter, letters, message } from './letters';
import { Command, localAws, runOn, type Ended } from './command';
import { Sqs, type SqsRequest } from './sqs';

let sqs: Sqs;
let queueUrl: string;
let eventQueueUrl: string;
let count = 0;

beforeAll(async () => {
  sqs = await Sqs.start();
});

beforeEach(() => {
  count += 1;
  queueUrl = sqs.createQueue(`dead-letters-${count}`);
  eventQueueUrl = sqs.createQueue(`events-${count}`);
  sqs.intercept = () => undefined;
});

afterAll(() => sqs.stop());

function redrive(...flags: string[]): Promise<Ended> {
  return runOn(sqs.url, 'redrive', ['--queue-url', queueUrl, ...flags]);
}

/** Calls back before the nth request of an action is passed on. */
function atRequest(action: string, n: number, act: () => void): void {
  let requests = 0;
  sqs.intercept = (current) => {
    if (current === action && ++requests === n) act();
    return undefined;
  };
}

test('all dead letters go back unchanged into the queue whose redrive policy names the dead-letter queue', async () => {
  const bodies = [...letters(12), message(3), 'no envelope at all'];
  await sqs.send(queueUrl, bodies);
  sqs.intercept = (action) => (action === 'ListDeadLetterSourceQueues' ? { queueUrls: [eventQueueUrl] } : undefined);

  const { exitCode, stdout } = await redrive();

  expect(exitCode).toBe(0);
  expect(stdout.split('\n').sort()).toEqual(
    [
      '',
      `Put back 14 messages into ${eventQueueUrl}.`,
      '  invalid_time: 12',
      '  moved_by_sqs: 1',
      '  no_envelope: 1',
    ].sort(),
  );
  expect(sqs.contentOf(eventQueueUrl)).toEqual({ visible: [...bodies].sort(), hidden: [] });
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: [], hidden: [] });
});

test.each([
  ['no queue', [], /^No queue has this as its dead-letter queue; name the event queue with --to\.$/],
  ['two queues', ['http://sqs/1/a', 'http://sqs/1/b'], /^2 queues have this as their .*name one with --to\.$/],
])('with %s to go back to, nothing is moved', async (_what, queueUrls, sentence) => {
  const bodies = letters(1);
  await sqs.send(queueUrl, bodies);
  sqs.intercept = (action) => (action === 'ListDeadLetterSourceQueues' ? { queueUrls } : undefined);

  const { exitCode, stderr } = await redrive();

  expect(exitCode).toBe(1);
  expect(stderr.trim()).toMatch(sentence);
  expect(sqs.contentOf(queueUrl).visible).toEqual(bodies);
});

test('only the reasons asked for go back; the others stay, visible', async () => {
  const refused = [
    letter('refused_by_rudderstack', { status: 400 }),
    letter('refused_by_rudderstack', { status: 413 }),
  ];
  const moved = message();
  const others = letters(15);
  await sqs.send(queueUrl, [...others.slice(0, 8), ...refused, moved, ...others.slice(8)]);

  const { stdout } = await redrive(
    '--to',
    eventQueueUrl,
    '--reason',
    'refused_by_rudderstack',
    '--reason=moved_by_sqs',
  );

  expect(stdout).toContain('Put back 3 messages');
  expect(sqs.contentOf(eventQueueUrl).visible).toEqual([...refused, moved].sort());
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: [...others].sort(), hidden: [] });
});

test('no more than --limit messages go back; the others stay, visible', async () => {
  const bodies = letters(30);
  await sqs.send(queueUrl, bodies);

  const { exitCode } = await redrive('--to', eventQueueUrl, '--limit', '13');

  const [left, moved] = [sqs.contentOf(queueUrl), sqs.contentOf(eventQueueUrl)];
  expect(exitCode).toBe(0);
  expect(moved.visible).toHaveLength(13);
  expect(left.hidden).toEqual([]);
  expect([...left.visible, ...moved.visible].sort()).toEqual([...bodies].sort());
});

test('--dry-run counts by reason and moves nothing', async () => {
  const bodies = [...letters(11), ...letters(3, 'transform_failed'), message()];
  await sqs.send(queueUrl, bodies);

  const { exitCode, stdout } = await redrive('--dry-run', '--reason', 'invalid_time', '--reason', 'transform_failed');

  expect(exitCode).toBe(0);
  expect(stdout).toBe('Would put back 14 messages.\n  invalid_time: 11\n  transform_failed: 3\n');
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: [...bodies].sort(), hidden: [] });
});

test('messages of almost 1 MiB, which do not fit into one batch, go back too', async () => {
  const bodies = ['a', 'b', 'c'].map((name) => letter('invalid_time', { answer: name.repeat(1_000_000) }));
  await sqs.send(queueUrl, bodies);

  await redrive('--to', eventQueueUrl);

  expect(sqs.contentOf(eventQueueUrl).visible).toEqual(bodies);
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: [], hidden: [] });
});

test('a message that the event queue does not accept stays, visible, and is told; the others go back', async () => {
  const bodies = letters(3);
  await sqs.send(queueUrl, bodies);
  const [stubborn = '', ...others] = bodies;
  sqs.intercept = (action, request) => (action === 'SendMessageBatch' ? failing(stubborn, request) : undefined);

  const { exitCode, stderr } = await redrive('--to', eventQueueUrl);

  expect(exitCode).toBe(1);
  expect(stderr).toContain('The event queue did not accept 1 message; they stay in the dead-letter queue.');
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: [stubborn], hidden: [] });
  expect(sqs.contentOf(eventQueueUrl).visible).toEqual(others);
});

/** Passes on all entries but one, which fails. */
async function failing(body: string, request: SqsRequest): Promise<unknown> {
  const entries = request.Entries ?? [];
  const failed = entries.filter(({ MessageBody }) => MessageBody === body);
  const others = entries.filter(({ MessageBody }) => MessageBody !== body);
  await sqs.send(
    request.QueueUrl,
    others.map(({ MessageBody = '' }) => MessageBody),
  );
  return {
    Successful: others.map(({ Id, MessageBody = '' }) => ({
      Id,
      MessageId: 'id',
      MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    })),
    Failed: failed.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
  };
}

test('an event queue that accepts nothing is not asked again for every batch', async () => {
  const bodies = letters(25);
  await sqs.send(queueUrl, bodies);
  let sent = new Set<string>();
  sqs.intercept = (action, { Entries = [] }) => {
    if (action !== 'SendMessageBatch') return undefined;
    sent = new Set([...sent, ...Entries.map(({ MessageBody = '' }) => MessageBody)]);
    return Object.assign(new Error('Not yours.'), { name: 'AccessDenied' });
  };

  const { exitCode, stderr } = await redrive('--to', eventQueueUrl);

  expect(exitCode).toBe(1);
  expect(stderr).toContain('sqs:SendMessage');
  expect(sent.size).toBe(10);
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: [...bodies].sort(), hidden: [] });
});

test('messages that could not be deleted after they were sent are told, and not sent twice in one run', async () => {
  const bodies = letters(3);
  await sqs.send(queueUrl, bodies);
  sqs.intercept = (action) =>
    action === 'DeleteMessageBatch' ? Object.assign(new Error('Not yours.'), { name: 'AccessDenied' }) : undefined;

  const { stderr } = await redrive('--to', eventQueueUrl);

  expect(stderr).toContain('3 messages could not be deleted after the copy was accepted');
  expect(sqs.contentOf(eventQueueUrl).visible).toEqual(bodies);
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: bodies, hidden: [] });
});

test('what is refused again while this runs is left for the next time', async () => {
  const bodies = letters(15);
  await sqs.send(queueUrl, bodies);
  const refusedAgain: string[] = [];
  sqs.intercept = async (action, { Entries = [] }) => {
    // Once each, so that going round and round would end, too.
    if (action !== 'SendMessageBatch' || refusedAgain.length >= bodies.length) return undefined;
    const news = Entries.map(() => letter('refused_by_rudderstack', { status: 400 }));
    refusedAgain.push(...news);
    await sqs.send(queueUrl, news);
    return undefined;
  };

  const { exitCode, stdout } = await redrive('--to', eventQueueUrl);

  expect(exitCode).toBe(0);
  expect(stdout).toContain('Put back 15 messages');
  expect(sqs.contentOf(eventQueueUrl).visible).toEqual([...bodies].sort());
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: refusedAgain.sort(), hidden: [] });
});

test('Ctrl+C finishes the batch at hand, says what was done and leaves the rest visible', async () => {
  const bodies = letters(70);
  await sqs.send(queueUrl, bodies);
  const command = new Command('redrive', ['--queue-url', queueUrl, '--to', eventQueueUrl], localAws(sqs.url));
  atRequest('SendMessageBatch', 2, () => command.process.kill('SIGINT'));

  const { exitCode, stdout } = await command.ended;

  const [left, moved] = [sqs.contentOf(queueUrl), sqs.contentOf(eventQueueUrl)];
  expect(exitCode).toBe(130);
  // The signal may arrive a little later than it was sent.
  expect([20, 30, 40, 50]).toContain(moved.visible.length);
  expect(stdout).toContain(`Put back ${moved.visible.length} messages`);
  expect(left.hidden).toEqual([]);
  expect([...left.visible, ...moved.visible].sort()).toEqual([...bodies].sort());
});

test.each(['ReceiveMessage', 'SendMessageBatch', 'DeleteMessageBatch'])(
  'SIGKILL at a %s loses nothing: every message is afterwards in one of the queues',
  async (action) => {
    const bodies = letters(40);
    await sqs.send(queueUrl, bodies);
    const command = new Command('redrive', ['--queue-url', queueUrl, '--to', eventQueueUrl], localAws(sqs.url));
    atRequest(action, 2, () => command.process.kill('SIGKILL'));

    const { signal } = await command.ended;

    const [left, moved] = [sqs.contentOf(queueUrl), sqs.contentOf(eventQueueUrl)];
    expect(signal).toBe('SIGKILL');
    expect(moved.visible.length).toBeGreaterThanOrEqual(10);
    expect(left.visible.length).toBeGreaterThanOrEqual(10);
    const all = new Set([...left.visible, ...left.hidden, ...moved.visible]);
    expect([...all].sort()).toEqual([...bodies].sort());
  },
);

test('all mistakes of a command line are told at once', async () => {
  const { exitCode, stderr } = await runOn(sqs.url, 'redrive', [
    '--to',
    'events',
    '--reason',
    'bad_weather',
    '--limit=-1',
    '--dry-run=yes',
  ]);

  expect(exitCode).toBe(1);
  expect(stderr.trim().split('\n')).toEqual([
    '--dry-run takes no value; leave out "yes".',
    '--queue-url is missing; set it to the URL of the queue.',
    expect.stringMatching(/^--to is "events"; set it to the URL of a queue, as https:/),
    expect.stringMatching(/^--reason is "bad_weather"; set it to one of not_an_object, .*moved_by_sqs/),
    '--limit is "-1"; set it to a whole number from 1 to 1000000000.',
  ]);
});

test('the dead-letter queue is no place to go back to', async () => {
  const { exitCode, stderr } = await redrive('--to', queueUrl);

  expect({ exitCode, stderr }).toEqual({
    exitCode: 1,
    stderr: '--to is the dead-letter queue itself; name the event queue.\n',
  });
});
