import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { CurrentsBridge } from './components/currents-bridge';
import { bridgeNameOf, readStackConfig } from './stack/config';

const { awsRegion, args } = readStackConfig();
const provider = new aws.Provider('aws', { region: awsRegion as aws.Region });
const bridge = new CurrentsBridge(bridgeNameOf(pulumi.getStack()), args, { provider });

export const {
  customHttpUrl,
  customHttpToken,
  rudderstackExportUrl,
  eventQueueUrl,
  eventQueueArn,
  deadLetterQueueUrl,
  deadLetterQueueArn,
  ingestFunctionName,
  processorFunctionName,
  dashboardUrl,
  pageTopicArn,
  ticketTopicArn,
} = bridge;
// Pulumi warns of an output that is undefined.
export const domainTarget = bridge.domainTarget ?? null;
export const archiveBucketName = bridge.archiveBucketName ?? null;
export const kmsKeyPolicyStatements = bridge.kmsKeyPolicyStatements ?? null;
