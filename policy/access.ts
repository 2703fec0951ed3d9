import * as aws from '@pulumi/aws';
import { validateResourceOfType, type Policies, type ReportViolation, type ResourceValidation } from '@pulumi/policy';
import { statementsOf, type Statement } from './documents';

/** Least privilege. */
export const ACCESS: Policies = [
  {
    name: 'no-wildcard-actions',
    description: 'A role is allowed actions by their names, never by a wildcard.',
    validateResource: onGrants(({ name, actions, isInverted }, who, report) => {
      const wildcards = actions.filter((action) => /[*?]/.test(action));
      if (wildcards.length > 0) {
        report(`${who} allows ${wildcards.join(' and ')} in ${name}. Name each action that is needed.`);
      }
      if (isInverted) {
        report(
          `${who} allows all but what is named, in ${name}. Name what is allowed, with Action and Resource in place of ` +
            `NotAction and NotResource.`,
        );
      }
    }),
  },
  {
    name: 'no-wildcard-resources',
    description:
      'A role is allowed what it needs on named resources. The only exception is network interfaces of functions in a ' +
      'VPC: Lambda makes them later, and EC2 has no other form for describing them.',
    validateResource: onGrants(({ name, actions, resources }, who, report) => {
      if (actions.every((action) => NETWORK_INTERFACE_ACTIONS.includes(action))) return;
      for (const resource of resources.filter(isWildcard)) {
        report(`${who} allows ${actions.join(' and ')} on ${resource} in ${name}. Name the ARNs that it is needed on.`);
      }
    }),
  },
  {
    name: 'no-managed-policies-of-aws',
    description:
      'No role has a policy that AWS manages: such as those for full access allow more than is needed, and AWS changes ' +
      'them.',
    validateResource: [
      validateResourceOfType(aws.iam.RolePolicyAttachment, ({ policyArn }, { name }, report) => {
        reportManaged([policyArn], `The role policy attachment ${name}`, report);
      }),
      validateResourceOfType(aws.iam.PolicyAttachment, ({ policyArn }, { name }, report) => {
        reportManaged([policyArn], `The policy attachment ${name}`, report);
      }),
      validateResourceOfType(aws.iam.Role, ({ managedPolicyArns = [] }, { name }, report) => {
        reportManaged(managedPolicyArns, `The role ${name}`, report);
      }),
    ],
  },
  {
    name: 'roles-for-lambda-only',
    description: 'Only Lambda may assume a role of the stack.',
    validateResource: validateResourceOfType(aws.iam.Role, ({ assumeRolePolicy }, { name }, report) => {
      for (const statement of statementsOf(assumeRolePolicy).filter(({ isAllow }) => isAllow)) {
        const others = statement.principals.filter((principal) => principal !== 'Service:lambda.amazonaws.com');
        if (others.length === 0 && !statement.isInverted) continue;
        const who = statement.isInverted ? 'all but some' : others.join(' and ');
        report(
          `The role ${name} lets ${who} assume it, in ${statement.name}. Trust the service lambda.amazonaws.com alone.`,
        );
      }
    }),
  },
];

/** What Lambda needs for a function in a VPC, and what EC2 knows no ARN for. */
const NETWORK_INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

type Check = (statement: Statement, who: string, report: ReportViolation) => void;

/** Checks each statement that allows a role something. */
function onGrants(check: Check): ResourceValidation[] {
  const checkAll = (document: unknown, who: string, report: ReportViolation) => {
    for (const statement of statementsOf(document)) if (statement.isAllow) check(statement, who, report);
  };
  return [
    validateResourceOfType(aws.iam.RolePolicy, ({ policy }, { name }, report) => {
      checkAll(policy, `The role policy ${name}`, report);
    }),
    validateResourceOfType(aws.iam.Policy, ({ policy }, { name }, report) => {
      checkAll(policy, `The policy ${name}`, report);
    }),
    validateResourceOfType(aws.iam.Role, ({ inlinePolicies = [] }, { name }, report) => {
      for (const { policy } of inlinePolicies) checkAll(policy, `The role ${name}`, report);
    }),
  ];
}

/** Whether it is everything, or an ARN of everything in a service, an account or a region. */
function isWildcard(resource: string): boolean {
  if (!resource.startsWith('arn:')) return resource.startsWith('*');
  const [, , service = '', region = '', account = '', ...rest] = resource.split(':');
  return [service, region, account].some((part) => part.includes('*')) || /^(?:[\w-]+[:/])?\*/.test(rest.join(':'));
}

function reportManaged(policyArns: readonly string[], who: string, report: ReportViolation): void {
  for (const arn of policyArns.filter((each) => /^arn:aws[a-z-]*:iam::aws:/.test(each))) {
    report(`${who} gives a role the policy ${arn}, which AWS manages. Write a policy of just what the role needs.`);
  }
}
