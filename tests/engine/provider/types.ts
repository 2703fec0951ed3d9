import { apiGateway } from './api-gateway';
import { cloudWatch } from './cloudwatch';
import { iam } from './iam';
import { lambda } from './lambda';
import { logs } from './logs';
import { random } from './random';
import type { ResourceType } from './resource-type';
import { s3 } from './s3';
import { secretsManager } from './secrets-manager';
import { sns } from './sns';
import { sqs } from './sqs';

/** All that the stand-in for the plugins `aws` and `random` can make, by Pulumi's names of the types. */
export const types: Readonly<Record<string, ResourceType>> = {
  ...apiGateway,
  ...cloudWatch,
  ...iam,
  ...lambda,
  ...logs,
  ...random,
  ...s3,
  ...secretsManager,
  ...sns,
  ...sqs,
};
