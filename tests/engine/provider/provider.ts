import { randomBytes } from 'node:crypto';
import type { Cloud } from './cloud';
import type { Properties, ResourceType } from './resource-type';
import { isSame, plain, secretNames, secretsIn, UNKNOWN, wrapped } from './value';

/** How an explicit provider may be configured, beside what the SDK adds by itself, which has no meaning here. */
const CONFIGURABLE = ['region', 'version', 'skipCredentialsValidation', 'skipRegionValidation'];

/** In front of every use of AWS while no region is configured. Random passwords need none. */
const NO_CLOUD = new Proxy(Object.create(null) as Cloud, {
  get: () => {
    throw new Error('The aws provider has no region: set aws:region, or give an aws.Provider its region.');
  },
});

/** A provider plugin's answers to Pulumi's engine, for the registered types of resources. */
export class Provider {
  readonly #types: Readonly<Record<string, ResourceType>>;
  readonly #cloudOf: (region: string) => Cloud;
  #cloud = NO_CLOUD;

  constructor(types: Readonly<Record<string, ResourceType>>, cloudOf: (region: string) => Cloud) {
    this.#types = types;
    this.#cloudOf = cloudOf;
  }

  /** Why the configuration is refused. */
  checkConfig(news: Properties): string[] {
    return Object.keys(news)
      .filter((name) => !CONFIGURABLE.includes(name))
      .map((name) => `The stand-in for the aws provider cannot be configured by ${name}, only by region.`);
  }

  /** @param region undefined for a provider that needs none, or whose region is not known yet. */
  configure(region: string | undefined): void {
    if (region === undefined || region === UNKNOWN) return;
    if (this.#cloud === NO_CLOUD) this.#cloud = this.#cloudOf(region);
    // A request to create a resource does not tell which of the configured providers it is meant for.
    if (this.#cloud.region !== region) {
      throw new Error(
        `This provider process works in ${this.#cloud.region} already and cannot work in ${region}, too: ` +
          'start a process for each region.',
      );
    }
  }

  /** The inputs as they will be given to the other calls, and why they are refused. */
  check(urn: string, olds: Properties, news: Properties): { inputs: Properties; failures: string[] } {
    const token = typeOf(urn);
    const type = this.#types[token];
    if (type === undefined) return { inputs: news, failures: [`The stand-in has no resource type ${token}.`] };
    const failures = Object.keys(news)
      .filter((name) => !(name in type.properties))
      .map((name) => `The stand-in does not carry the input ${name} of ${token} over to the API.`);
    const inputs = named(type, nameOf(urn), olds, news);
    return { inputs, failures: [...failures, ...tooLong(type, inputs)] };
  }

  diff(
    urn: string,
    olds: Properties,
    news: Properties,
    ignored: readonly string[],
  ): { changed: string[]; replaces: string[] } {
    const type = this.#type(urn);
    const changed = changes(olds, news).filter((name) => !ignored.includes(name));
    const isReplacing = (name: string) => type.update === undefined || type.properties[name]?.replaces === true;
    return { changed, replaces: changed.filter(isReplacing) };
  }

  async create(urn: string, inputs: Properties, isPreview: boolean): Promise<{ id: string; properties: Properties }> {
    const type = this.#type(urn);
    if (isPreview) return { id: '', properties: { ...unknowns(type.outputs), ...inputs } };
    const { id, outputs } = await guarded([inputs], () => type.create(this.#cloud, plain(inputs)));
    return { id, properties: concealed(type, { ...plain(inputs), ...outputs }, [inputs]) };
  }

  /** undefined for what is not there. */
  async read(
    urn: string,
    id: string,
    olds: Properties,
    oldInputs: Properties,
  ): Promise<{ properties: Properties; inputs: Properties } | undefined> {
    const type = this.#type(urn);
    const found = await guarded([olds, oldInputs], () => type.read(this.#cloud, id, plain(olds)));
    if (found === undefined) return undefined;
    const known = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
    // Of what the program does not set, the service's own values are no inputs; an import has none yet.
    const isImport = Object.keys(oldInputs).length === 0;
    const isInput = (name: string) => (isImport ? name in type.properties : name in oldInputs);
    const inputs = Object.fromEntries(Object.entries(known).filter(([name]) => isInput(name)));
    const sources = [olds, oldInputs];
    return { properties: concealed(type, known, sources), inputs: concealed(type, inputs, sources) };
  }

  async update(
    urn: string,
    id: string,
    olds: Properties,
    oldInputs: Properties,
    news: Properties,
    isPreview: boolean,
  ): Promise<Properties> {
    const type = this.#type(urn);
    const kept = Object.fromEntries(type.outputs.filter((name) => name in olds).map((name) => [name, olds[name]]));
    if (isPreview) {
      return { ...kept, ...unknowns(type.outputsChangedBy?.(changes(oldInputs, news)) ?? []), ...news };
    }
    if (type.update === undefined) throw new Error(`Every change of ${typeOf(urn)} replaces it.`);
    const update = type.update.bind(type);
    const outputs = await guarded([olds, news], () => update(this.#cloud, id, plain(news), plain(olds)));
    return concealed(type, { ...plain(kept), ...plain(news), ...outputs }, [news]);
  }

  async delete(urn: string, id: string, olds: Properties): Promise<void> {
    const type = this.#type(urn);
    await guarded([olds], () => type.delete(this.#cloud, id, plain(olds)));
  }

  invoke(token: string, args: Properties): Properties {
    const [arg] = Object.keys(args);
    if (arg !== undefined) throw new Error(`The stand-in does not heed the argument ${arg} of ${token}.`);
    const { region, accountId, partition } = this.#cloud;
    switch (token) {
      case 'aws:index/getRegion:getRegion':
        return { id: region, region, name: region, description: region, endpoint: `ec2.${region}.amazonaws.com` };
      case 'aws:index/getPartition:getPartition':
        return { id: partition, partition, dnsSuffix: 'amazonaws.com', reverseDnsPrefix: 'com.amazonaws' };
      case 'aws:index/getCallerIdentity:getCallerIdentity':
        return { id: accountId, accountId, arn: `arn:${partition}:iam::${accountId}:root`, userId: accountId };
      default:
        throw new Error(`The stand-in has no look-up ${token}.`);
    }
  }

  #type(urn: string): ResourceType {
    const type = this.#types[typeOf(urn)];
    if (type === undefined) throw new Error(`The stand-in has no resource type ${typeOf(urn)}.`);
    return type;
  }
}

/** `aws:sqs/queue:Queue` of `urn:pulumi:stack::project::parent$aws:sqs/queue:Queue::name`. */
function typeOf(urn: string): string {
  return urn.split('::')[2]?.split('$').at(-1) ?? '';
}

function nameOf(urn: string): string {
  return urn.split('::').slice(3).join('::');
}

/** With the made-up name, which stays for as long as the resource. */
function named({ autoName }: ResourceType, name: string, olds: Properties, news: Properties): Properties {
  if (autoName === undefined) return news;
  const { property } = autoName;
  if (news[property] !== undefined || news[`${property}Prefix`] !== undefined) return news;
  const madeUp = `${name}-${randomBytes(4).toString('hex').slice(0, 7)}`;
  return { ...news, [property]: olds[property] ?? madeUp };
}

function tooLong({ autoName }: ResourceType, inputs: Properties): string[] {
  if (autoName === undefined) return [];
  const { property, maxLength } = autoName;
  const name = plain(inputs)[property];
  if (typeof name !== 'string' || name.length <= maxLength) return [];
  return [`Its ${property} has ${name.length} characters, and AWS allows ${maxLength}.`];
}

function changes(olds: Properties, news: Properties): string[] {
  const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...names].filter((name) => !isSame(olds[name], news[name]));
}

function unknowns(names: readonly string[]): Properties {
  return Object.fromEntries(names.map((name) => [name, UNKNOWN]));
}

/** With secrets wrapped: what the type declares, and what is a secret in the properties that it came from. */
function concealed(type: ResourceType, properties: Properties, sources: Properties[]): Properties {
  return wrapped(properties, [...(type.secretOutputs ?? []), ...sources.flatMap(secretNames)]);
}

/** An error of the call tells its name, and none of the secrets in these properties; as a cause it would. */
function guarded<Result>(sources: Properties[], call: () => Promise<Result>): Promise<Result> {
  return call().catch((error: unknown) => {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    throw new Error(withoutSecrets(name === 'Error' ? message : `${name}: ${message}`, sources.flatMap(secretsIn)));
  });
}

function withoutSecrets(message: string, secrets: unknown[]): string {
  const texts = secrets.flatMap(textsIn).flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]);
  return texts
    .filter((text) => text !== '')
    .sort((one, other) => other.length - one.length)
    .reduce((rest, text) => rest.replaceAll(text, '[secret]'), message);
}

/** The texts of a secret; where one is JSON, those in it, too. */
function textsIn(secret: unknown): string[] {
  if (typeof secret === 'object' && secret !== null) return Object.values(secret).flatMap(textsIn);
  if (typeof secret !== 'string') return [];
  try {
    const json: unknown = JSON.parse(secret);
    return typeof json === 'object' ? [secret, ...textsIn(json)] : [secret];
  } catch {
    return [secret];
  }
}
