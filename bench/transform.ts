import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { BUNDLE_OPTIONS } from '../runtime/bundle';
import type { decodeMessage, encodeEvents } from '../runtime/queue/envelope';
import type { transformEvents } from '../runtime/transform/transform';
import { sideBySide, type Spread } from './measure';

const OPTIONS = { eventNames: new Map<string, string>(), anonymousUsers: 'forward', transform: undefined } as const;
const RECEIVED_AT = '2026-11-25T00:00:00.000Z';
const REPEAT = 40;

export interface TransformFigures {
  name: string;
  events: number;
  floor: Spread;
  transform: Spread;
  /** Of the medians; the floor is `JSON.parse` and `JSON.stringify` of the same bytes. */
  ratio: number;
  eventsPerSecond: number;
}

/** Parse, transform and serialise against `JSON.parse` + `JSON.stringify` of the same bytes. */
export async function benchTransform(): Promise<TransformFigures[]> {
  const examples = readFileSync(join(__dirname, '../fixtures/currents-events.jsonl'), 'utf8').trim().split('\n');
  const ascii = examples.filter((example) => /^[\x20-\x7e]*$/.test(example));
  const custom = JSON.stringify({
    event_type: 'users.behaviors.CustomEvent',
    id: '5f0c9a8e-5a3c-4c6e-9a43-0d6c6f4f2f11',
    time: 1_795_000_000,
    user: { user_id: '5f1c0ffee0ddba11deadbeef', external_user_id: 'customer-1' },
    properties: {
      name: 'order',
      custom_properties: Object.fromEntries(
        Array.from({ length: 200 }, (_value, index) => [
          `property_${index}`,
          index % 3 === 0 ? index : `value ${index}`,
        ]),
      ),
    },
  });
  const code = await bundled();
  const measure = (name: string, events: readonly string[]) => measureWith(code, name, events);
  return [
    await measure('all 93 types', examples),
    await measure(
      '100 events, ASCII',
      Array.from({ length: 100 }, (_value, index) => ascii[index % ascii.length] ?? ''),
    ),
    await measure(
      'custom events of 200 properties',
      Array.from({ length: 20 }, () => custom),
    ),
  ];
}

interface Code {
  decodeMessage: typeof decodeMessage;
  encodeEvents: typeof encodeEvents;
  transformEvents: typeof transformEvents;
}

/** The code as the processor's bundle has it: what runs TypeScript directly makes it slower. */
async function bundled(): Promise<Code> {
  const { outputFiles } = await build({
    ...BUNDLE_OPTIONS,
    stdin: {
      contents: `export { decodeMessage, encodeEvents } from './runtime/queue/envelope';
        export { transformEvents } from './runtime/transform/transform';`,
      resolveDir: join(__dirname, '..'),
    },
    sourcemap: false,
  });
  const folder = mkdtempSync(join(tmpdir(), 'currents-bridge-bench-'));
  try {
    const file = join(folder, 'transform.mjs');
    writeFileSync(file, outputFiles[0]?.text ?? '');
    return (await import(pathToFileURL(file).href)) as Code;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measureWith(
  { decodeMessage, encodeEvents, transformEvents }: Code,
  name: string,
  events: readonly string[],
): Promise<TransformFigures> {
  const message = encodeEvents(RECEIVED_AT, events);
  let used = 0;
  const { floor, transform } = (await sideBySide(
    {
      floor: () => {
        for (let time = 0; time < REPEAT; time += 1) used += Buffer.byteLength(JSON.stringify(JSON.parse(message)));
      },
      transform: () => {
        for (let time = 0; time < REPEAT; time += 1) {
          const content = decodeMessage(message);
          if (content.kind !== 'events') throw new Error('The message could not be read.');
          for (const outcome of transformEvents(content.events, RECEIVED_AT, OPTIONS)) {
            if (outcome.outcome === 'message') used += Buffer.byteLength(outcome.text);
          }
        }
      },
    },
    15,
  )) as { floor: Spread; transform: Spread };
  if (used === 0) throw new Error('Nothing was measured.');
  return {
    name,
    events: events.length,
    floor,
    transform,
    ratio: transform.median / floor.median,
    eventsPerSecond: (events.length * REPEAT * 1_000) / transform.median,
  };
}
