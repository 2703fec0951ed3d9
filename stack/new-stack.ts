import { isDeepStrictEqual } from 'node:util';
import { Document, isScalar, parse, type YAMLMap } from 'yaml';
import { nameProblem } from '../components/bridge-name';
import { BRAZE_CLUSTERS, JURISDICTION_NAMES, type BrazeCluster } from '../components/regions';
import { SETTINGS, type Setting, type SettingKey } from '../components/settings';
import { textOfValue, type ConfigValue } from '../graph/stack-file';
import { bridgeNameOf, configKeyOf, settingsOf } from './config';

/** A setting that can be chosen when a stack is made. */
interface Choice {
  key: SettingKey;
  /** A switch is true where it is given; a list and a map are given entry by entry. */
  form: 'text' | 'switch' | 'list' | 'map';
}

/** What can be chosen beside the stack's name, as flags and tables call it. Nothing secret is among it. */
export const CHOICES = {
  'braze-cluster': { key: 'brazeCluster', form: 'text' },
  'data-plane-url': { key: 'rudderstackDataPlaneUrl', form: 'text' },
  'write-key-secret-arn': { key: 'rudderstackWriteKeySecretArn', form: 'text' },
  'aws-region': { key: 'awsRegion', form: 'text' },
  'rudderstack-region': { key: 'rudderstackRegion', form: 'text' },
  'rudderstack-jurisdiction': { key: 'rudderstackJurisdiction', form: 'text' },
  'allow-crossing': { key: 'allowedCrossings', form: 'list' },
  production: { key: 'production', form: 'switch' },
  'alarm-email': { key: 'alarmEmail', form: 'text' },
  tag: { key: 'tags', form: 'map' },
} as const satisfies Record<string, Choice>;

export type ChoiceName = keyof typeof CHOICES;

/** What was chosen for a stack; whether it is right is not known yet. */
export type Choices = Readonly<Partial<Record<ChoiceName, ConfigValue>>>;

/** Days; for production. */
const LOG_RETENTION = 90;

/** No region has a shorter name: a name that is too long there is so everywhere. */
const SHORTEST_REGION = 'us-east-1';

export function choiceNames(): ChoiceName[] {
  return Object.keys(CHOICES) as ChoiceName[];
}

export function stackFileNameOf(stack: string): string {
  return `Pulumi.${stack}.yaml`;
}

/** The stack's file: what was chosen, with what each setting means; and above it, what is still to be set. */
export function stackFileOf(stack: string, choices: Choices): string {
  const config = configOf(stack, choices);
  // Pulumi reads some texts as YAML 1.1 does, such as 1_000 or a date: they are quoted.
  const document = new Document({ config }, { compat: 'yaml-1.1' });
  for (const { key } of (document.get('config') as YAMLMap).items) {
    const setting = Object.entries<Setting>(SETTINGS).find(
      ([name]) => isScalar(key) && configKeyOf(name as SettingKey) === key.value,
    );
    const [meaning = ''] = setting?.[1].meaning.split(' Default: ') ?? [];
    if (isScalar(key)) key.commentBefore = ` ${meaning}`;
  }
  return headerOf(stack, choices) + document.toString({ lineWidth: 0 });
}

function configOf(stack: string, choices: Choices): Record<string, ConfigValue> {
  const values = choiceNames().map((name) => [CHOICES[name].key, choices[name]] as const);
  const settings: Partial<Record<SettingKey, ConfigValue>> = Object.fromEntries(
    values.filter(([, value]) => value !== undefined),
  );
  if (choices.production === true) Object.assign(settings, { logRetentionDays: LOG_RETENTION, archive: true });
  const { tag = {} } = choices;
  // One that is no object is told as what it is.
  settings.tags = typeof tag === 'object' && !Array.isArray(tag) ? { environment: stack, ...tag } : tag;
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [configKeyOf(key as SettingKey), value]));
}

function headerOf(stack: string, choices: Choices): string {
  const kind = choices.production === true ? 'Production' : 'A stack';
  const place = (BRAZE_CLUSTERS as Partial<typeof BRAZE_CLUSTERS>)[choices['braze-cluster'] as BrazeCluster];
  const where = place === undefined ? '' : ` in ${JURISDICTION_NAMES[place.jurisdiction]}`;
  const open = commandsBeforePreview(stack, choices);
  const lines = [
    `${kind} for a Braze cluster${where}.${open.length === 0 ? '' : ' Still to be set, for it is secret:'}`,
    ...open.flatMap((command) => ['', `  ${command}`]),
  ];
  return lines.map((line) => `# ${line}`.trimEnd() + '\n').join('');
}

/** What is still to be set. Asked for by Pulumi, it gets into no shell history. */
export function commandsBeforePreview(stack: string, choices: Choices): string[] {
  if (choices['write-key-secret-arn'] !== undefined) return [];
  return [`npx pulumi config set --secret ${configKeyOf('rudderstackWriteKey')} --stack ${stack}`];
}

/**
 * All that `pulumi up` would say is wrong with a stack of this file, once the secrets are set.
 *
 * @param nameOf what a choice is called where the reader of a message makes it.
 */
export function problemsOf(stack: string, file: string, nameOf: (choice: ChoiceName) => string): string[] {
  const { config } = parse(file) as { config: Record<string, ConfigValue> };
  const texts = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, textOfValue(value)]));
  const settings = settingsOf({ ...standIns(texts), ...texts });
  const nameOfKey = (key: SettingKey) => {
    const choice = choiceNames().find((name) => CHOICES[name].key === key);
    return choice === undefined ? configKeyOf(key) : nameOf(choice);
  };
  const problems = settings.problems(nameOfKey);
  const isPlaceKnown = !problems.some(({ key }) => key === 'brazeCluster' || key === 'awsRegion');
  const ofName = nameProblem(bridgeNameOf(stack), isPlaceKnown ? settings.awsRegion : SHORTEST_REGION);
  const { kind } = SETTINGS.rudderstackDataPlaneUrl;
  return [
    ...(ofName === undefined ? [] : [ofName]),
    ...(configKeyOf('rudderstackDataPlaneUrl') in texts
      ? []
      : [`${nameOf('data-plane-url')} is not set; it must be ${kind.allowed}.`]),
    ...problems.map(({ message }) => message),
  ];
}

/** For the write key, which is not in the file; and for the URL, of which it is said otherwise that it is missing. */
function standIns(texts: Readonly<Record<string, string>>): Record<string, string> {
  const { rudderstackDataPlaneUrl: url, rudderstackWriteKey: writeKey } = SETTINGS;
  return {
    [configKeyOf('rudderstackDataPlaneUrl')]: url.kind.example,
    ...(configKeyOf('rudderstackWriteKeySecretArn') in texts
      ? {}
      : { [configKeyOf('rudderstackWriteKey')]: writeKey.kind.example }),
  };
}

/** The choices of which a file that is there already says something else. */
export function differencesOf(existing: string, file: string): ChoiceName[] {
  const [there, here] = [existing, file].map(
    (text) => (parse(text) as { config?: Record<string, ConfigValue> } | null)?.config,
  );
  return choiceNames().filter((name) => {
    const key = configKeyOf(CHOICES[name].key);
    return !isDeepStrictEqual(there?.[key], here?.[key]);
  });
}
