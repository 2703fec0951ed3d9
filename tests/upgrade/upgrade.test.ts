import { READY_STACKS } from '../../graph/stack';
import { lostPlaces, type Place } from '../../package/places';
import { resourcesOf } from '../../package/stack';
import release from './RELEASE.json';

function sentenceOf({ type, name, parent }: Place): string {
  return (
    `${type} ${name}${parent === '' ? '' : ` in ${parent}`} is gone: where its type, name or parent has changed, an ` +
    `upgrade from ${release.version} deletes it and creates another.`
  );
}

// Each stack is a process of its own, which builds the functions.
test.each(READY_STACKS)(
  'an upgrade of %s finds everything that the last release made',
  async (stack) => {
    const lost = lostPlaces(release.places[stack], await resourcesOf(stack));

    if (lost.length > 0) {
      throw new Error(
        `${lost.map(sentenceOf).join('\n')}\nGive its successor an alias. What shall be deleted is to be taken out of ` +
          `tests/upgrade/RELEASE.json, and named in CHANGELOG.md.`,
      );
    }
  },
  120_000,
);

test('the last release is known whole', () => {
  for (const stack of READY_STACKS) expect(release.places[stack].length).toBeGreaterThan(60);
});
