import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { BrazeCluster, CurrentsBridge } from 'currents-bridge';

const config = new pulumi.Config();

const frankfurt = new aws.Provider('frankfurt', { region: 'eu-central-1' });
const bridge = new CurrentsBridge(
  'events',
  {
    brazeCluster: BrazeCluster.EU01,
    rudderstack: {
      dataPlaneUrl: config.require('dataPlaneUrl'),
      // The write key never passes through Pulumi: the processor reads it there.
      writeKeySecret: {
        arn: config.require('writeKeySecretArn'),
        jsonKey: 'writeKey',
        kmsKeyArn: config.get('writeKeySecretKmsKeyArn'),
      },
    },
    alarms: { pageTopicArn: config.require('pageTopicArn'), ticketTopicArn: config.require('ticketTopicArn') },
  },
  { provider: frankfurt },
);

export const { customHttpUrl, customHttpToken } = bridge;
