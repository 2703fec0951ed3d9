/**
 * What Pulumi starts for a program in another language that has a `CurrentsBridge`; see `PulumiPlugin.yaml`.
 *
 * Pulumi's own host for components would read the schema out of the sources each time, which are not in the package.
 */
import * as pulumi from '@pulumi/pulumi';
import { CurrentsBridge, type CurrentsBridgeArgs } from '../components/currents-bridge';
import schema from '../schema.json';

const TYPE = 'currents-bridge:index:CurrentsBridge';
const OUTPUTS = Object.keys(schema.resources[TYPE].properties);

const plugin: pulumi.provider.Provider = {
  version: schema.version,
  schema: JSON.stringify(schema),
  construct(name, type, inputs, options) {
    if (type !== TYPE) throw new Error(`There is no component ${type} in this package; it has ${TYPE} alone.`);
    // The engine's inputs are no more checked than a program's: the component does that.
    const bridge = new CurrentsBridge(name, inputs as CurrentsBridgeArgs, options);
    const all = Object.entries(bridge) as [string, unknown][];
    return Promise.resolve({
      urn: bridge.urn,
      state: Object.fromEntries(all.filter(([output]) => OUTPUTS.includes(output))),
    });
  },
};

void pulumi.provider.main(plugin, process.argv.slice(2));
