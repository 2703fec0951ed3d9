/* global require */
// As for the stack program, tsx: Pulumi's own ts-node would check the types of @pulumi/aws before each preview.
require('tsx/cjs');
require('./index.ts');
