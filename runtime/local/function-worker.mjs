/**
 * One execution environment of a Lambda function: loads the bundle named on the command line and answers the
 * invocations that its parent process sends, one at a time.
 */
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(process.argv[2]).href);

process.on('message', async ({ event, deadline, requestId }) => {
  const context = {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    // JSON, which Lambda answers in as well, has no undefined.
    process.send({ result: (await handler(event, context)) ?? null });
  } catch (error) {
    process.send({ failure: error instanceof Error ? error.name : typeof error });
  }
});

process.on('disconnect', () => process.exit());
process.send({ ready: true });
