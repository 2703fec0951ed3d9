import { isDeepStrictEqual } from 'node:util';
// Before anything of runtime/, which reads the name of the function as soon as it is loaded.
import { Processing } from '../support/processing';
import { Archive } from '../support/archive';
import { LEAST, NAME, REGION } from '../support/args';
import { deploy } from '../support/bridge';
import { currentsEvent } from '../support/events';
import { currentsRequest, Ingesting } from '../support/ingesting';
import { valueOf, type Graph } from '../support/mocks';
import type { Emitted } from '../support/output';

const DASHBOARD = 'aws:cloudwatch/dashboard:Dashboard';
const INGEST = `${NAME}-ingest`;
const PROCESSOR = `${NAME}-processor`;

interface Widget {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { markdown?: string; title?: string; region?: string; period?: number; metrics?: unknown[][] };
}

/** What is shown as one line, or as a line for each value of the last dimension. */
interface Series {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  by?: string;
}

function widgetsOf(graph: Graph): Widget[] {
  const { dashboardBody } = graph.one(DASHBOARD).inputs;
  return (JSON.parse(String(dashboardBody)) as { widgets: Widget[] }).widgets;
}

function seriesOf(line: unknown[]): Series[] {
  const [first] = line;
  if (typeof first === 'object') return searched((first as { expression: string }).expression);
  const [namespace = '', name = '', ...dimensions] = line.filter((part) => typeof part === 'string');
  const pairs = dimensions.flatMap((key, index) => (index % 2 === 0 ? [[key, dimensions[index + 1]]] : []));
  return [{ namespace, name, dimensions: Object.fromEntries(pairs) as Record<string, string> }];
}

/** The series of a search expression, of one or several functions. */
function searched(expression: string): Series[] {
  const form =
    /^SEARCH\('\{(\w+),service,(\w+)\} MetricName="(\w+)" \((service="[^"]+"(?: OR service="[^"]+")*)\)', 'Sum'\)$/;
  const [, namespace = '', by = '', name = '', services = ''] = form.exec(expression) ?? [];
  return [...services.matchAll(/service="([^"]+)"/g)].map(([, service = '']) => ({
    namespace,
    name,
    dimensions: { service },
    by,
  }));
}

let graph: Graph;
let url: string | undefined;
let widgets: Widget[];
let emitted: Emitted[];
beforeAll(async () => {
  const deployed = await deploy({ ...LEAST, archive: { enabled: true } });
  ({ graph } = deployed);
  url = await valueOf(deployed.bridge.dashboardUrl);
  widgets = widgetsOf(graph);
  emitted = [...(await emittedByIngest()), ...(await emittedByProcessor())];
});

async function emittedByIngest(): Promise<Emitted[]> {
  const [ingesting, archive] = await Promise.all([Ingesting.start(), Archive.start()]);
  ingesting.options = { archive: archive.writer };
  const answered = [
    await ingesting.request(currentsRequest({ events: [currentsEvent('event'), { id: 'no-type' }] })),
    await ingesting.request(currentsRequest(undefined, { headers: { authorization: 'Bearer guess' } })),
  ];
  await archive.stop();
  answered.push(await ingesting.request(currentsRequest({ events: [currentsEvent('unarchived')] })));
  await ingesting.stop();
  return answered.flatMap(({ written }) => emittedAt(INGEST, written.emitted));
}

async function emittedByProcessor(): Promise<Emitted[]> {
  const processing = await Processing.start();
  await processing.queues.send([
    currentsEvent('event'),
    currentsEvent('anonymous', { user: { user_id: 'braze' } }),
    currentsEvent('untimely', { time: 'yesterday' }),
  ]);
  const healthy = await processing.receiveAndInvoke();
  processing.dataPlane.script = () => 503;
  // Too little for a second attempt.
  processing.remaining = () => 12_000;
  await processing.queues.send([currentsEvent('later')]);
  const failing = await processing.receiveAndInvoke();
  await processing.stop();
  return [healthy, failing].flatMap(({ written }) => emittedAt(PROCESSOR, written.emitted));
}

/** Here both run in one process, in AWS the service is the name of each function. */
function emittedAt(functionName: string, metrics: Emitted[]): Emitted[] {
  return metrics.map((each) => ({ ...each, dimensions: { ...each.dimensions, service: functionName } }));
}

function isEmitted({ namespace, name, dimensions, by }: Series): boolean {
  return emitted.some((each) => {
    const { [by ?? '']: _value, ...others } = each.dimensions;
    const hasDimension = by === undefined || by in each.dimensions;
    return each.namespace === namespace && each.name === name && hasDimension && isDeepStrictEqual(others, dimensions);
  });
}

test('answers the questions in their order, each with graphs under it', () => {
  const headings = widgets.filter(({ type }) => type === 'text');

  expect(headings.map(({ properties }) => properties.markdown)).toEqual([
    '# Is data arriving?',
    '# Is it leaving?',
    '# How old is it?',
    '# What was refused, and why?',
    '# Is it archived?',
  ]);
  for (const [index, heading] of headings.entries()) {
    const end = headings[index + 1]?.y ?? Infinity;
    const graphs = widgets.filter(({ type, y }) => type === 'metric' && y > heading.y && y < end);
    expect(graphs.length).toBeGreaterThanOrEqual(2);
  }
});

test('shows what handlers write and AWS measures, and nothing that is not there', () => {
  const shown = widgets.flatMap(({ properties }) => (properties.metrics ?? []).flatMap(seriesOf));
  const ofAws = shown.filter(({ namespace }) => namespace.startsWith('AWS/'));
  const own = shown.filter(({ namespace }) => !namespace.startsWith('AWS/'));

  expect(own.length).toBeGreaterThan(10);
  expect(own.filter((series) => !isEmitted(series))).toEqual([]);
  expect(ofAws.map(({ namespace, name, dimensions }) => [namespace, name, dimensions])).toEqual(
    expect.arrayContaining([
      ['AWS/ApiGateway', '5xx', { ApiId: `${NAME}-api-id` }],
      ['AWS/Lambda', 'Errors', { FunctionName: INGEST }],
      ['AWS/Lambda', 'Throttles', { FunctionName: PROCESSOR }],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: `${NAME}-events` }],
      ['AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: `${NAME}-dead-letters` }],
      ['AWS/S3', 'BucketSizeBytes', { BucketName: `${NAME}-archive`, StorageType: 'StandardStorage' }],
    ]),
  );
  const ours = [INGEST, PROCESSOR, `${NAME}-events`, `${NAME}-dead-letters`, `${NAME}-api-id`, `${NAME}-archive`];
  const storageTypes = ['StandardStorage', 'StandardIAStorage'];
  const values = ofAws.flatMap(({ dimensions }) => Object.values(dimensions));
  expect(values.filter((value) => ![...ours, ...storageTypes].includes(value))).toEqual([]);
});

test('shows the archive only where there is one, and its size by the day, as S3 measures it', async () => {
  const sizes = widgets.filter(({ properties }) => JSON.stringify(properties).includes('BucketSizeBytes'));
  const { graph: without } = await deploy();

  expect(sizes.map(({ properties }) => properties.period)).toEqual([86_400]);
  expect(JSON.stringify(widgetsOf(without))).not.toMatch(/[Aa]rchive/);
});

test('tells why something was refused, at both functions', () => {
  const byReason = widgets
    .flatMap(({ properties }) => (properties.metrics ?? []).flatMap(seriesOf))
    .filter(({ by }) => by === 'reason')
    .map(({ name, dimensions }) => [name, dimensions.service]);

  expect(byReason).toEqual([
    ['RequestsRefused', INGEST],
    ['EventsSkipped', PROCESSOR],
    ['DeadLetters', INGEST],
    ['DeadLetters', PROCESSOR],
  ]);
});

test('is drawn in the region of the bridge, each graph with a title and something to show', () => {
  const graphs = widgets.filter(({ type }) => type === 'metric');

  for (const { properties } of graphs) {
    expect(properties).toMatchObject({ title: expect.stringMatching(/./) as string, region: REGION });
    expect(properties.metrics?.length).toBeGreaterThan(0);
    const ids = (properties.metrics ?? []).flatMap((line) =>
      line.flatMap((part) => (part as { id?: string }).id ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
  }
});

test('lies on CloudWatch’s grid without one thing upon another', () => {
  for (const [index, one] of widgets.entries()) {
    expect(one.x + one.width).toBeLessThanOrEqual(24);
    for (const other of widgets.slice(index + 1)) {
      const isApart =
        one.x + one.width <= other.x ||
        other.x + other.width <= one.x ||
        one.y + one.height <= other.y ||
        other.y + other.height <= one.y;
      expect({ one, other, isApart }).toMatchObject({ isApart: true });
    }
  }
});

test('is found under its URL', () => {
  const { dashboardName } = graph.one(DASHBOARD).inputs;

  expect(url).toBe(
    `https://${REGION}.console.aws.amazon.com/cloudwatch/home?region=${REGION}#dashboards/dashboard/${String(dashboardName)}`,
  );
});

test('overwrites none of another bridge, nor of another region', async () => {
  const nameOf = async (options: { name?: string; region?: string }, awsRegion: string) => {
    const { graph: other } = await deploy({ ...LEAST, awsRegion }, options);
    return other.one(DASHBOARD).inputs.dashboardName;
  };
  const names = [
    await nameOf({}, REGION),
    await nameOf({ name: 'currents-other' }, REGION),
    await nameOf({ region: 'eu-west-1' }, 'eu-west-1'),
  ];

  expect(new Set(names).size).toBe(3);
});
