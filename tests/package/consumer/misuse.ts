/** What the package's types refuse; where they were not found, all of this would be allowed. */
import type * as pulumi from '@pulumi/pulumi';
import { CurrentsBridge, type CurrentsBridgeArgs } from 'currents-bridge';
import type { UserTransform } from 'currents-bridge/transform/transform';

// @ts-expect-error There is no such cluster.
export const brazeCluster: CurrentsBridgeArgs['brazeCluster'] = 'EU-09';

// @ts-expect-error Where the events go has to be said.
export const make = () => new CurrentsBridge('events', { brazeCluster: 'EU-01' });

// @ts-expect-error It is an output of a text.
export const url = (bridge: CurrentsBridge): pulumi.Output<number> => bridge.customHttpUrl;

// @ts-expect-error A transform gives back a message or null.
export const transform: UserTransform = () => 'text';
