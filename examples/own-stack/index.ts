import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { BrazeCluster, CurrentsBridge } from 'currents-bridge';

const config = new pulumi.Config();
const name = config.require('domainName');

const frankfurt = new aws.Provider('frankfurt', { region: 'eu-central-1' });
const bridge = new CurrentsBridge(
  'events',
  {
    brazeCluster: BrazeCluster.EU01,
    rudderstack: { dataPlaneUrl: config.require('dataPlaneUrl'), writeKey: config.requireSecret('writeKey') },
    endpoint: { domain: { name, certificateArn: config.require('certificateArn') } },
    tags: { team: 'crm' },
  },
  { provider: frankfurt },
);

// The URL that Braze sends to stays the same, whatever becomes of the API behind it.
if (bridge.domainTarget !== undefined) {
  const { domainName, hostedZoneId } = bridge.domainTarget;
  new aws.route53.Record(
    'events',
    {
      zoneId: config.require('zoneId'),
      name,
      type: 'A',
      aliases: [{ name: domainName, zoneId: hostedZoneId, evaluateTargetHealth: false }],
    },
    { provider: frankfurt },
  );
}

// Whatever else reads the dead letters may do so.
export const { customHttpUrl, customHttpToken, deadLetterQueueArn } = bridge;
