/* global require */
const base = require('../../jest.config');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  rootDir: '../..',
  roots: ['<rootDir>/tests/engine'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/tests/engine/toolchain/global-setup.ts',
  // The machine's cores belong to Pulumi, the emulator and the functions that it runs.
  maxWorkers: 1,
  testTimeout: 300000,
  verbose: true,
};
