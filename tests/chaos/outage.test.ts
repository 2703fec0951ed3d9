import { outage } from '../../chaos/outage';

test('an outage of hours costs no event, few requests and no more receives than SQS allows', async () => {
  const hours = 3;

  const figures = await outage(hours, 1);

  expect(figures.breaches).toStrictEqual([]);
  expect(figures.deadLetters).toBe(0);
  expect(figures.backlogEvents).toBeGreaterThan(0.95 * hours * 3_600);
  // Ten processes, each of four failures, seven probes until they are a minute apart, then one in 30 to 60 seconds.
  expect(figures.requests).toBeLessThanOrEqual(10 * (11 + hours * 120));
  // Each hand-back lasts at least half as long as the outage so far, or five minutes.
  expect(figures.mostReceives).toBeLessThanOrEqual(20 + (hours * 3_600) / 300);
  // The longest hand-back, and the last probe.
  expect(figures.recovery).toBeLessThanOrEqual(600 + 60);
});
