import { newToken } from '../../runtime/local/bridge';
import { census } from './census';
import { carryMetrics } from './embedded-metrics';
import { Emulator } from './emulator';
import { Project } from './project';
import { SecureDataPlane } from './secure-data-plane';
import { toolchain } from './toolchain/toolchain';

const REGION = 'eu-central-1';

let secureDataPlane: SecureDataPlane;
let emulator: Emulator;
let project: Project;

beforeAll(async () => {
  secureDataPlane = await SecureDataPlane.listen(newToken());
  const tools = await toolchain();
  emulator = await Emulator.start(tools, [secureDataPlane.certificate]);
  project = await Project.copy(tools, emulator);
  await project.pulumi(['stack', 'init', 'dev']);
  await project.set({ rudderstackDataPlaneUrl: secureDataPlane.url });
  await project.setSecret('rudderstackWriteKey', secureDataPlane.dataPlane.writeKey);
  await project.change('up');
});

afterAll(async () => {
  await project.stop();
  await emulator.stop();
  await secureDataPlane.stop();
});

/** @param timeout in seconds. */
async function smoke(timeout: number): ReturnType<Project['script']> {
  const { logGroups = [] } = await census(emulator, REGION);
  const carrier = carryMetrics(emulator, REGION, logGroups);
  const ended = await project.script('smoke', ['--stack', 'dev', '--timeout-seconds', String(timeout)]);
  await carrier.stop();
  return ended;
}

describe('npm run smoke against a deployed stack', () => {
  test('follows an event to RudderStack and changes nothing else', async () => {
    const before = await census(emulator, REGION);
    const { exitCode, output } = await smoke(60);

    expect(output).toContain('It is delivered to RudderStack');
    expect(exitCode).toBe(0);
    const [id = ''] = /currents-bridge-smoke-[0-9a-f-]{36}/.exec(output) ?? [];
    expect([...secureDataPlane.dataPlane.received.keys()]).toEqual([id]);
    expect(await census(emulator, REGION)).toEqual(before);
    const { customHttpToken = '' } = await project.outputs();
    // A failing test must not print it, either.
    expect(output.includes(customHttpToken)).toBe(false);
  });

  test('tells what stands in the way where RudderStack does not accept the key', async () => {
    secureDataPlane.dataPlane.writeKey = newToken();
    const { exitCode, output } = await smoke(15);
    expect(output).toContain('#credential-failure');
    expect(exitCode).toBe(1);
  });
});
