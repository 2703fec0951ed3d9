import { setTimeout as wait } from 'node:timers/promises';
import { newToken } from '../../runtime/local/bridge';
import { Braze } from '../../runtime/local/braze';
import { census } from './census';
import { Emulator } from './emulator';
import { Project } from './project';
import { SecureDataPlane } from './secure-data-plane';
import { toolchain } from './toolchain/toolchain';

/** The ready stacks of production, in one account. */
const STACKS = { 'prod-us': 'us-east-1', 'prod-eu': 'eu-central-1' } as const;
type StackName = keyof typeof STACKS;
const NAMES = Object.keys(STACKS) as StackName[];

let emulator: Emulator;
const secureDataPlanes = new Map<StackName, SecureDataPlane>();
const projects = new Map<StackName, Project>();
const outputs = new Map<StackName, Record<string, string>>();

beforeAll(async () => {
  const tools = await toolchain();
  for (const name of NAMES) secureDataPlanes.set(name, await SecureDataPlane.listen(newToken()));
  emulator = await Emulator.start(
    tools,
    [...secureDataPlanes.values()].map(({ certificate }) => certificate),
  );
  for (const name of NAMES) {
    const { url, dataPlane } = of(secureDataPlanes, name);
    const project = await Project.copy(tools, emulator);
    projects.set(name, project);
    await project.pulumi(['stack', 'init', name]);
    await project.set({ rudderstackDataPlaneUrl: url });
    await project.setSecret('rudderstackWriteKey', dataPlane.writeKey);
    await project.change('up');
    outputs.set(name, await project.outputs());
  }
});

afterAll(async () => {
  for (const project of projects.values()) await project.stop();
  await emulator.stop();
  for (const secureDataPlane of secureDataPlanes.values()) await secureDataPlane.stop();
});

function of<Value>(values: Map<StackName, Value>, name: StackName): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`${name} is not there.`);
  return value;
}

function brazeOf(name: StackName, token = of(outputs, name).customHttpToken ?? ''): Braze<{ id: string }> {
  return new Braze({
    endpoint: of(outputs, name).customHttpUrl ?? '',
    token: () => token,
    toJson: ({ id }) =>
      JSON.stringify({
        event_type: 'users.behaviors.CustomEvent',
        id,
        time: 1_700_000_000,
        user: { user_id: 'u', external_user_id: 'e' },
        properties: {},
      }),
  });
}

describe('a stack in the United States and one in the European Union', () => {
  test.each(NAMES)('%s has all that it is made of in its own region', async (name) => {
    const other = name === 'prod-us' ? 'prod-eu' : 'prod-us';
    const { roles = [], ...regional } = await census(emulator, STACKS[name]);
    for (const [kind, names] of Object.entries(regional)) {
      expect({ kind, isEmpty: names.length === 0 }).toEqual({ kind, isEmpty: false });
      expect({ kind, foreign: names.filter((text) => text.includes(`currents-${other}`)) }).toEqual({
        kind,
        foreign: [],
      });
    }
    // IAM is the same in all regions, so a role says where it belongs.
    const own = roles.filter((role) => role.includes(`currents-${name}`));
    expect(own).toHaveLength(2);
    expect(own.every((role) => role.includes(STACKS[name]))).toBe(true);
  });

  test.each(NAMES)('nothing of %s refers to the other region', async (name) => {
    const [otherRegion = ''] = Object.values(STACKS).filter((region) => region !== STACKS[name]);
    const state = await of(projects, name).pulumi(['stack', 'export']);
    expect(state).toContain(STACKS[name]);
    expect(state.split('\n').filter((line) => line.includes(otherRegion) && line.length < 1_000)).toEqual([]);
  });

  test('an event arrives in its own jurisdiction, and there alone', async () => {
    for (const name of NAMES) await brazeOf(name).send([{ id: `of-${name}` }]);
    for (const name of NAMES) {
      const { received } = of(secureDataPlanes, name).dataPlane;
      while (!received.has(`of-${name}`)) await wait(50);
      expect([...received.keys()]).toEqual([`of-${name}`]);
    }
  });

  test('the token of one is nothing to the other', async () => {
    const token = of(outputs, 'prod-us').customHttpToken;
    expect(await brazeOf('prod-us', token).testCredentials('')).toBe(200);
    expect(await brazeOf('prod-eu', token).testCredentials('')).toBe(401);
  });
});
