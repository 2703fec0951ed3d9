import * as aws from '@pulumi/aws';
import { validateResourceOfType, type Policies, type ReportViolation, type ResourceValidation } from '@pulumi/policy';
import { statementsOf, type Statement } from './documents';
import { known } from './known';

/** Nothing is public but the endpoint. */
export const EXPOSURE: Policies = [
  {
    name: 'no-function-url-without-auth',
    description: 'No function has a URL that takes requests of anybody.',
    validateResource: validateResourceOfType(aws.lambda.FunctionUrl, ({ authorizationType }, { name }, report) => {
      if (authorizationType === 'AWS_IAM') return;
      report(
        `The function URL ${name} takes requests of anybody: its authorizationType is ${authorizationType}. Set it to ` +
          `AWS_IAM, or remove it; requests come by way of the HTTP API.`,
      );
    }),
  },
  {
    name: 'nothing-allowed-to-anybody',
    description: 'No policy of a queue, a topic, a bucket, a secret or a function allows anybody anything.',
    validateResource: [
      ...onAllowed(({ name, principals, isInverted }, who, report) => {
        if (!principals.includes('*') && !isInverted) return;
        report(`${who} allows anybody something, in ${name}. Name the principals that need it.`);
      }),
      validateResourceOfType(aws.lambda.Permission, ({ principal }, { name }, report) => {
        if (principal !== '*') return;
        report(`The permission ${name} lets anybody invoke a function. Name the service or account that needs it.`);
      }),
    ],
  },
  {
    name: 'services-act-for-a-named-source',
    description:
      'A service of AWS is allowed something for a named source only; else anybody could use it to reach the stack.',
    validateResource: [
      ...onAllowed(({ name, principals, conditions }, who, report) => {
        const services = principals.filter((principal) => principal.startsWith('Service:'));
        if (services.length === 0 || conditions.some((each) => / aws:Source(?:Arn|Account) /i.test(each))) return;
        report(
          `${who} allows ${services.join(' and ')} something on behalf of anybody, in ${name}. Add a condition on ` +
            `aws:SourceArn or aws:SourceAccount.`,
        );
      }),
      validateResourceOfType(aws.lambda.Permission, (permission, { name }, report) => {
        if ('sourceArn' in permission) return;
        report(
          `The permission ${name} lets ${permission.principal} invoke a function on behalf of anybody. Set sourceArn to ` +
            `the ARN of what invokes it.`,
        );
      }),
    ],
  },
];

type Check = (statement: Statement, who: string, report: ReportViolation) => void;

/** Checks each statement in which a resource allows something. */
function onAllowed(check: Check): ResourceValidation[] {
  const checkAll = (document: unknown, who: string, report: ReportViolation) => {
    for (const statement of statementsOf(document)) if (statement.isAllow) check(statement, who, report);
  };
  return [
    validateResourceOfType(aws.sqs.QueuePolicy, ({ policy }, { name }, report) => {
      checkAll(policy, `The queue policy ${name}`, report);
    }),
    validateResourceOfType(aws.sqs.Queue, ({ policy }, { name }, report) => {
      checkAll(policy, `The queue ${name}`, report);
    }),
    validateResourceOfType(aws.sns.TopicPolicy, ({ policy }, { name }, report) => {
      checkAll(policy, `The topic policy ${name}`, report);
    }),
    validateResourceOfType(aws.sns.Topic, ({ policy }, { name }, report) => {
      checkAll(policy, `The topic ${name}`, report);
    }),
    validateResourceOfType(aws.s3.BucketPolicy, ({ policy }, { name }, report) => {
      checkAll(policy, `The bucket policy ${name}`, report);
    }),
    validateResourceOfType(aws.s3.Bucket, (bucket, { name }, report) => {
      // Deprecated, and taken all the same.
      checkAll(known(bucket, 'policy'), `The bucket ${name}`, report);
    }),
    validateResourceOfType(aws.secretsmanager.SecretPolicy, ({ policy }, { name }, report) => {
      checkAll(policy, `The secret policy ${name}`, report);
    }),
    validateResourceOfType(aws.secretsmanager.Secret, ({ policy }, { name }, report) => {
      checkAll(policy, `The secret ${name}`, report);
    }),
  ];
}
