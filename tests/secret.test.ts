import { CachedSecret, SecretUnavailable, secretsManagerClient } from '../runtime/secret';
import { LocalServer } from '../runtime/local/server';
import { SecretsManagerStandIn } from './support/secrets-manager';

let secrets: SecretsManagerStandIn;
let secret: CachedSecret<string>;
let now: number;
let failures: string[];
beforeEach(async () => {
  failures = [];
  secrets = await SecretsManagerStandIn.start('first');
  secret = new CachedSecret(
    secrets.client,
    'secret',
    (text) => (text === 'not a secret' ? undefined : text),
    (failure) => failures.push(failure.message),
  );
  now = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await secrets.stop();
});

const SECONDS = 1_000;
const MINUTES = 60 * SECONDS;

test('is read once and used for five minutes', async () => {
  expect(await secret.get()).toBe('first');
  secrets.text = 'second';
  now += 5 * MINUTES - 1;
  expect(await secret.get()).toBe('first');
  expect(secrets.reads).toBe(1);

  now += 1;

  expect(await secret.get()).toBe('second');
  expect(secrets.reads).toBe(2);
});

test('is read anew on demand, but not within five seconds', async () => {
  await secret.get();
  secrets.text = 'second';
  now += 5 * SECONDS - 1;
  expect(await secret.refresh()).toBe('first');
  now += 1;

  expect(await secret.refresh()).toBe('second');

  expect(secrets.reads).toBe(2);
  expect(await secret.get()).toBe('second');
});

test('is read once for all who ask at the same time', async () => {
  expect(await Promise.all([secret.get(), secret.get(), secret.refresh(), secret.refresh()])).toEqual(
    Array(4).fill('first'),
  );
  expect(secrets.reads).toBe(1);
});

describe('while Secrets Manager cannot be reached', () => {
  test('the old value serves on, and is asked for every five seconds only', async () => {
    await secret.get();
    secrets.text = undefined;
    now += 6 * MINUTES;
    for (let time = 0; time < 100; time += 1) expect(await secret.get()).toBe('first');
    expect(secrets.reads).toBe(2);
    expect(failures).toEqual(['The secret could not be read from Secrets Manager.']);

    now += 5 * SECONDS;
    secrets.text = 'second';

    expect(await secret.get()).toBe('second');
    expect(failures).toHaveLength(1);
  });

  test('asking for the value as it is now fails, without a flood of readings', async () => {
    await secret.get();
    secrets.text = undefined;
    now += 10 * SECONDS;
    for (let time = 0; time < 100; time += 1) await expect(secret.refresh()).rejects.toThrow(SecretUnavailable);

    expect(secrets.reads).toBe(2);
  });

  test('a secret that was never read fails, and is there as soon as it can be read', async () => {
    secrets.text = undefined;
    await expect(secret.get()).rejects.toThrow(SecretUnavailable);
    await expect(secret.get()).rejects.toThrow(SecretUnavailable);
    expect(secrets.reads).toBe(1);
    secrets.text = 'second';
    now += 5 * SECONDS;

    expect(await secret.get()).toBe('second');
  });
});

test('a text that is no such secret does not replace one that is', async () => {
  await secret.get();
  secrets.text = 'not a secret';
  now += 6 * MINUTES;

  expect(await secret.get()).toBe('first');
  await expect(secret.refresh()).rejects.toThrow(SecretUnavailable);
  expect(failures).toEqual(['The secret was read, but does not hold what it should.']);
  now += 5 * SECONDS;
  expect(await secret.get()).toBe('first');
  expect(failures).toHaveLength(2);
});

test('a Secrets Manager that never answers fails soon, or leaves the old value in use', async () => {
  let isSilent = false;
  const server = await LocalServer.listen((request, response) => {
    request.resume();
    if (!isSilent) response.end(JSON.stringify({ Name: 'secret', SecretString: 'first' }));
  });
  jest.replaceProperty(process, 'env', {
    ...process.env,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: server.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  const client = secretsManagerClient();
  const secretOf = () =>
    new CachedSecret(
      client,
      'secret',
      (text) => text,
      ({ message }) => failures.push(message),
    );
  const [old, neverRead] = [secretOf(), secretOf()];
  await old.get();
  isSilent = true;
  now += 5 * MINUTES;

  const [value, failure] = await Promise.all([old.get(), neverRead.get().catch((error: unknown) => error)]);

  expect(value).toBe('first');
  expect(failure).toBeInstanceOf(SecretUnavailable);
  expect(failures).toHaveLength(2);
  client.destroy();
  await server.stop();
}, 15_000);
