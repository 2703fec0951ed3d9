import { randomInt } from 'node:crypto';
import type { ResourceType } from './resource-type';

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SPECIAL = '!@#$%&*()-_=+[]{}<>:?';

type PasswordInputs = { length: number; overrideSpecial?: string };

/** It is in no cloud, and in the state alone. */
const randomPassword: ResourceType = {
  properties: {
    length: { reaches: 'the length of the password', replaces: true },
    overrideSpecial: { reaches: 'its alphabet, beside letters and digits', replaces: true },
  },
  outputs: ['result'],
  secretOutputs: ['result'],
  create(_, { length, overrideSpecial = SPECIAL }: PasswordInputs) {
    const alphabet = LETTERS_AND_DIGITS + overrideSpecial;
    const result = Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
    return Promise.resolve({ id: 'none', outputs: { result } });
  },
  read: (_cloud, _id, olds) => Promise.resolve(olds),
  delete: () => Promise.resolve(),
};

export const random: Record<string, ResourceType> = { 'random:index/randomPassword:RandomPassword': randomPassword };
