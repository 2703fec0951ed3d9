import {
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { withBatchActions, withoutBatchActions } from './provider/batch-actions';

/** One action that is allowed on one resource. */
export interface Permission {
  action: string;
  /** An ARN, or `*`. */
  resource: string;
  /** Otherwise always. */
  Condition?: object;
}

interface Statement {
  Effect: 'Allow';
  Action: string[];
  Resource: string | string[];
  Condition?: object;
}

/** A function's role, as IAM has it. */
export class DeployedRole {
  private constructor(
    private readonly iam: IAMClient,
    readonly name: string,
    private readonly policyName: string,
    readonly permissions: readonly Permission[],
  ) {}

  /** @throws Error when it does not have one policy of its own, and no other. */
  static async read(iam: IAMClient, RoleName: string): Promise<DeployedRole> {
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
    const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    const [PolicyName] = PolicyNames;
    if (PolicyName === undefined || PolicyNames.length + AttachedPolicies.length > 1) {
      throw new Error(`${RoleName} has ${PolicyNames.length} policies and ${AttachedPolicies.length} attached ones.`);
    }
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    const policy = JSON.parse(withoutBatchActions(decodeURIComponent(PolicyDocument))) as { Statement: Statement[] };
    return new DeployedRole(iam, RoleName, PolicyName, policy.Statement.flatMap(permissionsOf));
  }

  /** The policy as a document of this role's permissions without some of them. */
  policyWithout(...taken: readonly Permission[]): string {
    const left = this.permissions.filter((permission) => !taken.includes(permission));
    const Statement = left.map(({ action, resource, Condition }) => ({
      Effect: 'Allow',
      Action: [action],
      Resource: resource,
      Condition,
    }));
    return withBatchActions(JSON.stringify({ Version: '2012-10-17', Statement }));
  }

  /** Until `restore`. */
  async take(...permissions: readonly Permission[]): Promise<void> {
    await this.#put(this.policyWithout(...permissions));
  }

  async restore(): Promise<void> {
    await this.#put(this.policyWithout());
  }

  async #put(PolicyDocument: string): Promise<void> {
    const { name: RoleName, policyName: PolicyName } = this;
    await this.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  }
}

function permissionsOf({ Effect, Action, Resource, Condition, ...rest }: Statement & { Sid?: string }): Permission[] {
  const { Sid: _, ...others } = rest;
  // A Deny, NotAction and the like would turn everything around.
  if ((Effect as string) !== 'Allow' || Object.keys(others).length > 0) throw new Error('A statement allows nothing.');
  return Action.flatMap((action) => [Resource].flat().map((resource) => ({ action, resource, Condition })));
}
