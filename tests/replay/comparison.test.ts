import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, type Comparison } from '../../replay/comparison';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'currents-bridge-comparison-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function comparisonOf(old: readonly string[], now: readonly string[], samples = 2): Promise<Comparison> {
  const paths = [join(folder, 'old'), join(folder, 'new')] as const;
  await writeFile(paths[0], old.map((line) => `${line}\n`).join(''));
  // The last line of a file that a user has cut may lack its end.
  await writeFile(paths[1], now.join('\n'));
  return compare(...paths, samples);
}

function line(messageId: string, more: object = {}): string {
  return JSON.stringify({ messageId, event: `event of ${messageId}`, ...more });
}

test('messages are found again wherever they stand, and told as unchanged, changed, appeared and vanished', async () => {
  const comparison = await comparisonOf(
    [line('a'), line('b', { n: 1 }), line('gone'), line('c')],
    [line('c'), line('new'), line('b', { n: 2 }), line('a')],
  );

  expect(comparison).toEqual({
    unchanged: 2,
    changed: 1,
    changes: new Map([['$.n', { messages: 1, samples: [{ path: '$.n', old: 1, new: 2, messageId: 'b' }] }]]),
    appeared: { messages: 1, samples: [{ messageId: 'new', event: 'event of new' }] },
    vanished: { messages: 1, samples: [{ messageId: 'gone', event: 'event of gone' }] },
  });
});

test('the order of keys is no change', async () => {
  const comparison = await comparisonOf(['{"messageId":"a","b":1,"c":2}'], ['{"c":2,"messageId":"a","b":1}']);

  expect(comparison).toMatchObject({ unchanged: 1, changed: 0 });
});

test('of messages with the same id the first is compared with the first, and what is over is told', async () => {
  const comparison = await comparisonOf(
    [line('a', { n: 1 }), line('a', { n: 2 }), line('b'), line('b')],
    [line('a', { n: 1 }), line('a', { n: 3 }), line('a', { n: 4 }), line('b')],
  );

  expect(comparison).toMatchObject({
    unchanged: 2,
    changed: 1,
    changes: new Map([['$.n', { messages: 1, samples: [{ path: '$.n', old: 2, new: 3, messageId: 'a' }] }]]),
    appeared: { messages: 1 },
    vanished: { messages: 1, samples: [{ messageId: 'b', event: 'event of b' }] },
  });
});

test('as many samples are kept as asked, and everything is counted', async () => {
  const ids = Array.from({ length: 5 }, (_, index) => `id-${index}`);
  const comparison = await comparisonOf(
    [...ids.map((id) => line(id, { n: 1 })), ...ids.map((id) => line(`old-${id}`))],
    [...ids.map((id) => line(id, { n: 2 })), ...ids.map((id) => line(`new-${id}`))],
    2,
  );

  const kinds = [comparison.appeared, comparison.vanished, comparison.changes.get('$.n')];
  expect(kinds.map((kind) => [kind?.messages, kind?.samples.length])).toEqual([
    [5, 2],
    [5, 2],
    [5, 2],
  ]);
});

test('lines longer than what is read at once, of several bytes a character, and with U+2028 are read whole', async () => {
  const text = `\u2028名前🎁${'é'.repeat(1_500_000)}`;
  const comparison = await comparisonOf(
    [line('short'), line('long', { text, n: 1 }), line('last', { text: 'x' })],
    [line('long', { text, n: 2 }), line('last', { text: 'y' }), line('short')],
  );

  expect(comparison).toMatchObject({ unchanged: 1, changed: 2, appeared: { messages: 0 }, vanished: { messages: 0 } });
  expect([...comparison.changes.keys()]).toEqual(['$.n', '$.text']);
});
