import { setTimeout as wait } from 'node:timers/promises';
import type { Bundle } from '../../runtime/bundle';
import { LocalFunction } from '../../runtime/local/function';

let functions: LocalFunction[] = [];
let lines: string[];
beforeEach(() => {
  lines = [];
});
afterEach(async () => {
  await Promise.all(functions.map((local) => local.stop()));
  functions = [];
});

async function functionOf(
  code: string,
  { timeout = 10, concurrency = 1, environment = {} } = {},
): Promise<LocalFunction> {
  const bundle: Bundle = { 'index.mjs': code };
  const local = await LocalFunction.create({
    name: 'processor',
    bundle,
    environment: { PATH: process.env.PATH ?? '', ...environment },
    timeout,
    concurrency,
    onLine: (line) => lines.push(line),
  });
  functions.push(local);
  return local;
}

/** Answers with its process id, after so many milliseconds; never where it is told so. */
const ANSWERING = `export const handler = ({ after = 0 }) =>
  new Promise((resolve) => after === 'never' || setTimeout(() => resolve(process.pid), after));`;

function isAlive(pid: unknown): boolean {
  try {
    return process.kill(pid as number, 0);
  } catch {
    return false;
  }
}

test('a process is kept for the next invocation', async () => {
  const local = await functionOf(ANSWERING);

  expect(await local.invoke({})).toBe(await local.invoke({}));
});

test('there are never more processes at once than the concurrency', async () => {
  const local = await functionOf(ANSWERING, { concurrency: 2 });

  const pids = await Promise.all(Array.from({ length: 6 }, () => local.invoke({ after: 50 })));

  expect(new Set(pids).size).toBe(2);
});

test('the handler gets the event and its time, the environment and nothing more of ours', async () => {
  process.env.OF_THE_PARENT = 'secret';
  const local = await functionOf(
    `export const handler = async (event, context) => ({
      event, remaining: context.getRemainingTimeInMillis(), mine: process.env.MINE, ours: process.env.OF_THE_PARENT });`,
    { timeout: 7, environment: { MINE: 'set' } },
  );

  const result = (await local.invoke({ Records: [] })) as { remaining: number };

  expect(result).toEqual({ event: { Records: [] }, remaining: expect.any(Number) as unknown, mine: 'set' });
  expect(result.remaining).toBeGreaterThan(5_000);
  expect(result.remaining).toBeLessThanOrEqual(7_000);
});

test('what it writes is handed on by lines', async () => {
  const local = await functionOf(
    `export const handler = async () => { console.log('to the output'); console.error('to the error'); };`,
  );

  await local.invoke({});
  while (lines.length < 2) await wait(5);

  expect(lines.sort()).toEqual(['to the error', 'to the output']);
});

test('an exception is a failure, without its message', async () => {
  const local = await functionOf(`export const handler = async () => { throw new TypeError('lena@example.com'); };`);

  await expect(local.invoke({})).rejects.toThrow(/^processor threw TypeError\.$/);
});

test('a process that does not answer in time is killed, and the next invocation gets a new one', async () => {
  const local = await functionOf(ANSWERING, { timeout: 0.5 });
  const pid = await local.invoke({});

  await expect(local.invoke({ after: 'never' })).rejects.toThrow('ended before it answered');

  expect(isAlive(pid)).toBe(false);
  expect(await local.invoke({})).not.toBe(pid);
});

test('a process that is killed in the middle fails its invocation alone', async () => {
  const local = await functionOf(ANSWERING);
  const pid = await local.invoke({});
  const failed = expect(local.invoke({ after: 'never' })).rejects.toThrow('ended before it answered');
  const next = local.invoke({});

  expect(local.kill()).toBe(true);

  await failed;
  expect(await next).not.toBe(pid);
});

test('a bundle that cannot be loaded fails each invocation and says why', async () => {
  const local = await functionOf(`throw new Error('EVENT_QUEUE_URL is not set.');`);

  await expect(local.invoke({})).rejects.toThrow();
  await expect(local.invoke({})).rejects.toThrow();

  expect(lines.join('\n')).toContain('EVENT_QUEUE_URL is not set.');
});

test('after a stop no process is left, and none is started for those who still wait', async () => {
  const local = await functionOf(ANSWERING);
  const pid = await local.invoke({});
  const invocations = [local.invoke({ after: 'never' }), local.invoke({}), local.invoke({})];
  const outcomes = Promise.all(invocations.map((invocation) => invocation.catch(String)));

  await local.stop();

  expect(await outcomes).toEqual([
    'FunctionError: The process ended before it answered.',
    'FunctionError: processor is stopped.',
    'FunctionError: processor is stopped.',
  ]);
  expect(isAlive(pid)).toBe(false);
  expect(local.kill()).toBe(false);
});
