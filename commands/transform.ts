import { buffer } from 'node:stream/consumers';
import { NotACurrentsRequest, parseCurrentsRequest } from '../runtime/transform/currents';
import { toEventText } from '../runtime/transform/event-text';
import { cleanId } from '../runtime/transform/identity';
import { isObject } from '../runtime/transform/json';
import { transformEvents } from '../runtime/transform/transform';
import { CommandError, Flags, runCommand } from './command-line';
import { readTransformOptions, TRANSFORM_FLAGS, TRANSFORM_FLAGS_HELP } from './transform-flags';

const HELP = `Usage: npm run --silent transform -- [flags] < request.json

Reads the body of one Currents request from standard input and prints one RudderStack message a line, as the processor
would send it. Standard error gets one JSON line for each event that is not forwarded: {"outcome","reason","id"}.
An event without a time of its own gets no timestamp: when it was received is not known here.

${TRANSFORM_FLAGS_HELP}
  --help                          This text.

Exit code: 0, or 1 with a sentence when the input is no Currents request.
`;

async function main(args: readonly string[]): Promise<number> {
  const flags = new Flags(TRANSFORM_FLAGS, args);
  const options = await readTransformOptions(flags);
  flags.check();

  const events = parseRequest(await buffer(process.stdin));
  const outcomes = transformEvents(events.map(toEventText), undefined, options);

  const messages: string[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.outcome === 'message') {
      messages.push(`${outcome.text}\n`);
      continue;
    }
    const event = events[index];
    const id = isObject(event) ? (cleanId(event.id) ?? null) : null;
    process.stderr.write(`${JSON.stringify({ ...outcome, id })}\n`);
  }
  process.stdout.write(messages.join(''));
  return 0;
}

function parseRequest(body: Uint8Array): unknown[] {
  try {
    return parseCurrentsRequest(body);
  } catch (error) {
    if (error instanceof NotACurrentsRequest) throw new CommandError([error.message]);
    throw error;
  }
}

runCommand(HELP, main);
