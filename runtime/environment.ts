import { BlockList } from 'node:net';

/** Wrong or missing environment variables: all of them, a whole sentence each. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Reads a function's environment and collects every mistake, so that one look shows them all. */
export class Environment {
  readonly #problems: string[] = [];

  constructor(private readonly variables: Record<string, string | undefined>) {}

  /** A value that must be there. */
  text(name: string, meaning: string): string {
    const value = this.optionalText(name);
    if (value === undefined) this.#problems.push(`${name} is not set; set it to ${meaning}.`);
    return value ?? '';
  }

  optionalText(name: string): string | undefined {
    const value = this.variables[name]?.trim();
    return value === '' ? undefined : value;
  }

  /** A whole number between two bounds, or the default where it is not set. */
  integer<Default extends number | undefined>(
    name: string,
    bounds: { min: number; max: number; default: Default },
  ): number | Default {
    const text = this.optionalText(name);
    if (text === undefined) return bounds.default;
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
    this.#problems.push(`${name} is "${text}"; set it to a whole number from ${bounds.min} to ${bounds.max}.`);
    return bounds.default;
  }

  /** One of a few words; the first is the default. */
  oneOf<Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const text = this.optionalText(name);
    if (text === undefined) return words[0];
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) this.#problems.push(`${name} is "${text}"; set it to one of ${words.join(', ')}.`);
    return word ?? words[0];
  }

  /** An HTTPS URL without query and trailing slash; plain HTTP only on this machine. */
  url(name: string, meaning: string): string {
    const text = this.text(name, meaning);
    if (text === '') return text;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isLocal = url !== undefined && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
    const isSecure = url?.protocol === 'https:' || (isLocal && url.protocol === 'http:');
    if (!isSecure || /[?#]/.test(text)) {
      // Not the value: a URL pasted by mistake may hold a key.
      this.#problems.push(`${name} is not an https:// URL without a query; set it to ${meaning}.`);
    }
    return text.replace(/\/+$/, '');
  }

  /** IPv4 addresses and blocks, with commas between them; undefined where it is not set. */
  addresses(name: string): BlockList | undefined {
    const text = this.optionalText(name);
    if (text === undefined) return undefined;
    // For what its name says and for its opposite: a set of addresses.
    const addresses = new BlockList();
    for (const entry of text.split(',')) {
      const [address = '', bits = '32'] = entry.trim().split('/');
      try {
        addresses.addSubnet(address, parseInt(bits, 10));
      } catch {
        this.#problems.push(
          `${name} has "${entry}" in it; set it to IPv4 addresses or blocks with commas between them.`,
        );
      }
    }
    return addresses;
  }

  /** @throws ConfigurationError when anything read so far was wrong. */
  check(): void {
    if (this.#problems.length > 0) throw new ConfigurationError(this.#problems);
  }
}
