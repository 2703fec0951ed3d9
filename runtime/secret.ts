import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** How long a value is used before it is read again, in milliseconds. */
const TIME_TO_LIVE = 300_000;

/** The least time between two readings, in milliseconds: a flood of wrong keys must not become one of readings. */
const READ_INTERVAL = 5_000;

export function secretsManagerClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 },
  });
}

/** The secret could not be read, or is not what it should be. Our own trouble: never the sender's. */
export class SecretUnavailable extends Error {
  override readonly name = 'SecretUnavailable';
}

/**
 * A secret of AWS Secrets Manager, kept for five minutes.
 *
 * @typeParam Value what the secret's text is parsed to.
 */
export class CachedSecret<Value> {
  #value: Value | undefined;
  #readAt = -Infinity;
  #reading: Promise<Value> | undefined;

  /** @param parse undefined for a text that is not such a secret. */
  constructor(
    private readonly client: SecretsManagerClient,
    private readonly secretId: string,
    private readonly parse: (text: string) => Value | undefined,
  ) {}

  /**
   * The value, at most five minutes old; older only while Secrets Manager cannot be reached.
   *
   * @throws SecretUnavailable
   */
  async get(): Promise<Value> {
    if (this.#value !== undefined && Date.now() - this.#readAt < TIME_TO_LIVE) return this.#value;
    try {
      return await this.#read();
    } catch (error) {
      if (this.#value !== undefined) return this.#value;
      throw error;
    }
  }

  /**
   * The value as it is now, or as it was read in the last five seconds.
   *
   * @throws SecretUnavailable
   */
  async refresh(): Promise<Value> {
    if (this.#value !== undefined && Date.now() - this.#readAt < READ_INTERVAL) return this.#value;
    return this.#read();
  }

  #read(): Promise<Value> {
    this.#reading ??= this.#fetch().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #fetch(): Promise<Value> {
    let text: string | undefined;
    try {
      ({ SecretString: text } = await this.client.send(new GetSecretValueCommand({ SecretId: this.secretId })));
    } catch (error) {
      throw new SecretUnavailable('The secret could not be read from Secrets Manager.', { cause: error });
    }
    const value = text === undefined ? undefined : this.parse(text);
    if (value === undefined) throw new SecretUnavailable('The secret was read, but does not hold what it should.');
    this.#value = value;
    this.#readAt = Date.now();
    return value;
  }
}
