import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { CurrentsBridge, type CurrentsBridgeArgs } from '../../components/currents-bridge';
import type { Graph, Resource } from '../../graph/graph';
import { recordWithAliases, type Aliased } from '../../package/aliases';
import { lostPlaces, placesOf } from '../../package/places';
import { recorded, REGION } from '../graph/recording';
import { ADOPTING, LEAST, MOST } from '../support/args';

// Pulumi takes a stack for each promise, and Jest looks up the source of each line of it: most of a run's time.
Error.stackTraceLimit = 0;

/** What a program may say of a bridge as of any component; each child must follow it. */
const VARIANTS: [string, CurrentsBridgeArgs][] = [
  ['with the least', LEAST],
  ['with the most', MOST],
  ['that uses what exists', ADOPTING],
];

/** A bridge with options beside its provider. */
function bridgeWith(args: CurrentsBridgeArgs, options: () => pulumi.ComponentResourceOptions): Promise<Graph> {
  return recorded(() => {
    const provider = new aws.Provider('own', { region: REGION });
    new CurrentsBridge('bridge', args, { provider, ...options() });
    return undefined;
  });
}

/** A bridge under another name. */
function bridgeNamed(name: string, args: CurrentsBridgeArgs, aliases: pulumi.Alias[] = []): Promise<Aliased[]> {
  const run = () => {
    new CurrentsBridge(name, args, { provider: new aws.Provider('own', { region: REGION }), aliases });
    return Promise.resolve({});
  };
  return recordWithAliases({ project: 'currents-bridge', stack: 'test', config: {}, secretKeys: [], run });
}

/** All that the bridge registers, itself included. */
function ofBridge({ resources }: Graph): Resource[] {
  return resources.filter(({ type }) => !type.startsWith('pulumi:'));
}

describe.each(VARIANTS)('each child of a bridge %s', (_, args) => {
  test('is protected where the bridge is', async () => {
    const registered = ofBridge(await bridgeWith(args, () => ({ protect: true })));

    expect(registered.length).toBeGreaterThan(40);
    expect(registered.filter(({ isProtected }) => !isProtected).map(({ urn }) => urn)).toEqual([]);
  });

  test('passes through the transformations of the bridge', async () => {
    const transformed: string[] = [];
    const registered = ofBridge(
      await bridgeWith(args, () => ({
        transformations: [
          ({ type, name, props, opts }) => {
            transformed.push(`${type} ${name}`);
            return { props: type === 'aws:sqs/queue:Queue' ? { ...(props as object), delaySeconds: 7 } : props, opts };
          },
        ],
      })),
    );

    expect(transformed.sort()).toEqual(registered.map(({ type, name }) => `${type} ${name}`).sort());
    const queues = registered.filter(({ type }) => type === 'aws:sqs/queue:Queue');
    expect(queues.map(({ inputs }) => inputs.delaySeconds)).toEqual([7, 7]);
  });

  test('follows an alias of the bridge, so that another name loses nothing', async () => {
    const earlier = placesOf(await bridgeNamed('earlier', args));

    expect(lostPlaces(earlier, await bridgeNamed('later', args, [{ name: 'earlier' }]))).toEqual([]);
    // All but the provider.
    expect(lostPlaces(earlier, await bridgeNamed('later', args))).toHaveLength(earlier.length - 1);
  });

  test('has the provider of its own package where the bridge is given several', async () => {
    const graph = await bridgeWith(args, () => ({
      provider: undefined,
      providers: {
        aws: new aws.Provider('frankfurt', { region: REGION }),
        random: new random.Provider('dice'),
      },
    }));

    const created = ofBridge(graph).filter(({ isCustom }) => isCustom);
    const wrong = created.filter(
      ({ type, provider }) => provider?.split('::').at(-1) !== (type.startsWith('aws:') ? 'frankfurt' : 'dice'),
    );
    expect(wrong.map(({ urn }) => urn)).toEqual([]);
  });
});
