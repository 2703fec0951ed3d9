/**
 * What the cost and load models know of the bridge from measurement. The benchmark makes them, and
 * `bench/baseline.json` holds them under `figures`. All are for events of the mix in `fixtures/currents-events.jsonl`,
 * all 93 types alike, with the settings' defaults.
 *
 * Times are medians in milliseconds, of a warm process if nothing else is said; bytes are those of UTF-8.
 */
export interface Figures {
  /** Of one event on its way, as a mean over the mix; what frames many events is shared among them. */
  eventBytes: {
    /** In Braze's request. */
    request: number;
    /** In a message of the event queue. */
    message: number;
    /** In the payload of the processor's invocation, where the message is a string in JSON. */
    payload: number;
    /** In a request of 250 events to RudderStack. */
    delivery: number;
    /** The same compressed, as it is by default. */
    deliveryGzip: number;
  };
  /** By events a request. */
  ingest: Record<'1' | '10' | '100', RequestFigures>;
  processor: {
    /** Milliseconds of CPU of an invocation, whatever is in it. */
    cpuPerInvocation: number;
    /** Milliseconds of CPU that each event adds: read, transformed, compressed, sent. */
    cpuPerEvent: number;
    /** Bytes in the function's log of an invocation that delivers all of its events, without skips. */
    logBytesPerInvocation: number;
    /** Delivered by one process with a core of its own, by milliseconds that RudderStack takes to answer. */
    eventsPerSecond: Record<'0' | '20' | '200', number>;
  };
  /** Of the first invocation in a fresh process. */
  start: Record<'ingest' | 'processor', StartFigures>;
  /** Highest resident memory in MB, with the largest request and the largest batch that can come. */
  peakMemory: Record<'ingest' | 'processor', number>;
}

/** Of a request that Braze sends and ingest answers with 200. */
export interface RequestFigures {
  /** Milliseconds of CPU. */
  cpu: number;
  /** Milliseconds from the request to the answer, with an emulated SQS on the same machine. */
  acknowledgement: { p50: number; p99: number };
  /** Bytes in the function's log. */
  logBytes: number;
  /** SQS requests. */
  sqsRequests: number;
  /** Where it is archived as well. */
  archiving: ArchivingFigures;
}

/** Of a request that is one object of the archive, too. */
export interface ArchivingFigures {
  /** Milliseconds of CPU, and bytes in the function's log: in place of those without the archive. */
  cpu: number;
  logBytes: number;
  /** Bytes of the object, which is compressed. */
  objectBytes: number;
}

export interface StartFigures {
  bundleBytes: number;
  /** Milliseconds to load the bundle, before the first invocation. */
  init: number;
}
