import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { Checkpoint, type Progress } from '../replay/checkpoint';
import { compare } from '../replay/comparison';
import { messagesOf, type Outcomes } from '../replay/messages';
import { overviewOf, type Overview } from '../replay/overview';
import { replay } from '../replay/replay';
import { selectedRequests, totalOf, type SelectedRequest } from '../replay/requests';
import type { Selection } from '../replay/selection';
import { ReplayStopped } from '../replay/stopped';
import type { TimeRange } from '../runtime/archive/reader';
import { bundleTransform } from '../runtime/bundle';
import { cleanId } from '../runtime/transform/identity';
import { toTimestamp } from '../runtime/transform/time';
import type { TransformOptions } from '../runtime/transform/transform';
import { oldestRequest, readStack, type Archive, type Stack } from './archive-stack';
import { CommandError, Flags, interruption, INTERRUPTED, runCommand } from './command-line';
import { comparisonReport } from './comparison-report';
import { readTransformOptions, TRANSFORM_FLAGS, TRANSFORM_FLAGS_HELP } from './transform-flags';

const DEFAULT_RATE = 100;
const MAX_RATE = 100_000;
const DEFAULT_SAMPLES = 3;

const HELP = `Usage: npm run --silent replay -- --stack NAME --from TIME --to TIME [flags]
       npm run --silent replay -- --diff OLD NEW [--samples N] [--show-personal-data]

Puts events from the archive of a deployed stack into its event queue again, with their ids and the time at which they
were received. The processor makes messages of them under the settings that it has now; each has the messageId that it
had, by which RudderStack and its destinations can tell it from a new one where they deduplicate.

It can be interrupted at any moment, with Ctrl+C or otherwise: the same command goes on where it stopped. At worst the
events of one batch are sent twice.

  --stack NAME       The stack, as in npx pulumi stack ls.
  --from TIME        Requests received from then on, in UTC where no offset is named: 2026-11-25T14:00, 2026-11-25.
  --to TIME          Requests received before then; at least a minute ago.
  --event-type TYPE  Only events of this event_type; may be given several times.
  --user ID          Only events of this external_user_id or user_id; may be given several times.
  --skipped-only     Only events that are skipped under the settings named below: those from before a change.
  --rate N           At most N events a second, 1 to ${MAX_RATE}. Default: ${DEFAULT_RATE}. Live traffic goes on meanwhile.
  --dry-run          Only tell what would be sent, by hour and type, and what it costs.
  --to-file FILE     Send nothing: write the RudderStack messages to a file, one a line, under the settings named below.
  --help             This text.

The settings, for --skipped-only and --to-file:

${TRANSFORM_FLAGS_HELP}

Two files of --to-file, before and after a change of the settings or the transform, are compared message by message:

  --diff OLD NEW         How many messages changed, appeared and vanished, and samples of how.
  --samples N            Samples to show of each kind, 0 to 100. Default: ${DEFAULT_SAMPLES}.
  --show-personal-data   Show values as they are. Default: those of fields that hold none, else what kind they are of.

Run it in the project's folder, logged in to Pulumi and to AWS as for npx pulumi up; PULUMI_CONFIG_PASSPHRASE must be set
where the stack needs it. It calls s3:ListBucket and s3:GetObject on the archive, and sqs:SendMessage on the event queue.
`;

/** Requests that are still on their way into the archive are younger, in milliseconds. */
const SETTLED = 60_000;

/** Dollars a request (AWS, August 2026, us-east-1; the first million of a month is free). */
const SQS_PRICE = 0.4 / 1_000_000;

async function main(args: readonly string[]): Promise<number> {
  const diff = args.indexOf('--diff');
  try {
    return await (diff < 0 ? fromArchive(args) : compareFiles(args.slice(diff + 1, diff + 3), args.toSpliced(diff, 3)));
  } catch (error) {
    throw error instanceof ReplayStopped ? new CommandError([error.message]) : error;
  }
}

async function compareFiles([oldPath = '', newPath = '', ..._]: readonly string[], others: string[]): Promise<number> {
  const flags = new Flags({ samples: 'text', 'show-personal-data': 'switch' }, others);
  const samples = flags.integer('samples', { min: 0, max: 100 }) ?? DEFAULT_SAMPLES;
  if ([oldPath, newPath].some((path) => path === '' || path.startsWith('-'))) {
    flags.reject('--diff needs two files that --to-file has written; write it as --diff OLD NEW.');
  }
  flags.check();
  const comparison = await compare(oldPath, newPath, samples);
  process.stdout.write(comparisonReport(comparison, flags.has('show-personal-data')));
  return 0;
}

/** What a replay was asked for. */
interface Request {
  stack: string;
  range: TimeRange;
  selection: Selection;
  options: TransformOptions;
  eventsPerSecond: number;
  /** All that makes it another replay than others. */
  identity: unknown[];
}

async function fromArchive(args: readonly string[]): Promise<number> {
  const flags = new Flags(
    {
      stack: 'text',
      from: 'text',
      to: 'text',
      'event-type': 'text',
      user: 'text',
      'skipped-only': 'switch',
      rate: 'text',
      'dry-run': 'switch',
      'to-file': 'text',
      ...TRANSFORM_FLAGS,
    },
    args,
  );
  const request = await requestIn(flags);
  const file = flags.text('to-file');
  const isDryRun = flags.has('dry-run');
  rejectContradictions(flags, file);
  flags.check();
  warnOfUnknownTypes(request.selection.eventTypes);

  const stack = await readStack(request.stack);
  if (stack.archive === undefined) {
    throw new CommandError([
      `The stack "${request.stack}" has no archive, so there is nothing to replay; npx pulumi config set archive true --stack ${request.stack} and npx pulumi up keep what comes from then on.`,
    ]);
  }
  await checkBeginning(stack.archive, request.range);
  if (isDryRun) return dryRun(stack.archive, request);
  return file === undefined ? send(stack, stack.archive, request) : writeTo(file, stack.archive, request);
}

async function requestIn(flags: Flags): Promise<Request> {
  if (!flags.has('stack')) {
    flags.reject('--stack is missing; set it to the name of a stack, as in npx pulumi stack ls.');
  }
  const stack = flags.text('stack') ?? '';
  const from = timeIn(flags, 'from');
  const to = timeIn(flags, 'to');
  if (from >= to) {
    flags.reject(
      `--from is ${from.toISOString()}, which is not before --to, ${to.toISOString()}; set --from to the earlier time.`,
    );
  }
  if (to.getTime() > Date.now() - SETTLED) {
    flags.reject(
      `--to is ${to.toISOString()}; set it to a time at least a minute ago, since what comes now is still on its way into the archive.`,
    );
  }
  const users = flags.texts('user').map((user) => cleanId(user) ?? '');
  if (users.includes('')) flags.reject('--user is blank, or a stand-in that Braze leaves; set it to the id of a user.');
  const eventsPerSecond = flags.integer('rate', { min: 1, max: MAX_RATE }) ?? DEFAULT_RATE;
  const options = await readTransformOptions(flags);
  const skippedUnder = flags.has('skipped-only') ? options : undefined;
  const selection = { eventTypes: flags.texts('event-type'), users, skippedUnder };
  const range = { from, to };
  const identity = [range, selection.eventTypes, users, skippedUnder && (await contentOf(options, flags))];
  return { stack, range, selection, options, eventsPerSecond, identity };
}

/** What the settings are, and not only in which files they stand. */
async function contentOf({ anonymousUsers, eventNames }: TransformOptions, flags: Flags): Promise<unknown[]> {
  const path = flags.text('transform');
  const bundle = path === undefined ? undefined : await bundleTransform(path).catch(() => undefined);
  return [anonymousUsers, [...eventNames], bundle];
}

/** An invalid date, which is neither before nor after any other, where there is a mistake. */
function timeIn(flags: Flags, name: string): Date {
  const text = flags.text(name);
  // A number alone would be taken for seconds since 1970.
  const timestamp = text?.includes('-') === true ? toTimestamp(text) : undefined;
  if (!flags.has(name)) flags.reject(`--${name} is missing; set it to a time such as 2026-11-25T14:00, in UTC.`);
  else if (text !== undefined && timestamp === undefined) {
    flags.reject(`--${name} is "${text}"; set it to a time as 2026-11-25T14:00, 2026-11-25T14:00+01:00 or 2026-11-25.`);
  }
  return new Date(timestamp ?? NaN);
}

function rejectContradictions(flags: Flags, file: string | undefined): void {
  const usesSettings = flags.has('skipped-only') || file !== undefined;
  for (const name of Object.keys(TRANSFORM_FLAGS)) {
    if (flags.has(name) && !usesSettings) {
      flags.reject(
        `--${name} is for --skipped-only and --to-file; leave it out: what is sent is transformed under the stack's own settings.`,
      );
    }
  }
  if (file === undefined) return;
  if (flags.has('skipped-only')) {
    flags.reject('--skipped-only and --to-file both ask for settings, of before and of now; leave out one of the two.');
  }
  if (flags.has('dry-run'))
    flags.reject('--dry-run writes nothing, and --to-file sends nothing; leave out one of the two.');
  if (flags.has('rate')) flags.reject('--rate is for what is sent, and --to-file sends nothing; leave it out.');
  if (existsSync(file)) flags.reject(`The file of --to-file, ${file}, is there already; name another, or remove it.`);
}

/** New types come without notice, so this is no mistake. */
function warnOfUnknownTypes(eventTypes: readonly string[]): void {
  if (eventTypes.length === 0) return;
  const lines = readFileSync(join(__dirname, '../fixtures/currents-events.jsonl'), 'utf8').trim().split('\n');
  const known = new Set(lines.map((line) => (JSON.parse(line) as { event_type: string }).event_type));
  for (const type of eventTypes) {
    if (!known.has(type))
      process.stderr.write(`--event-type ${type} is none that is known here; it is looked for as it is.\n`);
  }
}

/** @throws CommandError where the archive begins later than all that is asked for. */
async function checkBeginning(archive: Archive, { from, to }: TimeRange): Promise<void> {
  const oldest = await oldestRequest(archive);
  if (oldest === undefined) {
    throw new CommandError([`The archive in the bucket ${archive.bucket} is empty; it keeps what comes from now on.`]);
  }
  const beginning = `The archive begins at ${oldest.receivedAt}`;
  if (to.toISOString() <= oldest.receivedAt) {
    throw new CommandError([
      `${beginning}, which is not before --to: what came before it has expired, or was never kept. Set --to to a later time.`,
    ]);
  }
  if (from.toISOString() < oldest.receivedAt) process.stderr.write(`${beginning}; it holds nothing from before.\n`);
}

async function dryRun({ reader }: Archive, { range, selection, eventsPerSecond }: Request): Promise<number> {
  const isInterrupted = interruption();
  const bar = progressBar('');
  bar.start((await totalOf(reader, range)).events, 0);
  const requests = watched(selectedRequests(reader, range, selection), bar, isInterrupted);
  const overview = await overviewOf(requests, eventsPerSecond).finally(() => {
    bar.stop();
  });
  if (isInterrupted()) return INTERRUPTED;
  process.stdout.write(overviewReport(overview, eventsPerSecond));
  tellOfTheRest(overview.progress);
  return 0;
}

async function writeTo(file: string, { reader }: Archive, { range, selection, options }: Request): Promise<number> {
  const isInterrupted = interruption();
  const bar = progressBar('');
  bar.start((await totalOf(reader, range)).events, 0);
  const outcomes: Outcomes = new Map();
  const requests = watched(selectedRequests(reader, range, selection), bar, isInterrupted);
  // Under its name only when it is whole: half of it would be compared as if the rest had vanished.
  const unfinished = `${file}.unfinished`;
  try {
    await pipeline(
      Readable.from(linesOf(messagesOf(requests, options, outcomes))),
      createWriteStream(unfinished, { mode: 0o600 }),
    );
  } finally {
    bar.stop();
  }
  if (isInterrupted()) {
    await rm(unfinished);
    return INTERRUPTED;
  }
  await rename(unfinished, file);
  process.stdout.write(`${events(outcomes.get('message') ?? 0)} as RudderStack messages in ${file}.\n`);
  outcomes.delete('message');
  for (const [outcome, count] of outcomes) process.stdout.write(`  ${outcome}: ${count}\n`);
  return 0;
}

async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const text of texts) yield `${text}\n`;
}

async function send(
  { sqs, eventQueueUrl }: Stack,
  { reader, bucket }: Archive,
  { stack, identity, range, selection, eventsPerSecond }: Request,
): Promise<number> {
  const checkpoint = new Checkpoint(checkpointPathFor(stack, [stack, bucket, eventQueueUrl, ...identity]));
  const before = await checkpoint.load();
  const left = await totalOf(reader, range, before.after);
  process.stderr.write(
    `${before.after === '' ? 'Looks at' : `Goes on after ${events(before.events)} where it stopped; left are`} ${events(left.events)} in ${left.requests} requests. At ${eventsPerSecond} events a second it takes up to ${timeFor(left.events, eventsPerSecond)}.\n` +
      `How far it has come is noted in ${checkpoint.path}; while that is there, the same command goes on where this one stopped.\n`,
  );
  const isInterrupted = interruption();
  const bar = progressBar(', {queued} queued, {rate} a second');
  const startedAt = performance.now();
  const numbersOf = ({ queued }: Progress) => ({
    queued,
    rate: Math.round((queued - before.queued) / Math.max((performance.now() - startedAt) / 1_000, 1)),
  });
  bar.start(before.events + left.events, before.events, numbersOf(before));
  const { progress, isComplete } = await replay({
    archive: reader,
    range,
    selection,
    sqs,
    eventQueueUrl,
    eventsPerSecond,
    checkpoint,
    isInterrupted,
    onProgress: (progress) => {
      bar.update(progress.events, numbersOf(progress));
    },
  }).finally(() => {
    bar.stop();
  });
  process.stdout.write(
    `Queued ${events(progress.queued)} of ${progress.events} looked at, in ${progress.messages} messages, into ${eventQueueUrl}.\n`,
  );
  tellOfTheRest(progress);
  if (!isComplete) return INTERRUPTED;
  return progress.tooLarge > 0 ? 1 : 0;
}

/** In the folder in which the command runs; another for any other replay, whatever the rate. */
function checkpointPathFor(stack: string, identity: readonly unknown[]): string {
  // Users' ids are in the name only so.
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 12);
  return resolve(`replay-${stack.replace(/[^\w.-]/g, '-')}-${hash}.json`);
}

/** Passes requests on, each counted, until the command is to end. */
async function* watched(
  requests: AsyncIterable<SelectedRequest>,
  bar: SingleBar,
  isInterrupted: () => boolean,
): AsyncGenerator<SelectedRequest> {
  for await (const request of requests) {
    if (isInterrupted()) return;
    yield request;
    bar.increment(request.events);
  }
}

/** A bar on a terminal, a line now and then elsewhere. */
function progressBar(more: string): SingleBar {
  const numbers = `{value} of {total} events looked at${more}, {eta_formatted} left`;
  return new SingleBar(
    {
      format: process.stderr.isTTY ? `{bar} ${numbers}` : numbers,
      noTTYOutput: true,
      notTTYSchedule: 5_000,
      etaBuffer: 100,
      // Ctrl+C is ours.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
}

function overviewReport({ progress, events: byHour, sqsRequests }: Overview, eventsPerSecond: number): string {
  const head = ['Hour', 'Event type', 'Events'];
  const cells = [...byHour].flatMap(([hour, byType]) =>
    [...byType].sort(([, one], [, other]) => other - one).map(([type, count]) => [hour, type, String(count)]),
  );
  const dollars = (sqsRequests * SQS_PRICE).toFixed(2);
  return [
    process.stdout.isTTY ? tableOf(head, cells) : [head, ...cells].map((line) => line.join('\t')).join('\n'),
    '',
    `Would queue ${events(progress.queued)} of ${progress.events} looked at, in ${progress.messages} messages.`,
    `SQS bills about ${sqsRequests} requests for it, to send, receive and delete: $${dollars} at $0.40 a million.`,
    `At ${eventsPerSecond} events a second it takes about ${timeFor(progress.queued, eventsPerSecond)}.`,
    '',
  ].join('\n');
}

function tableOf(head: string[], cells: string[][]): string {
  const table = new Table({ head, style: { head: [], border: [] }, colAligns: ['left', 'left', 'right'] });
  table.push(...cells);
  return table.toString();
}

/** What of that which was asked for is not, or will not be, in the event queue. */
function tellOfTheRest({ unusable, expired, tooLarge }: Progress): void {
  const sentences = [
    [unusable, `${events(unusable)} can never become a message, so ingest has made dead letters of them; left out.`],
    [expired, `${expired} requests had expired, or were erased, before they could be read.`],
    [tooLarge, `${events(tooLarge)} fit into no message, as they did not when Braze sent them; left out.`],
  ] as const;
  for (const [count, sentence] of sentences) if (count > 0) process.stderr.write(`${sentence}\n`);
}

function events(count: number): string {
  return count === 1 ? '1 event' : `${count} events`;
}

function timeFor(count: number, eventsPerSecond: number): string {
  const seconds = Math.ceil(count / eventsPerSecond);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}

runCommand(HELP, main);
