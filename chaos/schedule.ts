import type { SentEvent } from './braze';
import { START } from './clock';
import { DATA_PLANE_FAULTS } from './data-plane';
import type { EventSourceArgs } from './event-source';
import { EventMaker } from './events';
import { INTERNET_FAULTS, type SenderHabits } from './http-api';
import type { ProductOptions } from './product';
import type { Random } from './random';
import { S3_FAULTS } from './s3';
import { SECRETS_MANAGER_FAULTS, type Timeline } from './secrets-manager';
import { SQS_FAULTS } from './sqs';
import type { Fault } from './weather';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** All that happens in one simulation. Moments are Unix milliseconds. */
export interface Schedule {
  options: ProductOptions;
  eventSource: EventSourceArgs;
  habits: SenderHabits;
  /** Receives after which SQS moves a message to the dead-letter queue. */
  maxReceiveCount: number;
  /** Probability of each thing that SQS may do twice. */
  duplicates: number;
  flushes: readonly { at: number; events: readonly SentEvent[] }[];
  faults: Record<'dataPlane' | 'sqs' | 's3' | 'secretsManager' | 'internet' | 'crashes', readonly Fault[]>;
  /** The endpoint's token as the secret and as Braze has it, the write key as the secret and as RudderStack has it. */
  tokensSecret: Timeline<string>;
  brazeToken: Timeline<string>;
  writeKeySecret: Timeline<string>;
  writeKey: Timeline<string>;
  /** When each event must have come to its end: a day after all is well again, for good. */
  settledBy: number;
}

/** A mix of everything that can go wrong, from a seed. */
export function randomSchedule(random: Random): Schedule {
  const hasKiller = random.chance(1 / 40);
  const horizon = random.magnitude(10 * MINUTE, (hasKiller ? 2 : 12) * HOUR);
  const flushes = someFlushes(random, horizon, hasKiller);
  const someFaults = (kinds: object, { most, longest }: { most: number; longest: number }): Fault[] =>
    Array.from({ length: random.integer(0, most) }, () => {
      const length = random.magnitude(SECOND, longest);
      // Where there is traffic: most of what goes wrong at other times is seen by nobody.
      const from = Math.round(random.pick(flushes).at - random.fraction() * Math.min(length, 10 * MINUTE));
      const share = random.chance(0.6) ? 1 : random.fraction();
      return { kind: random.pick(Object.keys(kinds)), from, until: from + length, share };
    });
  const faults = {
    dataPlane: someFaults(DATA_PLANE_FAULTS, { most: 6, longest: (hasKiller ? 1 : 3) * HOUR }),
    sqs: someFaults(SQS_FAULTS, { most: 3, longest: 10 * MINUTE }),
    s3: someFaults(S3_FAULTS, { most: 3, longest: HOUR }),
    secretsManager: someFaults(SECRETS_MANAGER_FAULTS, { most: 2, longest: HOUR }),
    internet: someFaults(INTERNET_FAULTS, { most: 3, longest: HOUR }),
    // Of the invocations, half as many as requests elsewhere: each of them ends a process.
    crashes: someFaults({ crash: true }, { most: 2, longest: HOUR }).map((fault) => ({
      ...fault,
      share: fault.share / 2,
    })),
  };
  if (!hasKiller && random.chance(1 / 100)) {
    faults.dataPlane = [longFault(random, 'status 503', random.magnitude(6 * HOUR, 24 * HOUR))];
  }
  // Longer than Braze's patience.
  if (random.chance(1 / 80)) faults.internet = [longFault(random, 'unavailable', 6 * DAY)];

  const tokens = rotation(random, horizon, 'token');
  const keys = rotation(random, horizon, 'write-key');
  const changes = [...tokens.secret, ...tokens.other, ...keys.secret, ...keys.other].map(({ from }) => from);
  const ends = Object.values(faults).flatMap((list) => list.map(({ until }) => until));
  const wellFrom = Math.max(START + horizon, ...ends, ...changes);
  return {
    options: {
      maxBatchEvents: random.chance(0.05) ? 1 : random.pick([7, 50, 250, 250, 1_000]),
      maxEventBytes: random.chance(0.2) ? 20_000 : undefined,
      anonymousUsers: random.pick(['skip', 'forward']),
      gzip: random.chance(0.5),
      archive: random.pick(['none', 'alarm', 'refuse']),
    },
    eventSource: {
      batchSize: random.pick([1, 5, 20, 100]),
      batchWindow: 1,
      maxConcurrency: random.integer(2, 6),
      deletesLost: random.chance(0.2) ? 0.05 : 0,
    },
    habits: {
      credentials: random.pick(['bearer', 'bearer', 'query']),
      gzip: random.chance(0.3),
      base64: random.chance(0.3),
      timeout: random.integer(5, 60),
    },
    // What the stack has by default; less where each of them is a crash.
    maxReceiveCount: hasKiller ? 200 : 956,
    duplicates: random.chance(0.3) ? 0.05 : 0,
    flushes,
    faults,
    tokensSecret: tokens.secret.map(({ from, value }) => {
      const previous = tokens.secret.findLast((earlier) => earlier.from < from)?.value;
      return { from, value: JSON.stringify({ current: value, previous }) };
    }),
    brazeToken: tokens.other,
    writeKeySecret: keys.secret,
    writeKey: keys.other,
    settledBy: wellFrom + DAY,
  };
}

function longFault(random: Random, kind: string, milliseconds: number): Fault {
  const from = START + random.integer(0, HOUR);
  return { kind, from, until: from + milliseconds, share: 1 };
}

/** A secret that may be wrong at first, and may be changed later; its counterpart follows too late or goes ahead. */
function rotation(
  random: Random,
  horizon: number,
  name: string,
): { secret: Timeline<string>; other: Timeline<string> } {
  const other = [{ from: 0, value: `${name}-1` }];
  const secret = [{ from: 0, value: `${name}-1` }];
  const corrected = START + random.integer(0, horizon);
  if (random.chance(0.15))
    secret.splice(0, 1, { from: 0, value: `${name}-0` }, { from: corrected, value: `${name}-1` });
  if (random.chance(0.3)) {
    const one = corrected + random.integer(MINUTE, horizon);
    const two = one + random.magnitude(SECOND, HOUR);
    const isAhead = random.chance(0.5);
    secret.push({ from: isAhead ? two : one, value: `${name}-2` });
    other.push({ from: isAhead ? one : two, value: `${name}-2` });
  }
  return { secret, other };
}

/** Requests of Braze: full batches, and what there was when the time was over. */
function someFlushes(random: Random, horizon: number, hasKiller: boolean): Schedule['flushes'] {
  const maker = new EventMaker(random);
  const flushes = Array.from({ length: random.magnitude(3, 20) }, () => {
    // Not as the Custom HTTP connector sends them: nothing in such a request is an event.
    const isForeign = random.chance(0.02);
    const count = random.chance(0.1) ? 100 : random.magnitude(1, 30);
    return {
      at: START + random.integer(0, horizon),
      events: Array.from({ length: count }, () => (isForeign ? maker.of('cloud storage') : maker.any())),
    };
  });
  if (random.chance(0.02)) random.pick(flushes).events.push(maker.of('huge'));
  if (hasKiller) random.pick(flushes).events.push(maker.of('kill'));
  return flushes;
}
