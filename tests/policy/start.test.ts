import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { credentials } from '@grpc/grpc-js';
import * as pulumi from '@pulumi/pulumi';
import { AnalyzerClient } from '@pulumi/pulumi/proto/analyzer_grpc_pb';
import {
  type AnalyzerInfo,
  AnalyzeRequest,
  type AnalyzeResponse,
  AnalyzerResourceOptions,
  ConfigureAnalyzerRequest,
  EnforcementLevel,
  PolicyConfig,
} from '@pulumi/pulumi/proto/analyzer_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { version } from '../../package.json';
import { RULES } from '../../policy/rules';

type Inputs = Parameters<typeof Struct.fromJavaScript>[0];

const PACK = resolve(__dirname, '../../policy');

let pack: ChildProcess;
let client: AnalyzerClient;

/** As Pulumi's language host starts a policy pack. */
beforeAll(async () => {
  const script = require.resolve('@pulumi/pulumi/cmd/run-policy-pack', { paths: [PACK] });
  const started = spawn(process.execPath, [script, 'no engine', PACK], {
    cwd: PACK,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, PULUMI_NODEJS_TYPESCRIPT: 'true' },
  });
  pack = started;
  const [port] = (await once(createInterface(started.stdout), 'line')) as [string];
  client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
  await configure(await asked<AnalyzerInfo>((answer) => client.getAnalyzerInfo(new Empty(), answer)));
});

afterAll(async () => {
  client.close();
  const ended = once(pack, 'exit');
  pack.kill();
  await ended;
});

type Answer<Response> = (error: Error | null, response: Response) => void;

function asked<Response>(ask: (answer: Answer<Response>) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    ask((error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

/** Configures each rule as Pulumi does: with the defaults that its schema gives. */
async function configure(info: AnalyzerInfo): Promise<void> {
  const request = new ConfigureAnalyzerRequest();
  for (const policy of info.getPoliciesList()) {
    const schema = (policy.getConfigschema()?.getProperties()?.toJavaScript() ?? {}) as Record<string, { default: [] }>;
    const defaults = Object.entries(schema).map(([key, each]) => [key, each.default]);
    const config = new PolicyConfig();
    config.setEnforcementlevel(policy.getEnforcementlevel());
    config.setProperties(Struct.fromJavaScript(Object.fromEntries(defaults) as Record<string, []>));
    request.getPolicyconfigMap().set(policy.getName(), config);
  }
  await asked<Empty>((answer) => client.configure(request, answer));
}

/** What the pack reports of a queue, with the level of each. */
async function analyze(inputs: Inputs): Promise<[string, EnforcementLevel][]> {
  const request = new AnalyzeRequest();
  request.setType('aws:sqs/queue:Queue');
  request.setUrn('urn:pulumi:test::currents-bridge::aws:sqs/queue:Queue::events');
  request.setName('events');
  request.setProperties(Struct.fromJavaScript(inputs));
  request.setOptions(new AnalyzerResourceOptions());
  const response = await asked<AnalyzeResponse>((answer) => client.analyze(request, answer));
  return response.getDiagnosticsList().map((each) => [each.getMessage(), each.getEnforcementlevel()]);
}

test('offers every rule at its level', async () => {
  const info = await asked<AnalyzerInfo>((answer) => client.getAnalyzerInfo(new Empty(), answer));

  expect(info.getName()).toBe('currents-bridge');
  expect(info.getVersion()).toBe(version);
  const levels = info.getPoliciesList().map((each) => [each.getName(), each.getEnforcementlevel()]);
  const { MANDATORY, ADVISORY } = EnforcementLevel;
  expect(levels).toEqual(
    RULES.map(({ name, enforcementLevel }) => [name, enforcementLevel === 'advisory' ? ADVISORY : MANDATORY]),
  );
});

test('refuses a queue that is wrong, also for what only a default of its config says', async () => {
  const wrong = { sqsManagedSseEnabled: false, tags: { 'currents-bridge': 'bridge' } };

  expect(await analyze(wrong)).toEqual([
    [expect.stringContaining('\nThe queue events is not encrypted at rest. '), EnforcementLevel.MANDATORY],
    [expect.stringContaining('\nThe Queue events lacks the tag braze-cluster. '), EnforcementLevel.MANDATORY],
  ]);
});

test('says nothing of a queue that is right, where a preview does not know all of it', async () => {
  const tags = { 'currents-bridge': 'bridge', 'braze-cluster': 'EU-01' };
  const unknown = pulumi.runtime.unknownValue;

  expect(await analyze({ kmsMasterKeyId: unknown, redrivePolicy: unknown, tags })).toEqual([]);
});
