import * as aws from '@pulumi/aws';
import { validateResourceOfType, type Policies } from '@pulumi/policy';
import { statementsOf, type Statement } from './documents';
import { known, texts } from './known';
import { without } from './missing';

/** At rest, and on the way. */
export const ENCRYPTION: Policies = [
  {
    name: 'queues-encrypted-at-rest',
    description: 'Every queue is encrypted at rest, for events are personal data.',
    validateResource: validateResourceOfType(aws.sqs.Queue, (queue, { name }, report) => {
      if (queue.sqsManagedSseEnabled === true || 'kmsMasterKeyId' in queue) return;
      report(
        `The queue ${name} is not encrypted at rest. Set sqsManagedSseEnabled to true, or kmsMasterKeyId to the ARN of ` +
          `a KMS key.`,
      );
    }),
  },
  {
    name: 'secrets-encrypted-like-queues',
    description: 'Where the queues are encrypted with a KMS key of the customer, so is every secret of the stack.',
    validateStack: ({ resources }, report) => {
      const queueWithKey = resources.find((each) => each.isType(aws.sqs.Queue) && keyOf(each, 'kmsMasterKeyId') !== '');
      if (queueWithKey === undefined) return;
      const key = keyOf(queueWithKey, 'kmsMasterKeyId');
      for (const secret of resources.filter((each) => each.isType(aws.secretsmanager.Secret))) {
        if (keyOf(secret, 'kmsKeyId') === key) continue;
        report(
          `The secret ${secret.name} is not encrypted with ${key}, the KMS key of the queue ${queueWithKey.name}. Set ` +
            `its kmsKeyId to that key.`,
          secret.urn,
        );
      }
    },
  },
  {
    name: 'queues-refuse-plain-http',
    description: 'The policy of a queue denies every request that comes without TLS.',
    validateResource: validateResourceOfType(aws.sqs.QueuePolicy, ({ policy }, { name }, report) => {
      if (statementsOf(policy).some((each) => deniesPlainHttp(each, 'sqs:*'))) return;
      report(
        `The queue policy ${name} does not deny requests without TLS. Add a statement that denies everybody sqs:* ` +
          `under no condition but Bool aws:SecureTransport false.`,
      );
    }),
  },
  {
    name: 'topics-refuse-plain-http',
    description: 'The policy of a topic denies everything that is published without TLS.',
    validateResource: validateResourceOfType(aws.sns.TopicPolicy, ({ policy }, { name }, report) => {
      if (statementsOf(policy).some((each) => deniesPlainHttp(each, 'sns:Publish'))) return;
      report(
        `The topic policy ${name} does not deny what is published without TLS. Add a statement that denies everybody ` +
          `sns:Publish under no condition but Bool aws:SecureTransport false.`,
      );
    }),
  },
  {
    name: 'queues-and-topics-have-a-policy',
    description: 'Every queue and every topic has a policy, since without one it takes requests without TLS.',
    validateStack: (args, report) => {
      for (const queue of without(args, aws.sqs.Queue, aws.sqs.QueuePolicy, 'queueUrl')) {
        report(`The queue ${queue.name} has no policy. Add a QueuePolicy that denies requests without TLS.`, queue.urn);
      }
      for (const topic of without(args, aws.sns.Topic, aws.sns.TopicPolicy, 'arn')) {
        report(
          `The topic ${topic.name} has no policy. Add a TopicPolicy that denies what is published without TLS.`,
          topic.urn,
        );
      }
    },
  },
  {
    name: 'domains-demand-tls-1-2',
    description: 'A domain of the endpoint takes TLS 1.2 or newer only.',
    validateResource: validateResourceOfType(aws.apigatewayv2.DomainName, (domain, { name }, report) => {
      const { securityPolicy } = domain.domainNameConfiguration;
      if (securityPolicy === 'TLS_1_2') return;
      report(
        `The domain name ${name} has the security policy ${securityPolicy}. Set securityPolicy to TLS_1_2, the only one ` +
          `that API Gateway has for HTTP APIs.`,
      );
    }),
  },
  {
    name: 'nothing-is-sent-by-plain-http',
    description: 'No function and no subscription sends anything to an address without TLS.',
    validateResource: [
      validateResourceOfType(aws.lambda.Function, ({ environment }, { name }, report) => {
        for (const [variable, value] of valuesOf(environment?.variables)) {
          if (!/^http:/i.test(value)) continue;
          report(`The function ${name} is given an address without TLS in ${variable}. Give it one with https://.`);
        }
      }),
      validateResourceOfType(aws.sns.TopicSubscription, ({ protocol }, { name }, report) => {
        if (protocol !== 'http') return;
        report(`The topic subscription ${name} has the protocol http. Set it to https.`);
      }),
    ],
  },
];

function deniesPlainHttp({ isAllow, isInverted, principals, actions, conditions }: Statement, action: string): boolean {
  return (
    !isAllow &&
    !isInverted &&
    principals.includes('*') &&
    actions.includes(action) &&
    conditions.join() === 'Bool aws:SecureTransport false'
  );
}

function keyOf({ props }: { props: object }, property: string): string {
  return texts(known(props, property)).join();
}

function valuesOf(variables: object | undefined): [string, string][] {
  return Object.keys(variables ?? {}).flatMap((name) =>
    texts(known(variables ?? {}, name)).map((text): [string, string] => [name, text]),
  );
}
