import { ConfigurationError, Environment } from '../runtime/environment';

const MEANING = 'the data plane URL';

function problemsOf(environment: Environment): readonly string[] {
  try {
    environment.check();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

it('all mistakes are found at once, in whole sentences that name the variable and what is allowed', () => {
  const environment = new Environment({ COUNT: 'many', MODE: 'Forward', PLANE: 'dataplane.example' });
  environment.text('SECRET', 'the ARN of the secret');
  environment.integer('COUNT', { min: 1, max: 10, default: 5 });
  environment.oneOf('MODE', ['skip', 'forward']);
  environment.url('PLANE', MEANING);
  const sentences = [
    'SECRET is not set; set it to the ARN of the secret.',
    'COUNT is "many"; set it to a whole number from 1 to 10.',
    'MODE is "Forward"; set it to one of skip, forward.',
    'PLANE is not an https:// URL without a query; set it to the data plane URL.',
  ];
  expect(problemsOf(environment)).toStrictEqual(sentences);
  expect(() => {
    environment.check();
  }).toThrow(sentences.join('\n'));
});

it('what is right is read, trimmed, without a problem', () => {
  const environment = new Environment({ A: ' text ', B: '7', C: 'forward', D: 'https://d.example/base//', E: '\t' });
  expect([
    environment.text('A', 'a text'),
    environment.integer('B', { min: 1, max: 10, default: 5 }),
    environment.oneOf('C', ['skip', 'forward']),
    environment.url('D', MEANING),
    environment.optionalText('E'),
  ]).toStrictEqual(['text', 7, 'forward', 'https://d.example/base', undefined]);
  expect(problemsOf(environment)).toStrictEqual([]);
});

it('what is not set, or blank, has its default', () => {
  const environment = new Environment({ BLANK: ' ' });
  for (const name of ['BLANK', 'MISSING']) {
    expect(environment.integer(name, { min: 1, max: 10, default: 5 })).toBe(5);
    expect(environment.integer(name, { min: 1, max: 10, default: undefined })).toBeUndefined();
    expect(environment.oneOf(name, ['skip', 'forward'])).toBe('skip');
  }
  expect(problemsOf(environment)).toStrictEqual([]);
});

it.each(['BLANK', 'MISSING'])('what must be there is missed (%s), once', (name) => {
  const environment = new Environment({ BLANK: ' ' });
  expect(environment.text(name, MEANING)).toBe('');
  expect(environment.url(name, MEANING)).toBe('');
  const problem = `${name} is not set; set it to ${MEANING}.`;
  expect(problemsOf(environment)).toStrictEqual([problem, problem]);
});

describe('a whole number', () => {
  const read = (text: string) => {
    const environment = new Environment({ COUNT: text });
    return [environment.integer('COUNT', { min: 0, max: 10, default: 5 }), problemsOf(environment).length];
  };

  it.each(['0', '10', '007'])('%s is within its bounds', (text) => {
    expect(read(text)).toStrictEqual([Number(text), 0]);
  });

  it.each(['-1', '11', '1.5', 'NaN', 'Infinity', '1,000', '5 events', '0x5', '1e1'])(
    '%s is none that is allowed',
    (text) => {
      expect(read(text)).toStrictEqual([5, 1]);
    },
  );
});

describe('addresses', () => {
  const read = (text: string) => {
    const environment = new Environment({ SOURCES: text });
    return { addresses: environment.addresses('SOURCES'), problems: problemsOf(environment) };
  };

  it('that are not set, or blank, are none at all', () => {
    expect(read(' ')).toStrictEqual({ addresses: undefined, problems: [] });
    expect(new Environment({}).addresses('SOURCES')).toBeUndefined();
  });

  it.each([
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['198.51.100.0', true],
    ['198.51.100.255', true],
    ['198.51.101.0', false],
    ['::ffff:192.0.2.1', false],
    ['', false],
    ['192.0.2.1, 10.0.0.1', false],
  ])('and blocks hold or do not hold "%s": %j', (address, isHeld) => {
    const { addresses, problems } = read('192.0.2.1, 198.51.100.0/24');

    expect(problems).toStrictEqual([]);
    expect(addresses?.check(address)).toBe(isHeld);
  });

  it.each(['192.0.2', '192.0.2.1/33', '192.0.2.1/', '2001:db8::1', '192.0.2.1/x', 'braze.com', ''])(
    'do not have "%s" among them',
    (entry) => {
      expect(read(`192.0.2.1,${entry}`).problems).toStrictEqual([
        `SOURCES has "${entry}" in it; set it to IPv4 addresses or blocks with commas between them.`,
      ]);
    },
  );
});

describe('a URL', () => {
  const problems = (text: string) => {
    const environment = new Environment({ PLANE: text });
    environment.url('PLANE', MEANING);
    return problemsOf(environment);
  };

  it.each([
    'https://x.dataplane.rudderstack.com',
    'HTTPS://x.example:8443/base/',
    'http://localhost:8080',
    'http://127.0.0.1',
    'http://[::1]:9/',
  ])('%s is taken', (text) => {
    expect(problems(text)).toStrictEqual([]);
  });

  it.each([
    'canary',
    'canary.example',
    'http://canary.example',
    'http://localhost.canary.example',
    'http://localhost@canary.example',
    'http://127.0.0.1.canary.example',
    'http://0.0.0.0/canary',
    'ftp://localhost/canary',
    'file:///canary',
    'https://',
    'https://canary example',
    'https://x.example/v1/webhook?writeKey=canary',
    'https://x.example/#canary',
  ])('%s is refused, without being quoted', (text) => {
    const [sentence, ...others] = problems(text);
    expect(sentence).toMatch(/^PLANE is not an https:\/\/ URL/);
    expect(sentence).not.toContain('canary');
    expect(others).toStrictEqual([]);
  });
});
