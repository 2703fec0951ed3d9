import type { Cloud } from './cloud';

/** A resource's properties by Pulumi's names. Assets and archives are as `value.ts` describes them; nothing is wrapped. */
export type Properties = Record<string, unknown>;

export interface Property {
  /** Where its value arrives: the API's operation and the member there, as `CreateQueue Attributes.MaximumMessageSize`. */
  reaches: string;
  /** Its change replaces the resource. This is our reading of the AWS provider's documentation, and no proof. */
  replaces?: true;
}

/** A type of resource, by the API of the service itself. */
export interface ResourceType {
  /** All inputs that are carried over; any other is an error. */
  readonly properties: Readonly<Record<string, Property>>;
  /** What is known only after the creation. */
  readonly outputs: readonly string[];
  /** Which properties are secrets even where the program does not say so. */
  readonly secretOutputs?: readonly string[];
  /** Which of `properties` is made up where it is missing: the resource's name, a hyphen and seven hexadecimal digits. */
  readonly autoName?: { property: string; maxLength: number };
  /** Which outputs are not known before an update with these changed inputs. Default: none. */
  outputsChangedBy?(changed: readonly string[]): readonly string[];
  create(cloud: Cloud, inputs: Properties): Promise<{ id: string; outputs: Properties }>;
  /** Inputs and outputs as the service has them now; undefined when it is not there. */
  read(cloud: Cloud, id: string, olds: Properties): Promise<Properties | undefined>;
  /** Gives the outputs. Without it, every change replaces. */
  update?(cloud: Cloud, id: string, news: Properties, olds: Properties): Promise<Properties>;
  delete(cloud: Cloud, id: string, olds: Properties): Promise<void>;
}
