import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checkpoint } from '../../replay/checkpoint';
import { replay } from '../../replay/replay';
import { balance, type Books } from './books';
import type { Braze } from './braze';
import type { LocalBridge } from './bridge';
import type { LocalDataPlane } from './data-plane';
import { ordinaryEvents, type SentEvent } from './traffic';

const [OPEN, CLICK] = ['users.messages.email.Open', 'users.messages.email.Click'];
const AS_MEANT = { [OPEN]: 'Email Opened', [CLICK]: 'Email Clicked' };
const AS_TYPED = { [OPEN]: 'Email Clicked', [CLICK]: 'Email Opened' };

/** Rounds of all 93 types while the names are wrong. */
const ROUNDS = 5;

const EVENTS_PER_SECOND = 100;

export interface CorrectionArgs {
  bridge: LocalBridge;
  dataPlane: LocalDataPlane;
  braze: Braze<SentEvent>;
  say: (text: string) => void;
  /** Until the event queue is empty, or patience has ended. */
  drained: () => Promise<boolean>;
}

/**
 * Delivers events under wrong names, puts the names right, and replays the events from the archive.
 *
 * @returns how many were sent, and the books of what RudderStack has of them where the latest of each `messageId` counts.
 */
export async function correct({
  bridge,
  dataPlane,
  braze,
  say,
  drained,
}: CorrectionArgs): Promise<{ sent: number; books: Books }> {
  const before = new Set(dataPlane.received.keys());
  const skippedBefore = bridge.output.sumsBy('EventsSkipped');
  const from = new Date();
  await bridge.deploy({ eventNames: AS_TYPED });
  const sent = ordinaryEvents(ROUNDS);
  const answers = await braze.send(sent);
  await drained();
  const books = () =>
    balance({
      sent,
      answers,
      received: [...dataPlane.received].flatMap(([id, copies]) => (before.has(id) ? [] : copies.slice(-1))),
      deadLetters: [],
      skipped: new Map(
        [...bridge.output.sumsBy('EventsSkipped')].map(([reason, sum]) => [
          reason,
          sum - (skippedBefore.get(reason) ?? 0),
        ]),
      ),
      eventNames: AS_MEANT,
    });
  say(
    `Somebody has mixed up two new names: of ${sent.length} more events, ${books().problems.length} have a wrong one.`,
  );

  await bridge.deploy({ eventNames: AS_MEANT });
  const queued = await replayTypes([OPEN, CLICK], from, bridge);
  await drained();
  say(`The names are put right, and ${queued} events replayed from the archive with the ids that they had.`);
  return { sent: sent.length, books: books() };
}

/** @returns how many events were queued again. */
async function replayTypes(eventTypes: readonly string[], from: Date, bridge: LocalBridge): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'currents-bridge-replay-'));
  try {
    const { progress } = await replay({
      archive: bridge.archive,
      range: { from, to: new Date() },
      selection: { eventTypes, users: [] },
      sqs: bridge.sqs,
      eventQueueUrl: bridge.eventQueueUrl,
      eventsPerSecond: EVENTS_PER_SECOND,
      checkpoint: new Checkpoint(join(folder, 'checkpoint.json')),
      isInterrupted: () => false,
      onProgress: () => undefined,
    });
    return progress.queued;
  } finally {
    await rm(folder, { recursive: true });
  }
}
