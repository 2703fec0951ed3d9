import fc from 'fast-check';
import type { Endpoint } from './endpoint';
import { hostileRequest, sendTo, type HostileRequest } from './requests';
import { violationsOf } from './rules';

export interface Campaign {
  /** Requests sent, those of the search for the smallest finding included. */
  requests: number;
  /** How often each status was answered, and how many requests the HTTP API answered before they reached the function. */
  statuses: ReadonlyMap<string, number>;
  /** The smallest request found that breaks a rule. */
  finding: Finding | undefined;
}

export interface Finding {
  request: HostileRequest;
  /** Whole sentences. */
  problems: readonly string[];
}

class RulesBroken extends Error {
  override readonly name = 'RulesBroken';

  constructor(readonly finding: Finding) {
    super(finding.problems.join('\n'));
  }
}

/** Sends the requests of a seed, the same ones each time, and stops at the first that breaks a rule. */
export async function attack(endpoint: Endpoint, options: { requests: number; seed: number }): Promise<Campaign> {
  const statuses = new Map<string, number>();
  let requests = 0;
  const property = fc.asyncProperty(hostileRequest, async (request) => {
    await sendTo(endpoint, request);
    const aftermath = await endpoint.take();
    requests += 1;
    for (const { response } of aftermath.exchanges) count(statuses, String(response?.statusCode ?? 'none'));
    if (aftermath.exchanges.length === 0) count(statuses, 'by the HTTP API');
    const problems = violationsOf(aftermath);
    if (problems.length > 0) throw new RulesBroken({ request, problems });
  });
  const { errorInstance } = await fc.check(property, { numRuns: options.requests, seed: options.seed });
  if (errorInstance instanceof Error && !(errorInstance instanceof RulesBroken)) throw errorInstance;
  return { requests, statuses, finding: errorInstance instanceof RulesBroken ? errorInstance.finding : undefined };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
