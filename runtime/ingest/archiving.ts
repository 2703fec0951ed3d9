import type { ArchiveEntry } from '../archive/key';
import type { ArchiveWriter } from '../archive/writer';
import type { Remaining } from '../queue/sqs';
import { Telemetry } from '../telemetry';
import { cannotTakeEvents } from './refusal';

export interface ArchivingDependencies {
  /** Where requests are kept as they came; undefined for nowhere. */
  archive: ArchiveWriter | undefined;
  /** Whether what cannot be archived is refused, so that it comes again; otherwise it is queued all the same. */
  mustArchive: boolean;
  telemetry: Telemetry;
}

/**
 * Archives a request while it is queued; before it, where nothing may be queued that is not archived. When this ends,
 * both have ended.
 *
 * @throws Refusal 503 where the request had to be archived and was not, and whatever `queue` throws.
 */
export async function archiveWhile(
  queue: () => Promise<void>,
  body: Uint8Array,
  entry: Omit<ArchiveEntry, 'id'>,
  { archive, mustArchive, telemetry }: ArchivingDependencies,
  remaining: Remaining,
): Promise<void> {
  const archiving = archive?.put(body, entry, remaining).then(
    () => {
      telemetry.count('ArchivedRequests', 1);
    },
    (error: unknown) => {
      telemetry.count('ArchiveFailures', 1);
      telemetry.logger.error('A request could not be archived.', Telemetry.describe(error));
      if (mustArchive) throw cannotTakeEvents('archive_unavailable');
    },
  );
  if (mustArchive) await archiving;
  try {
    await queue();
  } finally {
    await archiving;
  }
}
