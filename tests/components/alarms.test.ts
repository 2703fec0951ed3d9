import { BlockList } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
// Before anything of runtime/, which reads the name of the function as soon as it is loaded.
import { Processing } from '../support/processing';
import type { CurrentsBridgeArgs } from '../../components/currents-bridge';
import { MAX_HAND_BACK } from '../../runtime/processor/breaker';
import { ArchiveWriter } from '../../runtime/archive/writer';
import { encodeEvents } from '../../runtime/queue/envelope';
import { s3At } from '../support/archive';
import { ADOPTING, LEAST, NAME, REGION } from '../support/args';
import { deploy, policyOf, variablesOf } from '../support/bridge';
import { currentsEvent, currentsEvents } from '../support/events';
import { currentsRequest, Ingesting, TOKENS } from '../support/ingesting';
import { ACCOUNT, valueOf, type Graph, type Registered } from '../support/mocks';
import type { Emitted, Written } from '../support/output';

const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const TOPIC = 'aws:sns/topic:Topic';
const SUBSCRIPTION = 'aws:sns/topicSubscription:TopicSubscription';
const INGEST = `${NAME}-ingest`;
const PROCESSOR = `${NAME}-processor`;
const EVENTS = `${NAME}-events`;
const DEAD_LETTERS = `${NAME}-dead-letters`;
const EMAIL = 'on-call@example.com';

const PAGES = [
  'credential-failure',
  'delivery-failing',
  'ingest-errors',
  'no-traffic',
  'nothing-delivered',
  'secret-failure',
  'unknown-source',
  'unknown-token',
];
const TICKETS = [
  'archive-failed',
  'backlog',
  'dead-lettered',
  'dead-letters-expiring',
  'dead-letters-waiting',
  'old-message',
  'previous-token',
  'processor-errors',
  'refused-requests',
  'skipped-share',
  'throttles',
  'unknown-version',
  'unreceived-message',
];

/** With every alarm that there is. */
const ALL: CurrentsBridgeArgs = {
  ...LEAST,
  endpoint: { sourceAddresses: 'braze' },
  archive: { enabled: true },
  alarms: {
    noTrafficHours: 24,
    refusedRequests: 2,
    skippedPercent: 50,
    oldestMessageMinutes: 60,
    backlogMessages: 100,
  },
};

/** What CloudWatch tells metrics apart by, and how it makes one value of those of a period. */
interface Watched {
  namespace: string;
  metricName: string;
  dimensions: Record<string, string>;
  stat: string;
  period: number;
}

interface MetricQuery {
  id: string;
  expression?: string;
  metric?: Watched;
  returnData?: boolean;
}

/** A metric alarm as CloudWatch evaluates it: for a single period, which is how the handlers are run here. */
class Alarm {
  readonly inputs: Registered['inputs'];

  constructor({ inputs }: Registered) {
    this.inputs = inputs;
  }

  get queries(): MetricQuery[] {
    return (this.inputs.metricQueries as MetricQuery[] | undefined) ?? [];
  }

  get metrics(): Record<string, Watched> {
    if (this.queries.length > 0) {
      return Object.fromEntries(this.queries.flatMap(({ id, metric }) => (metric === undefined ? [] : [[id, metric]])));
    }
    return { only: { ...this.inputs, stat: this.inputs.statistic } as unknown as Watched };
  }

  get period(): number {
    return Math.max(...Object.values(this.metrics).map(({ period }) => period));
  }

  get own(): Watched[] {
    return Object.values(this.metrics).filter(({ namespace }) => !namespace.startsWith('AWS/'));
  }

  isRaisedBy(emitted: readonly Emitted[]): boolean {
    const values = Object.entries(this.metrics).map(([id, metric]) => [id, statisticOf(metric, emitted)]);
    return this.isBreachedBy(Object.fromEntries(values) as Record<string, number | undefined>);
  }

  /** @param values by the id of the metric; undefined for no data. */
  isBreachedBy(values: Record<string, number | undefined>): boolean {
    // Whether FILL fills what has no data at all is not documented, so it must come to the same.
    const [isBreached, isBreachedUnfilled] = [true, false].map((fills) =>
      this.#isBreaching(this.#result(values, fills)),
    );
    expect(isBreachedUnfilled).toBe(isBreached);
    return isBreached === true;
  }

  #isBreaching(value: number | null): boolean {
    // CloudWatch drops what was divided by zero.
    if (value === null || Number.isNaN(value)) return this.inputs.treatMissingData === 'breaching';
    const { comparisonOperator, threshold } = this.inputs as { comparisonOperator: string; threshold: number };
    if (comparisonOperator === 'GreaterThanOrEqualToThreshold') return value >= threshold;
    if (comparisonOperator === 'LessThanThreshold') return value < threshold;
    throw new Error(`This test does not know ${comparisonOperator}.`);
  }

  /** No data is null, which is 0 in an operation, with JavaScript as with CloudWatch. */
  #result(values: Record<string, number | undefined>, fills: boolean): number | null {
    const expressions = this.queries.flatMap(({ expression = [] }) => expression);
    if (expressions.length === 0) return values.only ?? null;
    return runInNewContext(expressions.join(), {
      ...Object.fromEntries(Object.keys(this.metrics).map((id) => [id, values[id] ?? null])),
      FILL: (value: number | null, filler: number) => value ?? (fills ? filler : null),
      IF: (condition: boolean, yes: number | null, no: number) => (condition ? (yes ?? 0) : no),
    }) as number | null;
  }
}

function isOf({ namespace, metricName, dimensions }: Watched, emitted: Emitted): boolean {
  return (
    emitted.namespace === namespace &&
    emitted.name === metricName &&
    isDeepStrictEqual({ ...emitted.dimensions }, { ...dimensions })
  );
}

function statisticOf(metric: Watched, emitted: readonly Emitted[]): number | undefined {
  const values = emitted.filter((each) => isOf(metric, each)).map(({ value }) => value);
  if (values.length === 0) return undefined;
  return metric.stat === 'Maximum' ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0);
}

function alarmsOf(graph: Graph): Map<string, Alarm> {
  return new Map(graph.ofType(ALARM).map((alarm) => [alarm.name.replace(`${NAME}-`, ''), new Alarm(alarm)]));
}

let graph: Graph;
let alarms: Map<string, Alarm>;
beforeAll(async () => {
  ({ graph } = await deploy(ALL));
  alarms = alarmsOf(graph);
});

function alarm(key: string): Alarm {
  const found = alarms.get(key);
  if (found === undefined) throw new Error(`There is no alarm ${key}.`);
  return found;
}

describe('alarms on metrics of the functions themselves', () => {
  const anonymous = currentsEvent('anonymous', { user: { user_id: 'braze' } });
  const untimely = currentsEvent('untimely', { time: 'yesterday' });

  /** What happens at ingest. */
  const AT_INGEST = {
    'events arrive': (ingesting: Ingesting) => ingesting.request(currentsRequest({ events: currentsEvents(3) })),
    'Braze tests the credentials': (ingesting: Ingesting) => ingesting.request(currentsRequest(undefined)),
    'events come with the previous token': (ingesting: Ingesting) =>
      ingesting.request(
        currentsRequest({ events: currentsEvents(1) }, { headers: { authorization: `Bearer ${TOKENS.previous}` } }),
      ),
    'events come with another token': (ingesting: Ingesting) =>
      ingesting.request(currentsRequest({ events: currentsEvents(1) }, { headers: { authorization: 'Bearer other' } })),
    'events come from an unknown address': (ingesting: Ingesting) => {
      ingesting.options = { sourceAddresses: new BlockList() };
      return ingesting.request(currentsRequest({ events: currentsEvents(1) }));
    },
    'events come from an unknown address with another token': (ingesting: Ingesting) => {
      ingesting.options = { sourceAddresses: new BlockList() };
      return ingesting.request(
        currentsRequest({ events: currentsEvents(1) }, { headers: { authorization: 'Bearer other' } }),
      );
    },
    'a request cannot be archived': (ingesting: Ingesting) => {
      // A port on which nothing listens.
      ingesting.options = { archive: new ArchiveWriter('archive', s3At('http://127.0.0.1:9')) };
      return ingesting.request(currentsRequest({ events: currentsEvents(1) }));
    },
    'ingest cannot read its tokens': (ingesting: Ingesting) => {
      ingesting.secrets.text = undefined;
      return ingesting.request(currentsRequest({ events: currentsEvents(1) }));
    },
    'somebody guesses': (ingesting: Ingesting) =>
      ingesting.request(currentsRequest(undefined, { headers: { authorization: 'Bearer guess' } })),
    'an event arrives without its type': (ingesting: Ingesting) =>
      ingesting.request(currentsRequest({ events: [{ id: 'no-type' }] })),
  };

  /** What happens at the processor. */
  const AT_PROCESSOR = {
    'events are delivered': async (processing: Processing) => {
      await processing.queues.send(currentsEvents(3));
      return processing.receiveAndInvoke();
    },
    'an event is skipped': async (processing: Processing) => {
      await processing.queues.send([anonymous]);
      return processing.receiveAndInvoke();
    },
    'an event is rejected': async (processing: Processing) => {
      await processing.queues.send([untimely]);
      return processing.receiveAndInvoke();
    },
    'RudderStack is down': async (processing: Processing) => {
      processing.dataPlane.script = () => 503;
      // Too little for a second attempt.
      processing.remaining = () => 12_000;
      await processing.queues.send(currentsEvents(3));
      return processing.receiveAndInvoke();
    },
    'RudderStack refuses the write key': async (processing: Processing) => {
      processing.dataPlane.writeKey = 'another';
      await processing.queues.send(currentsEvents(3));
      return processing.receiveAndInvoke();
    },
    'the processor cannot read its write key': async (processing: Processing) => {
      processing.secrets.text = undefined;
      await processing.queues.send(currentsEvents(3));
      return processing.receiveAndInvoke();
    },
    'a message is older than an hour': async (processing: Processing) => {
      await processing.queues.send(currentsEvents(1));
      const records = await processing.queues.receive();
      for (const { attributes } of records) attributes.SentTimestamp = String(Date.now() - 3_600_000);
      return processing.invoke(records);
    },
    'a message cannot be handled at all': async (processing: Processing) => {
      const deep = '['.repeat(50_000) + ']'.repeat(50_000);
      await processing.queues.sendBody(encodeEvents(new Date().toISOString(), [deep]));
      return processing.receiveAndInvoke();
    },
    'a message is of a newer release': async (processing: Processing) => {
      await processing.queues.sendBody('{"v":2}');
      return processing.receiveAndInvoke();
    },
  };

  type Happening = keyof typeof AT_INGEST | keyof typeof AT_PROCESSOR;

  /** Each way in which an alarm is raised within one period. */
  const RAISED: [string, Happening[]][] = [
    ['unknown-token', ['events come with another token']],
    ['unknown-source', ['events come from an unknown address']],
    ['credential-failure', ['RudderStack refuses the write key']],
    ['secret-failure', ['ingest cannot read its tokens']],
    ['secret-failure', ['the processor cannot read its write key']],
    ['delivery-failing', ['RudderStack is down']],
    ['delivery-failing', ['RudderStack refuses the write key']],
    ['nothing-delivered', ['events arrive', 'RudderStack is down']],
    ['nothing-delivered', ['events arrive', 'the processor cannot read its write key']],
    ['nothing-delivered', ['events arrive']],
    ['no-traffic', []],
    ['no-traffic', ['Braze tests the credentials']],
    ['no-traffic', ['events come with another token']],
    ['dead-lettered', ['an event arrives without its type']],
    ['dead-lettered', ['an event is rejected']],
    ['old-message', ['a message is older than an hour']],
    ['processor-errors', ['a message cannot be handled at all']],
    ['skipped-share', ['an event is skipped']],
    ['skipped-share', ['an event is skipped', 'an event is rejected']],
    ['previous-token', ['events come with the previous token']],
    ['archive-failed', ['a request cannot be archived']],
    ['unknown-version', ['a message is of a newer release']],
  ];

  /** What comes close. */
  const NOT_RAISED: [string, Happening[]][] = [
    ['unknown-token', ['somebody guesses']],
    ['unknown-token', ['events come from an unknown address']],
    ['unknown-source', ['events come from an unknown address with another token', 'events arrive']],
    ['delivery-failing', ['RudderStack is down', 'events are delivered']],
    ['delivery-failing', []],
    ['nothing-delivered', ['events arrive', 'RudderStack is down', 'events are delivered']],
    ['nothing-delivered', ['events arrive', 'an event is skipped']],
    ['nothing-delivered', ['events arrive', 'an event is rejected']],
    ['nothing-delivered', ['RudderStack is down']],
    ['skipped-share', ['an event is skipped', 'events are delivered']],
    ['skipped-share', []],
    ['archive-failed', ['events arrive']],
  ];

  const happened = new Map<string, { functionName: string; written: Written }>();

  beforeAll(async () => {
    const ingesting = await Ingesting.start();
    for (const [happening, make] of Object.entries(AT_INGEST)) {
      ingesting.renew();
      happened.set(happening, { functionName: INGEST, written: (await make(ingesting)).written });
    }
    await ingesting.stop();
    const processing = await Processing.start();
    for (const [happening, make] of Object.entries(AT_PROCESSOR)) {
      await processing.renew();
      happened.set(happening, { functionName: PROCESSOR, written: (await make(processing)).written });
    }
    await processing.stop();
  });

  function emittedWhen(happenings: readonly Happening[]): Emitted[] {
    return happenings.flatMap((happening) => {
      const { functionName = '', written } = happened.get(happening) ?? {};
      // Here both run in one process, in AWS the service is the name of each function.
      return (written?.emitted ?? []).map((each) => ({
        ...each,
        dimensions: { ...each.dimensions, service: functionName },
      }));
    });
  }

  test('the handlers name their function as the service', () => {
    const services = [...happened.values()].flatMap(({ written }) =>
      written.emitted.map(({ dimensions }) => dimensions.service),
    );

    expect(new Set(services)).toEqual(new Set([process.env.AWS_LAMBDA_FUNCTION_NAME]));
  });

  test.each(RAISED)('%s is raised when %j', (key, happenings) => {
    expect(alarm(key).isRaisedBy(emittedWhen(happenings))).toBe(true);
  });

  test.each(NOT_RAISED)('%s is not raised when %j', (key, happenings) => {
    expect(alarm(key).isRaisedBy(emittedWhen(happenings))).toBe(false);
  });

  test('each is raised by one of these failures', () => {
    const own = [...alarms].filter(([, { own: metrics }]) => metrics.length > 0).map(([key]) => key);

    expect(new Set(RAISED.map(([key]) => key))).toEqual(new Set(own));
  });

  test('none is raised by traffic that is as it should be', () => {
    const emitted = emittedWhen(['events arrive', 'events are delivered']);

    expect([...alarms].filter(([, each]) => each.isRaisedBy(emitted)).map(([key]) => key)).toEqual([]);
  });

  test('each metric in them, also one that keeps an alarm down, is one that a handler writes', () => {
    const all = emittedWhen([...happened.keys()] as Happening[]);
    const unknown = [...alarms].flatMap(([key, { own }]) =>
      own.filter((metric) => !all.some((each) => isOf(metric, each))).map(({ metricName }) => [key, metricName]),
    );

    expect(unknown).toEqual([]);
  });

  test('the deployed functions write to the namespace that these handlers wrote to', () => {
    for (const suffix of ['ingest', 'processor']) {
      expect(variablesOf(graph, suffix).POWERTOOLS_METRICS_NAMESPACE).toBe(process.env.POWERTOOLS_METRICS_NAMESPACE);
    }
  });
});

describe('alarms on metrics of AWS', () => {
  const lambda = (metric: string, name: string) => ['AWS/Lambda', metric, { FunctionName: name }, 'Sum'];
  const queue = (metric: string, name: string) => ['AWS/SQS', metric, { QueueName: name }, 'Maximum'];

  test('watch what they are named for', () => {
    const watched = [...alarms].flatMap(([key, { metrics }]) => {
      const ofAws = Object.entries(metrics).filter(([, { namespace }]) => namespace.startsWith('AWS/'));
      if (ofAws.length === 0) return [];
      const entries = ofAws.map(([id, { namespace, metricName, dimensions, stat }]) => [
        id,
        [namespace, metricName, dimensions, stat],
      ]);
      return [[key, Object.fromEntries(entries) as unknown]];
    });

    expect(Object.fromEntries(watched)).toEqual({
      'ingest-errors': { only: ['AWS/ApiGateway', '5xx', { ApiId: `${NAME}-api-id` }, 'Sum'] },
      'refused-requests': { only: ['AWS/ApiGateway', '4xx', { ApiId: `${NAME}-api-id` }, 'Sum'] },
      'dead-letters-waiting': { only: queue('ApproximateNumberOfMessagesVisible', DEAD_LETTERS) },
      'dead-letters-expiring': {
        visible: queue('ApproximateNumberOfMessagesVisible', DEAD_LETTERS),
        taken: queue('ApproximateNumberOfMessagesNotVisible', DEAD_LETTERS),
      },
      'unreceived-message': { only: queue('ApproximateAgeOfOldestMessage', EVENTS) },
      backlog: {
        visible: queue('ApproximateNumberOfMessagesVisible', EVENTS),
        away: queue('ApproximateNumberOfMessagesNotVisible', EVENTS),
      },
      'processor-errors': { failed: lambda('Errors', PROCESSOR) },
      throttles: { ingest: lambda('Throttles', INGEST), processor: lambda('Throttles', PROCESSOR) },
    });
  });

  test.each([
    ['ingest-errors', { only: 1 }],
    ['refused-requests', { only: 2 }],
    ['dead-letters-waiting', { only: 1 }],
    ['dead-letters-expiring', { visible: 1, taken: 0 }],
    ['dead-letters-expiring', { visible: 0, taken: 1 }],
    ['unreceived-message', { only: 3_600 }],
    ['backlog', { visible: 60, away: 40 }],
    ['processor-errors', { failed: 1 }],
    ['throttles', { ingest: 1 }],
    ['throttles', { processor: 1 }],
  ])('%s is raised by %j', (key, values) => {
    expect(alarm(key).isBreachedBy({ ingest: undefined, processor: undefined, caught: undefined, ...values })).toBe(
      true,
    );
  });

  test.each([
    ['ingest-errors', { only: 0 }],
    ['refused-requests', { only: 1 }],
    ['ingest-errors', { only: undefined }],
    ['dead-letters-waiting', { only: 0 }],
    ['dead-letters-waiting', { only: undefined }],
    ['dead-letters-expiring', { visible: 0, taken: 0 }],
    ['unreceived-message', { only: 3_599 }],
    ['backlog', { visible: 60, away: 39 }],
    ['processor-errors', { failed: 0, caught: undefined }],
    ['throttles', { ingest: 0, processor: undefined }],
  ])('%s is not raised by %j', (key, values) => {
    expect(alarm(key).isBreachedBy(values)).toBe(false);
  });

  test('dead letters are old when the queue has not been empty for four days', () => {
    const { period, inputs } = alarm('dead-letters-expiring');

    expect(period * Number(inputs.evaluationPeriods)).toBe(4 * 86_400);
    expect(inputs.datapointsToAlarm).toBeUndefined();
  });
});

describe('thresholds', () => {
  async function alarmWith(settings: CurrentsBridgeArgs['alarms'], key: string): Promise<Alarm> {
    const { graph: deployed } = await deploy({ ...LEAST, alarms: settings });
    return new Alarm(deployed.one(ALARM, `-${key}`));
  }

  test.each([
    ['noTrafficHours', 12, 'no-traffic', { period: 3_600, evaluationPeriods: 12 }],
    ['deliveryFailingMinutes', 60, 'delivery-failing', { period: 900, evaluationPeriods: 4 }],
    ['previousTokenDays', 5, 'previous-token', { period: 86_400, evaluationPeriods: 5 }],
    ['oldestMessageMinutes', 30, 'old-message', { threshold: 1_800_000 }],
    ['oldestMessageMinutes', 30, 'unreceived-message', { threshold: 1_800 }],
    ['backlogMessages', 7, 'backlog', { threshold: 7 }],
    ['skippedPercent', 20, 'skipped-share', { threshold: 20, period: 3_600, evaluationPeriods: 1 }],
    ['refusedRequests', 9, 'refused-requests', { threshold: 9, period: 3_600, evaluationPeriods: 1 }],
  ])('%s = %d decides %s', async (setting, value, key, expected) => {
    const { period, inputs } = await alarmWith({ [setting]: value }, key);

    expect({ ...inputs, period }).toMatchObject(expected);
  });

  test.each([
    ['as they are by default', { production: true }],
    [
      'as high as they can be set',
      { alarms: { noTrafficHours: 96, deliveryFailingMinutes: 1_440, previousTokenDays: 7 } },
    ],
  ])('%s, no alarm looks further back than CloudWatch does', async (_how, settings) => {
    const { graph: deployed } = await deploy({ ...LEAST, endpoint: ALL.endpoint, archive: ALL.archive, ...settings });
    const looksBack = [...alarmsOf(deployed)].map(([key, { period, inputs }]) => ({
      key,
      seconds: period * Number(inputs.evaluationPeriods),
      limit: period < 3_600 ? 86_400 : 7 * 86_400,
    }));

    expect(looksBack).toHaveLength(PAGES.length + TICKETS.length);
    expect(looksBack.filter(({ seconds, limit }) => seconds > limit)).toEqual([]);
  });

  test('none that the processor raises ends while its messages are away', () => {
    const periods = [...alarms].flatMap(([key, { own }]) =>
      own.filter(({ dimensions }) => dimensions.service === PROCESSOR).map(({ period }) => ({ key, period })),
    );

    expect(periods.length).toBeGreaterThan(5);
    expect(periods.filter(({ period }) => period <= MAX_HAND_BACK)).toEqual([]);
  });

  test('missing traffic is alarming in production only, unless it is said otherwise', async () => {
    const keysOf = async (args: CurrentsBridgeArgs) => [...alarmsOf((await deploy(args)).graph).keys()];

    expect(await keysOf(LEAST)).not.toContain('no-traffic');
    expect(await keysOf({ ...LEAST, production: true })).toContain('no-traffic');
    expect(await keysOf({ ...LEAST, production: true, alarms: { noTrafficHours: 0 } })).not.toContain('no-traffic');
  });
});

test('requests that are not archived are alarming only where there is an archive', async () => {
  const keysOf = async (args: CurrentsBridgeArgs) => [...alarmsOf((await deploy(args)).graph).keys()];

  expect(await keysOf(LEAST)).not.toContain('archive-failed');
  expect(await keysOf({ ...LEAST, archive: { enabled: true } })).toContain('archive-failed');
});

test('addresses are alarming only where they are checked', async () => {
  const keysOf = async (args: CurrentsBridgeArgs) => [...alarmsOf((await deploy(args)).graph).keys()];

  expect(await keysOf(LEAST)).not.toContain('unknown-source');
  expect(await keysOf({ ...LEAST, endpoint: { sourceAddresses: 'braze' } })).toContain('unknown-source');
});

describe('each alarm', () => {
  test('goes to the topic of its severity, and so does its end', () => {
    const actions = [...alarms].map(([key, { inputs }]) => [key, inputs.alarmActions, inputs.okActions]);
    const arnOf = (severity: string) => [`arn:aws:sns:${REGION}:${ACCOUNT}:${NAME}-${severity}`];
    const expected = [
      ...PAGES.map((key) => [key, arnOf('page'), arnOf('page')]),
      ...TICKETS.map((key) => [key, arnOf('ticket'), arnOf('ticket')]),
    ];

    expect(actions).toHaveLength(expected.length);
    expect(actions).toEqual(expect.arrayContaining(expected));
  });

  test('says what it means, and where its entry in the runbook is', async () => {
    const runbookUrl = 'https://example.com/wiki/runbook';
    const { graph: deployed } = await deploy({ ...ALL, alarms: { ...ALL.alarms, runbookUrl } });
    const described = alarmsOf(deployed);

    expect(described.size).toBe(PAGES.length + TICKETS.length);
    for (const [key, { inputs }] of described) {
      const [meaning = '', link] = String(inputs.alarmDescription).split(' Runbook: ');
      expect(meaning).toMatch(/^[A-Z].{10,}\.$/);
      expect(link).toBe(`${runbookUrl}#${key}`);
      expect(String(inputs.alarmDescription).length).toBeLessThanOrEqual(1_024);
    }
  });

  test('says what missing data means: nothing happened, which is alarming for traffic alone', () => {
    const treatments = [...alarms].map(([key, { inputs }]) => [key, inputs.treatMissingData]);

    expect(treatments.filter(([, treatment]) => treatment !== 'notBreaching')).toEqual([['no-traffic', 'breaching']]);
  });

  test('is one that CloudWatch takes: one result, at most ten metrics of one period', () => {
    const withExpression = [...alarms.values()].filter(({ queries }) => queries.length > 0);

    expect(withExpression.length).toBeGreaterThan(5);
    for (const { queries, metrics, inputs } of withExpression) {
      expect(queries.filter(({ returnData }) => returnData === true)).toHaveLength(1);
      expect(Object.keys(metrics).length).toBeLessThanOrEqual(10);
      expect(new Set(Object.values(metrics).map(({ period }) => period)).size).toBe(1);
      for (const { id } of queries) expect(id).toMatch(/^[a-z]\w*$/);
      for (const other of ['metricName', 'statistic', 'period']) expect(inputs).not.toHaveProperty(other);
    }
  });
});

describe('topics', () => {
  test('are new where there are none, and open to this account’s alarms alone, by TLS', () => {
    expect(graph.ofType(TOPIC).map(({ name }) => name)).toEqual([`${NAME}-page`, `${NAME}-ticket`]);
    for (const { name, inputs } of graph.ofType(TOPIC)) {
      // CloudWatch cannot publish to a topic that is encrypted with the key of SNS.
      expect(inputs).not.toHaveProperty('kmsMasterKeyId');
      const arn = `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`;
      const policy = graph.one('aws:sns/topicPolicy:TopicPolicy', name);
      expect(policy.inputs.arn).toBe(arn);
      expect(policyOf(policy).map(({ Sid: _sid, ...statement }) => statement)).toEqual([
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: arn,
          Condition: {
            StringEquals: { 'aws:SourceAccount': ACCOUNT },
            ArnLike: { 'aws:SourceArn': `arn:*:cloudwatch:*:${ACCOUNT}:alarm:*` },
          },
        },
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: arn,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]);
    }
  });

  test('that exist are used as they are', async () => {
    const { graph: adopting, bridge } = await deploy(ADOPTING);
    const { pageTopicArn, ticketTopicArn } = ADOPTING.alarms ?? {};

    expect(adopting.ofType(TOPIC)).toEqual([]);
    expect(adopting.ofType('aws:sns/topicPolicy:TopicPolicy')).toEqual([]);
    expect(await valueOf(bridge.pageTopicArn)).toBe(pageTopicArn);
    expect(await valueOf(bridge.ticketTopicArn)).toBe(ticketTopicArn);
    const actions = new Map([...alarmsOf(adopting)].map(([key, { inputs }]) => [key, inputs.alarmActions]));
    expect(actions.get('unknown-token')).toEqual([pageTopicArn]);
    expect(actions.get('backlog')).toEqual([ticketTopicArn]);
  });

  test('can be new for one severity only', async () => {
    const pageTopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:adopted`;
    const { graph: deployed } = await deploy({ ...LEAST, alarms: { pageTopicArn } });

    expect(deployed.ofType(TOPIC).map(({ name }) => name)).toEqual([`${NAME}-ticket`]);
  });

  test.each([
    ['new', LEAST],
    ['existing', ADOPTING],
  ])('that are %s send e-mail where there is an address', async (_which, args) => {
    const subscriptionsOf = async (alarmsArgs: CurrentsBridgeArgs['alarms']) => {
      const { graph: deployed, bridge } = await deploy({ ...args, alarms: alarmsArgs });
      const topics = [await valueOf(bridge.pageTopicArn), await valueOf(bridge.ticketTopicArn)];
      return { topics, subscriptions: deployed.ofType(SUBSCRIPTION).map(({ inputs }) => inputs) };
    };

    const { topics, subscriptions } = await subscriptionsOf({ ...args.alarms, email: EMAIL });
    expect(subscriptions).toEqual(topics.map((topic) => ({ topic, protocol: 'email', endpoint: EMAIL })));
    expect((await subscriptionsOf(args.alarms)).subscriptions).toEqual([]);
  });
});
