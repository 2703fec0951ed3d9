/** Pulumi appends a hyphen and seven hexadecimal digits to a name. */
const RANDOM_SUFFIX = 8;
/** The shortest of AWS's limits for what a bridge creates: of role and function names. */
const MAX_PHYSICAL_NAME = 64;

/**
 * What is wrong with the name of a bridge, for AWS would refuse the longest name only in the middle of the deployment.
 *
 * @returns undefined where it is right.
 */
export function nameProblem(name: string, awsRegion: string): string | undefined {
  const longest = MAX_PHYSICAL_NAME - `-processor-${awsRegion}`.length - RANDOM_SUFFIX;
  if (/^[A-Za-z][A-Za-z0-9_-]*$/.test(name) && name.length <= longest) return undefined;
  return (
    `The bridge's name is "${name}" (${name.length} characters); it must begin with a letter, hold letters, digits, ` +
    `hyphens and underscores only, and have at most ${longest} characters, since names of roles in ${awsRegion} are made ` +
    `from it and IAM allows ${MAX_PHYSICAL_NAME}. Choose another name, or a shorter one for the stack.`
  );
}
