import { Breaker } from '../../runtime/processor/breaker';

let breaker: Breaker;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'], now: new Date('2026-08-01T12:00:00Z') });
  breaker = new Breaker();
});
afterEach(() => {
  jest.useRealTimers();
});

function fail(times: number, retryAfter?: number): void {
  for (let time = 0; time < times; time += 1) breaker.failed(retryAfter);
}

/** Seconds until the breaker lets a request through. */
function secondsUntilProbe(): number {
  const start = Date.now();
  while (!breaker.mayKnock) jest.advanceTimersByTime(100);
  return (Date.now() - start) / 1_000;
}

/** The longest of many hand-backs, which are random. */
function longestHandBack(): number {
  return Math.max(...Array.from({ length: 500 }, () => breaker.handBackSeconds()));
}

test('opens at the fourth failure in a row', () => {
  fail(3);
  expect(breaker.mayKnock).toBe(true);
  breaker.succeeded();
  fail(3);
  expect(breaker.isOpen).toBe(false);

  fail(1);

  expect(breaker.isOpen).toBe(true);
  expect(breaker.mayKnock).toBe(false);
});

test('opens at once for what another attempt cannot help', () => {
  breaker.failedForGood();

  expect(breaker.isOpen).toBe(true);
  expect(breaker.mayKnock).toBe(false);
});

test('lets probes through at distances that double to a minute', () => {
  fail(4);
  const distances: number[] = [];
  for (let probe = 0; probe < 10; probe += 1) {
    distances.push(secondsUntilProbe());
    fail(1);
  }

  for (const [index, distance] of distances.entries()) {
    const most = Math.min(2 ** index, 60);
    expect(distance).toBeGreaterThanOrEqual(most / 2);
    expect(distance).toBeLessThanOrEqual(most + 0.1);
  }
});

test('closes with the first success, and then begins anew', () => {
  fail(12);
  breaker.succeeded();
  expect(breaker.mayKnock).toBe(true);

  fail(4);

  expect(secondsUntilProbe()).toBeLessThanOrEqual(1.1);
});

test('a hand-back is never longer than the outage so far, but for the first seconds, nor than 10 minutes', () => {
  fail(4);
  for (const outage of [0, 3, 7, 60, 400, 899, 1_000, 21_600]) {
    jest.setSystemTime(new Date(Date.parse('2026-08-01T12:00:00Z') + outage * 1_000));

    const longest = longestHandBack();

    expect(longest).toBeLessThanOrEqual(Math.min(Math.max(outage, 5), 600));
    expect(longest).toBeGreaterThanOrEqual(Math.min(Math.max(outage, 5), 600) * 0.8);
    expect(Math.min(...Array.from({ length: 500 }, () => breaker.handBackSeconds()))).toBeGreaterThanOrEqual(2);
  }
});

test('one failure after the recovery costs seconds', () => {
  for (let minute = 0; minute < 60; minute += 1) {
    fail(1);
    jest.advanceTimersByTime(60_000);
  }
  breaker.succeeded();
  jest.advanceTimersByTime(1_000);

  fail(1);

  expect(breaker.mayKnock).toBe(true);
  expect(longestHandBack()).toBeLessThanOrEqual(5);
});

test('without any failure a hand-back costs seconds', () => {
  expect(longestHandBack()).toBeLessThanOrEqual(5);
});

test.each([
  [120_000, 120],
  [86_400_000, 600],
  [Infinity, 600],
])('Retry-After of %d ms keeps it shut for %d s', (retryAfter, seconds) => {
  fail(4, retryAfter);

  const until = secondsUntilProbe();

  expect(until).toBeGreaterThanOrEqual(seconds);
  expect(until).toBeLessThanOrEqual(seconds + 0.1);
});

describe('a process that was idle', () => {
  test.each([
    [0, 5],
    [600, 600],
    [3_600, 600],
  ])(
    'after %d s of failures takes another for the same outage for %d s and a minute, then for a new one',
    (outage, away) => {
      const failFor = () => {
        breaker = new Breaker();
        fail(4);
        for (let seconds = 0; seconds < outage; seconds += 60) {
          jest.advanceTimersByTime(60_000);
          fail(1);
        }
      };

      failFor();
      jest.advanceTimersByTime((away + 59) * 1_000);
      fail(1);
      expect(breaker.isOpen).toBe(true);
      expect(longestHandBack()).toBeGreaterThan(60);

      failFor();
      jest.advanceTimersByTime((away + 61) * 1_000);
      fail(1);
      expect(breaker.isOpen).toBe(false);
      expect(longestHandBack()).toBeLessThanOrEqual(5);
    },
  );
});

describe('a process too young to know when the outage began', () => {
  const hoursAgo = (hours: number) => Date.now() - hours * 3_600_000;

  test('believes those that know', () => {
    fail(4);

    breaker.presumeFailingSince(hoursAgo(2));

    expect(longestHandBack()).toBeGreaterThan(500);
  });

  test('knows better than those that are younger still', () => {
    fail(4);
    breaker.presumeFailingSince(hoursAgo(2));
    fail(1);

    breaker.presumeFailingSince(Date.now() - 1_000);

    expect(longestHandBack()).toBeGreaterThan(500);
  });

  test('does not believe in an outage before its own breaker opens', () => {
    fail(3);

    breaker.presumeFailingSince(hoursAgo(2));

    expect(longestHandBack()).toBeLessThanOrEqual(5);
  });

  test('is so no more once it has seen a success', () => {
    breaker.succeeded();
    fail(4);

    breaker.presumeFailingSince(hoursAgo(2));

    expect(longestHandBack()).toBeLessThanOrEqual(5);
  });
});

describe('events refused alone', () => {
  function refuse(times: number): void {
    for (let time = 0; time < times; time += 1) breaker.refused();
  }

  test('open it at the eighth in a row', () => {
    refuse(7);
    expect(breaker.isOpen).toBe(false);

    refuse(1);

    expect(breaker.isOpen).toBe(true);
    expect(breaker.mayKnock).toBe(false);
  });

  test('do not add up across a success', () => {
    refuse(7);
    breaker.succeeded();

    refuse(7);

    expect(breaker.isOpen).toBe(false);
  });

  test('keep it open until something is accepted: that the data plane answers is not enough', () => {
    refuse(8);
    breaker.answered();
    expect(breaker.isOpen).toBe(true);

    breaker.succeeded();

    expect(breaker.isOpen).toBe(false);
  });
});

test('any answer of the data plane ends an outage', () => {
  fail(12);

  breaker.answered();

  expect(breaker.mayKnock).toBe(true);
  fail(4);
  expect(secondsUntilProbe()).toBeLessThanOrEqual(1.1);
});
