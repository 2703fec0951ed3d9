import { globalAgent } from 'node:https';
import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { InitializeHandler, InitializeMiddleware } from '@smithy/types';
import { ServiceModel } from './models';

export interface CloudSettings {
  region: string;
  /** Where all services of the emulator listen. */
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** botocore's `data` folder, with the models that calls are checked against. */
  models: string;
}

/** An emulated AWS in one region. Calls that the API's model refuses fail before they are sent. */
export class Cloud {
  readonly partition = 'aws';
  readonly region: string;
  readonly accountId: string;
  readonly endpoint: string;
  readonly apiGateway: ApiGatewayV2Client;
  readonly cloudWatch: CloudWatchClient;
  readonly iam: IAMClient;
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly s3: S3Client;
  readonly secretsManager: SecretsManagerClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;

  constructor({ region, endpoint, credentials, models }: CloudSettings) {
    this.region = region;
    this.endpoint = endpoint;
    this.accountId = accountOf(credentials.accessKeyId);
    // It trusts the emulator's certificate, where this process learned of it after its start, too.
    const config = { region, endpoint, credentials, requestHandler: { httpsAgent: globalAgent } };
    this.apiGateway = checked(new ApiGatewayV2Client(config), models, 'apigatewayv2');
    this.cloudWatch = checked(new CloudWatchClient(config), models, 'cloudwatch');
    this.iam = checked(new IAMClient(config), models, 'iam');
    this.lambda = checked(new LambdaClient(config), models, 'lambda');
    this.logs = checked(new CloudWatchLogsClient(config), models, 'logs');
    this.s3 = checked(new S3Client(config), models, 's3');
    this.secretsManager = checked(new SecretsManagerClient(config), models, 'secretsmanager');
    this.sns = checked(new SNSClient(config), models, 'sns');
    this.sqs = checked(new SQSClient(config), models, 'sqs');
  }

  /** Of the environment, by the names that AWS's own tools use; `AWS_MODELS` is ours. */
  static of(region: string, environment: NodeJS.ProcessEnv): Cloud {
    const given = (name: string) => {
      const value = environment[name];
      if (value === undefined || value === '') throw new Error(`The provider needs ${name} in its environment.`);
      return value;
    };
    return new Cloud({
      region,
      endpoint: given('AWS_ENDPOINT_URL'),
      credentials: { accessKeyId: given('AWS_ACCESS_KEY_ID'), secretAccessKey: given('AWS_SECRET_ACCESS_KEY') },
      models: given('AWS_MODELS'),
    });
  }

  close(): void {
    const { apiGateway, cloudWatch, iam, lambda, logs, s3, secretsManager, sns, sqs } = this;
    for (const client of [apiGateway, cloudWatch, iam, lambda, logs, s3, secretsManager, sns, sqs]) client.destroy();
  }
}

/** As MiniStack does: an access key of twelve digits is an account's number; any other belongs to its one account. */
function accountOf(accessKeyId: string): string {
  return /^\d{12}$/.test(accessKeyId) ? accessKeyId : '000000000000';
}

/** The answer to a call; undefined where its error, of one of these names, tells that the thing is not there. */
export async function ifThere<Answer>(call: Promise<Answer>, ...names: string[]): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && names.includes(error.name)) return undefined;
    throw error;
  }
}

interface Client {
  middlewareStack: { add(middleware: InitializeMiddleware<object, object>, options: { step: 'initialize' }): void };
}

function checked<C>(client: C & Client, models: string, service: string): C {
  const model = modelOf(models, service);
  client.middlewareStack.add(
    (next: InitializeHandler<object, object>, { commandName = '' }) =>
      async (call) => {
        model.check(commandName.replace(/Command$/, ''), call.input);
        return next(call);
      },
    { step: 'initialize' },
  );
  return client;
}

const loaded = new Map<string, ServiceModel>();

/** Read once: a model is large. */
function modelOf(folder: string, service: string): ServiceModel {
  const key = `${folder} ${service}`;
  const model = loaded.get(key) ?? ServiceModel.load(folder, service);
  loaded.set(key, model);
  return model;
}
