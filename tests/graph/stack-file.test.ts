import { completed } from '../../graph/stack-file';

const PROJECT = { name: 'currents-bridge', main: 'index.ts' };
const SECURE = { secure: 'AAABAKx' };

function complete(values: Parameters<typeof completed>[1]) {
  return completed(PROJECT, values);
}

test('values become texts as Pulumi hands them over, under the namespace of the project', () => {
  const { config } = complete({
    'currents-bridge:brazeCluster': 'EU-01',
    production: true,
    'currents-bridge:logRetentionDays': 90,
    'currents-bridge:allowedCrossings': ['AU-US'],
    'currents-bridge:tags': { team: 'crm' },
    'aws:region': 'eu-central-1',
  });

  expect(config).toMatchObject({
    'currents-bridge:brazeCluster': 'EU-01',
    'currents-bridge:production': 'true',
    'currents-bridge:logRetentionDays': '90',
    'currents-bridge:allowedCrossings': '["AU-US"]',
    'currents-bridge:tags': '{"team":"crm"}',
    'aws:region': 'eu-central-1',
  });
});

test('what the file leaves open gets stand-ins, and these are told of without the secret', () => {
  const { config, secretKeys, standIns } = complete({});

  expect(config).toEqual({
    'currents-bridge:rudderstackDataPlaneUrl': expect.stringMatching(/^https:/) as string,
    'currents-bridge:rudderstackWriteKey': expect.any(String) as string,
  });
  expect(secretKeys).toEqual(['currents-bridge:rudderstackWriteKey']);
  expect(standIns).toEqual({
    rudderstackDataPlaneUrl: config['currents-bridge:rudderstackDataPlaneUrl'],
    rudderstackWriteKey: '(secret)',
  });
});

test.each<[string, Parameters<typeof completed>[1], string[]]>([
  ['a URL', { rudderstackDataPlaneUrl: 'https://own.example.com' }, ['rudderstackWriteKey']],
  ['the ARN of a secret', { rudderstackWriteKeySecretArn: 'arn' }, ['rudderstackDataPlaneUrl']],
  ['an encrypted key', { rudderstackWriteKey: SECURE }, ['rudderstackWriteKey', 'rudderstackDataPlaneUrl']],
  ['an encrypted webhook URL', { rudderstackWebhookUrl: SECURE }, ['rudderstackWebhookUrl']],
])('with %s in the file, nothing stands in for what that makes needless', (_, values, standingIn) => {
  const { standIns } = complete(values);

  expect(Object.keys(standIns)).toEqual(standingIn);
});

test('in a project of another name the settings keep their namespace', () => {
  const { config, standIns } = completed(
    { ...PROJECT, name: 'acme' },
    { 'currents-bridge:rudderstackWriteKey': SECURE },
  );

  expect(Object.keys(config)).toEqual([
    'currents-bridge:rudderstackWriteKey',
    'currents-bridge:rudderstackDataPlaneUrl',
  ]);
  expect(Object.keys(standIns)).toEqual(['rudderstackWriteKey', 'rudderstackDataPlaneUrl']);
});

test('an encrypted value that nothing stands in for is refused, with what to add', () => {
  expect(() => complete({ alarmEmail: SECURE })).toThrow(/currents-bridge:alarmEmail.*graph\/stack-file\.ts/);
});
