import { LEAST, NAME } from './support/args';
import { deploy } from './support/bridge';
import { Page } from './support/markdown';

const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const RUNBOOK = new Page('docs/runbook.md');

/** The text under each heading of a level, up to the next one of that level or a higher one. */
function sectionsOf(text: string, level: number): Record<string, string> {
  const marks = '#'.repeat(level);
  const sections = text.split(new RegExp(`^${marks} `, 'm')).slice(1);
  return Object.fromEntries(
    sections.map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      return [heading, lines.join('\n').split(new RegExp(`^#{1,${level}} `, 'm'))[0] ?? ''];
    }),
  );
}

const chapters = sectionsOf(RUNBOOK.text, 2);
const pages = sectionsOf(chapters.Page ?? '', 3);
const tickets = sectionsOf(chapters.Ticket ?? '', 3);

/** The alarms of a bridge that has all of them, by their severity. */
async function alarms(): Promise<{ severity: string; key: string; description: string }[]> {
  const { graph } = await deploy({
    ...LEAST,
    production: true,
    endpoint: { sourceAddresses: 'braze' },
    archive: { enabled: true },
  });
  return graph.ofType(ALARM).map(({ name, inputs }) => ({
    key: name.replace(`${NAME}-`, ''),
    severity: String(inputs.alarmActions).replace(/.*-/, ''),
    description: String(inputs.alarmDescription),
  }));
}

test('has an entry for each alarm under its severity, and none for what is no alarm', async () => {
  const keysOf = async (wanted: string) =>
    (await alarms()).filter(({ severity }) => severity === wanted).map(({ key }) => key);

  expect(Object.keys(pages).sort()).toEqual((await keysOf('page')).sort());
  expect(Object.keys(tickets).sort()).toEqual((await keysOf('ticket')).sort());
});

test('is where each alarm’s description leads to, by default', async () => {
  for (const { description } of await alarms()) {
    const [, path, anchor] = /Runbook: (\S+)#(\S+)$/.exec(description) ?? [];
    expect(path).toBe(RUNBOOK.path);
    expect(RUNBOOK.anchors).toContain(anchor);
  }
});

test.each(Object.entries({ ...pages, ...tickets }))(
  'says of %s what it means, what to look at, what to do and when to worry',
  (_key, entry) => {
    const parts = entry.split(/^\*\*(.+)\.\*\* ?/m).slice(1);
    const titles = parts.filter((_part, index) => index % 2 === 0);
    const texts = parts.filter((_part, index) => index % 2 === 1);

    expect(titles).toEqual(['What it means', 'What to look at', 'What to do', 'When to worry']);
    for (const text of texts) expect(text.trim()).not.toBe('');
  },
);

test('says how to send dead letters again and how to pause the flow', () => {
  expect(Object.keys(sectionsOf(chapters.Procedures ?? '', 3))).toEqual(['Send dead letters again', 'Pause the flow']);
});
