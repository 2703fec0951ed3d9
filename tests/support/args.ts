import type { CurrentsBridgeArgs } from '../../components/args';

export const NAME = 'currents-test';
export const REGION = 'eu-central-1';
export const PROVIDER = 'own';
/** Easy to find again, wherever it should not be. */
export const WRITE_KEY = 'RECOGNISABLE-WRITE-KEY';
export const DATA_PLANE_URL = 'https://example.dataplane.rudderstack.com';
export const WEBHOOK_URL = `${DATA_PLANE_URL}/v1/webhook?writeKey=${WRITE_KEY}`;
export const KEY_ARN = keyArn(REGION, '1234abcd-12ab-34cd-56ef-1234567890ab');
export const OTHER_KEY_ARN = keyArn(REGION, 'ffffffff-12ab-34cd-56ef-1234567890ab');
export const ADOPTED_SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:rudderstack-Ab1Cd2';
export const BOUNDARY = 'arn:aws:iam::123456789012:policy/boundary';
export const CERTIFICATE = certificateArn(REGION);

function keyArn(region: string, id: string): string {
  return `arn:aws:kms:${region}:123456789012:key/${id}`;
}

function certificateArn(region: string): string {
  return `arn:aws:acm:${region}:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab`;
}

/** Only what must be set. */
export const LEAST: CurrentsBridgeArgs = {
  brazeCluster: 'EU-01',
  rudderstack: { dataPlaneUrl: DATA_PLANE_URL, writeKey: WRITE_KEY },
};

/** All that adds a resource or a permission. */
export function mostIn(region: string): CurrentsBridgeArgs {
  return {
    ...LEAST,
    production: true,
    rudderstack: { webhookUrl: WEBHOOK_URL },
    endpoint: {
      tokenRotation: 2,
      domain: { name: 'currents.example.com', certificateArn: certificateArn(region) },
    },
    ingest: { reservedConcurrency: 50 },
    processor: { reservedConcurrency: 20 },
    archive: { enabled: true, retentionDays: 365 },
    functions: {
      permissionsBoundaryArn: BOUNDARY,
      vpc: { subnetIds: ['subnet-0123abcd'], securityGroupIds: ['sg-0123abcd'] },
    },
    encryption: { kmsKeyArn: keyArn(region, '1234abcd-12ab-34cd-56ef-1234567890ab') },
    alarms: { email: 'on-call@example.com' },
    tags: { team: 'crm' },
  };
}

export const MOST = mostIn(REGION);

/** What exists already is used. */
export const ADOPTING: CurrentsBridgeArgs = {
  ...LEAST,
  rudderstack: {
    dataPlaneUrl: DATA_PLANE_URL,
    writeKeySecret: { arn: ADOPTED_SECRET, jsonKey: 'writeKey', kmsKeyArn: OTHER_KEY_ARN },
  },
  alarms: {
    pageTopicArn: 'arn:aws:sns:eu-central-1:123456789012:page',
    ticketTopicArn: 'arn:aws:sns:eu-central-1:123456789012:ticket',
  },
};
