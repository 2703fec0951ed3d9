/** What was measured of one thing over several rounds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Times every subject, in milliseconds, in turn with the others. */
export async function sideBySide(
  subjects: Readonly<Record<string, () => unknown>>,
  rounds: number,
): Promise<Record<string, Spread>> {
  const timed = Object.entries(subjects).map(([name, run]) => [
    name,
    async () => {
      const start = process.hrtime.bigint();
      await run();
      return Number(process.hrtime.bigint() - start) / 1e6;
    },
  ]);
  const times = await inTurn(Object.fromEntries(timed) as Record<string, () => Promise<number>>, rounds);
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, spreadOf(values)]));
}

/**
 * Runs every subject in turn, round after round, so that noise of the machine meets all of them alike. The first round
 * warms up and does not count.
 */
export async function inTurn<Subject extends string | number, Result>(
  subjects: Readonly<Record<Subject, () => Promise<Result>>>,
  rounds: number,
): Promise<Record<Subject, Result[]>> {
  const results = new Map<string, Result[]>(Object.keys(subjects).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, run] of Object.entries<() => Promise<Result>>(subjects)) {
      const result = await run();
      if (round >= 0) results.get(name)?.push(result);
    }
  }
  return Object.fromEntries(results) as Record<Subject, Result[]>;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/** The value that a share of all values, from 0 to 1, does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.round((sorted.length - 1) * share)] as number;
}
