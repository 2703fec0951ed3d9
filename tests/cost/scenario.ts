import type { Figures } from '../../bench/figures';
import { ASSUMED_LATENCY, DEFAULT_TUNING, type Load, type Scenario } from '../../cost/work';

/** Round, so that one can reckon by hand. */
export const FIGURES: Figures = {
  eventBytes: { request: 1_000, message: 1_000, payload: 1_100, delivery: 1_000, deliveryGzip: 250 },
  ingest: { '1': request(1), '10': request(10), '100': request(100) },
  processor: {
    cpuPerInvocation: 10,
    cpuPerEvent: 0.1,
    logBytesPerInvocation: 500,
    eventsPerSecond: { '0': 9_000, '20': 5_000, '200': 1_000 },
  },
  start: { ingest: { bundleBytes: 400_000, init: 150 }, processor: { bundleBytes: 500_000, init: 200 } },
  peakMemory: { ingest: 200, processor: 250 },
};

/** 0.9 ms of CPU for a request, and 0.1 ms for each event; of the object in the archive 300 bytes and 300 for each event. */
function request(events: number): Figures['ingest']['1'] {
  return {
    cpu: 0.9 + 0.1 * events,
    acknowledgement: { p50: 5, p99: 10 },
    logBytes: 600,
    sqsRequests: 1,
    archiving: { cpu: 1.9 + 0.2 * events, logBytes: 700, objectBytes: 300 + 300 * events },
  };
}

/** 100 events a second, 100 in a request, 1,000 bytes each: one request a second. */
export function scenario(load: Partial<Load> = {}, changes: Partial<Omit<Scenario, 'load'>> = {}): Scenario {
  return {
    load: { eventsPerSecond: 100, eventsPerRequest: 100, eventBytes: 1_000, ...load },
    figures: FIGURES,
    tuning: DEFAULT_TUNING,
    latency: ASSUMED_LATENCY,
    isArchived: false,
    ...changes,
  };
}
