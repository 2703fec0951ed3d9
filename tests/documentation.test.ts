import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { scripts } from '../package.json';
import { SETTINGS, type Setting } from '../components/settings';
import { parseCurrentsRequest } from '../runtime/transform/currents';
import { toEventText } from '../runtime/transform/event-text';
import { transformEvents } from '../runtime/transform/transform';
import { Page, PAGES, ROOT } from './support/markdown';

const CODE = PAGES.map((page) => page.text).join('\n');

describe('the documentation', () => {
  test.each(PAGES.flatMap((page) => page.links.map((link) => [page.path, link] as const)))(
    'the link in %s to %s leads somewhere',
    (path, link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? resolve(ROOT, path) : resolve(ROOT, dirname(path), file);
      expect(existsSync(target)).toBe(true);
      if (anchor !== undefined) expect(new Page(relative(ROOT, target)).anchors).toContain(anchor);
    },
  );

  test('names scripts that there are', () => {
    const named = [...CODE.matchAll(/npm run (?:--silent )?([\w-]+)/g)].map(([, script = '']) => script);
    expect(named).toContain('transform');
    expect(named.filter((script) => !(script in scripts))).toStrictEqual([]);
  });

  const settingCommands = [
    ...CODE.matchAll(
      /pulumi config set (?<flag>--\w+ )?'?(?:currents-bridge:)?(?<key>\w+)\S*(?: (?<value>(?!--)[^\s`#&]+))?/g,
    ),
  ].map(
    ({ 0: command, groups }) =>
      ({ command, ...groups }) as { command: string; flag?: string; key: string; value?: string },
  );

  test.each(settingCommands)('`$command` sets what can be set, secrets as such', ({ flag, key, value }) => {
    const setting = (SETTINGS as Record<string, Setting>)[key];
    expect(setting?.isSecret).toBe(flag === '--secret ');
    // The value of a secret would stay in the shell's history.
    if (flag === '--secret ') expect(value).toBeUndefined();
    // What follows --path is one entry of a value.
    else if (flag === undefined) expect(setting?.kind.faults(setting.kind.read(value ?? ''))).toStrictEqual([]);
  });

  test('shows secret outputs with the flag without which Pulumi prints none', () => {
    const secrets = [...CODE.matchAll(/stack output (customHttpToken|rudderstackExportUrl)(.{0,15})/g)];
    expect(secrets.length).toBeGreaterThan(2);
    for (const [, , flag] of secrets) expect(flag).toMatch(/^ --show-secrets/);
  });
});

type Message = Record<string, unknown>;

/** An event, what RudderStack's source is said to make of it, and what the bridge does. */
function examplesOf(page: Page): { event: string; source: Message | undefined; bridge: Message }[] {
  const blocks = page.blocks(/^json (event|source|bridge)$/);
  const read = (index: number, language: string) =>
    blocks[index]?.language === language ? (JSON.parse(blocks[index].code) as Message) : undefined;
  return blocks.flatMap(({ language, code }, index) => {
    if (language !== 'json event') return [];
    const source = read(index + 1, 'json source');
    const bridge = read(source === undefined ? index + 1 : index + 2, 'json bridge');
    if (bridge === undefined) throw new Error(`There is no result of the bridge for ${code}`);
    return [{ event: code, source, bridge }];
  });
}

/** What the bridge makes of an event. The version of the bridge is left out, since the page does not name it. */
function made(event: string): Message {
  const [outcome] = transformEvents(parseCurrentsRequest(`{"events":[${event}]}`).map(toEventText), undefined, {
    eventNames: new Map(),
    anonymousUsers: 'skip',
    transform: undefined,
  });
  if (outcome?.outcome !== 'message') return { ...outcome };
  const message = JSON.parse(outcome.text) as Message & { context: { library: { version?: string } } };
  delete message.context.library.version;
  return message;
}

/** Those parts of a message that another one has. */
function like(other: Message, message: Message): Message {
  return Object.fromEntries(Object.entries(message).filter(([key]) => key in other));
}

describe('the page on moving from RudderStack’s Braze source', () => {
  const page = new Page('docs/migration.md');
  const examples = examplesOf(page);

  test('has examples, none of them incomplete', () => {
    expect(examples.length).toBeGreaterThan(5);
    expect(examples).toHaveLength(page.blocks(/^json bridge$/).length);
  });

  test.each(examples)('says what the bridge makes of the event of example %#', ({ event, bridge }) => {
    expect(like(bridge, made(event))).toStrictEqual(bridge);
  });

  test.each(examples.filter(({ source }) => source !== undefined))(
    'shows where RudderStack’s source differs, comparison %#',
    ({ event, source }) => {
      expect(like(source as Message, made(event))).not.toStrictEqual(source);
    },
  );

  test('shows a whole message in the first example', () => {
    const [first] = examples as [(typeof examples)[0]];
    expect(Object.keys(first.bridge)).toStrictEqual(Object.keys(made(first.event)));
  });
});

describe('the deployer’s policy', () => {
  const text = readFileSync(resolve(ROOT, 'docs/deployer-policy.json'), 'utf8');
  const { Statement: statements } = JSON.parse(text) as { Statement: { Sid: string; Resource: string | string[] }[] };
  const table = new Page('docs/security.md').tableAfter('## The deployer');

  test('fits into a managed policy of IAM', () => {
    expect(text.replace(/\s/g, '').length).toBeLessThanOrEqual(6_144);
  });

  test('is told for every type of resource that the components make, and for no other', () => {
    const components = readdirSync(join(ROOT, 'components')).map((file) =>
      readFileSync(join(ROOT, 'components', file), 'utf8'),
    );
    const types = new Set(components.join('\n').match(/(?<=\bnew )aws\.\w+\.\w+/g));
    expect(table.map(([type]) => type).sort()).toStrictEqual([...types].sort());
  });

  test('has each statement that the table names, and no other', () => {
    const named = new Set(table.flatMap(([, names = '']) => names.match(/\w+/g) ?? []));
    expect(statements.map(({ Sid }) => Sid).sort()).toStrictEqual([...named].sort());
  });

  test('allows on everything only what the page owns up to', () => {
    const onEverything = statements.filter(({ Resource }) => Resource === '*').map(({ Sid }) => Sid);
    expect(onEverything).toStrictEqual(['NewEventSources', 'AccessLog', 'Subscriptions']);
  });
});
