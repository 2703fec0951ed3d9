import * as pulumi from '@pulumi/pulumi';

/**
 * What the user set wrongly: all of it, a whole sentence each. Pulumi prints it without a stack.
 */
export class InputError extends pulumi.RunError {
  constructor(readonly problems: readonly string[]) {
    super(problems.length === 1 ? problems.join('') : problems.map((problem) => `\n  - ${problem}`).join(''));
  }
}
