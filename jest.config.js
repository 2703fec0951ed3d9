const swc = { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } };

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  // fauxqs is published as ES modules only, which Jest's own module system cannot require.
  transform: { '^.+\\.ts$': ['@swc/jest', swc], 'node_modules/fauxqs/.+\\.js$': ['@swc/jest', swc] },
  transformIgnorePatterns: ['/node_modules/(?!fauxqs/)'],
  moduleNameMapper: { '^fauxqs$': '<rootDir>/node_modules/fauxqs/dist/app.js' },
  collectCoverageFrom: ['runtime/**/*.ts', '!runtime/local/**', '!runtime/**/handler.ts'],
  testTimeout: 60000,
};
