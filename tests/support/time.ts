/** Milliseconds left, counted down from now. */
export function countdown(milliseconds: number): () => number {
  const deadline = Date.now() + milliseconds;
  return () => deadline - Date.now();
}

/** Waits until something is so; fails by the test's own time-out. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
