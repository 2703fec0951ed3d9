import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  type GetObjectCommandInput,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ARCHIVE_PREFIX, archiveKey, parseArchiveKey } from '../runtime/archive/key';
import { MAX_REQUEST_BYTES, NotACurrentsRequest, parseCurrentsRequest } from '../runtime/transform/currents';
import { stringifyJson } from '../runtime/transform/json';
import { concernsUsers, namesUsers } from './erasure';
import { isDamage } from './requests';
import { ReplayStopped } from './stopped';

/** Objects that are dealt with at the same time. */
const OBJECTS_AT_ONCE = 16;

const gunzipAsync = promisify(gunzip);

export interface ArchiveErasureArgs {
  s3: S3Client;
  /** A bucket with versions. */
  bucket: string;
  /** `external_user_id`s or `user_id`s, as RudderStack sees them. */
  users: readonly string[];
  /** Whether only to look. */
  isDryRun: boolean;
  /** Whether to end after the objects at hand. */
  isInterrupted: () => boolean;
  onProgress: (erasure: ArchiveErasure) => void;
}

/** What an erasure has done in the archive, or would do. */
export interface ArchiveErasure {
  /** Objects looked at, the earlier versions of each included. */
  objects: number;
  /** Objects written anew, without the users' events. */
  rewritten: number;
  /** Objects deleted, because nothing was left, or because they are no Currents requests and name a user. */
  deleted: number;
  /** Events removed. */
  events: number;
  /** Keys of objects that are damaged: nobody can say what is in them. */
  damaged: string[];
}

/** An object with everything that there was under its key. */
interface VersionedObject {
  key: string;
  versions: Version[];
}

interface Version {
  versionId: string;
  isLatest: boolean;
  /** It is no content, but the mark that the object was deleted. */
  isDeleteMarker: boolean;
}

/** What is to be taken out of a body, and what is left of it then. */
interface Finding {
  /** The users' events; none where the body is no Currents request. */
  removed: number;
  rest: readonly unknown[];
}

/**
 * Takes users' events out of every object of the archive, earlier versions included. What is left of an object is
 * written first, then all its versions are deleted for good: whatever ends this in between loses nothing, and the next
 * run does the rest.
 *
 * @throws ReplayStopped where versions cannot be deleted.
 */
export async function eraseFromArchive(args: ArchiveErasureArgs): Promise<ArchiveErasure> {
  const erasure: ArchiveErasure = { objects: 0, rewritten: 0, deleted: 0, events: 0, damaged: [] };
  const objects = Readable.from(objectsOf(args)).map((object: VersionedObject) => eraseFrom(object, args, erasure), {
    concurrency: OBJECTS_AT_ONCE,
  });
  for await (const _object of objects) args.onProgress(erasure);
  return erasure;
}

async function eraseFrom(object: VersionedObject, args: ArchiveErasureArgs, erasure: ArchiveErasure): Promise<true> {
  const { key, versions } = object;
  const entry = parseArchiveKey(key);
  if (entry === undefined) return true;
  erasure.objects += 1;
  let found: Map<Version, Finding>;
  try {
    found = await findingsIn(object, args);
  } catch (error) {
    if (!isDamage(error)) throw error;
    erasure.damaged.push(key);
    return true;
  }
  if (found.size === 0) return true;

  const [latest] = [...found].flatMap(([{ isLatest }, finding]) => (isLatest ? [finding] : []));
  const rest = latest?.rest ?? [];
  // Versions of a key hold the same request: they come from repetitions of one call.
  erasure.events += Math.max(...[...found.values()].map(({ removed }) => removed));
  if (rest.length > 0) erasure.rewritten += 1;
  else erasure.deleted += 1;
  if (args.isDryRun) return true;
  if (rest.length > 0) await put(archiveKey({ ...entry, events: rest.length }), rest, args);
  await remove(key, latest === undefined ? [...found.keys()] : versions, args);
  return true;
}

/** The versions that hold something of the users. */
async function findingsIn(
  { key, versions }: VersionedObject,
  { s3, bucket, users }: ArchiveErasureArgs,
): Promise<Map<Version, Finding>> {
  const found = new Map<Version, Finding>();
  for (const version of versions) {
    if (version.isDeleteMarker) continue;
    const body = await bodyOf({ Bucket: bucket, Key: key, VersionId: version.versionId }, s3);
    const finding = body && findingIn(body, users);
    if (finding !== undefined) found.set(version, finding);
  }
  return found;
}

/** Undefined where it has expired since it was listed. */
async function bodyOf(version: GetObjectCommandInput, s3: S3Client): Promise<Buffer | undefined> {
  try {
    const { Body } = await s3.send(new GetObjectCommand(version));
    const compressed = (await Body?.transformToByteArray()) ?? new Uint8Array();
    return await gunzipAsync(compressed, { maxOutputLength: MAX_REQUEST_BYTES });
  } catch (error) {
    if (['NoSuchKey', 'NoSuchVersion'].includes((error as Error).name)) return undefined;
    throw error;
  }
}

function findingIn(body: Buffer, users: readonly string[]): Finding | undefined {
  let events: unknown[];
  try {
    events = parseCurrentsRequest(body);
  } catch (error) {
    if (!(error instanceof NotACurrentsRequest)) throw error;
    return namesUsers(body.toString('utf8'), users) ? { removed: 0, rest: [] } : undefined;
  }
  const rest = events.filter((event) => !concernsUsers(event, users));
  return rest.length < events.length ? { removed: events.length - rest.length, rest } : undefined;
}

async function put(key: string, events: readonly unknown[], { s3, bucket }: ArchiveErasureArgs): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: gzipSync(stringifyJson({ events })),
      ContentType: 'application/json',
      ContentEncoding: 'gzip',
    }),
  );
}

async function remove(key: string, versions: readonly Version[], { s3, bucket }: ArchiveErasureArgs): Promise<void> {
  const Objects = versions.map(({ versionId }) => ({ Key: key, VersionId: versionId }));
  const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  const [first] = Errors;
  if (first === undefined) return;
  throw new ReplayStopped(
    `S3 does not delete versions of ${key} (${first.Code}); check that you may (s3:DeleteObjectVersion), then run the same command again.`,
  );
}

/** Every object of the archive, with those that were deleted and have versions left. */
async function* objectsOf(args: ArchiveErasureArgs): AsyncGenerator<VersionedObject> {
  let object: VersionedObject | undefined;
  for await (const { key, ...version } of versionsOf(args)) {
    if (args.isInterrupted()) return;
    if (object?.key === key) {
      object.versions.push(version);
      continue;
    }
    if (object !== undefined) yield object;
    object = { key, versions: [version] };
  }
  if (object !== undefined) yield object;
}

/** Every version in the archive; those of one key follow one another. */
async function* versionsOf({ s3, bucket }: ArchiveErasureArgs): AsyncGenerator<Version & { key: string }> {
  let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: ARCHIVE_PREFIX, ...next }),
    );
    const { Versions = [], DeleteMarkers = [], IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
    const versions = [
      ...Versions.map((version) => ({ ...version, isDeleteMarker: false })),
      ...DeleteMarkers.map((marker) => ({ ...marker, isDeleteMarker: true })),
    ].map(({ Key: key = '', VersionId: versionId = '', IsLatest: isLatest = false, isDeleteMarker }) => ({
      key,
      versionId,
      isLatest,
      isDeleteMarker,
    }));
    yield* versions.sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
    next = IsTruncated === true ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker } : undefined;
  }
}
