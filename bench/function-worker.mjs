/**
 * A function in a process of its own: loads the bundle named on the command line, runs the invocations that its parent
 * process asks for one after the other, and tells what they cost.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';

let logBytes = 0;
let logLines = 0;
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  logBytes += Buffer.byteLength(text);
  logLines += String(text).split('\n').length - 1;
  return write(text, ...rest);
};

const start = performance.now();
const { handler } = await import(pathToFileURL(process.argv[2]).href);
const importTime = performance.now() - start;

process.on('message', async ({ file, times }) => {
  // From a file, since a channel between processes would hold the texts several times over.
  const payloads = JSON.parse(readFileSync(file, 'utf8'));
  const durations = [];
  const failures = [];
  [logBytes, logLines] = [0, 0];
  const cpuBefore = process.cpuUsage();
  for (let time = 0; time < times; time += 1) {
    for (const payload of payloads) {
      const begun = performance.now();
      const result = await handler(payload, contextUntil(Date.now() + 60_000));
      durations.push(performance.now() - begun);
      if (result.statusCode !== 200 && result.batchItemFailures?.length !== 0) failures.push(result);
    }
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const peak = process.resourceUsage().maxRSS * 1024;
  process.send({ durations, failures, cpu: (user + system) / 1_000, logBytes, logLines, rss, heapUsed, peak });
});

function contextUntil(deadline) {
  return { getRemainingTimeInMillis: () => deadline - Date.now() };
}

process.on('disconnect', () => process.exit());
process.send({ importTime, rss: process.memoryUsage().rss });
