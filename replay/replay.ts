import type { SQSClient } from '@aws-sdk/client-sqs';
import type { ArchiveReader, TimeRange } from '../runtime/archive/reader';
import { sendMessages } from '../runtime/queue/sqs';
import { advanced, batchesOf } from './batches';
import type { Checkpoint, Progress } from './checkpoint';
import { Pace } from './pace';
import { selectedRequests } from './requests';
import type { Selection } from './selection';
import { ReplayStopped } from './stopped';

/**
 * What all messages of replays share and live ones have not, which are each a tenant of their own: where SQS's fair
 * queues see that this one takes much of the processor, they give it the others first.
 */
const MESSAGE_GROUP_ID = 'replay';

/** Milliseconds in which the event queue must accept a batch. */
const PATIENCE = 60_000;

export interface ReplayArgs {
  archive: ArchiveReader;
  range: TimeRange;
  selection: Selection;
  sqs: SQSClient;
  eventQueueUrl: string;
  eventsPerSecond: number;
  checkpoint: Checkpoint;
  /** Whether to end after the batch at hand. */
  isInterrupted: () => boolean;
  onProgress: (progress: Progress) => void;
}

/**
 * Puts archived events into the event queue as ingest did, with the ids and the time of receipt that they had: so each
 * makes the message that it made, under the settings that the processor has now. What is queued is noted in the
 * checkpoint, batch by batch; what ends the replay in between costs one batch of duplicates.
 *
 * @returns what was done in all, with what had been done before; whether that is everything.
 * @throws ReplayStopped when the queue does not accept a batch.
 */
export async function replay({
  archive,
  range,
  selection,
  sqs,
  eventQueueUrl,
  eventsPerSecond,
  checkpoint,
  isInterrupted,
  onProgress,
}: ReplayArgs): Promise<{ progress: Progress; isComplete: boolean }> {
  let progress = await checkpoint.load();
  const pace = new Pace(eventsPerSecond);
  const requests = selectedRequests(archive, range, selection, progress.after);
  for await (const batch of batchesOf(requests, eventsPerSecond)) {
    await pace.before(batch.queued, isInterrupted);
    if (isInterrupted()) return { progress, isComplete: false };
    const deadline = Date.now() + PATIENCE;
    const { bodies, error } = await sendMessages(
      sqs,
      eventQueueUrl,
      batch.bodies,
      () => deadline - Date.now(),
      MESSAGE_GROUP_ID,
    );
    if (bodies.length > 0) throw notAccepted(error);
    progress = advanced(progress, batch);
    await checkpoint.save(progress);
    onProgress(progress);
  }
  await checkpoint.remove();
  return { progress, isComplete: true };
}

function notAccepted(error: unknown): ReplayStopped {
  const name = error instanceof Error ? error.name : String(error);
  return new ReplayStopped(
    `The event queue did not accept a batch within ${PATIENCE / 1_000} s (${name}); check that you may send to it (sqs:SendMessage), then run the same command again, which goes on where this stopped.`,
  );
}
