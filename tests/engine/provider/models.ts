import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What botocore's model of a service says of a type. */
interface Shape {
  type: string;
  members?: Record<string, { shape: string }>;
  required?: string[];
  member?: { shape: string };
  key?: { shape: string };
  value?: { shape: string };
  enum?: string[];
  min?: number;
  max?: number;
  pattern?: string;
  sensitive?: boolean;
}

interface ModelFile {
  operations: Record<string, { input?: { shape: string } }>;
  shapes: Record<string, Shape>;
}

/** A service's API as botocore describes it. AWS makes the descriptions; emulators are laxer than they are. */
export class ServiceModel {
  readonly #model: ModelFile;

  private constructor(model: ModelFile) {
    this.#model = model;
  }

  /** @param folder botocore's `data`. */
  static load(folder: string, service: string): ServiceModel {
    // Later dates are later versions of the API.
    const version = readdirSync(path.join(folder, service)).sort().at(-1) ?? '';
    const file = path.join(folder, service, version, 'service-2.json');
    const json = existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`));
    return new ServiceModel(JSON.parse(json.toString('utf8')) as ModelFile);
  }

  /** @throws Error that tells everything the operation would refuse in the input. */
  check(operation: string, input: unknown): void {
    const model = this.#model.operations[operation];
    if (model === undefined) throw new Error(`The API has no operation ${operation}.`);
    const shape = model.input === undefined ? { type: 'structure', members: {} } : this.#shape(model.input.shape);
    const problems = [...this.#problems(shape, input, '', false)];
    if (problems.length > 0) throw new Error(problems.map((problem) => `${operation} refuses ${problem}`).join(' '));
  }

  #shape(name: string): Shape {
    const shape = this.#model.shapes[name];
    if (shape === undefined) throw new Error(`The API's model has no shape ${name}.`);
    return shape;
  }

  *#problems(shape: Shape, value: unknown, at: string, isSensitive: boolean): Generator<string> {
    const hidden = isSensitive || shape.sensitive === true;
    const shown = (text: string) => (hidden ? 'a secret value' : text);
    switch (shape.type) {
      case 'structure':
        if (isRecord(value)) yield* this.#problemsOfStructure(shape, value, at, hidden);
        else yield `${at}: ${shown(JSON.stringify(value))} is no structure.`;
        break;
      case 'list': {
        if (!Array.isArray(value)) {
          yield `${at}: ${shown(JSON.stringify(value))} is no list.`;
          break;
        }
        yield* outOfRange(shape, value.length, `${at}: it has ${value.length} entries`);
        const member = this.#shape(shape.member?.shape ?? '');
        for (const [index, entry] of value.entries()) yield* this.#problems(member, entry, `${at}[${index}]`, hidden);
        break;
      }
      case 'map':
        if (isRecord(value)) yield* this.#problemsOfMap(shape, value, at, hidden);
        else yield `${at}: ${shown(JSON.stringify(value))} is no map.`;
        break;
      case 'string':
        if (typeof value === 'string') yield* problemsOfString(shape, value, at, shown);
        else yield `${at}: ${shown(JSON.stringify(value))} is no string.`;
        break;
      case 'blob':
        if (value instanceof Uint8Array) yield* outOfRange(shape, value.length, `${at}: it has ${value.length} bytes`);
        else yield `${at}: it is given as no bytes.`;
        break;
      case 'boolean':
        if (typeof value !== 'boolean') yield `${at}: ${shown(JSON.stringify(value))} is neither true nor false.`;
        break;
      case 'integer':
      case 'long':
        if (!Number.isInteger(value)) yield `${at}: ${shown(JSON.stringify(value))} is no whole number.`;
        else yield* outOfRange(shape, value as number, `${at}: ${shown(String(value))}`);
        break;
      case 'float':
      case 'double':
        if (typeof value !== 'number') yield `${at}: ${shown(JSON.stringify(value))} is no number.`;
        else yield* outOfRange(shape, value, `${at}: ${shown(String(value))}`);
        break;
      case 'timestamp':
        if (!(value instanceof Date)) yield `${at}: ${shown(JSON.stringify(value))} is no time.`;
        break;
      default:
        yield `${at}: type ${shape.type} of the API's model is not known.`;
    }
  }

  *#problemsOfStructure(shape: Shape, value: Record<string, unknown>, at: string, hidden: boolean): Generator<string> {
    const members = shape.members ?? {};
    for (const name of shape.required ?? []) {
      if (value[name] === undefined) yield `${joined(at, name)}: it is required and missing.`;
    }
    for (const [name, entry] of Object.entries(value)) {
      if (entry === undefined) continue;
      const member = members[name];
      if (member === undefined) {
        yield `${joined(at, name)}: there is no such member, only ${Object.keys(members).join(', ')}.`;
      } else {
        yield* this.#problems(this.#shape(member.shape), entry, joined(at, name), hidden);
      }
    }
  }

  *#problemsOfMap(shape: Shape, value: Record<string, unknown>, at: string, hidden: boolean): Generator<string> {
    const entries = Object.entries(value);
    yield* outOfRange(shape, entries.length, `${at}: it has ${entries.length} entries`);
    const [ofKey, ofValue] = [this.#shape(shape.key?.shape ?? ''), this.#shape(shape.value?.shape ?? '')];
    for (const [key, entry] of entries) {
      yield* this.#problems(ofKey, key, `a key of ${at}`, hidden);
      yield* this.#problems(ofValue, entry, joined(at, key), hidden);
    }
  }
}

function* problemsOfString(
  shape: Shape,
  value: string,
  at: string,
  shown: (text: string) => string,
): Generator<string> {
  if (shape.enum !== undefined && !shape.enum.includes(value)) {
    yield `${at}: ${shown(JSON.stringify(value))} is none of ${shape.enum.join(', ')}.`;
  }
  const { length } = Array.from(value);
  yield* outOfRange(shape, length, `${at}: ${shown(JSON.stringify(value))} has ${length} characters`);
  if (shape.pattern !== undefined && wholePattern(shape.pattern)?.test(value) === false) {
    yield `${at}: ${shown(JSON.stringify(value))} does not match ${shape.pattern}.`;
  }
}

function* outOfRange({ min = -Infinity, max = Infinity }: Shape, size: number, subject: string): Generator<string> {
  if (size < min) yield `${subject}, and ${min} is the least.`;
  if (size > max) yield `${subject}, and ${max} is the most.`;
}

/** The services match the whole value. undefined for a pattern of another dialect, which JavaScript cannot read. */
function wholePattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u');
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function joined(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}
