import Table from 'cli-table3';
import { sqsClient } from '../runtime/queue/sqs';
import type { EventText } from '../runtime/transform/event-text';
import { parseJson, stringifyJson } from '../runtime/transform/json';
import { Flags, interruption, INTERRUPTED, runCommand } from './command-line';
import { DEAD_LETTER_REASONS, DeadLetterQueue, sizeOf, warnOfHidden, type DeadMessage } from './dead-letter-queue';
import { masked } from './mask';

const HELP = `Usage: npm run --silent dead-letters -- --queue-url URL [flags]

Lists what lies in the dead-letter queue, by reason, with the status that RudderStack answered, how old it is, and
samples. Nothing is removed; while it is read it is hidden from others, for a minute at most.

  --queue-url URL        The dead-letter queue.
  --samples N            Events to show of each kind, 0 to 100. Default: 1.
  --show-personal-data   Show the samples as they are. Default: names of fields only, with type, id and time.
  --help                 This text.

Region, credentials and endpoint are found as the AWS CLI finds them: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_SQS.
`;

/** Dead letters of one reason and status. */
interface Row {
  reason: string;
  status: number | undefined;
  messages: number;
  events: number;
  oldest: number;
  newest: number;
  samples: string[];
}

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags({ 'queue-url': 'text', samples: 'text', 'show-personal-data': 'switch' }, args);
  const queueUrl = flags.requiredQueueUrl('queue-url');
  const samples = flags.integer('samples', { min: 0, max: 100 }) ?? 1;
  const showPersonalData = flags.has('show-personal-data');
  flags.check();

  const client = sqsClient();
  warnOfHidden((await sizeOf(client, queueUrl)).hidden);
  const isInterrupted = interruption();
  const queue = new DeadLetterQueue(client, queueUrl);
  const rows = new Map<string, Row>();
  try {
    for await (const messages of queue.read()) {
      for (const message of messages) {
        const row = rowOf(message, rows);
        if (row.samples.length < samples) row.samples.push(sampleOf(message, showPersonalData));
      }
      if (isInterrupted()) break;
    }
  } finally {
    await queue.release();
  }
  process.stdout.write(report([...rows.values()].sort((one, other) => other.messages - one.messages)));
  return isInterrupted() ? INTERRUPTED : 0;
}

/** The message's row, with the message counted. */
function rowOf({ reason, deadLetter, content, time }: DeadMessage, rows: Map<string, Row>): Row {
  const status = deadLetter?.status;
  const key = `${reason} ${status}`;
  const row = rows.get(key) ?? { reason, status, messages: 0, events: 0, oldest: time, newest: time, samples: [] };
  rows.set(key, row);
  row.messages += 1;
  row.events += content.kind === 'events' ? content.events.length : 0;
  row.oldest = Math.min(row.oldest, time);
  row.newest = Math.max(row.newest, time);
  return row;
}

function report(rows: readonly Row[]): string {
  if (rows.length === 0) return 'The queue holds no messages.\n';
  const head = ['Reason', 'RudderStack', 'Messages', 'Events', 'Oldest', 'Newest'];
  const cells = rows.map(({ reason, status, messages, events, oldest, newest }) =>
    [reason, status ?? '-', messages, events, ageOf(oldest), ageOf(newest)].map(String),
  );
  const reasons = new Set(rows.map(({ reason }) => reason));
  return [
    process.stdout.isTTY ? tableOf(head, cells) : [head, ...cells].map((line) => line.join('\t')).join('\n'),
    '',
    ...[...reasons].map((reason) => `${reason}: ${DEAD_LETTER_REASONS[reason] ?? 'A reason of a newer release.'}`),
    '',
    ...rows.flatMap(({ reason, samples }) => samples.map((sample) => `${reason}\t${sample}`)),
    '',
  ].join('\n');
}

function tableOf(head: string[], cells: string[][]): string {
  const table = new Table({
    head,
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  });
  table.push(...cells);
  return table.toString();
}

function ageOf(time: number): string {
  const seconds = Math.max((Date.now() - time) / 1_000, 0);
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

/** One event of a dead letter, or its body where it has no events. */
function sampleOf({ deadLetter, content, body }: DeadMessage, showPersonalData: boolean): string {
  const sample =
    content.kind === 'events' ? firstOf(content.events) : content.kind === 'rejected' ? content.body : body;
  const shown = sample instanceof Uint8Array ? Buffer.from(sample).toString('utf8') : sample;
  return stringifyJson({ answer: deadLetter?.answer, sample: showPersonalData ? shown : masked(shown) });
}

function firstOf([event]: readonly EventText[]): unknown {
  return event && parseJson(event.text);
}

runCommand(HELP, main);
