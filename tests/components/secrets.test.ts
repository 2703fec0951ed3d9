import * as pulumi from '@pulumi/pulumi';
import type { CurrentsBridgeArgs } from '../../components/currents-bridge';
import { ADOPTED_SECRET, ADOPTING, DATA_PLANE_URL, LEAST, MOST, NAME, WEBHOOK_URL, WRITE_KEY } from '../support/args';
import { deploy, filesOf, variablesOf } from '../support/bridge';
import { refusalOf } from '../support/refusal';
import { tokenOf, valueOf, type Graph } from '../support/mocks';

const PASSWORD = 'random:index/randomPassword:RandomPassword';
const SECRET = 'aws:secretsmanager/secret:Secret';
const VERSION = 'aws:secretsmanager/secretVersion:SecretVersion';

const token = (rotation: number) => tokenOf(`${NAME}-token-${rotation}`);
const rotated = (tokenRotation: number): CurrentsBridgeArgs => ({ ...LEAST, endpoint: { tokenRotation } });

function secretText(graph: Graph, suffix: string): string {
  const version = graph.one(VERSION, suffix);
  expect(version.inputs.secretId).toBe(`${NAME}-${suffix}-id`);
  return String(version.inputs.secretString);
}

describe('the write key and the tokens', () => {
  test.each<[string, CurrentsBridgeArgs]>([
    ['set as a key', LEAST],
    ['set as a webhook URL', { ...LEAST, rudderstack: { webhookUrl: WEBHOOK_URL } }],
    ['set as a secret key', { ...LEAST, rudderstack: { ...LEAST.rudderstack, writeKey: pulumi.secret(WRITE_KEY) } }],
    [
      'set as a key that is no secret',
      { ...LEAST, rudderstack: { ...LEAST.rudderstack, writeKey: pulumi.output(WRITE_KEY) } },
    ],
    ['with everything', MOST],
  ])('are in no plain input, variable or output, %s', async (_, args) => {
    const { graph } = await deploy(args);
    const plain = [...graph.resources.map(({ plainInputs }) => plainInputs), ...graph.plainOutputs].join('\n');

    // They are there at all, in the two secrets alone.
    expect(secretText(graph, 'write-key')).toBe(WRITE_KEY);
    expect(secretText(graph, 'endpoint-tokens')).toContain(token(1));
    expect(plain).toContain('[secret]');
    expect(plain).not.toContain(WRITE_KEY);
    expect(plain).not.toContain(tokenOf(NAME));
    const holders = graph.resources.filter(({ inputs }) => JSON.stringify(inputs).includes(WRITE_KEY));
    expect(holders.map(({ type, name }) => [type, name])).toEqual([[VERSION, `${NAME}-write-key`]]);
  });

  test('are outputs for Braze, as secrets', async () => {
    const { bridge } = await deploy(rotated(3));

    for (const output of [bridge.customHttpToken, bridge.rudderstackExportUrl]) {
      expect(await pulumi.isSecret(output)).toBe(true);
    }
    expect(await valueOf(bridge.customHttpToken)).toBe(token(3));
    expect(await valueOf(bridge.rudderstackExportUrl)).toBe(
      `https://${NAME}-api.execute-api.eu-central-1.amazonaws.com/v1/webhook?writeKey=${token(3)}`,
    );
    expect(await pulumi.isSecret(bridge.customHttpUrl)).toBe(false);
  });
});

describe('the write key', () => {
  test('and the data plane are taken from a webhook URL, of which the latter is no secret', async () => {
    const { graph } = await deploy({ ...LEAST, rudderstack: { webhookUrl: WEBHOOK_URL } });

    expect(variablesOf(graph, 'processor').RUDDERSTACK_DATA_PLANE_URL).toBe(DATA_PLANE_URL);
    expect(secretText(graph, 'write-key')).toBe(WRITE_KEY);
    expect(graph.one('aws:lambda/function:Function', 'processor').plainInputs).toContain(DATA_PLANE_URL);
  });

  test.each([
    ['https://example.com/hosted/v1/webhook/?other=1&writeKey=WK', 'https://example.com/hosted', 'WK'],
    ['https://example.com:8443/v1/webhook?writeKey=WK', 'https://example.com:8443', 'WK'],
  ])('of %s is found', async (webhookUrl, dataPlaneUrl, writeKey) => {
    const { graph } = await deploy({ ...LEAST, rudderstack: { webhookUrl } });

    expect(variablesOf(graph, 'processor').RUDDERSTACK_DATA_PLANE_URL).toBe(dataPlaneUrl);
    expect(secretText(graph, 'write-key')).toBe(writeKey);
  });

  test('never passes through Pulumi when it is in a secret already', async () => {
    const { graph } = await deploy(ADOPTING);

    expect(graph.ofType(SECRET).map(({ name }) => name)).toEqual([`${NAME}-endpoint-tokens`]);
    expect(graph.ofType(VERSION).map(({ name }) => name)).toEqual([`${NAME}-endpoint-tokens`]);
    expect(variablesOf(graph, 'processor')).toMatchObject({
      RUDDERSTACK_WRITE_KEY_SECRET_ARN: ADOPTED_SECRET,
      RUDDERSTACK_WRITE_KEY_JSON_KEY: 'writeKey',
    });
    expect(graph.invokes.filter(({ token: call }) => /secret/i.test(call))).toEqual([]);
  });
});

describe('the tokens', () => {
  test('are long, and of Braze’s alphabet: letters, digits and - . _ ~', async () => {
    const { graph } = await deploy();
    const { length, overrideSpecial, ...others } = graph.one(PASSWORD).inputs;

    expect(length).toBeGreaterThanOrEqual(43);
    expect(String(overrideSpecial)).toMatch(/^[-._~]+$/);
    expect(others).toEqual({});
  });

  test.each([
    [1, { current: token(1) }],
    [2, { current: token(2), previous: token(1) }],
    [7, { current: token(7), previous: token(6) }],
  ])('at rotation %i are the current one and the one before', async (rotation, tokens) => {
    const { graph } = await deploy(rotated(rotation));

    expect(JSON.parse(secretText(graph, 'endpoint-tokens'))).toEqual(tokens);
    expect(graph.ofType(PASSWORD)).toHaveLength(Object.keys(tokens).length);
  });

  test('keep the one that Braze still sends, when the next is made', async () => {
    const passwords = async (rotation: number) => {
      const { graph } = await deploy(rotated(rotation));
      return graph.ofType(PASSWORD).map(({ urn, inputs }) => ({ urn, inputs }));
    };
    const [first] = await passwords(1);
    const second = await passwords(2);
    const third = await passwords(3);

    expect(second).toContainEqual(first);
    expect(third).not.toContainEqual(first);
    expect(third.filter((password) => second.some(({ urn }) => urn === password.urn))).toHaveLength(1);
  });
});

test('a deleted secret can be restored for as long as is set', async () => {
  const { graph } = await deploy();
  const { graph: short } = await deploy({ ...LEAST, encryption: { secretRecoveryDays: 0 } });

  expect(graph.ofType(SECRET).map(({ inputs }) => inputs.recoveryWindowInDays)).toEqual([30, 30]);
  expect(short.ofType(SECRET).map(({ inputs }) => inputs.recoveryWindowInDays)).toEqual([0, 0]);
});

test('no code that is deployed holds the key', async () => {
  const { graph } = await deploy();

  for (const role of ['ingest', 'processor']) {
    for (const { text } of Object.values(filesOf(graph, role))) expect(text).not.toContain(WRITE_KEY);
  }
});

describe('a secret of another form is refused without being told', () => {
  const wrong = `${WRITE_KEY} with spaces`;

  test.each<[string, CurrentsBridgeArgs['rudderstack'], string]>([
    ['a write key', { dataPlaneUrl: DATA_PLANE_URL, writeKey: wrong }, 'rudderstack.writeKey'],
    ['a webhook URL', { webhookUrl: `${DATA_PLANE_URL}/v1/webhook?key=${WRITE_KEY}` }, 'rudderstack.webhookUrl'],
    [
      'a webhook URL that is no URL',
      { webhookUrl: `https://[/v1/webhook?writeKey=${WRITE_KEY}` },
      'rudderstack.webhookUrl',
    ],
    [
      'a webhook URL in place of the data plane’s',
      { dataPlaneUrl: WEBHOOK_URL, writeKey: WRITE_KEY },
      'rudderstack.dataPlaneUrl',
    ],
  ])('%s', async (_, rudderstack, path) => {
    const args = { ...LEAST, rudderstack };
    const atOnce = await deploy(args).catch((error: unknown) => (error as Error).message);
    const { message: late } = await refusalOf(args, { isLate: true });

    for (const message of [atOnce, late]) {
      expect(message).toContain(`${path} `);
      expect(message).not.toContain(WRITE_KEY);
    }
  });
});
