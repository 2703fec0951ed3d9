import { Pace } from '../../replay/pace';

let now: number;
let naps: number[];

beforeEach(() => {
  now = 5_000;
  naps = [];
});

function paceOf(eventsPerSecond: number): Pace {
  return new Pace(
    eventsPerSecond,
    () => now,
    (milliseconds) => {
      naps.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  );
}

const wanted = () => false;

test('the first events go at once, later ones when those before have had their time', async () => {
  const pace = paceOf(100);

  await pace.before(50, wanted);
  expect(now).toBe(5_000);
  await pace.before(200, wanted);
  expect(now).toBe(5_500);
  await pace.before(1, wanted);
  expect(now).toBe(7_500);
});

test('time that passes elsewhere counts, but is not saved up', async () => {
  const pace = paceOf(100);
  await pace.before(100, wanted);
  now += 10_000;

  await pace.before(100, wanted);
  expect(naps).toEqual([]);
  await pace.before(100, wanted);
  expect(now).toBe(16_000);
});

test('no events take no time', async () => {
  const pace = paceOf(1);

  for (let batch = 0; batch < 3; batch += 1) await pace.before(0, wanted);

  expect(naps).toEqual([]);
});

test('a wait ends soon after it is not wanted any more', async () => {
  const pace = paceOf(1);
  await pace.before(1_000, wanted);

  await pace.before(1, () => now > 6_000);

  expect(now).toBeLessThanOrEqual(6_500);
});
