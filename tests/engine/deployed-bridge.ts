import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListVersionsByFunctionCommand,
  UpdateEventSourceMappingCommand,
  type FunctionConfiguration,
} from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { ArchiveReader, type ArchivedRequest } from '../../runtime/archive/reader';
import { Output } from '../../runtime/local/output';
import { Command, type Ended } from '../commands/command';
import type { Emulator } from './emulator';

/** A deployed stack, as whoever operates it sees it. */
export class DeployedBridge {
  readonly #sqs: SQSClient;
  readonly #lambda: LambdaClient;

  constructor(
    private readonly emulator: Emulator,
    private readonly region: string,
    /** What `pulumi stack output` says. */
    private readonly outputs: Readonly<Record<string, string>>,
  ) {
    this.#sqs = emulator.client(SQSClient, region);
    this.#lambda = emulator.client(LambdaClient, region);
  }

  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined) throw new Error(`The stack has no output ${name}.`);
    return value;
  }

  /** Messages in the event queue, those in flight included. */
  async queued(): Promise<number> {
    const { ApproximateNumberOfMessages: waiting, ApproximateNumberOfMessagesNotVisible: inFlight } =
      await this.#attributes();
    return Number(waiting) + Number(inFlight);
  }

  /** Empties the dead-letter queue. @returns the bodies. */
  async takeDeadLetters(): Promise<string[]> {
    const QueueUrl = this.output('deadLetterQueueUrl');
    const bodies: string[] = [];
    for (;;) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 30 }),
      );
      if (Messages.length === 0) return bodies;
      for (const { Body = '', ReceiptHandle } of Messages) {
        bodies.push(Body);
        await this.#sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  /** Puts a message into the event queue, past ingest. */
  async queue(MessageBody: string): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl: this.output('eventQueueUrl'), MessageBody }));
  }

  /** Receives a message of the event queue, where it stays and is visible. @returns whether there was one. */
  async receive(): Promise<boolean> {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({ QueueUrl: this.output('eventQueueUrl'), VisibilityTimeout: 0 }),
    );
    return Messages.length > 0;
  }

  /** Empties the event queue. */
  async purge(): Promise<void> {
    await this.#sqs.send(new PurgeQueueCommand({ QueueUrl: this.output('eventQueueUrl') }));
  }

  /** How often SQS lets a message of the event queue be received. */
  async maxReceiveCount(): Promise<number> {
    const { RedrivePolicy = '{}' } = await this.#attributes();
    const { maxReceiveCount } = JSON.parse(RedrivePolicy) as { maxReceiveCount?: unknown };
    return Number(maxReceiveCount);
  }

  /** Holds events in the queue while something is done, as the runbook says. */
  async whilePaused<Result>(act: () => Promise<Result>): Promise<Result> {
    await this.#enable(false);
    try {
      return await act();
    } finally {
      await this.#enable(true);
    }
  }

  /** All requests in the archive with their events, in the order of receipt. */
  async archived(): Promise<(ArchivedRequest & { contents: unknown[] | undefined })[]> {
    const reader = new ArchiveReader(this.emulator.client(S3Client, this.region), this.output('archiveBucketName'));
    const requests: (ArchivedRequest & { contents: unknown[] | undefined })[] = [];
    for await (const request of reader.list({ from: new Date(0), to: new Date(Date.now() + 60_000) })) {
      requests.push({ ...request, contents: await reader.read(request.key) });
    }
    return requests;
  }

  /** With no message. */
  async invokeProcessor(): Promise<void> {
    const FunctionName = this.output('processorFunctionName');
    await this.#lambda.send(new InvokeCommand({ FunctionName, Qualifier: 'live', Payload: '{"Records":[]}' }));
  }

  /** One of the shipped commands, with the dead-letter queue. */
  async command(name: 'dead-letters' | 'redrive', ...args: readonly string[]): Promise<Ended> {
    const command = new Command(name, ['--queue-url', this.output('deadLetterQueueUrl'), ...args], {
      ...this.emulator.environment,
      AWS_REGION: this.region,
    });
    return command.ended;
  }

  /** All that the functions and API Gateway have written, line by line. */
  async logLines(): Promise<string[]> {
    const { logGroups = [] } = await this.emulator
      .client(CloudWatchLogsClient, this.region)
      .send(new DescribeLogGroupsCommand());
    const lines = await Promise.all(
      logGroups.map(({ logGroupName = '' }) => this.emulator.logs(this.region, logGroupName)),
    );
    return lines.flat();
  }

  /** Of both functions, each version. */
  async functionConfigurations(): Promise<FunctionConfiguration[]> {
    const configurations: FunctionConfiguration[] = [];
    for (const output of ['ingestFunctionName', 'processorFunctionName']) {
      const FunctionName = this.output(output);
      const { Versions = [] } = await this.#lambda.send(new ListVersionsByFunctionCommand({ FunctionName }));
      for (const { Version } of Versions) {
        const command = new GetFunctionConfigurationCommand({ FunctionName, Qualifier: Version });
        configurations.push(await this.#lambda.send(command));
      }
    }
    return configurations;
  }

  /** The metrics among the lines. */
  async written(): Promise<Output> {
    const output = new Output();
    for (const line of await this.logLines()) output.add(line);
    return output;
  }

  async #enable(isEnabled: boolean): Promise<void> {
    const { EventSourceMappings: [mapping] = [] } = await this.#lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: `${this.output('processorFunctionName')}:live` }),
    );
    await this.#lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, Enabled: isEnabled }));
  }

  /** Of the event queue. */
  async #attributes(): Promise<Record<string, string>> {
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.output('eventQueueUrl'), AttributeNames: ['All'] }),
    );
    return Attributes;
  }
}
