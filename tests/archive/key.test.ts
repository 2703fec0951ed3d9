import fc from 'fast-check';
import { archiveKey, archiveKeyStart, hourPrefix, parseArchiveKey, type ArchiveEntry } from '../../runtime/archive/key';

const ID = '0c1f7a9e-3f5b-4c58-9d55-6f0f5f2a1b7e';
const RECEIVED_AT = '2026-11-25T14:15:03.123Z';
const KEY = `requests/2026/11/25/14/${RECEIVED_AT}_100_${ID}.json.gz`;

const times = fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
const entries: fc.Arbitrary<ArchiveEntry> = fc.record({
  receivedAt: times.map((time) => time.toISOString()),
  events: fc.nat(100_000),
  id: fc.uuid(),
});

test('a key tells the hour, the time of receipt and the number of events', () => {
  expect(archiveKey({ receivedAt: RECEIVED_AT, events: 100, id: ID })).toBe(KEY);
  expect(parseArchiveKey(KEY)).toEqual({ receivedAt: RECEIVED_AT, events: 100, id: ID });
  expect(hourPrefix(new Date(RECEIVED_AT))).toBe('requests/2026/11/25/14/');
});

test('what a key was made of is what is read from it', () => {
  fc.assert(
    fc.property(entries, (entry) => {
      expect(parseArchiveKey(archiveKey(entry))).toEqual(entry);
    }),
  );
});

test('keys in the order of S3 are in the order of receipt, and a time comes before its own keys', () => {
  fc.assert(
    fc.property(entries, entries, (one, other) => {
      if (one.receivedAt < other.receivedAt) expect(archiveKey(one) < archiveKey(other)).toBe(true);
      expect(archiveKeyStart(one.receivedAt) <= archiveKey(other)).toBe(one.receivedAt <= other.receivedAt);
    }),
  );
});

test.each([
  ['of another prefix', KEY.replace('requests', 'other')],
  ['in another hour', KEY.replace('/14/', '/15/')],
  ['with a time that is none', KEY.replaceAll('25', '31')],
  ['without the number of events', KEY.replace('_100', '')],
  ['with a number that is written otherwise', KEY.replace('_100', '_0100')],
  ['with something before', `x${KEY}`],
  ['with something behind', `${KEY}.old`],
  ['of a folder', 'requests/2026/11/25/14/'],
])('a key %s is none of the archive’s', (_what, key) => {
  expect(parseArchiveKey(key)).toBeUndefined();
});
