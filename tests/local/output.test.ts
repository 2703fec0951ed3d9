import { Output } from '../../runtime/local/output';

function metrics(name: string, values: number | number[], dimensions: Record<string, string> = {}): string {
  const own = { service: 'local', ...dimensions };
  const Metrics = [{ Name: name, Unit: 'Count' }];
  return JSON.stringify({
    _aws: {
      Timestamp: 0,
      CloudWatchMetrics: [{ Namespace: 'CurrentsBridge', Dimensions: [Object.keys(own)], Metrics }],
    },
    ...own,
    [name]: values,
  });
}

test('metrics are summed up, the whole and the parts for themselves', () => {
  const output = new Output();

  output.add(metrics('EventsSkipped', 3));
  output.add(metrics('EventsSkipped', [2, 2]));
  output.add(metrics('EventsSkipped', 5, { reason: 'no_identity' }));
  output.add(metrics('EventsSkipped', 2, { reason: 'no_external_user_id' }));

  expect(output.sum('EventsSkipped')).toBe(7);
  expect(Object.fromEntries(output.sumsBy('EventsSkipped'))).toEqual({ no_identity: 5, no_external_user_id: 2 });
  expect(output.sum('EventsDelivered')).toBe(0);
  expect(output.logLines).toEqual([]);
});

test('every other line is a log line, one that only looks like JSON too', () => {
  const lines = ['plain', '{"level":"ERROR"}', '{', metrics('EventsSkipped', 1).slice(0, -5)];
  const output = new Output();

  for (const line of lines) output.add(line);

  expect(output.logLines).toEqual(lines);
});
