import { Cloud } from './cloud';
import { Provider } from './provider';
import { serve } from './server';
import { types } from './types';

// Not a tester's concern: the functions run on a newer Node.js in AWS.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

// The engine's side reads the port, and nothing else, from here.
void serve(new Provider(types, (region) => Cloud.of(region, process.env))).then(({ port }) => {
  process.stdout.write(`${port}\n`);
});
