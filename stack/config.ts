import * as pulumi from '@pulumi/pulumi';
import type { CurrentsBridgeArgs } from '../components/args';
import { InputError } from '../components/input-error';
import type { Fix } from '../components/problem';
import { settingKeys, SETTINGS, Settings, type Setting, type SettingKey } from '../components/settings';

/** Of the settings, also in a project of another name: the stack files keep their keys. */
const NAMESPACE = 'currents-bridge';

/** What a setting is called in a stack's config. */
export function configKeyOf(key: SettingKey): string {
  return `${NAMESPACE}:${key}`;
}

/** What a stack's bridge is called. */
export function bridgeNameOf(stack: string): string {
  return `currents-${stack}`;
}

/** What a stack is configured to be. */
export interface StackConfig {
  /** For the AWS provider. */
  awsRegion: string;
  args: CurrentsBridgeArgs;
}

/** A stack's config as Pulumi hands it over. */
export interface RawConfig {
  /** The project's name: the namespace of a key that the CLI is given without one. */
  project: string;
  /** Texts by key with namespace; lists and objects are JSON. */
  texts: Readonly<Record<string, string>>;
  /** The keys whose texts are stored encrypted. */
  secretKeys: ReadonlySet<string>;
}

/**
 * Reads the config of the current stack.
 *
 * @throws InputError with all mistakes at once, each with the command that puts it right.
 */
export function readStackConfig(): StackConfig {
  const texts = pulumi.runtime.allConfig();
  // Exported, but left out of the typings.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return stackConfigOf({
    project: pulumi.getProject(),
    texts,
    secretKeys: new Set(Object.keys(texts).filter((key) => isConfigSecret(key))),
  });
}

/** @throws InputError with all mistakes at once. */
export function stackConfigOf(raw: RawConfig): StackConfig {
  const values = valuesOf(raw.texts);
  const settings = new Settings(argsOf(values));

  const misplaced = misplacedSecrets(raw);
  const problems = settings.problems(configKeyOf);
  const isPlaceKnown = !problems.some(({ key }) => key === 'brazeCluster' || key === 'awsRegion');
  // What somebody meant to be secret is not quoted.
  const quotable = problems.filter(({ key }) => !misplaced.some((each) => each.key === key));
  const sentences = [
    ...unknownKeys(raw),
    ...[...misplaced, ...quotable].map(({ message, fixes }) => withCommands(message, fixes.map(commandOf))),
    ...providerKeys(raw, isPlaceKnown ? settings.awsRegion : undefined),
  ];
  if (sentences.length > 0) throw new InputError(sentences);

  for (const [key, value] of values) if (SETTINGS[key].isSecret) values.set(key, pulumi.secret(value));
  return { awsRegion: settings.awsRegion, args: argsOf(values) };
}

/** The settings of a config, unchecked; of the texts, as Pulumi hands them over. */
export function settingsOf(texts: RawConfig['texts']): Settings {
  return new Settings(argsOf(valuesOf(texts)));
}

function valuesOf(texts: RawConfig['texts']): Map<SettingKey, unknown> {
  const values = new Map<SettingKey, unknown>();
  for (const key of settingKeys()) {
    const text = texts[configKeyOf(key)];
    if (text !== undefined) values.set(key, SETTINGS[key].kind.read(text));
  }
  return values;
}

function argsOf(values: ReadonlyMap<SettingKey, unknown>): CurrentsBridgeArgs {
  const args: Record<string, unknown> = {};
  for (const [key, value] of values) {
    const groups = SETTINGS[key].path.split('.');
    const last = groups.pop() as string;
    const group = groups.reduce((each, name) => (each[name] ??= {}) as Record<string, unknown>, args);
    group[last] = value;
  }
  // Required ones may be missing: the settings' checks see to that.
  return args as unknown as CurrentsBridgeArgs;
}

/** Secrets in plain text; and others that are encrypted, although AWS and the stack's state will show them. */
function misplacedSecrets({ texts, secretKeys }: RawConfig) {
  return settingKeys().flatMap((key) => {
    const name = configKeyOf(key);
    const { isSecret }: Setting = SETTINGS[key];
    if (texts[name] === undefined || secretKeys.has(name) === isSecret) return [];
    const message = isSecret
      ? `${name} is stored in plain text; it must be stored as a secret. Where others have seen it, replace it at RudderStack.`
      : `${name} is stored as a secret, but it does not stay one: AWS and the stack's state show it in plain text. Store ` +
        `it in plain text, too.`;
    return [{ key, message, fixes: [{ key, at: '', value: 'VALUE' }] }];
  });
}

function unknownKeys({ project, texts }: RawConfig): string[] {
  const known = new Set(settingKeys().map(configKeyOf));
  const ours = [`${NAMESPACE}:`, `${project}:`];
  const unknown = Object.keys(texts).filter(
    (name) => !known.has(name) && ours.some((namespace) => name.startsWith(namespace)),
  );
  if (unknown.length === 0) return [];
  return [
    withCommands(
      `${unknown.join(' and ')} ${unknown.length === 1 ? 'is no setting' : 'are no settings'} of this program. Its ` +
        `settings are, each after ${NAMESPACE}:, ${settingKeys().join(', ')}.`,
      unknown.map((name) => `pulumi config rm ${quoted(name)}`),
    ),
  ];
}

/** The program makes its own AWS provider, which takes nothing from the namespace `aws`. */
function providerKeys({ texts }: RawConfig, awsRegion: string | undefined): string[] {
  return Object.entries(texts).flatMap(([name, value]) => {
    if (!name.startsWith('aws:')) return [];
    const remove = [`pulumi config rm ${quoted(name)}`];
    if (name !== 'aws:region') {
      const message =
        `${name} has no effect: the program makes its own AWS provider, from ${configKeyOf('awsRegion')} and the environment ` +
        `(such as AWS_PROFILE).`;
      return [withCommands(message, remove)];
    }
    if (awsRegion === undefined || value === awsRegion) return [];
    const message =
      `aws:region is ${value}, but the bridge belongs into ${awsRegion}, which is said by ${configKeyOf('awsRegion')} or ` +
      `follows from ${configKeyOf('brazeCluster')}. Remove the former, or set ${configKeyOf('awsRegion')}.`;
    return [withCommands(message, remove)];
  });
}

function commandOf({ key, at, value, when }: Fix<SettingKey>): string {
  const note = when === undefined ? '' : `   # ${when}`;
  const name = quoted(configKeyOf(key) + at);
  const path = at === '' ? '' : '--path ';
  if (value === undefined) return `pulumi config rm ${path}${name}${note}`;
  // It asks for the value, which so gets into no shell history.
  if (SETTINGS[key].isSecret) return `pulumi config set --secret ${name}${note}`;
  const text = String(value);
  // In lists and objects the CLI takes some texts for numbers or booleans.
  const type = at !== '' && /^(-?\d+|true|false)$/.test(text) ? '--type string ' : '';
  // The CLI takes a long value under such a name for a secret.
  const plain = /secret/i.test(key) ? '--plaintext ' : '';
  return `pulumi config set ${plain}${path}${type}${name} ${quoted(text)}${note}`;
}

function withCommands(message: string, commands: string[]): string {
  return [message, ...commands.map((command) => `      ${command}`)].join('\n');
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w.,:/@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
