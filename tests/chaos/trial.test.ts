import { createHash } from 'node:crypto';
import { S3_HOST } from '../../chaos/s3';
import { trial, type Trial } from '../../chaos/trial';

/** The first ones, and whichever has ever failed. */
const SEEDS = [...Array.from({ length: 25 }, (_, index) => index + 1), 237];

const trials: Trial[] = [];

test.each(SEEDS)('no event is lost, changed or doubled in the schedule of seed %d', async (seed) => {
  const one = await trial(seed);
  trials.push(one);

  expect(one.breaches).toStrictEqual([]);
});

test('these schedules have seen what they are for', () => {
  const journals = trials.map(({ journal }) => journal);
  const count = (what: (journal: Trial['journal']) => readonly unknown[]) => journals.flatMap(what).length;

  expect(count(({ attempts }) => attempts.filter(({ status }) => status !== 200))).toBeGreaterThan(100);
  expect(count(({ invocations }) => invocations.filter(({ end }) => end === 'crashed'))).toBeGreaterThan(20);
  expect(count(({ requests }) => requests.filter(({ isTaken }) => isTaken))).toBeGreaterThan(500);
  // Taken, and its answer was lost.
  expect(count(({ requests }) => requests.filter(({ isTaken, isHeard }) => isTaken && !isHeard))).toBeGreaterThan(20);
  expect(count(({ queued }) => queued.filter(({ isHeard }) => !isHeard))).toBeGreaterThan(5);
  expect(count(({ repeated }) => repeated)).toBeGreaterThan(20);
  expect(count(({ deadLetters }) => deadLetters)).toBeGreaterThan(100);
  expect(count(({ archived }) => [...archived])).toBeGreaterThan(50);
  expect(
    count(({ calls }) => calls.filter(({ host, isDisturbed }) => host === S3_HOST && isDisturbed)),
  ).toBeGreaterThan(20);
});

test('the same seed gives the same course, whatever ran before', async () => {
  const [first] = trials;
  const again = await trial(1);

  expect(digestOf(again)).toBe(digestOf(first as Trial));
});

function digestOf({ journal }: Trial): string {
  const { attempts, invocations, requests } = journal;
  return createHash('sha256')
    .update(JSON.stringify([attempts, invocations, requests]))
    .digest('hex');
}
