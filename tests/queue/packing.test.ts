import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { decodeMessage, type DeadLetter } from '../../runtime/queue/envelope';
import { packEvents, packRequest } from '../../runtime/queue/packing';
import { parseCurrentsRequest } from '../../runtime/transform/currents';
import { parseJson, stringifyJson } from '../../runtime/transform/json';
import { REJECTION_REASONS, type RejectionReason } from '../../runtime/transform/reasons';

const MIB = 1_048_576;
const KIB_256 = 262_144;
const RECEIVED_AT = '2026-11-05T00:00:00.000Z';

const longestReason = (Object.keys(REJECTION_REASONS) as RejectionReason[]).reduce((one, other) =>
  other.length > one.length ? other : one,
);
/** As large as any: an answer is cut to 300 characters, and these take six bytes each. */
const LARGEST_DEAD_LETTER: DeadLetter = {
  reason: longestReason,
  at: RECEIVED_AT,
  status: 413,
  answer: '\u0001\uFFFF\uD800'.repeat(100),
};

function textsIn(body: string): string[] {
  const content = decodeMessage(body);
  if (content.kind !== 'events') throw new Error('The message has no events.');
  expect(content.receivedAt).toBe(RECEIVED_AT);
  return content.events.map(({ text }) => stringifyJson(parseJson(text)));
}

const pack = (texts: readonly string[], maxEvents = 250) => packEvents(texts, { receivedAt: RECEIVED_AT, maxEvents });

function expectDeadLettersToFit(bodies: readonly string[]): void {
  for (const body of bodies) {
    const texts = textsIn(body);
    const asDeadLetters = packEvents(texts, {
      receivedAt: RECEIVED_AT,
      maxEvents: 1_000,
      deadLetter: LARGEST_DEAD_LETTER,
    });
    expect(asDeadLetters.tooLarge).toBe(0);
    expect(asDeadLetters.bodies).toHaveLength(1);
    expect(Buffer.byteLength(asDeadLetters.bodies[0] as string)).toBeLessThanOrEqual(MIB);
    expect(textsIn(asDeadLetters.bodies[0] as string)).toStrictEqual(texts);
  }
}

const event = (p: string) => stringifyJson({ event_type: 't', properties: { p } });

describe('packed events', () => {
  const size = fc.oneof(
    { weight: 6, arbitrary: fc.nat(3_000) },
    { weight: 3, arbitrary: fc.nat(150_000) },
    { weight: 1, arbitrary: fc.nat(500_000) },
  );
  const text = fc
    .tuple(size, fc.constantFrom('x', 'é', '語', '🎁', '"', '\uFFFF', '\uD800'))
    .map(([length, character]) => event(character.repeat(length)));

  it('come out as they went in, each once and in order, within the limits of a message', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (texts, maxEvents) => {
        const { bodies, tooLarge } = pack(texts, maxEvents);
        const groups = bodies.map(textsIn);

        expect(groups.flat().join('\n') === texts.join('\n')).toBe(true);
        expect(tooLarge).toBe(0);
        for (const [index, body] of bodies.entries()) {
          const count = groups[index]?.length ?? 0;
          expect(count).toBeGreaterThanOrEqual(1);
          expect(count).toBeLessThanOrEqual(maxEvents);
          expect(Buffer.byteLength(body)).toBeLessThanOrEqual(count > 1 ? KIB_256 : MIB);
        }
        expectDeadLettersToFit(bodies);
      }),
      { numRuns: 40 },
    );
  });

  it('fill their messages', () => {
    const { bodies } = pack(Array<string>(100).fill(event('x'.repeat(10_000))));
    expect(bodies.map((body) => textsIn(body).length)).toStrictEqual([26, 26, 26, 22]);
  });

  it('are no messages where there are none', () => {
    expect(pack([])).toStrictEqual({ bodies: [], tooLarge: 0 });
  });
});

describe('a single large event', () => {
  it.each(['x', '語', '\uFFFF'])(
    'fits, as a dead letter too, at every size around the limit of plain text (%j)',
    (character) => {
      const [frame, one] = [Buffer.byteLength(event('')), character === '\uFFFF' ? 6 : Buffer.byteLength(character)];
      const limit = Math.floor((MIB - 8_192 - 128 - frame) / one);
      const compressed = [-2, -1, 0, 1, 2].map((more) => {
        const { bodies, tooLarge } = pack([event(character.repeat(limit + more))]);
        expect([bodies.length, tooLarge]).toStrictEqual([1, 0]);
        expect(Buffer.byteLength(bodies[0] as string)).toBeLessThanOrEqual(MIB);
        expectDeadLettersToFit(bodies);
        return bodies[0]?.includes('"request":') === true;
      });
      expect(compressed[0]).toBe(false);
      expect(compressed.at(-1)).toBe(true);
    },
  );

  it('over it travels compressed, between its neighbours, and comes out equal', () => {
    const texts = [event('first'), event(`large${'x\uFFFE'.repeat(1_000_000)}`), event('last')];
    const { bodies, tooLarge } = pack(texts);
    expect(tooLarge).toBe(0);
    expect(bodies.flatMap(textsIn).join('\n') === texts.join('\n')).toBe(true);
    expectDeadLettersToFit(bodies);
  });

  it('that is too large even so is counted, and its neighbours are packed', () => {
    const texts = [event('first'), event(randomBytes(1_200_000).toString('base64')), event('last')];
    const { bodies, tooLarge } = pack(texts);
    expect(tooLarge).toBe(1);
    expect(bodies.flatMap(textsIn)).toStrictEqual([texts[0], texts[2]]);
  });

  it('that no reader would decompress again is counted too', () => {
    const [large] = parseCurrentsRequest(
      `{"events":[{"event_type":"t","properties":{"n":[${'1e20,'.repeat(400_000)}1]}}]}`,
    );
    expect(pack([stringifyJson(large)])).toStrictEqual({ bodies: [], tooLarge: 1 });
  });
});

describe('a request body as one message', () => {
  /** Base64 of base64 of bytes that cannot be compressed: the message is as long as they ask for. */
  const incompressible = (bytes: number) => randomBytes(bytes);
  const deadLetter: DeadLetter = { reason: 'not_a_currents_request', at: RECEIVED_AT };

  it('leaves room for its dead-letter form', () => {
    const body = incompressible(783_000);
    expect(packRequest(body, { receivedAt: RECEIVED_AT })).toBeUndefined();
    const message = packRequest(body, { receivedAt: RECEIVED_AT, deadLetter });
    expect(Buffer.byteLength(message ?? '')).toBeGreaterThan(MIB - 8_192);
    expect(Buffer.byteLength(message ?? '')).toBeLessThanOrEqual(MIB);
  });

  it('is none where it does not fit', () => {
    expect(packRequest(incompressible(790_000), { receivedAt: RECEIVED_AT, deadLetter })).toBeUndefined();
  });

  it('that fits has a dead-letter form that fits', () => {
    const body = incompressible(779_000);
    expect(packRequest(body, { receivedAt: RECEIVED_AT })).toBeDefined();
    const message = packRequest(body, { receivedAt: RECEIVED_AT, deadLetter: LARGEST_DEAD_LETTER });
    expect(Buffer.byteLength(message ?? '')).toBeLessThanOrEqual(MIB);
    expect(message).toBeDefined();
  });
});
