/**
 * Loads the bundle named on the command line, hands its handler one event, and tells what that took: the status and the
 * most memory that the process has ever had, in bytes.
 */
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(process.argv[2]).href);

process.once('message', async (event) => {
  const { statusCode } = await handler(event, { getRemainingTimeInMillis: () => 30_000 });
  process.send({ status: statusCode, peakBytes: process.resourceUsage().maxRSS * 1_024 }, () => process.disconnect());
});
