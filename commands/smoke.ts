import { setTimeout as wait } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Presets, SingleBar } from 'cli-progress';
import { newSmokeId, smokeDimension } from '../runtime/smoke';
import { CommandError, Flags, runCommand } from './command-line';
import { sizeOf } from './dead-letter-queue';
import { Endpoint } from './endpoint';
import { FunctionMetrics, type Counter } from './function-metrics';
import { stackOutputs } from './stack-outputs';

const EVENT_TYPE = 'currents_bridge.SmokeTest';
const EXTERNAL_USER_ID = 'currents-bridge-smoke-test';
const DEFAULT_TIMEOUT = 300;

const HELP = `Usage: npm run --silent smoke -- --stack NAME [flags]

Sends one event through a deployed stack, as Braze would, and waits until CloudWatch shows that this very event was
delivered to RudderStack. Each step is told with the time that it took. It changes nothing in AWS, and is no monitor:
where it runs regularly, the alarm for missing traffic sees its events and stays silent.

The event reaches RudderStack and each destination of the source:

  event_type            ${EVENT_TYPE}
  id (messageId)        currents-bridge-smoke-UUID
  user.external_user_id ${EXTERNAL_USER_ID}

  --stack NAME          The stack, as in npx pulumi stack ls.
  --timeout-seconds N   How long to wait for the delivery, 1 to 3600. Default: ${DEFAULT_TIMEOUT}. Metrics come a minute or two late.
  --help                This text.

Run it in the project's folder, logged in to Pulumi and to AWS as for npx pulumi up; PULUMI_CONFIG_PASSPHRASE must be set
where the stack needs it. It calls cloudwatch:GetMetricData and sqs:GetQueueAttributes, in the stack's region.

Exit code: 0 when the event was delivered, or 1 with what was seen instead and the entry of the runbook for it.
`;

/** Milliseconds between two looks at the metric. */
const POLL = 2_000;

/** Milliseconds for a call of AWS, each of a few attempts. */
const PATIENCE = { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true };

const OUTPUTS = [
  'customHttpUrl',
  'customHttpToken',
  'eventQueueUrl',
  'eventQueueArn',
  'processorFunctionName',
] as const;

type Outputs = Record<(typeof OUTPUTS)[number], string>;

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags({ stack: 'text', 'timeout-seconds': 'text' }, args);
  if (!flags.has('stack'))
    flags.reject('--stack is missing; set it to the name of a stack, as in npx pulumi stack ls.');
  const stack = flags.text('stack') ?? '';
  const timeout = flags.integer('timeout-seconds', { min: 1, max: 3_600 }) ?? DEFAULT_TIMEOUT;
  flags.check();

  const outputs = await step(`Outputs of the stack ${stack}`, () => stackOutputs(stack, OUTPUTS));
  const endpoint = new Endpoint(outputs.customHttpUrl, outputs.customHttpToken);
  await step('Health of the endpoint', () => endpoint.health());
  await step("Braze's test of the credentials, without an event", () => endpoint.send(''));

  const region = regionOf(outputs.eventQueueArn);
  const metrics = new FunctionMetrics(
    new CloudWatchClient({ region, requestHandler: PATIENCE }),
    outputs.processorFunctionName,
    Date.now(),
  );
  const id = newSmokeId();
  const delivered = { name: 'EventsDelivered', dimensions: smokeDimension(id) };
  const isDelivered = async () => (await metrics.sums([delivered])).some((sum) => sum > 0);
  // Before there is an event whose delivery could not be seen.
  await step(`Metrics in ${region} can be read`, isDelivered);

  await step(`Event ${id} is durably queued`, () => endpoint.send(JSON.stringify({ events: [eventWith(id)] })));
  await step('It is delivered to RudderStack', async () => {
    if (await comesTrue(isDelivered, timeout)) return;
    throw new CommandError([
      `CloudWatch did not show within ${timeout} s that the event was delivered. Since the start of this test:`,
      ...(await whatWasSeen(metrics, outputs, region)),
    ]);
  });
  return 0;
}

/** An event as the Custom HTTP connector sends it. Its user has an id, so that it is not skipped as anonymous. */
function eventWith(id: string): object {
  return {
    event_type: EVENT_TYPE,
    id,
    time: Math.floor(Date.now() / 1_000),
    user: { external_user_id: EXTERNAL_USER_ID },
    properties: {},
  };
}

/** Does one step and tells how it ended, and after how long. */
async function step<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const tell = (end: string) => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    process.stdout.write(`${end.padEnd(6)} ${seconds.padStart(6)} s  ${name}\n`);
  };
  try {
    const result = await act();
    tell('ok');
    return result;
  } catch (error) {
    tell('failed');
    throw error;
  }
}

/** @param timeout in seconds. */
async function comesTrue(isTrue: () => Promise<boolean>, timeout: number): Promise<boolean> {
  const progress = new SingleBar(
    {
      format: `${process.stderr.isTTY ? '{bar} ' : ''}waiting for the metric, {value} of at most {total} seconds`,
      noTTYOutput: true,
      notTTYSchedule: 30_000,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  const startedAt = performance.now();
  const waited = () => performance.now() - startedAt;
  progress.start(timeout, 0);
  try {
    while (!(await isTrue())) {
      const left = timeout * 1_000 - waited();
      if (left <= 0) return false;
      await wait(Math.min(POLL, left));
      progress.update(Math.min(Math.round(waited() / 1_000), timeout));
    }
    return true;
  } finally {
    progress.stop();
  }
}

/** What the processor counts when an event is not delivered, and what to do then. */
const SIGNS: readonly (Counter & { advice: string })[] = [
  {
    name: 'EventsSkipped',
    dimensions: { reason: 'transform_returned_nothing' },
    advice: `your own transform skipped events; let ${EVENT_TYPE} pass (docs/runbook.md#skipped-share).`,
  },
  { name: 'DeadLetters', advice: 'look at them with npm run dead-letters (docs/runbook.md#dead-lettered).' },
  { name: 'CredentialFailures', advice: 'RudderStack lets nobody in (docs/runbook.md#credential-failure).' },
  { name: 'SecretFailures', advice: 'the processor cannot read its secret (docs/runbook.md#secret-failure).' },
  { name: 'DeliveryFailures', advice: 'attempts to deliver fail (docs/runbook.md#delivery-failing).' },
  { name: 'MessagesHandedBack', advice: 'messages wait for another attempt (docs/runbook.md#old-message).' },
  { name: 'ProcessorErrors', advice: 'the processor fails (docs/runbook.md#processor-errors).' },
  {
    name: 'EventsDelivered',
    advice: 'events arrive; run npx pulumi up if a release without this command is deployed.',
  },
];

/** In sentences, what became of the event as far as one can see. */
async function whatWasSeen(metrics: FunctionMetrics, { eventQueueUrl }: Outputs, region: string): Promise<string[]> {
  const sums = await metrics.sums(SIGNS);
  const signs = SIGNS.flatMap(({ name, advice }, index) => {
    const sum = sums[index] ?? 0;
    return sum === 0 ? [] : [`${name} ${sum}: ${advice}`];
  });
  const nothing = 'The processor has counted nothing: it may not run (docs/runbook.md#nothing-delivered).';
  return [...(signs.length === 0 ? [nothing] : signs), await queueSeen(eventQueueUrl, region)];
}

async function queueSeen(eventQueueUrl: string, region: string): Promise<string> {
  // The host in a queue's URL would win over a configured endpoint.
  const sqs = new SQSClient({ region, requestHandler: PATIENCE, useQueueUrlAsEndpoint: false });
  try {
    const { visible, hidden } = await sizeOf(sqs, eventQueueUrl);
    return `The event queue holds about ${visible} messages that wait, and ${hidden} that are being handled or were handed back.`;
  } catch {
    return 'The size of the event queue cannot be seen; that needs sqs:GetQueueAttributes.';
  }
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

runCommand(HELP, main);
