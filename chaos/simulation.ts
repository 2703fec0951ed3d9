import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { HttpRequest, HttpResponse } from '../runtime/ingest/ingest';
import { Braze } from './braze';
import { SimulatedClock, START } from './clock';
import { DATA_PLANE_FAULTS, DATA_PLANE_HOST, DataPlane } from './data-plane';
import { EventSource } from './event-source';
import { HttpApi, INTERNET_FAULTS } from './http-api';
import { newJournal, type Journal } from './journal';
import { LambdaFunction } from './lambda';
import { Network, type Service } from './network';
import {
  DEAD_LETTER_QUEUE_URL,
  EVENT_QUEUE_URL,
  PRODUCT,
  startIngest,
  startProcessor,
  TOKENS_SECRET,
  warmUp,
  WRITE_KEY_SECRET,
  type Product,
} from './product';
import type { Random } from './random';
import { S3, S3_FAULTS, S3_HOST } from './s3';
import type { Schedule } from './schedule';
import { SECRETS_MANAGER_FAULTS, SECRETS_MANAGER_HOST, SecretsManager, valueAt } from './secrets-manager';
import { Queue, Sqs, SQS_FAULTS, SQS_HOST } from './sqs';
import { Weather } from './weather';

/** As the stack has it by default. */
const DAY = 86_400;
const VISIBILITY_TIMEOUT = 300;
const INGEST_TIMEOUT = 25;
const PROCESSOR_TIMEOUT = 45;

/** What a simulation was like. */
export interface Course {
  journal: Journal;
  /** Hours of simulated time. */
  hours: number;
}

/** Lets the product live through a schedule, in simulated time. */
export async function simulate(schedule: Schedule, random: Random, product: Product = PRODUCT): Promise<Course> {
  await warmUp();
  const clock = new SimulatedClock(random);
  const { stackTraceLimit } = Error;
  // Errors are everyday here, and most of what one costs is its stack.
  Error.stackTraceLimit = 0;
  try {
    return await new Simulation(schedule, random, product).run(clock);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    clock.stop();
  }
}

class Simulation {
  readonly #journal = newJournal();
  readonly #deadLetterQueue: Queue;
  readonly #eventQueue: Queue;
  readonly #network: Network;
  readonly #ingest: LambdaFunction<HttpRequest, HttpResponse>;
  readonly #processor: LambdaFunction<SQSEvent, SQSBatchResponse>;
  readonly #eventSource: EventSource;
  readonly #braze: Braze;

  constructor(
    private readonly schedule: Schedule,
    random: Random,
    product: Product,
  ) {
    const journal = this.#journal;
    const { faults, options, duplicates } = schedule;
    this.#deadLetterQueue = new Queue(
      { name: 'deadLetters', visibilityTimeout: VISIBILITY_TIMEOUT, retention: 14 * DAY },
      random,
      journal,
      0,
    );
    this.#eventQueue = new Queue(
      {
        name: 'events',
        visibilityTimeout: VISIBILITY_TIMEOUT,
        retention: 7 * DAY,
        redrive: { to: this.#deadLetterQueue, maxReceiveCount: schedule.maxReceiveCount },
      },
      random,
      journal,
      duplicates,
    );
    const queues = new Map([
      [EVENT_QUEUE_URL, this.#eventQueue],
      [DEAD_LETTER_QUEUE_URL, this.#deadLetterQueue],
    ]);
    const sqs = new Sqs(queues, new Weather(random, faults.sqs, SQS_FAULTS), random, journal);
    const dataPlane = new DataPlane(
      schedule.writeKey,
      new Weather(random, faults.dataPlane, DATA_PLANE_FAULTS),
      journal,
    );
    const secrets = new Map([
      [TOKENS_SECRET, schedule.tokensSecret],
      [WRITE_KEY_SECRET, schedule.writeKeySecret],
    ]);
    const secretsManager = new SecretsManager(
      secrets,
      new Weather(random, faults.secretsManager, SECRETS_MANAGER_FAULTS),
    );
    this.#network = new Network(
      new Map<string, Service>([
        [SQS_HOST, sqs],
        [S3_HOST, new S3(new Weather(random, faults.s3, S3_FAULTS), journal)],
        [SECRETS_MANAGER_HOST, secretsManager],
        [DATA_PLANE_HOST, dataPlane],
      ]),
      journal,
    );

    const crashWeather = new Weather(random, faults.crashes, { crash: () => ({}) });
    const crashes = () => (crashWeather.passage().fault === undefined ? BASE_CRASHES : 1);
    this.#ingest = new LambdaFunction(
      {
        name: 'ingest',
        timeout: INGEST_TIMEOUT,
        start: (process) => startIngest(product, this.#network.agentFor(process), options),
        messagesOf: () => [],
        handedBackBy: () => [],
      },
      crashes,
      random,
      journal,
    );
    this.#processor = new LambdaFunction(
      {
        name: 'processor',
        timeout: PROCESSOR_TIMEOUT,
        start: (process) => {
          const processBatch = startProcessor(product, this.#network.agentFor(process), options, () => {
            process.die();
          });
          return (event, remaining) => processBatch(event.Records, remaining);
        },
        messagesOf: ({ Records }) => Records.map(({ messageId, body }) => ({ id: messageId, body })),
        handedBackBy: ({ batchItemFailures }) => batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
      },
      crashes,
      random,
      journal,
    );
    this.#eventSource = new EventSource(this.#eventQueue, this.#processor, schedule.eventSource, random, journal);
    this.#eventQueue.onChange = () => {
      this.#eventSource.poll();
    };
    const api = new HttpApi(
      this.#ingest,
      new Weather(random, faults.internet, INTERNET_FAULTS),
      schedule.habits,
      random,
      journal,
    );
    this.#braze = new Braze(api, () => valueAt(schedule.brazeToken, Date.now()), random, journal);
  }

  async run(clock: SimulatedClock): Promise<Course> {
    for (const { at, events } of this.schedule.flushes) this.#braze.flush(events, at - START);
    const isOver = () => this.#isSettled || Date.now() >= this.schedule.settledBy;
    await clock.runUntil(isOver);
    await this.#network.close();
    const journal = this.#journal;
    journal.left = [...this.#eventQueue.messages.values()].map(({ body }) => body);
    journal.deadLetters = [...this.#deadLetterQueue.messages.values()].map(({ body, receivesBeforeMove }) => ({
      body,
      receives: receivesBeforeMove,
    }));
    return {
      journal,
      hours: (Date.now() - START) / 3_600_000,
    };
  }

  get #isSettled(): boolean {
    return (
      this.#braze.isDone &&
      this.#ingest.running === 0 &&
      this.#eventSource.isIdle &&
      this.#eventQueue.messages.size === 0
    );
  }
}

/** Probability that an invocation ends by force when nothing else is the matter. */
const BASE_CRASHES = 0.01;
