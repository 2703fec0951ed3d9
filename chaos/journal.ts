/**
 * What happened around the product, written by the models and read by the ledger. Times are Unix milliseconds.
 */
export interface Journal {
  /** Each event's JSON as Braze has it, by its id. */
  readonly events: Map<string, string>;
  readonly attempts: Attempt[];
  /** What became of each event at Braze. */
  readonly fates: Map<string, Fate>;
  readonly invocations: Invocation[];
  readonly queued: Queued[];
  /** S3's objects by their paths: the body in each, decompressed, one character a byte. */
  readonly archived: Map<string, string>;
  readonly calls: Call[];
  readonly requests: DataPlaneRequest[];
  /** Messages that were there once more by SQS's or Lambda's own doing. */
  readonly repeated: { messageId: string; cause: string }[];
  readonly expired: Queued[];
  /** Bodies that were in the event queue at the end. */
  left: string[];
  deadLetters: DeadLetter[];
}

export type Fate = 'acknowledged' | 'dropped' | 'stopped' | 'given up';

/** A request of Braze. */
export interface Attempt {
  at: number;
  ids: readonly string[];
  /** The body that the bridge was handed, decompressed; undefined where none arrived. */
  arrived: string | undefined;
  /** The invocation that got it. */
  invocation: number | undefined;
  /** What that answered; undefined for no answer. */
  answered: number | undefined;
  /** What Braze saw; undefined for no answer. */
  status: number | undefined;
}

export interface Invocation {
  id: number;
  at: number;
  function: 'ingest' | 'processor';
  /** Of the processor. */
  messages: readonly { id: string; body: string }[];
  end: 'returned' | 'crashed' | undefined;
  /** Ids of the messages that it gave back. */
  handedBack: readonly string[];
}

/** A request that left a function. */
export interface Call {
  invocation: number;
  host: string;
  /** Whether anything but the usual happened to it. */
  isDisturbed: boolean;
}

/** A message that SQS took. */
export interface Queued {
  queue: 'events' | 'deadLetters';
  messageId: string;
  body: string;
  invocation: number;
  isHeard: boolean;
}

/** A request that reached the data plane, or something in front of it that answered. */
export interface DataPlaneRequest {
  at: number;
  invocation: number;
  /** As text, decompressed; undefined where what was answered says nothing of the events. */
  body: string | undefined;
  /** Whether the data plane has taken the events. */
  isTaken: boolean;
  /** What was answered, and whether that was heard. */
  status: number;
  isHeard: boolean;
}

/** What lies in the dead-letter queue in the end. */
export interface DeadLetter {
  body: string;
  /** Set where SQS moved it there: how often it had been received. */
  receives: number | undefined;
}

export function newJournal(): Journal {
  return {
    events: new Map(),
    attempts: [],
    fates: new Map(),
    invocations: [],
    queued: [],
    archived: new Map(),
    calls: [],
    requests: [],
    repeated: [],
    expired: [],
    left: [],
    deadLetters: [],
  };
}
