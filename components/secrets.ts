import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import type { Tags } from './policy';

/** Characters. Each of the 66 in Braze's alphabet is as likely, which makes 290 bits. */
const TOKEN_LENGTH = 48;

export interface SecretsArgs {
  /** Number of the current token. */
  tokenRotation: number;
  /** RudderStack's write key; undefined where a secret with it exists already. */
  writeKey: pulumi.Input<string> | undefined;
  /** A secret that exists already. */
  writeKeySecretArn: pulumi.Input<string> | undefined;
  kmsKeyArn: pulumi.Input<string> | undefined;
  /** Days in which a deleted secret can be restored. */
  recoveryDays: number;
  isProtected: boolean;
  tags: Tags;
}

/**
 * The endpoint's tokens, and RudderStack's write key.
 *
 * Tokens N and N-1 are valid. Going from N to N+1 keeps the one that Braze still sends and drops the one before.
 */
export class Secrets extends pulumi.ComponentResource {
  readonly endpointTokensArn: pulumi.Output<string>;
  readonly currentToken: pulumi.Output<string>;
  readonly writeKeyArn: pulumi.Output<string>;
  /** What must be there before a function reads its secret. */
  readonly values: { endpointTokens: pulumi.Resource[]; writeKey: pulumi.Resource[] };

  readonly #name: string;
  readonly #args: SecretsArgs;

  constructor(name: string, args: SecretsArgs, opts: pulumi.ComponentResourceOptions) {
    super('currents-bridge:index:Secrets', name, {}, opts);
    this.#name = name;
    this.#args = args;

    const current = this.#token(args.tokenRotation, args.isProtected);
    const previous = args.tokenRotation > 1 ? this.#token(args.tokenRotation - 1, false) : undefined;
    const endpointTokens = this.#secret(
      'endpoint-tokens',
      'The tokens that Braze may send, as {"current","previous"}.',
      pulumi.jsonStringify({ current: current.result, previous: previous?.result }),
      args.isProtected,
    );
    this.currentToken = current.result;
    this.endpointTokensArn = endpointTokens.secret.arn;

    if (args.writeKeySecretArn !== undefined) {
      this.writeKeyArn = pulumi.output(args.writeKeySecretArn);
      this.values = { endpointTokens: [endpointTokens.version], writeKey: [] };
    } else {
      // One of the two is there: the settings' checks saw to it.
      const text = pulumi.output(args.writeKey as pulumi.Input<string>);
      const writeKey = this.#secret('write-key', "The RudderStack source's write key.", text, false);
      this.writeKeyArn = writeKey.secret.arn;
      this.values = { endpointTokens: [endpointTokens.version], writeKey: [writeKey.version] };
    }
    this.registerOutputs({});
  }

  #token(rotation: number, protect: boolean): random.RandomPassword {
    return new random.RandomPassword(
      `${this.#name}-token-${rotation}`,
      { length: TOKEN_LENGTH, overrideSpecial: '-._~' },
      { parent: this, protect: protect || undefined },
    );
  }

  #secret(suffix: string, description: string, secretString: pulumi.Output<string>, protect: boolean) {
    const { kmsKeyArn, recoveryDays, tags } = this.#args;
    const secret = new aws.secretsmanager.Secret(
      `${this.#name}-${suffix}`,
      { description, kmsKeyId: kmsKeyArn, recoveryWindowInDays: recoveryDays, tags },
      { parent: this, protect: protect || undefined },
    );
    const version = new aws.secretsmanager.SecretVersion(
      `${this.#name}-${suffix}`,
      { secretId: secret.id, secretString: pulumi.secret(secretString) },
      { parent: this },
    );
    return { secret, version };
  }
}
