/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
  collectCoverageFrom: ['runtime/**/*.ts', '!runtime/local/**', '!runtime/**/handler.ts'],
  testTimeout: 60000,
};
