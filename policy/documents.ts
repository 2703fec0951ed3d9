/** A statement of an IAM policy, with lists where IAM allows a single value, too. */
export interface Statement {
  /** To stand in a sentence. */
  name: string;
  isAllow: boolean;
  /** Each as `Service:lambda.amazonaws.com`; anybody is `*`. */
  principals: string[];
  actions: string[];
  resources: string[];
  /** Each as `Bool aws:SecureTransport false`. */
  conditions: string[];
  /** Whether it is about all but what it names: `NotAction`, `NotResource` or `NotPrincipal`. */
  isInverted: boolean;
}

type OneOrMore = string | boolean | (string | boolean)[];

interface Written {
  Sid?: string;
  Effect: string;
  Principal?: string | Record<string, OneOrMore>;
  Action?: OneOrMore;
  Resource?: OneOrMore;
  Condition?: Record<string, Record<string, OneOrMore>>;
}

/** Reads a policy document, as JSON or as an object; none has no statements. */
export function statementsOf(document: unknown): Statement[] {
  if (document === undefined || document === '') return [];
  const { Statement } = (typeof document === 'string' ? JSON.parse(document) : document) as {
    Statement: Written | Written[];
  };
  return [Statement].flat().map((written, index) => ({
    name: written.Sid === undefined ? `its statement ${index + 1}` : `its statement ${written.Sid}`,
    isAllow: written.Effect !== 'Deny',
    principals: principalsOf(written.Principal),
    actions: listOf(written.Action),
    resources: listOf(written.Resource),
    conditions: Object.entries(written.Condition ?? {}).flatMap(([operator, tests]) =>
      Object.entries(tests).map(([key, values]) => `${operator} ${key} ${listOf(values).join(' or ')}`),
    ),
    isInverted: Object.keys(written).some((key) => key.startsWith('Not')),
  }));
}

function principalsOf(principal: Written['Principal']): string[] {
  if (typeof principal !== 'object') return listOf(principal);
  return Object.entries(principal).flatMap(([kind, names]) =>
    listOf(names).map((name) => (name === '*' ? name : `${kind}:${name}`)),
  );
}

function listOf(value: OneOrMore | undefined): string[] {
  return value === undefined ? [] : [value].flat().map(String);
}
