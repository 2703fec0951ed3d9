import { letter, message, requestLetter } from './letters';
import { Command, localAws, runOn, type Ended } from './command';
import { Sqs } from './sqs';

const MINUTE = 60_000;

let sqs: Sqs;
let queueUrl: string;
let count = 0;

beforeAll(async () => {
  sqs = await Sqs.start();
});

beforeEach(() => {
  count += 1;
  queueUrl = sqs.createQueue(`dead-letters-${count}`);
  sqs.intercept = () => undefined;
});

afterAll(() => sqs.stop());

function deadLetters(...flags: string[]): Promise<Ended> {
  return runOn(sqs.url, 'dead-letters', ['--queue-url', queueUrl, ...flags]);
}

/** The rows of the table, and the samples. */
function parts(stdout: string): { rows: string[][]; samples: [string, unknown][] } {
  const [table = '', , samples = ''] = stdout.split('\n\n');
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');
  return {
    rows: lines(table)
      .slice(1)
      .map((line) => line.split('\t')),
    samples: lines(samples).map((line) => {
      const [reason = '', json = ''] = line.split('\t');
      return [reason, JSON.parse(json)];
    }),
  };
}

test('reasons are listed with status, messages, events and ages, what the bridge did not write apart', async () => {
  await sqs.send(queueUrl, [
    letter('refused_by_rudderstack', { status: 400, events: 3, ago: 90 * MINUTE }),
    letter('refused_by_rudderstack', { status: 400, events: 2, ago: 5 * MINUTE }),
    letter('refused_by_rudderstack', { status: 400, ago: 30 * MINUTE }),
    letter('refused_by_rudderstack', { status: 413, ago: 50 * 60 * MINUTE }),
    letter('refused_by_rudderstack', { status: 413, ago: 50 * 60 * MINUTE }),
    message(4),
  ]);

  const { exitCode, stdout, stderr } = await deadLetters();

  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(parts(stdout).rows).toEqual([
    ['refused_by_rudderstack', '400', '3', '6', '1 h', '5 min'],
    ['refused_by_rudderstack', '413', '2', '2', '2 d', '2 d'],
    ['moved_by_sqs', '-', '1', '4', expect.stringMatching(/^\d+ s$/), expect.stringMatching(/^\d+ s$/)],
  ]);
  expect(stdout).toContain('moved_by_sqs: Moved by SQS after too many receives');
});

test('what is no envelope, or one of a newer release, has a row of its own', async () => {
  await sqs.send(queueUrl, ['hello', '{"v":99}', requestLetter('{"events":[')]);

  const { stdout } = await deadLetters();

  expect(
    parts(stdout)
      .rows.map(([reason, , messages, events]) => [reason, messages, events])
      .sort(),
  ).toEqual([
    ['newer_version', '1', '0'],
    ['no_envelope', '1', '0'],
    ['not_a_currents_request', '1', '0'],
  ]);
});

test('every message is counted once and can be received again at once', async () => {
  const bodies = Array.from({ length: 35 }, (_, index) => letter('invalid_time', { answer: String(index) }));
  await sqs.send(queueUrl, bodies);

  const { stdout } = await deadLetters();

  expect(parts(stdout).rows.map((row) => row.slice(0, 4))).toEqual([['invalid_time', '-', '35', '35']]);
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: [...bodies].sort(), hidden: [] });
});

test('a message that comes again while the queue is read is counted once, and the reading ends', async () => {
  await sqs.send(
    queueUrl,
    Array.from({ length: 6 }, () => letter('invalid_time')),
  );
  sqs.intercept = (action, request) => {
    if (action === 'ReceiveMessage') request.VisibilityTimeout = 0;
    return undefined;
  };

  const { stdout } = await deadLetters();

  expect(parts(stdout).rows.map((row) => row.slice(0, 4))).toEqual([['invalid_time', '-', '6', '6']]);
});

test('samples show structure, type, id and time but no other value', async () => {
  await sqs.send(queueUrl, [
    letter('refused_by_rudderstack', { status: 400, answer: 'bad …' }),
    requestLetter('{"events":["lena@example.com"'),
    'lena@example.com',
  ]);

  const { stdout } = await deadLetters();

  const { samples } = parts(stdout);
  expect(samples).toHaveLength(3);
  expect(new Map(samples).get('refused_by_rudderstack')).toEqual({
    answer: 'bad …',
    sample: {
      event_type: 'users.messages.email.Open',
      id: expect.stringMatching(/^refused_by_rudderstack-/) as string,
      time: expect.any(Number) as number,
      user: { user_id: '<string>', external_user_id: '<string>' },
      properties: { email_address: '<string>', nothing: null, custom_properties: '<object>' },
    },
  });
  expect(stdout).not.toMatch(/lena|customer-|braze-/);
});

test('personal data is shown when asked, in as many samples of each kind as asked', async () => {
  await sqs.send(queueUrl, [
    letter('invalid_time', { events: 5 }),
    letter('invalid_time'),
    letter('invalid_time'),
    requestLetter('{"events":["lena@example.com"'),
  ]);

  const { stdout } = await deadLetters('--show-personal-data', '--samples', '2');

  const samples = parts(stdout).samples.sort(([one], [other]) => one.localeCompare(other));
  const event = {
    sample: { properties: { email_address: 'lena@example.com', custom_properties: { 'lena@home': 7 } } },
  };
  expect(samples).toMatchObject([
    ['invalid_time', event],
    ['invalid_time', event],
    ['not_a_currents_request', { sample: '{"events":["lena@example.com"' }],
  ]);
});

test('an empty queue is said to be empty, and what others are reading to be left out', async () => {
  const first = await deadLetters();
  await sqs.send(queueUrl, [message()]);
  await sqs.hideAll(queueUrl);
  const second = await deadLetters();

  expect(first).toMatchObject({ exitCode: 0, stdout: 'The queue holds no messages.\n', stderr: '' });
  expect(second.stderr).toBe('About 1 more are being read by another process right now and are left out.\n');
});

test('Ctrl+C lists what was read so far and makes it visible again', async () => {
  const bodies = Array.from({ length: 70 }, (_, index) => letter('invalid_time', { answer: String(index) }));
  await sqs.send(queueUrl, bodies);
  const command = new Command('dead-letters', ['--queue-url', queueUrl], localAws(sqs.url));
  let receives = 0;
  sqs.intercept = (action) => {
    if (action === 'ReceiveMessage' && ++receives === 2) command.process.kill('SIGINT');
    return undefined;
  };

  const { exitCode, stdout } = await command.ended;

  expect(exitCode).toBe(130);
  // The signal may arrive a little later than it was sent.
  expect(['20', '30', '40', '50']).toContain(parts(stdout).rows[0]?.[2]);
  expect(sqs.contentOf(queueUrl)).toEqual({ visible: [...bodies].sort(), hidden: [] });
});

test.each([
  ['a missing queue', {}, /^There is no queue at http.*\/nowhere; check the URL, the account and the region\.$/],
  ['missing credentials', { AWS_ACCESS_KEY_ID: undefined }, /^No AWS credentials were found; /],
  ['a missing region', { AWS_REGION: undefined }, /^No AWS region is set; /],
])('%s is one plain sentence', async (_what, environment, sentence) => {
  const command = new Command('dead-letters', ['--queue-url', `${sqs.url}/000000000000/nowhere`], {
    ...localAws(sqs.url),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    ...environment,
  });

  const { exitCode, stderr } = await command.ended;

  expect(exitCode).toBe(1);
  expect(stderr.trim()).toMatch(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('an SQS that cannot be reached is one plain sentence', async () => {
  const nobody = 'http://127.0.0.1:9';

  const { exitCode, stderr } = await runOn(nobody, 'dead-letters', ['--queue-url', `${nobody}/000000000000/queue`]);

  expect(exitCode).toBe(1);
  expect(stderr).toBe('SQS cannot be reached; check the network, the region and AWS_ENDPOINT_URL_SQS.\n');
});
