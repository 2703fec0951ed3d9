import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveCost, costOf, DESIGNS, GATHERED_ARCHIVE, infrequentAccessBytes } from '../../cost/cost';
import { eventsPerSecondOf } from '../../cost/load';
import { limitsPlot, readFigures, withCosts, withScaling } from '../../cost/pages';
import { plot } from '../../cost/plot';
import { ASSUMED_LATENCY, DEFAULT_TUNING, fullInvocation, workFor } from '../../cost/work';
import { scenario } from './scenario';

const read = (name: string) => readFileSync(join(__dirname, '../../docs', name), 'utf8');
const COST = read('cost.md');
const SCALING = read('scaling.md');

describe('the pages on cost and scaling', () => {
  const figures = readFigures();

  test('are made from the figures of bench/baseline.json; else run `npm run docs`', () => {
    expect(COST).toBe(withCosts(COST, figures));
    expect(SCALING).toBe(withScaling(SCALING, figures));
    expect(read('scaling.svg')).toBe(limitsPlot(figures));
  });

  test('would be others, had something else been measured', () => {
    const slower = { ...figures, processor: { ...figures.processor, cpuPerEvent: figures.processor.cpuPerEvent * 2 } };
    expect(withCosts(COST, slower)).not.toBe(COST);
    expect(withScaling(SCALING, slower)).not.toBe(SCALING);
    expect(limitsPlot(slower)).not.toBe(limitsPlot(figures));
  });

  const at = (eventsPerSecond: number, changes = {}, eventsPerRequest = 100) =>
    scenario({ eventsPerSecond, eventsPerRequest, eventBytes: figures.eventBytes.request }, { figures, ...changes });

  test('say rightly what costs most, with little traffic and with much', () => {
    const dearest = (eventsPerSecond: number, items: number) =>
      costOf(DESIGNS.bridge, at(eventsPerSecond), 'eu-central-1')
        .items.slice(0, items)
        .map(({ item }) => item)
        .sort();
    expect(dearest(1, 1)).toStrictEqual(['Metrics, alarms, dashboard']);
    expect(dearest(10_000, 4)).toStrictEqual(['API requests', 'Data to RudderStack', 'Processor, duration', 'Queue']);
  });

  test('say rightly that of the archive it is the PUT that costs most, and that Firehose would cost less', () => {
    for (const eventsPerRequest of [1, 10, 100]) {
      const { items } = archiveCost(at(100, {}, eventsPerRequest), 'eu-central-1');
      const gathered = costOf(GATHERED_ARCHIVE, at(100, {}, eventsPerRequest), 'eu-central-1');
      expect(items[0]?.item).toBe('Archive, PUT');
      expect(gathered.perMonth).toBeLessThan(items[0]?.dollars ?? 0);
    }
  });

  test('say rightly that a request of a hundred ordinary events is too small for Standard-IA', () => {
    expect(workFor(at(100)).archived.objectBytes).toBeLessThan(infrequentAccessBytes(365));
  });

  test('say rightly what the PUTs of one workspace with little traffic cost in a month', () => {
    const eventsPerSecond = 1 / 300;
    const { items } = archiveCost(at(eventsPerSecond, {}, 1), 'eu-central-1');
    expect(COST).toContain('8,640 requests\na month and workspace, and five cents for their PUTs');
    expect(items.find(({ item }) => item === 'Archive, PUT')?.dollars).toBeCloseTo(0.05, 2);
  });

  test('say rightly that Kinesis costs about the same with much traffic', () => {
    for (const eventsPerSecond of [1_000, 10_000, 1_000_000]) {
      const [bridge, kinesis] = [DESIGNS.bridge, DESIGNS.kinesis].map(
        (design) => costOf(design, at(eventsPerSecond), 'eu-central-1').perMonth,
      );
      expect((kinesis ?? 0) / (bridge ?? 0)).toBeGreaterThan(0.85);
      expect((kinesis ?? 0) / (bridge ?? 0)).toBeLessThan(1.15);
    }
  });

  test('say rightly that more memory makes the processor dearer', () => {
    const gbMilliseconds = [512, 1_024, 1_769].map((processorMemoryMb) => {
      const tuning = { ...DEFAULT_TUNING, processorMemoryMb };
      return fullInvocation(at(1, { tuning })).milliseconds * processorMemoryMb;
    });
    expect([...gbMilliseconds].sort((one, other) => one - other)).toStrictEqual(gbMilliseconds);
  });

  test('show the plot', () => {
    expect(SCALING).toContain('](scaling.svg)');
  });
});

describe('the models', () => {
  const figures = readFigures();
  const { eventBytes, ingest, processor } = figures;

  test('take a request of ten events to lie between those of one and of a hundred, as was measured', () => {
    const between = ingest['1'].cpu + ((ingest['100'].cpu - ingest['1'].cpu) * 9) / 99;
    expect(ingest['10'].cpu / between).toBeGreaterThan(0.5);
    expect(ingest['10'].cpu / between).toBeLessThan(2);
  });

  test.each(['0', '20', '200'] as const)('agree with what one process delivered at %s ms of latency', (rudderstack) => {
    const model = fullInvocation(
      scenario(
        { eventBytes: eventBytes.request },
        {
          figures,
          // A core of its own.
          tuning: { ...DEFAULT_TUNING, processorMemoryMb: 1_769 },
          latency: { ...ASSUMED_LATENCY, rudderstack: Number(rudderstack) },
        },
      ),
    );
    const ratio = eventsPerSecondOf(model) / processor.eventsPerSecond[rudderstack];
    expect(ratio).toBeGreaterThan(1 / 3);
    expect(ratio).toBeLessThan(3);
  });
});

describe('a plot', () => {
  const decades = { x: [0, 2], y: [-1, 1] } as const;

  test('has a line through its points, and leaves out what is outside', () => {
    const points = [1, 10, 100].map((x) => [x, x / 10] as const);
    const svg = plot(
      [
        { name: 'a < b', points },
        {
          name: 'high',
          points: [
            [1, 1],
            [10, 1_000],
          ],
        },
      ],
      {
        x: 'x',
        y: 'y',
        decades,
      },
    );
    expect(svg).toContain('<path d="M70 410L355 215L640 20" fill="none"');
    expect(svg).toContain('<path d="M70 215" fill="none"');
    expect(svg).toContain('>a &lt; b</text>');
  });

  test('marks a value', () => {
    const svg = plot([], { x: 'x', y: 'y', decades, mark: { y: 1, text: 'the limit' } });
    expect(svg).toContain('<path d="M70 215H640" stroke="#000" stroke-dasharray="6 4"/>');
  });
});
