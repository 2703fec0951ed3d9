import type { PolicyResource, StackValidationArgs } from '@pulumi/policy';

export type Class = Parameters<PolicyResource['isType']>[0];

/**
 * The resources of a class that none of another class is made for.
 *
 * @param input of the other class: by what it is made from, since its value may not be known yet.
 */
export function without({ resources }: StackValidationArgs, what: Class, other: Class, input: string) {
  const others = resources.filter((each) => each.isType(other));
  const isFor = ({ propertyDependencies }: PolicyResource, urn: string) =>
    propertyDependencies[input]?.some((each) => each.urn === urn) === true;
  return resources.filter((each) => each.isType(what) && !others.some((other) => isFor(other, each.urn)));
}
