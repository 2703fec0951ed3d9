import { parseArgs } from 'node:util';
import { newToken } from './bridge';
import { demo } from './demo';
import { serve } from './serve';

const HELP = `Runs the bridge on this machine.

  npm start               sends some thousand events through it, with an outage in the middle, checks the books, and
                          puts a mistake in the new names of events right from the archive
  npm start -- --serve    stays up for requests of your own

RUDDERSTACK_DATA_PLANE_URL and RUDDERSTACK_WRITE_KEY, set together, send to a real data plane.`;

// Not a reader's concern: the functions run on a newer Node.js in AWS.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { serve: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const { RUDDERSTACK_DATA_PLANE_URL: url, RUDDERSTACK_WRITE_KEY: writeKey } = process.env;
  if ((url === undefined) !== (writeKey === undefined)) {
    console.error('Set RUDDERSTACK_DATA_PLANE_URL and RUDDERSTACK_WRITE_KEY together, or neither of them.');
    return 1;
  }
  const real = url === undefined || writeKey === undefined ? undefined : { url: url.replace(/\/+$/, ''), writeKey };
  return values.serve === true ? serve(real) : demo(newToken(), real);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
