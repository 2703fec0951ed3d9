import type { Handled, Passage, Request, Service } from './network';
import { awsError } from './sqs';
import { insteadOf, NETWORK_FAULTS, type Disturbance, type Weather } from './weather';

export const SECRETS_MANAGER_HOST = 'secretsmanager.eu-central-1.amazonaws.com';

export const SECRETS_MANAGER_FAULTS = {
  ...NETWORK_FAULTS,
  down: insteadOf(awsError(500, 'InternalServiceError')),
  throttled: insteadOf(awsError(400, 'ThrottlingException')),
  forbidden: insteadOf(awsError(400, 'AccessDeniedException')),
  'no value': insteadOf({ status: 200, body: '{"SecretString":""}' }),
} satisfies Record<string, Disturbance>;

/** A value that changes at known moments: the latest that has begun holds. */
export type Timeline<Value> = readonly { from: number; value: Value }[];

export function valueAt<Value>(timeline: Timeline<Value>, moment: number): Value {
  return (timeline.findLast(({ from }) => from <= moment) as Timeline<Value>[number]).value;
}

/** Secrets Manager, with secrets by their ARN. */
export class SecretsManager implements Service {
  constructor(
    private readonly secrets: ReadonlyMap<string, Timeline<string>>,
    private readonly weather: Weather<keyof typeof SECRETS_MANAGER_FAULTS>,
  ) {}

  passage(): Passage {
    return this.weather.passage();
  }

  handle({ body }: Request): Handled {
    const { SecretId } = JSON.parse(body.toString()) as { SecretId: string };
    const timeline = this.secrets.get(SecretId);
    if (timeline === undefined) return { answer: awsError(400, 'ResourceNotFoundException') };
    return { answer: { status: 200, body: JSON.stringify({ SecretString: valueAt(timeline, Date.now()) }) } };
  }
}
