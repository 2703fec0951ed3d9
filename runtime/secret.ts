import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** How long a value is used before it is read again, in milliseconds. */
const TIME_TO_LIVE = 300_000;

/** The least time between two readings, in milliseconds: a flood of wrong keys must not become one of readings. */
const READ_INTERVAL = 5_000;

export function secretsManagerClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
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
  #valueReadAt = -Infinity;
  #latestRead: Promise<Value> | undefined;
  #nextReadFrom = -Infinity;

  /**
   * @param parse undefined for a text that is not such a secret.
   * @param onFailure told of each reading that failed, also while an older value is used.
   */
  constructor(
    private readonly client: SecretsManagerClient,
    private readonly secretId: string,
    private readonly parse: (text: string) => Value | undefined,
    private readonly onFailure: (error: SecretUnavailable) => void,
  ) {}

  /**
   * The value, at most five minutes old; older only while no newer one can be read.
   *
   * @throws SecretUnavailable
   */
  async get(): Promise<Value> {
    if (this.#value !== undefined && Date.now() - this.#valueReadAt < TIME_TO_LIVE) return this.#value;
    try {
      return await this.refresh();
    } catch (error) {
      if (this.#value !== undefined) return this.#value;
      throw error;
    }
  }

  /**
   * The value as it is now, or the outcome of a reading in the last five seconds, a failed one too.
   *
   * @throws SecretUnavailable
   */
  refresh(): Promise<Value> {
    if (this.#latestRead === undefined || Date.now() >= this.#nextReadFrom) {
      this.#nextReadFrom = Infinity;
      this.#latestRead = this.#read().finally(() => (this.#nextReadFrom = Date.now() + READ_INTERVAL));
    }
    return this.#latestRead;
  }

  async #read(): Promise<Value> {
    let text: string | undefined;
    try {
      ({ SecretString: text } = await this.client.send(new GetSecretValueCommand({ SecretId: this.secretId })));
    } catch (error) {
      throw this.#failure('The secret could not be read from Secrets Manager.', error);
    }
    const value = text === undefined ? undefined : this.parse(text);
    if (value === undefined) throw this.#failure('The secret was read, but does not hold what it should.');
    this.#value = value;
    this.#valueReadAt = Date.now();
    return value;
  }

  #failure(message: string, cause?: unknown): SecretUnavailable {
    const failure = new SecretUnavailable(message, { cause });
    this.onFailure(failure);
    return failure;
  }
}
