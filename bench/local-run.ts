import { setTimeout as wait } from 'node:timers/promises';
import { Braze } from '../runtime/local/braze';
import { LocalBridge, newToken } from '../runtime/local/bridge';
import { LocalDataPlane } from '../runtime/local/data-plane';
import { ordinaryEvents, type SentEvent } from '../runtime/local/traffic';

const ROUNDS = 60;
const SENDERS = 2;

export interface LocalRunFigures {
  events: number;
  acknowledgedPerSecond: number;
  deliveredPerSecond: number;
}

/** Events per second through the whole bridge on this machine: bundles, SQS emulator and all senders share its cores. */
export async function benchLocalRun(): Promise<LocalRunFigures> {
  const token = newToken();
  const dataPlane = await LocalDataPlane.listen('bench');
  const bridge = await LocalBridge.start({
    dataPlaneUrl: dataPlane.url,
    writeKey: 'bench',
    token,
    environment: { ANONYMOUS_USERS: 'forward' },
  });
  try {
    const braze = () =>
      new Braze<SentEvent>({ endpoint: bridge.endpoint, token: () => token, toJson: ({ json }) => json });
    await braze().send(ordinaryEvents(1));
    const loads = Array.from({ length: SENDERS }, () => ordinaryEvents(ROUNDS / SENDERS));
    const events = loads.flat().length;
    await until(() => bridge.queued === 0);
    const start = performance.now();
    await Promise.all(loads.map((load) => braze().send(load)));
    const acknowledged = performance.now();
    await until(() => bridge.queued === 0);
    const delivered = performance.now();
    return {
      events,
      acknowledgedPerSecond: (events * 1_000) / (acknowledged - start),
      deliveredPerSecond: (events * 1_000) / (delivered - start),
    };
  } finally {
    await bridge.stop();
    await dataPlane.stop();
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await wait(20);
}
