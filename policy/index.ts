import { PolicyPack } from '@pulumi/policy';
import { RULES } from './rules';

new PolicyPack('currents-bridge', { policies: RULES, enforcementLevel: 'mandatory' });
