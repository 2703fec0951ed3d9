import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jest from './jest.config.js';

/**
 * What is mutated, and the tests that must see it: where events are changed, packed and delivered, and where their end
 * is decided. A part has only the tests that are about it, since each mutant that survives costs all of them. For the
 * same reason the simulations of days, which take a minute, are not among them.
 */
const PARTS = {
  queue: { mutate: 'runtime/queue/{envelope,packing}.ts', tests: ['tests/queue/{envelope,packing}*.test.ts'] },
  answer: { mutate: 'runtime/processor/answer.ts', tests: ['tests/privacy.test.ts', 'tests/processor/answer.test.ts'] },
  breaker: { mutate: 'runtime/processor/breaker.ts', tests: ['tests/processor/breaker.test.ts'] },
  delivery: { mutate: 'runtime/processor/delivery.ts', tests: ['tests/processor/{delivery,refusals}.test.ts'] },
  processor: {
    mutate: 'runtime/processor/{dead-letters,message,processor}.ts',
    tests: ['tests/processor/{processor,delivery,dead-letters}.test.ts'],
  },
  cursor: { mutate: 'runtime/transform/json-cursor.ts', tests: ['tests/transform/json-cursor.test.ts'] },
  transform: { mutate: 'runtime/transform/*.ts', tests: ['tests/transform/*.test.ts'] },
};

const part = PARTS[process.env.PART];
if (part === undefined)
  throw new Error(`Set the environment variable PART to one of ${Object.keys(PARTS).join(', ')}.`);

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: [part.mutate],
  testRunner: 'jest',
  jest: {
    config: { ...jest, testMatch: part.tests.map((path) => `<rootDir>/${path}`) },
    enableFindRelatedTests: false,
  },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 10_000,
  tempDirName: join(tmpdir(), 'currents-bridge-mutation'),
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false },
};
