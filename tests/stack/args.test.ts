import { join } from 'node:path';
import { Analyzer, type AnalyzeResult, type PropertyDefinition } from '@pulumi/pulumi/provider/experimental/analyzer';
import packageJson from '../../package.json';
import { settingKeys, SETTINGS, type Setting } from '../../components/settings';

/** What Pulumi finds out about a component, to offer it in all of its languages. */
function analyze(): AnalyzeResult {
  return new Analyzer(join(__dirname, '../..'), packageJson.name, packageJson, new Set(['CurrentsBridge'])).analyze();
}

/** The args that hold a value, by path: all but the groups. */
function leavesOf(
  properties: Record<string, PropertyDefinition>,
  types: AnalyzeResult['typeDefinitions'],
  prefix = '',
): [string, PropertyDefinition][] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const group = '$ref' in property ? types[property.$ref.split(':').at(-1) ?? '']?.properties : undefined;
    return group === undefined ? [[prefix + name, property]] : leavesOf(group, types, `${prefix}${name}.`);
  });
}

describe('the args of CurrentsBridge', () => {
  let leaves: Map<string, PropertyDefinition>;

  beforeAll(() => {
    const { components, typeDefinitions } = analyze();
    leaves = new Map(leavesOf(components.CurrentsBridge?.inputs ?? {}, typeDefinitions));
  });

  test('are the settings, one for one', () => {
    expect([...leaves.keys()].sort()).toEqual(
      settingKeys()
        .map((key) => SETTINGS[key].path)
        .sort(),
    );
  });

  test.each(settingKeys().filter((key) => SETTINGS[key].default !== undefined))('say the default of %s', (key) => {
    const { path, default: fallback }: Setting = SETTINGS[key];
    const [, said] = /Default: `?([^;`]*?)`?(?:, as .*)?\.(?:\s|$)/s.exec(leaves.get(path)?.description ?? '') ?? [];
    expect(said).toBe(
      typeof fallback === 'object' ? 'none' : (fallback as number | string | boolean).toLocaleString('en'),
    );
  });
});
