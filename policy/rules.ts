import type { Policies } from '@pulumi/policy';
import { ACCESS } from './access';
import { BUCKETS } from './buckets';
import { ENCRYPTION } from './encryption';
import { EXPOSURE } from './exposure';
import { OPERATIONS } from './operations';
import { RESIDENCY } from './residency';
import { SECRETS } from './secrets';

/** Everything that the pack demands of a stack. */
export const RULES: Policies = [
  ...ENCRYPTION,
  ...ACCESS,
  ...EXPOSURE,
  ...BUCKETS,
  ...SECRETS,
  ...RESIDENCY,
  ...OPERATIONS,
];
