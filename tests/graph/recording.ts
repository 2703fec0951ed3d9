import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { CurrentsBridge, type CurrentsBridgeArgs } from '../../components/currents-bridge';
import type { Graph } from '../../graph/graph';
import { record } from '../../graph/record';
import { textOf } from '../../graph/text';

export const REGION = 'eu-central-1';

/** What a program registers. */
export async function recorded(run: () => Record<string, unknown> | undefined): Promise<Graph> {
  const graph = await record({
    project: 'currents-bridge',
    stack: 'test',
    config: {},
    secretKeys: [],
    run: () => Promise.resolve(run() ?? {}),
  });
  return { ...graph, standIns: {} };
}

/** A bridge named "bridge", as the stack program makes it. */
export function bridge(args: CurrentsBridgeArgs): Promise<Graph> {
  return recorded(() => {
    const bridge = new CurrentsBridge('bridge', args, provided());
    return { token: bridge.customHttpToken, exportUrl: bridge.rudderstackExportUrl };
  });
}

export function provided(): pulumi.ComponentResourceOptions & pulumi.CustomResourceOptions {
  return { provider: new aws.Provider('aws', { region: REGION }) };
}

/** The text of a program's graph. */
export async function shown(run: () => undefined): Promise<string> {
  return textOf(await recorded(run));
}

/** A resource of a type that the graph does not know. */
export class Parameter extends pulumi.CustomResource {
  constructor(name: string, opts: pulumi.CustomResourceOptions) {
    super('aws:ssm/parameter:Parameter', name, { value: 'text' }, opts);
  }
}
