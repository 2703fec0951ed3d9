import * as pulumi from '@pulumi/pulumi';
import { recordWithAliases, type Aliased } from '../../package/aliases';
import { lostPlaces, placesOf } from '../../package/places';

class Component extends pulumi.ComponentResource {
  constructor(type: string, name: string, opts: pulumi.ComponentResourceOptions = {}) {
    super(`test:index:${type}`, name, {}, opts);
  }
}

class Queue extends pulumi.CustomResource {
  constructor(name: string, opts: pulumi.CustomResourceOptions = {}, type = 'aws:sqs/queue:Queue') {
    super(type, name, {}, opts);
  }
}

/** A queue in a component in another, named as those of a bridge are. */
function program(change: { outer?: string; room?: string; queue?: string; type?: string; aliases?: Aliases } = {}) {
  const { outer = 'outer', room = 'Room', queue = 'events', type, aliases = {} } = change;
  const parent = new Component('Outer', outer, { aliases: aliases.outer });
  const inner = new Component(room, outer, { parent, aliases: aliases.room });
  new Queue(`${outer}-${queue}`, { parent: inner, aliases: aliases.queue }, type);
}

interface Aliases {
  outer?: pulumi.Alias[];
  room?: pulumi.Alias[];
  queue?: (pulumi.Alias | string)[];
}

function recorded(program: () => void): Promise<Aliased[]> {
  const run = () => {
    program();
    return Promise.resolve({});
  };
  return recordWithAliases({ project: 'currents-bridge', stack: 'test', config: {}, secretKeys: [], run });
}

/** What an upgrade to a program would lose, by name. */
async function lost(change: Parameters<typeof program>[0]): Promise<string[]> {
  const earlier = placesOf(await recorded(program));
  const now = await recorded(() => {
    program(change);
  });
  return lostPlaces(earlier, now).map(({ type, name }) => `${type.split(':').at(-1) ?? ''} ${name}`);
}

const ALL = ['Outer outer', 'Room outer', 'Queue outer-events'].sort();

describe('an upgrade loses', () => {
  test('nothing where nothing has changed', async () => {
    expect(await lost({})).toEqual([]);
  });

  test.each<[string, Parameters<typeof program>[0], string[]]>([
    ['a resource whose name has changed', { queue: 'messages' }, ['Queue outer-events']],
    ['a resource whose type has changed', { type: 'aws:sns/topic:Topic' }, ['Queue outer-events']],
    ['a component whose type has changed, and what is in it', { room: 'Hall' }, ['Queue outer-events', 'Room outer']],
    ['all that is named after a component whose name has changed', { outer: 'other' }, ALL],
  ])('%s', async (_, change, names) => {
    expect((await lost(change)).sort()).toEqual(names);
  });
});

describe('nothing is lost where an alias tells', () => {
  test.each<[string, Parameters<typeof program>[0]]>([
    ['the name', { queue: 'messages', aliases: { queue: [{ name: 'outer-events' }] } }],
    ['the type', { type: 'aws:sns/topic:Topic', aliases: { queue: [{ type: 'aws:sqs/queue:Queue' }] } }],
    [
      'the type of a component, and so of what is in it',
      { room: 'Hall', aliases: { room: [{ type: 'test:index:Room' }] } },
    ],
    [
      'the name of a component, and so of what is named after it',
      { outer: 'other', aliases: { outer: [{ name: 'outer' }] } },
    ],
    [
      'the whole URN',
      {
        queue: 'messages',
        aliases: { queue: ['urn:pulumi:s::p::test:index:Outer$test:index:Room$aws:sqs/queue:Queue::outer-events'] },
      },
    ],
  ])('%s', async (_, change) => {
    expect(await lost(change)).toEqual([]);
  });
});

test('nothing is lost where the alias says that a resource stood alone', async () => {
  const earlier = placesOf(
    await recorded(() => {
      new Queue('events');
    }),
  );
  const moved = (aliases: pulumi.Alias[]) =>
    recorded(() => {
      new Queue('events', { parent: new Component('Room', 'room'), aliases });
    });

  expect(lostPlaces(earlier, await moved([{ parent: pulumi.rootStackResource }]))).toEqual([]);
  expect(lostPlaces(earlier, await moved([]))).toEqual(earlier);
});
