import { asText, type Resource, type Value } from '../../graph/graph';

type Inputs = Record<string, Value>;

/** A copy of what a program registers, to be made wrong on purpose. */
export class Draft {
  readonly resources: Resource[];

  constructor(resources: readonly Resource[]) {
    this.resources = structuredClone(resources) as Resource[];
  }

  /** The only one of its type whose name ends so. */
  one(type: string, suffix = ''): Resource {
    const found = this.resources.filter((each) => each.type === type && each.name.endsWith(suffix));
    if (found.length !== 1) throw new Error(`${found.length} resources of type ${type} end with "${suffix}"`);
    return found[0] as Resource;
  }

  /** Sets inputs of a resource; undefined removes one, as Pulumi's SDK does. */
  set(type: string, suffix: string, inputs: Record<string, Value | undefined>): void {
    const resource = this.one(type, suffix);
    const entries = Object.entries({ ...resource.inputs, ...inputs }).filter(([, value]) => value !== undefined);
    resource.inputs = Object.fromEntries(entries) as Inputs;
  }

  /** Sets keys of the first statement of a policy. */
  setStatement(type: string, suffix: string, keys: object, input = 'policy'): void {
    const resource = this.one(type, suffix);
    const document = JSON.parse(asText(resource.inputs[input])) as { Statement: [Inputs] };
    Object.assign(document.Statement[0], keys);
    resource.inputs[input] = JSON.stringify(document);
  }

  /** A resource beside those of the bridge, with the same provider. */
  add(type: string, name: string, inputs: Inputs): void {
    const { provider } = this.one('aws:apigatewayv2/api:Api');
    this.resources.push({
      urn: `urn:pulumi:test::currents-bridge::${type}::${name}`,
      type,
      name,
      isCustom: true,
      parent: undefined,
      provider,
      inputs,
      dependencies: [],
      inputDependencies: {},
      isProtected: false,
      isRetained: false,
      ignoredChanges: [],
    });
  }

  remove(type: string, suffix: string): void {
    this.resources.splice(this.resources.indexOf(this.one(type, suffix)), 1);
  }
}
