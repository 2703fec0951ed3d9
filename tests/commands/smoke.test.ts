import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LocalBridge, newToken, type LocalBridgeArgs } from '../../runtime/local/bridge';
import { LocalDataPlane } from '../../runtime/local/data-plane';
import { LocalServer } from '../../runtime/local/server';
import { CloudWatchStandIn } from './cloudwatch';
import { Command, type Ended } from './command';

const TOKEN = newToken();
const SMOKE_ID = /currents-bridge-smoke-[0-9a-f-]{36}/;

let cloudWatch: CloudWatchStandIn;
/** The only folder in which the command finds programs. */
let programs: string;
let outputs: Record<string, unknown>;
let environment: NodeJS.ProcessEnv;
/** What is to be stopped after a test. */
let running: { stop: () => Promise<unknown> }[];

beforeEach(async () => {
  programs = await mkdtemp(join(tmpdir(), 'currents-bridge-smoke-'));
  cloudWatch = await CloudWatchStandIn.start();
  running = [cloudWatch];
  outputs = {
    customHttpToken: TOKEN,
    eventQueueArn: 'arn:aws:sqs:eu-central-1:123456789012:events',
    eventQueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/events',
    processorFunctionName: 'processor',
    domainTarget: null,
  };
  environment = {
    PATH: programs,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.url,
    // Nothing there.
    AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
  };
});

afterEach(async () => {
  await Promise.all(running.map((part) => part.stop()));
  await rm(programs, { recursive: true });
});

/** Puts a program of this content into the folder of programs. */
async function install(name: string, script: string): Promise<void> {
  const path = join(programs, name);
  await writeFile(path, `#!${process.execPath}\n${script}`);
  await chmod(path, 0o755);
}

/** A Pulumi CLI that knows the outputs, and leaves behind how it was called. */
function installPulumi(name = 'pulumi', printed = JSON.stringify(outputs)): Promise<void> {
  const called = join(programs, 'called');
  return install(
    name,
    `require('node:fs').writeFileSync(${JSON.stringify(called)}, process.argv.slice(2).join(' '));
     process.stdout.write(${JSON.stringify(printed)});`,
  );
}

/** Runs the command to its end; in none may it show the token. */
async function smoke(...flags: string[]): Promise<Ended> {
  const command = new Command('smoke', ['--stack', 'dev', ...flags], environment);
  const ended = await command.ended;
  expect(`${ended.stdout}${ended.stderr}`).not.toContain(TOKEN);
  return ended;
}

/** How each step ended, without the times. */
function stepsOf({ stdout }: Ended): string[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/ +\d+\.\d s {2}/, ': '));
}

/** What was said beside the progress. */
function sentencesOf({ stderr }: Ended): string[] {
  return stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('waiting for the metric'));
}

describe('through a bridge', () => {
  let dataPlane: LocalDataPlane;
  let bridge: LocalBridge;

  /** Deploys a bridge, whose metrics CloudWatch takes up; it is slow to answer until something is counted. */
  async function deploy(untilCounted: string, args: Partial<LocalBridgeArgs> = {}): Promise<void> {
    dataPlane = await LocalDataPlane.listen('the-write-key');
    bridge = await LocalBridge.start({
      dataPlaneUrl: dataPlane.url,
      writeKey: 'the-write-key',
      token: TOKEN,
      visibilityTimeout: 2,
      ...args,
    });
    running.push(bridge, dataPlane);
    const { output } = bridge;
    cloudWatch.isReady = () => output.sum('EventsReceived') === 0 || output.sum(untilCounted) > 0;
    cloudWatch.sumOf = ({ namespace, name, dimensions: { service, ...own } }) =>
      namespace === 'CurrentsBridge' && service === 'processor'
        ? output.sum([name, ...Object.values(own)].join(' '))
        : undefined;
    outputs = { ...outputs, customHttpUrl: bridge.endpoint, eventQueueUrl: bridge.eventQueueUrl };
    environment.AWS_ENDPOINT_URL_SQS = bridge.sqsEndpoint;
    await installPulumi();
  }

  test('that works, one event is delivered, and each step is told with its time', async () => {
    await deploy('EventsDelivered');

    const ended = await smoke();

    const [id = ''] = SMOKE_ID.exec(ended.stdout) ?? [];
    expect(ended.exitCode).toBe(0);
    expect(sentencesOf(ended)).toEqual([]);
    expect(ended.stdout.trim().split('\n')).toEqual(Array(6).fill(expect.stringMatching(/^ok +\d+\.\d s {2}\S/)));
    expect(stepsOf(ended)).toEqual([
      'ok: Outputs of the stack dev',
      'ok: Health of the endpoint',
      "ok: Braze's test of the credentials, without an event",
      'ok: Metrics in eu-central-1 can be read',
      `ok: Event ${id} is durably queued`,
      'ok: It is delivered to RudderStack',
    ]);
    expect([...dataPlane.received.keys()]).toEqual([id]);
    expect(dataPlane.received.get(id)).toEqual([
      expect.objectContaining({
        type: 'track',
        event: 'currents_bridge.SmokeTest',
        messageId: id,
        userId: 'currents-bridge-smoke-test',
      }),
    ]);
    expect(bridge.output.sum('EventsDelivered')).toBe(1);
    expect(await readFile(join(programs, 'called'), 'utf8')).toBe('stack output --json --show-secrets --stack dev');
  });

  test('a delivery of others is not taken for its own', async () => {
    await deploy('EventsDelivered');
    const sumOf = cloudWatch.sumOf;
    cloudWatch.sumOf = (metric) => ('smoke' in metric.dimensions ? 0 : sumOf(metric));

    const ended = await smoke('--timeout-seconds', '1');

    expect(ended.exitCode).toBe(1);
    expect(sentencesOf(ended)).toEqual([
      'CloudWatch did not show within 1 s that the event was delivered. Since the start of this test:',
      'EventsDelivered 1: events arrive; run npx pulumi up if a release without this command is deployed.',
      'The event queue holds about 0 messages that wait, and 0 that are being handled or were handed back.',
    ]);
  });

  test('whose RudderStack is down, what fails is told, and how many messages wait', async () => {
    await deploy('DeliveryFailures', { visibilityTimeout: 30 });
    dataPlane.outage = { status: 503 };

    const ended = await smoke('--timeout-seconds', '1');

    expect(ended.exitCode).toBe(1);
    expect(stepsOf(ended).at(-1)).toBe('failed: It is delivered to RudderStack');
    expect(ended.stderr).toMatch(/^DeliveryFailures [1-9]\d*: .*docs\/runbook\.md#delivery-failing/m);
    const [, waiting, away] =
      /^The event queue holds about (\d+) messages that wait, and (\d+) /m.exec(ended.stderr) ?? [];
    expect(Number(waiting) + Number(away)).toBe(1);
    expect(ended.stderr).not.toMatch(
      /EventsSkipped|EventsDelivered|CredentialFailures|SecretFailures|has counted nothing/,
    );
  });

  test('whose write key is wrong, that is told', async () => {
    await deploy('CredentialFailures', { writeKey: 'another' });

    const { exitCode, stderr } = await smoke('--timeout-seconds', '1');

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^CredentialFailures [1-9]\d*: .*docs\/runbook\.md#credential-failure/m);
  });

  test('whose own transform drops the event, it is told as skipped', async () => {
    const transform = join(programs, 'transform.ts');
    await writeFile(transform, 'export default () => null;');
    await deploy('EventsSkipped', { configuration: { transform } });

    const { exitCode, stderr } = await smoke('--timeout-seconds', '1');

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^EventsSkipped 1: your own transform skipped events; let currents_bridge\.SmokeTest pass/m);
    expect(dataPlane.requests).toBe(0);
  });

  test('that RudderStack refuses the event of, the dead letter is told', async () => {
    await deploy('DeadLetters');
    dataPlane.objection = () => 400;

    const { exitCode, stderr } = await smoke('--timeout-seconds', '1');

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^DeadLetters 1: .*docs\/runbook\.md#dead-lettered/m);
  });

  test('that has another token, nothing is sent but the test of the credentials', async () => {
    await deploy('EventsDelivered', { token: newToken() });

    const ended = await smoke();

    expect(ended.exitCode).toBe(1);
    expect(stepsOf(ended).at(-1)).toMatch(/^failed: Braze.s test of the credentials/);
    expect(sentencesOf(ended)).toEqual([
      expect.stringMatching(
        /^POST \S+\/v1\/webhook answered 401 in place of 200\. It does not know the token .*#unknown-token/,
      ),
    ]);
    expect(bridge.output.sum('EventsWithUnknownToken')).toBe(0);
  });

  test('before CloudWatch is known to answer, no event is sent', async () => {
    await deploy('EventsDelivered');
    cloudWatch.refusal = { status: 400, type: 'AccessDeniedException' };

    const { exitCode, stderr } = await smoke();

    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'You may not read metrics; you need cloudwatch:GetMetricData.\n',
    });
    expect(bridge.output.sum('EventsReceived')).toBe(0);
  });
});

describe('at an endpoint', () => {
  /** Answers for a request by its method and whether it has a body. */
  type Answers = Record<'GET' | 'empty' | 'event', (response: ServerResponse, request: IncomingMessage) => void>;

  const ok = (response: ServerResponse) => response.end('{}');
  let requests: {
    method: string | undefined;
    url: string | undefined;
    headers: IncomingMessage['headers'];
    body: string;
  }[];

  async function listen(answers: Partial<Answers>): Promise<void> {
    requests = [];
    const server = await LocalServer.listen((request, response) => {
      void text(request).then((body) => {
        const { method, url, headers } = request;
        requests.push({ method, url, headers, body });
        (answers[method === 'GET' ? 'GET' : body === '' ? 'empty' : 'event'] ?? ok)(response, request);
      });
    });
    running.push(server);
    outputs.customHttpUrl = `${server.url}/v1/webhook`;
    await installPulumi();
  }

  const answering =
    (status: number, body: string, headers = {}) =>
    (response: ServerResponse) => {
      response.writeHead(status, headers).end(body);
    };
  const echoing =
    (status: number) =>
    (response: ServerResponse, { headers }: IncomingMessage) => {
      response.writeHead(status, { 'x-echo': headers.authorization }).end(JSON.stringify({ error: TOKEN, headers }));
    };

  test('requests are those of Braze', async () => {
    await listen({});
    cloudWatch.sumOf = ({ dimensions }) => Number('smoke' in dimensions && requests.length === 3);

    const { exitCode, stdout } = await smoke();

    const [id] = SMOKE_ID.exec(stdout) ?? [];
    const fromBraze = { authorization: `Bearer ${TOKEN}`, 'braze-currents-version': '1' };
    expect(exitCode).toBe(0);
    expect(requests).toMatchObject([
      { method: 'GET', url: '/health', body: '' },
      { method: 'POST', url: '/v1/webhook', headers: fromBraze, body: '' },
      { method: 'POST', url: '/v1/webhook', headers: { ...fromBraze, 'content-type': 'application/json' } },
    ]);
    expect(requests[0]?.headers).not.toHaveProperty('authorization');
    const { events } = JSON.parse(requests[2]?.body ?? '') as { events: { time: number }[] };
    expect(events).toEqual([
      {
        event_type: 'currents_bridge.SmokeTest',
        id,
        time: expect.any(Number) as number,
        user: { external_user_id: 'currents-bridge-smoke-test' },
        properties: {},
      },
    ]);
    expect(Math.abs((events[0]?.time ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
  });

  test.each<[string, Partial<Answers>, number, RegExp]>([
    ['is down', { GET: answering(503, 'down') }, 1, /^GET \S+\/health answered 503 .*#ingest-errors/],
    ['is another', { GET: answering(404, '{"message":"Not Found"}') }, 1, /answered 404 .*npx pulumi up/],
    [
      'has its token refused by something else',
      { empty: echoing(401) },
      2,
      /^POST \S+ answered 401 .*#refused-requests/,
    ],
    [
      'does not know the address of this machine',
      { empty: answering(503, '{"error":"unknown_source_address","message":"…"}') },
      2,
      /answered 503 .*put this machine's into additionalSourceAddresses.*#unknown-source/,
    ],
    ['has too many requests', { empty: answering(429, '{}') }, 2, /answered 429 .*limits the rate/],
    [
      'redirects',
      { empty: answering(302, '', { location: '/elsewhere' }) },
      2,
      /answered 302 .*Something else than the bridge/,
    ],
    ['answers 503 with the token in it', { event: echoing(503) }, 3, /^POST \S+ answered 503 .*#ingest-errors/],
    [
      'cannot read its secret',
      { event: answering(503, '{"error":"secret_unavailable","message":"…"}') },
      3,
      /answered 503 .*#secret-failure/,
    ],
    [
      'cannot queue the event',
      { event: answering(503, '{"error":"queue_unavailable","message":"…"}') },
      3,
      /answered 503 .*cannot put messages into the queue.*#ingest-errors/,
    ],
  ])('that %s, the command ends with a sentence', async (_what, answers, asked, sentence) => {
    await listen(answers);

    const ended = await smoke();

    expect(ended.exitCode).toBe(1);
    expect(stepsOf(ended).at(-1)).toMatch(/^failed: /);
    expect(sentencesOf(ended)).toEqual([expect.stringMatching(sentence)]);
    expect(requests).toHaveLength(asked);
  });

  test('that breaks the connection, the command ends with a sentence', async () => {
    await listen({ GET: (response) => response.destroy() });

    const { exitCode, stderr } = await smoke();

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^http\S+\/health cannot be reached \(ECONNRESET\); check the network.*\n$/);
  });

  test('that takes the event while nothing counts it, the event is told as not delivered', async () => {
    await listen({});

    const ended = await smoke('--timeout-seconds', '1');

    expect(ended.exitCode).toBe(1);
    expect(sentencesOf(ended)).toEqual([
      'CloudWatch did not show within 1 s that the event was delivered. Since the start of this test:',
      'The processor has counted nothing: it may not run (docs/runbook.md#nothing-delivered).',
      'The size of the event queue cannot be seen; that needs sqs:GetQueueAttributes.',
    ]);
  });

  test('the event is waited for as long as it takes', async () => {
    await listen({});
    let looks = 0;
    cloudWatch.sumOf = ({ dimensions }) => ('smoke' in dimensions && ++looks > 3 ? 2 : undefined);

    const ended = await smoke();

    const [id] = SMOKE_ID.exec(ended.stdout) ?? [];
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr).toMatch(/waiting for the metric, 4 of at most 300 seconds/);
    expect(cloudWatch.asked).toEqual(
      Array(4).fill({
        namespace: 'CurrentsBridge',
        name: 'EventsDelivered',
        dimensions: { service: 'processor', smoke: id },
      }),
    );
  });

  test('without AWS credentials no event is sent', async () => {
    await listen({});
    delete environment.AWS_ACCESS_KEY_ID;
    environment = { ...environment, AWS_EC2_METADATA_DISABLED: 'true', HOME: programs };

    const { exitCode, stderr } = await smoke();

    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'No AWS credentials were found; log in, or set AWS_PROFILE.\n',
    });
    expect(requests).toHaveLength(2);
  });

  test('without a way to CloudWatch no event is sent', async () => {
    await listen({});
    environment.AWS_ENDPOINT_URL_CLOUDWATCH = 'http://127.0.0.1:1';

    const { exitCode, stderr } = await smoke();

    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'CloudWatch cannot be reached; check the network and AWS_ENDPOINT_URL.\n',
    });
    expect(requests).toHaveLength(2);
  });
});

describe('the stack', () => {
  test('is asked for by npx where there is no pulumi', async () => {
    outputs.customHttpUrl = 'http://127.0.0.1:1/v1/webhook';
    await installPulumi('npx');

    const ended = await smoke();

    expect(stepsOf(ended)).toEqual(['ok: Outputs of the stack dev', 'failed: Health of the endpoint']);
    expect(ended.stderr).toMatch(/^http:\/\/127\.0\.0\.1:1\/health cannot be reached \(ECONNREFUSED\)/);
    expect(await readFile(join(programs, 'called'), 'utf8')).toBe(
      '--yes pulumi stack output --json --show-secrets --stack dev',
    );
  });

  test('cannot be asked for without both', async () => {
    const { exitCode, stderr } = await smoke();

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Neither pulumi nor npx was found; install the Pulumi CLI .*\n$/);
  });

  test('must exist', async () => {
    await install('pulumi', 'console.error("error: no stack named \'dev\' found"); process.exit(6);');

    const { exitCode, stderr } = await smoke();

    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: 'There is no stack "dev"; npx pulumi stack ls lists those there are.\n',
    });
  });

  test('that Pulumi cannot read is told in its words, but never what it wrote of outputs', async () => {
    await install(
      'pulumi',
      `process.stdout.write(${JSON.stringify(JSON.stringify(outputs))});
       console.error('error: passphrase must be set'); process.exit(255);`,
    );

    const { exitCode, stderr } = await smoke();

    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      'Pulumi cannot tell the outputs of the stack "dev" (exit code 255). Put right what it complains of:',
      'error: passphrase must be set',
    ]);
  });

  test.each([
    ['is not deployed', '{}', 'customHttpUrl, customHttpToken, eventQueueUrl, eventQueueArn, processorFunctionName'],
    ['is of another program', `{"customHttpToken":"${TOKEN}","customHttpUrl":7}`, 'customHttpUrl, eventQueueUrl'],
    ['is told in no JSON', `customHttpToken ${TOKEN}`, 'customHttpUrl, customHttpToken'],
  ])('that %s has no outputs to go on with', async (_what, printed, missing) => {
    await installPulumi('pulumi', printed);

    const { exitCode, stderr } = await smoke();

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^The stack "dev" is not a deployed Currents Bridge: .* Run npx pulumi up --stack dev first\.\n$/,
    );
    expect(stderr).toContain(`it has no output ${missing}`);
  });
});

test('all mistakes of a command line are told at once', async () => {
  const command = new Command('smoke', ['--timeout-seconds', '0', '--url', 'x'], environment);

  const { exitCode, stderr } = await command.ended;

  expect(exitCode).toBe(1);
  expect(stderr.trim().split('\n')).toEqual([
    'There is no flag --url; the flags are --stack, --timeout-seconds, --help.',
    '"x" is not understood; the flags are --stack, --timeout-seconds, --help.',
    '--stack is missing; set it to the name of a stack, as in npx pulumi stack ls.',
    '--timeout-seconds is "0"; set it to a whole number from 1 to 3600.',
  ]);
});
