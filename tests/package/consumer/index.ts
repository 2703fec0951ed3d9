/** A program that imports the package; its transform lies beside it. */
import * as aws from '@pulumi/aws';
import { BrazeCluster, CurrentsBridge, type CurrentsBridgeArgs } from 'currents-bridge';

const args: CurrentsBridgeArgs = {
  brazeCluster: BrazeCluster.EU01,
  rudderstack: { dataPlaneUrl: 'https://example.dataplane.rudderstack.com', writeKey: 'WRITE_KEY' },
  transform: { module: 'transforms/marked.ts' },
};
const provider = new aws.Provider('frankfurt', { region: 'eu-central-1' });

export const { customHttpUrl } = new CurrentsBridge('events', args, { provider });
