import { ListDeadLetterSourceQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Presets, SingleBar } from 'cli-progress';
import { sendMessages, sqsClient } from '../runtime/queue/sqs';
import { CommandError, Flags, interruption, INTERRUPTED, runCommand } from './command-line';
import { DEAD_LETTER_REASONS, DeadLetterQueue, sizeOf, warnOfHidden, type DeadMessage } from './dead-letter-queue';

const HELP = `Usage: npm run --silent redrive -- --queue-url URL [flags]

Puts dead letters back into the event queue, where the processor takes them up again. A dead letter is deleted only
when its copy has been accepted, so this can be interrupted at any moment: nothing is lost, and at worst the messages of
one batch are sent twice. What becomes a dead letter while this runs is left for the next time.

  --queue-url URL   The dead-letter queue.
  --to URL          The event queue. Default: the queue whose redrive policy names the dead-letter queue.
  --reason REASON   Only dead letters of this reason; may be given several times. Default: all. The reasons are
                    ${Object.keys(DEAD_LETTER_REASONS).join('\n                    ')}
  --limit N         At most N messages.
  --dry-run         Only count what would be put back.
  --help            This text.

Region, credentials and endpoint are found as the AWS CLI finds them: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_SQS.

All of them, by SQS itself: aws sqs start-message-move-task --source-arn DEAD_LETTER_QUEUE_ARN
--destination-arn EVENT_QUEUE_ARN. Name the destination: SQS knows no source of the messages that the bridge sent to
the dead-letter queue.
`;

/** Milliseconds in which a batch must be accepted; well within the time for which its messages are hidden. */
const PATIENCE = 5_000;

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags(
    { 'queue-url': 'text', to: 'text', reason: 'text', limit: 'text', 'dry-run': 'switch' },
    args,
  );
  const queueUrl = flags.requiredQueueUrl('queue-url');
  const to = flags.queueUrl('to');
  const reasons = flags.someOf('reason', Object.keys(DEAD_LETTER_REASONS));
  const limit = flags.integer('limit', { min: 1, max: 1_000_000_000 }) ?? Infinity;
  const isDryRun = flags.has('dry-run');
  if (to !== undefined && to === queueUrl) flags.reject('--to is the dead-letter queue itself; name the event queue.');
  flags.check();

  const client = sqsClient();
  const size = await sizeOf(client, queueUrl);
  warnOfHidden(size.hidden);
  const eventQueueUrl = isDryRun ? undefined : (to ?? (await onlySourceOf(client, queueUrl)));
  if (eventQueueUrl !== undefined) await sizeOf(client, eventQueueUrl);

  const isInterrupted = interruption();
  const queue = new DeadLetterQueue(client, queueUrl);
  const progress = progressBar(isDryRun ? 'would be put back' : 'put back');
  const redriven = new Map<string, number>();
  // What is refused again comes back as a new dead letter, with which this would go round and round.
  const startedAt = Date.now();
  let seen = 0;
  let done = 0;
  let refused = 0;
  let undeleted = 0;
  progress.start(size.visible, 0, { done });
  try {
    for await (const messages of queue.read()) {
      const chosen = messages
        .filter(({ reason, time }) => time <= startedAt && (reasons.length === 0 || reasons.includes(reason)))
        .slice(0, limit - done);
      const accepted = eventQueueUrl === undefined ? chosen : await copy(client, eventQueueUrl, chosen);
      if (eventQueueUrl !== undefined && accepted.length > 0) undeleted += await queue.remove(accepted);
      for (const { reason } of accepted) redriven.set(reason, (redriven.get(reason) ?? 0) + 1);
      seen += messages.length;
      done += accepted.length;
      refused += chosen.length - accepted.length;
      progress.setTotal(Math.max(size.visible, seen));
      progress.update(seen, { done });
      if (isInterrupted() || done === limit || (chosen.length > 0 && accepted.length === 0)) break;
    }
  } finally {
    progress.stop();
    await queue.release();
  }

  report({ eventQueueUrl, redriven, done, refused, undeleted });
  if (isInterrupted()) return INTERRUPTED;
  return refused > 0 ? 1 : 0;
}

/** Says what was done; `eventQueueUrl` is undefined for a dry run. */
function report({ eventQueueUrl, redriven, done, refused, undeleted }: Redriven): void {
  const verb = eventQueueUrl === undefined ? 'Would put back' : 'Put back';
  process.stdout.write(`${verb} ${messagesIn(done)}${eventQueueUrl === undefined ? '' : ` into ${eventQueueUrl}`}.\n`);
  for (const [reason, count] of redriven) process.stdout.write(`  ${reason}: ${count}\n`);
  if (undeleted > 0) {
    process.stderr.write(
      `${messagesIn(undeleted)} could not be deleted after the copy was accepted; another redrive sends them twice.\n`,
    );
  }
  if (refused > 0) {
    process.stderr.write(
      `The event queue did not accept ${messagesIn(refused)}; they stay in the dead-letter queue. Check that you may send to the event queue (sqs:SendMessage), then run this again.\n`,
    );
  }
}

interface Redriven {
  eventQueueUrl: string | undefined;
  /** Messages by reason. */
  redriven: ReadonlyMap<string, number>;
  done: number;
  /** Not accepted by the event queue. */
  refused: number;
  /** Accepted, but still in the dead-letter queue. */
  undeleted: number;
}

/** Sends the messages' bodies as they are. @returns the messages whose copy was accepted. */
async function copy(client: SQSClient, queueUrl: string, messages: readonly DeadMessage[]): Promise<DeadMessage[]> {
  const deadline = Date.now() + PATIENCE;
  const bodies = messages.map(({ body }) => body);
  const unsent = await sendMessages(client, queueUrl, bodies, () => deadline - Date.now());
  const refused = new Set(unsent.bodies);
  return messages.filter(({ body }) => !refused.has(body));
}

/** The event queue: the one queue whose redrive policy names the dead-letter queue. */
async function onlySourceOf(client: SQSClient, queueUrl: string): Promise<string> {
  const { queueUrls = [] } = await client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: queueUrl }));
  const [only] = queueUrls;
  if (only !== undefined && queueUrls.length === 1) return only;
  throw new CommandError([
    queueUrls.length === 0
      ? 'No queue has this as its dead-letter queue; name the event queue with --to.'
      : `${queueUrls.length} queues have this as their dead-letter queue (${queueUrls.join(', ')}); name one with --to.`,
  ]);
}

/** A bar on a terminal, a line now and then elsewhere. */
function progressBar(done: string): SingleBar {
  const numbers = `{value} of about {total} looked at, {done} ${done}`;
  return new SingleBar(
    {
      format: process.stderr.isTTY ? `{bar} ${numbers}` : numbers,
      noTTYOutput: true,
      notTTYSchedule: 5_000,
      // Ctrl+C is ours.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
}

function messagesIn(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

runCommand(HELP, main);
