import type { SQSClient } from '@aws-sdk/client-sqs';
import { SingleBar } from 'cli-progress';
import { eraseFromArchive, type ArchiveErasure } from '../replay/archive-erasure';
import { concernsUsers, namesUsers } from '../replay/erasure';
import { ReplayStopped } from '../replay/stopped';
import { packEvents } from '../runtime/queue/packing';
import { sendMessages } from '../runtime/queue/sqs';
import { cleanId } from '../runtime/transform/identity';
import { parseJson } from '../runtime/transform/json';
import { oldestRequest, readStack, type Archive, type Stack } from './archive-stack';
import { CommandError, Flags, interruption, INTERRUPTED, runCommand } from './command-line';
import { DeadLetterQueue, sizeOf, type DeadMessage } from './dead-letter-queue';

const HELP = `Usage: npm run --silent erase -- --stack NAME --user ID [--user ID] [--dry-run]

Removes the events of one user from what a deployed stack keeps: from the archive, with all earlier versions, and from
the dead-letter queue. An object or a message that holds others' events, too, is written anew without the user's. What
is no Currents request and names the user is deleted whole.

It can be interrupted at any moment, and run again: nothing of anybody else is lost.

  --stack NAME   The stack, as in npx pulumi stack ls.
  --user ID      An external_user_id or user_id. Give every id that the user has had: events of the time before an
                 external_user_id was known have a user_id only.
  --dry-run      Only tell what would be removed.
  --help         This text.

It does not reach what was sent to RudderStack, nor events that are in the event queue at that moment; and a request of
Braze that comes meanwhile may bring new ones. Stop Braze from sending the user's events first, and run this again an
hour later. docs/replay.md tells more.

Run it in the project's folder, logged in to Pulumi and to AWS as for npx pulumi up; PULUMI_CONFIG_PASSPHRASE must be set
where the stack needs it. It calls s3:ListBucket, s3:ListBucketVersions, s3:GetObjectVersion, s3:PutObject and
s3:DeleteObjectVersion on the archive, and reads, sends to and deletes from the dead-letter queue.
`;

/** Milliseconds in which rewritten dead letters must be accepted; well within the time for which theirs are hidden. */
const PATIENCE = 5_000;

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags({ stack: 'text', user: 'text', 'dry-run': 'switch' }, args);
  if (!flags.has('stack')) {
    flags.reject('--stack is missing; set it to the name of a stack, as in npx pulumi stack ls.');
  }
  const name = flags.text('stack') ?? '';
  if (!flags.has('user')) flags.reject('--user is missing; set it to an external_user_id or user_id.');
  const users = flags.texts('user').map((user) => cleanId(user) ?? '');
  if (users.includes('')) flags.reject('--user is blank, or a stand-in that Braze leaves; set it to the id of a user.');
  const isDryRun = flags.has('dry-run');
  flags.check();

  const stack = await readStack(name);
  if (stack.archive !== undefined) await oldestRequest(stack.archive);
  const erasing = { users, isDryRun, isInterrupted: interruption() };
  const archived = stack.archive && (await eraseArchived(stack.archive, erasing));
  if (archived === undefined) process.stdout.write(`The stack "${name}" has no archive.\n`);
  else reportArchive(archived, isDryRun);
  if (erasing.isInterrupted()) return INTERRUPTED;
  const dead = await eraseDeadLetters(stack, erasing);
  reportDeadLetters(dead, isDryRun);
  if (erasing.isInterrupted()) return INTERRUPTED;
  return (archived?.damaged.length ?? 0) + dead.unreadable + dead.failed + dead.hidden > 0 ? 1 : 0;
}

interface Erasing {
  /** As {@link cleanId} gives them. */
  users: readonly string[];
  isDryRun: boolean;
  isInterrupted: () => boolean;
}

async function eraseArchived({ s3, bucket }: Archive, erasing: Erasing): Promise<ArchiveErasure> {
  const format = '{value} objects of the archive looked at, {events} events found';
  const progress = new SingleBar({ format, noTTYOutput: true, notTTYSchedule: 5_000, gracefulExit: false });
  progress.start(0, 0, { events: 0 });
  try {
    const onProgress = ({ objects, events }: ArchiveErasure) => {
      progress.update(objects, { events });
    };
    return await eraseFromArchive({ s3, bucket, ...erasing, onProgress });
  } catch (error) {
    if (error instanceof ReplayStopped) throw new CommandError([error.message]);
    if ((error as Error).name !== 'AccessDenied') throw error;
    throw new CommandError([
      `S3 refuses something in the bucket ${bucket}; this needs s3:ListBucketVersions, s3:GetObjectVersion, s3:PutObject and s3:DeleteObjectVersion. What was done is done; run this again.`,
    ]);
  } finally {
    progress.stop();
  }
}

/** What an erasure has done in the dead-letter queue, or would do. */
interface DeadLetterErasure {
  messages: number;
  /** Sent anew, without the users' events. */
  rewritten: number;
  deleted: number;
  events: number;
  /** Written by a newer release. */
  unreadable: number;
  /** Not rewritten or not deleted, so still there. */
  failed: number;
  /** Read by others at the time. */
  hidden: number;
}

async function eraseDeadLetters(
  { sqs, deadLetterQueueUrl }: Stack,
  { users, isDryRun, isInterrupted }: Erasing,
): Promise<DeadLetterErasure> {
  const { visible, hidden } = await sizeOf(sqs, deadLetterQueueUrl);
  const erasure = { messages: 0, rewritten: 0, deleted: 0, events: 0, unreadable: 0, failed: 0, hidden };
  const queue = new DeadLetterQueue(sqs, deadLetterQueueUrl);
  try {
    for await (const messages of queue.read()) {
      for (const message of messages) {
        erasure.messages += 1;
        if (message.content.kind === 'unknown_version') erasure.unreadable += 1;
        const left = leftOf(message, users);
        if (left === undefined) continue;
        const isErased =
          isDryRun || (left.fits && (await replace(message, left.bodies, sqs, deadLetterQueueUrl, queue)));
        if (!isErased) erasure.failed += 1;
        else if (left.bodies.length > 0) erasure.rewritten += 1;
        else erasure.deleted += 1;
        if (isErased) erasure.events += left.removed;
      }
      if (isInterrupted()) break;
    }
  } finally {
    await queue.release();
  }
  // Others may have begun to read after the queue was counted.
  erasure.hidden = Math.max(hidden, visible - erasure.messages);
  return erasure;
}

/** What is left of a dead letter without the users' events. */
interface Left {
  /** As new messages. */
  bodies: string[];
  /** Whether all of it fits into messages, as it did before. */
  fits: boolean;
  /** Events removed; none where the dead letter is no Currents request. */
  removed: number;
}

/** Undefined for a dead letter that holds nothing of the users. */
function leftOf({ content, deadLetter }: DeadMessage, users: readonly string[]): Left | undefined {
  switch (content.kind) {
    case 'unknown_version':
      return undefined;
    case 'rejected': {
      const text = typeof content.body === 'string' ? content.body : Buffer.from(content.body).toString('utf8');
      return namesUsers(text, users) ? { bodies: [], fits: true, removed: 0 } : undefined;
    }
    case 'events': {
      const { receivedAt, events } = content;
      const rest = events.filter(({ text }) => !concernsUsers(parseJson(text), users));
      if (rest.length === events.length) return undefined;
      const packing = { receivedAt, maxEvents: events.length, deadLetter };
      const { bodies, tooLarge } = packEvents(
        rest.map(({ text }) => text),
        packing,
      );
      return { bodies, fits: tooLarge === 0, removed: events.length - rest.length };
    }
  }
}

/** Sends what is left of a message first, so that nothing is lost in between. @returns whether all went well. */
async function replace(
  message: DeadMessage,
  bodies: readonly string[],
  sqs: SQSClient,
  deadLetterQueueUrl: string,
  queue: DeadLetterQueue,
): Promise<boolean> {
  const deadline = Date.now() + PATIENCE;
  const unsent = await sendMessages(sqs, deadLetterQueueUrl, bodies, () => deadline - Date.now());
  return unsent.bodies.length === 0 && (await queue.remove([message])) === 0;
}

function reportArchive({ objects, rewritten, deleted, events, damaged }: ArchiveErasure, isDryRun: boolean): void {
  process.stdout.write(
    `Archive: ${objects} objects looked at, ${events} events ${isDryRun ? 'would be removed' : 'removed'}, ` +
      `${rewritten} objects ${isDryRun ? 'to rewrite' : 'rewritten'}, ${deleted} ${isDryRun ? 'to delete' : 'deleted'}.\n`,
  );
  for (const key of damaged) {
    process.stderr.write(`The object ${key} is damaged, so nobody can say whose events are in it; it was left.\n`);
  }
}

function reportDeadLetters(
  { messages, rewritten, deleted, events, unreadable, failed, hidden }: DeadLetterErasure,
  isDryRun: boolean,
): void {
  process.stdout.write(
    `Dead letters: ${messages} messages looked at, ${events} events ${isDryRun ? 'would be removed' : 'removed'}, ` +
      `${rewritten} messages ${isDryRun ? 'to rewrite' : 'rewritten'}, ${deleted} ${isDryRun ? 'to delete' : 'deleted'}.\n`,
  );
  if (unreadable > 0) {
    process.stderr.write(
      `${unreadable} dead letters were written by a newer release and could not be read; run this with that release.\n`,
    );
  }
  if (failed > 0) {
    process.stderr.write(
      `${failed} dead letters could not be rewritten and deleted; check that you may send to the dead-letter queue and delete from it (sqs:SendMessage, sqs:DeleteMessage), then run this again.\n`,
    );
  }
  if (hidden > 0) {
    process.stderr.write(
      `About ${hidden} dead letters were being read by another process and were left out; run this again in a minute.\n`,
    );
  }
}

runCommand(HELP, main);
