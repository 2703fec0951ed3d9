import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { BrazeCluster, CurrentsBridge } from 'currents-bridge';

const config = new pulumi.Config();

// A bridge is where its provider is, and refuses a provider of another region than its cluster's.
const virginia = new aws.Provider('virginia', { region: 'us-east-1' });
const frankfurt = new aws.Provider('frankfurt', { region: 'eu-central-1' });

const us = new CurrentsBridge(
  'events-us',
  {
    brazeCluster: BrazeCluster.US01,
    rudderstack: { dataPlaneUrl: config.require('usDataPlaneUrl'), writeKey: config.requireSecret('usWriteKey') },
  },
  { provider: virginia },
);
const eu = new CurrentsBridge(
  'events-eu',
  {
    brazeCluster: BrazeCluster.EU01,
    rudderstack: { dataPlaneUrl: config.require('euDataPlaneUrl'), writeKey: config.requireSecret('euWriteKey') },
  },
  { provider: frankfurt },
);

export const usUrl = us.customHttpUrl;
export const usToken = us.customHttpToken;
export const euUrl = eu.customHttpUrl;
export const euToken = eu.customHttpToken;
