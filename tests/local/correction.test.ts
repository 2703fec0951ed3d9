import { Braze } from '../../runtime/local/braze';
import { LocalBridge, newToken } from '../../runtime/local/bridge';
import { correct } from '../../runtime/local/correction';
import { LocalDataPlane } from '../../runtime/local/data-plane';
import { ordinaryEvents, type SentEvent } from '../../runtime/local/traffic';
import { until } from '../support/time';

let dataPlane: LocalDataPlane;
let bridge: LocalBridge;
let braze: Braze<SentEvent>;
beforeEach(async () => {
  dataPlane = await LocalDataPlane.listen('the-write-key');
  const { url, writeKey } = dataPlane;
  bridge = await LocalBridge.start({ dataPlaneUrl: url, writeKey, token: newToken() });
  braze = new Braze({ endpoint: bridge.endpoint, token: () => bridge.token, toJson: ({ json }) => json });
});
afterEach(() => Promise.all([bridge.stop(), dataPlane.stop()]));

test('events that went out under wrong names are put right from the archive, with their own ids', async () => {
  const said: string[] = [];
  const { sent, books } = await correct({
    bridge,
    dataPlane,
    braze,
    say: (text) => said.push(text),
    drained: async () => {
      await until(() => bridge.queued === 0);
      return true;
    },
  });

  expect(books.problems).toEqual([]);
  expect(books.rows.reduce((sum, { found }) => sum + found, 0)).toBe(sent);
  expect(said).toEqual([
    expect.stringContaining(`of ${sent} more events, 10 have a wrong one`),
    expect.stringContaining('10 events replayed'),
  ]);
  const twice = [...dataPlane.received.values()].filter(({ length }) => length === 2);
  expect(twice).toHaveLength(10);
  for (const [wrong, right] of twice) {
    // All but the name, as at the first time: also what the bridge adds from the time of receipt.
    expect({ ...wrong, event: right?.event }).toEqual(right);
    expect(wrong?.event).not.toBe(right?.event);
  }
});

test('the archive has each request that was acknowledged, and Braze’s tests of the credentials are not in it', async () => {
  await braze.testCredentials('');
  await braze.testCredentials('{"events":[]}');
  const sent = ordinaryEvents(3);
  await braze.send(sent);

  const counts: number[] = [];
  for await (const { events } of bridge.archive.list({ from: new Date(0), to: new Date() })) counts.push(events);
  expect(counts).toEqual([100, 100, sent.length - 200]);
});
