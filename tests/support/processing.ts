import { Output, type Written } from './output';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { Breaker } from '../../runtime/processor/breaker';
import { processBatch, type ProcessorDependencies } from '../../runtime/processor/processor';
import { DataPlane } from '../../runtime/processor/rudderstack';
import { parseWriteKey } from '../../runtime/processor/write-key';
import { CachedSecret } from '../../runtime/secret';
import { Telemetry } from '../../runtime/telemetry';
import { FaultyServer } from './faulty-server';
import { Queues } from './queues';
import { SecretsManagerStandIn } from './secrets-manager';

/** The processor between real clients and local stand-ins. */
export class Processing {
  breaker = new Breaker();
  progress: ProcessorDependencies['progress'] = new Map();
  readonly telemetry = new Telemetry();
  /** Milliseconds left of each invocation. */
  remaining: () => number = () => 60_000;
  options: Partial<ProcessorDependencies> = {};
  #writeKey: CachedSecret<string>;

  private constructor(
    readonly queues: Queues,
    readonly dataPlane: FaultyServer,
    readonly secrets: SecretsManagerStandIn,
    readonly output: Output,
  ) {
    this.#writeKey = this.#secret();
  }

  static async start(): Promise<Processing> {
    return new Processing(
      await Queues.start(),
      await FaultyServer.start(),
      await SecretsManagerStandIn.start('write-key'),
      new Output(),
    );
  }

  /** Forgets everything: a new process, empty queues, a healthy data plane. */
  async renew(): Promise<void> {
    this.queues.renew();
    this.dataPlane.requests.length = 0;
    this.dataPlane.accepted.length = 0;
    this.dataPlane.script = () => undefined;
    this.dataPlane.writeKey = 'write-key';
    this.secrets.text = 'write-key';
    this.secrets.reads = 0;
    this.breaker = new Breaker();
    this.progress = new Map();
    this.remaining = () => 60_000;
    this.options = {};
    this.#writeKey = this.#secret();
    this.output.take();
    await Promise.resolve();
  }

  get dependencies(): ProcessorDependencies {
    return {
      sqs: this.queues.client,
      eventQueueUrl: this.queues.eventQueueUrl,
      deadLetterQueueUrl: this.queues.deadLetterQueueUrl,
      dataPlane: new DataPlane(this.dataPlane.url, { gzip: true }),
      writeKey: this.#writeKey,
      breaker: this.breaker,
      maxBatchEvents: 250,
      maxEventBytes: undefined,
      progress: this.progress,
      transformOptions: { eventNames: new Map(), anonymousUsers: 'skip', transform: undefined },
      telemetry: this.telemetry,
      ...this.options,
    };
  }

  /** An invocation; as Lambda does, it deletes what did not come back. */
  async invoke(records: readonly SQSRecord[]): Promise<{ failed: string[]; written: Written }> {
    const response = await processBatch(records, this.dependencies, this.remaining);
    return { failed: await this.#finish(records, response), written: this.output.take() };
  }

  /** Receives all that is visible and handles it. */
  async receiveAndInvoke(): Promise<{ failed: string[]; written: Written }> {
    return this.invoke(await this.queues.receive());
  }

  async stop(): Promise<void> {
    this.output.stop();
    await Promise.all([this.queues.stop(), this.dataPlane.stop(), this.secrets.stop()]);
  }

  async #finish(records: readonly SQSRecord[], { batchItemFailures }: SQSBatchResponse): Promise<string[]> {
    const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    await this.queues.delete(records.filter(({ messageId }) => !failed.includes(messageId)));
    return failed;
  }

  #secret(): CachedSecret<string> {
    return new CachedSecret(
      this.secrets.client,
      'secret',
      (text) => parseWriteKey(text, undefined),
      this.telemetry.secretFailed,
    );
  }
}
