// Not a tester's concern: the functions run on a newer Node.js in AWS.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const swc = { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  // Those have a configuration of their own: they take minutes, and need Go and Python.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/tests/engine/'],
  // fauxqs is published as ES modules only, which Jest's own module system cannot require.
  transform: { '^.+\\.ts$': ['@swc/jest', swc], 'node_modules/fauxqs/.+\\.js$': ['@swc/jest', swc] },
  transformIgnorePatterns: ['/node_modules/(?!fauxqs/)'],
  moduleNameMapper: {
    '^fauxqs$': '<rootDir>/node_modules/fauxqs/dist/app.js',
    // As the examples import it; what is packed is tested for itself.
    '^currents-bridge$': '<rootDir>/components/currents-bridge.ts',
  },
  // The handlers and the local run are tested as processes of their own, where Jest cannot count.
  collectCoverageFrom: [
    '{components,graph,policy,stack,runtime}/**/*.ts',
    '!policy/index.ts',
    '!runtime/local/**',
    '!runtime/**/handler.ts',
    '!runtime/**/*.d.mts',
  ],
  coverageReporters: ['text-summary', 'lcovonly'],
  coverageThreshold: {
    global: { branches: 94, functions: 95, lines: 95, statements: 95 },
    './runtime/transform/': { branches: 100, functions: 100, lines: 100 },
    './runtime/queue/packing.ts': { branches: 100, functions: 100, lines: 100 },
  },
  // Many tests wait for processes of their own: one core less would be idle.
  maxWorkers: '100%',
  testTimeout: 60000,
};
