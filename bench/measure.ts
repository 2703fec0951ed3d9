/** Figures of one measured thing over several rounds. */
export interface Figures {
  median: number;
  min: number;
  max: number;
}

/** Runs every subject in turn, round after round, so that noise of the machine meets all of them alike. */
export async function sideBySide(
  subjects: Readonly<Record<string, () => unknown>>,
  rounds: number,
): Promise<Record<string, Figures>> {
  const times = new Map<string, number[]>();
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(subjects)) {
      const start = process.hrtime.bigint();
      await run();
      const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
      // The first round warms up.
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), milliseconds]);
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, figuresOf(values)]));
}

export function figuresOf(values: readonly number[]): Figures {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.round((sorted.length - 1) * share)] as number;
  return { median: at(0.5), min: at(0), max: at(1) };
}
