import * as aws from '@pulumi/aws';
import { validateResourceOfType, type Policies, type PolicyResource } from '@pulumi/policy';
import { known, texts } from './known';

/** Secrets are in Secrets Manager, and only there. */
export const SECRETS: Policies = [
  {
    name: 'no-secret-in-environment',
    description:
      'No environment variable of a function holds a secret: whoever may look at the function could read it.',
    validateResource: validateResourceOfType(aws.lambda.Function, ({ environment }, { name }, report) => {
      for (const variable of Object.keys(environment?.variables ?? {}).filter(namesSecret)) {
        report(
          `The function ${name} has the environment variable ${variable}, which by its name holds a secret. Hand over ` +
            `the ARN of a secret in place of it, in a variable that ends with _ARN, and read the secret in the function.`,
        );
      }
    }),
  },
  {
    name: 'secrets-in-secrets-manager-only',
    description: 'What a secret of the stack holds stands in no other resource of AWS.',
    validateStack: ({ resources }, report) => {
      const versions = resources.filter((each) => each.isType(aws.secretsmanager.SecretVersion));
      const others = resources.filter(({ type }) => type.startsWith('aws:')).filter((each) => !versions.includes(each));
      for (const version of versions) {
        const secrets = secretsIn(version);
        for (const other of others) {
          const holder = texts(other.props);
          if (!secrets.some((secret) => holder.some((text) => text.includes(secret)))) continue;
          report(
            `The ${kindOf(other)} ${other.name} holds what the secret version ${version.name} holds. Hand over the ARN of ` +
              `the secret in place of it.`,
            other.urn,
          );
        }
      }
    },
  },
];

function namesSecret(variable: string): boolean {
  return (
    /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL)S?(?:_|$)/.test(variable) && !/_(?:ARN|JSON_KEY)$/.test(variable)
  );
}

/** Shorter ones would be found by chance. */
const MIN_LENGTH = 8;

/** The whole text of a secret, and where it is JSON the texts in it. */
function secretsIn({ props }: PolicyResource): string[] {
  const text = known(props, 'secretString');
  if (typeof text !== 'string') return [];
  return [text, ...textsOfJson(text)].filter((each) => each.length >= MIN_LENGTH);
}

function textsOfJson(text: string): string[] {
  try {
    return texts(JSON.parse(text));
  } catch {
    return [];
  }
}

function kindOf({ type }: PolicyResource): string {
  return type.split(':').at(-1) ?? '';
}
