/**
 * A request that is not accepted, as the answer to it.
 *
 * What Braze does with the status decides which one is right: it sends again after 429, 5XX and codes it does not
 * know, splits after 400 and 413 (and drops a single event after its second 400), and never sends again after 401,
 * 403 and 404. (Braze user guide, "Custom HTTP connector", August 2026.)
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  /**
   * @param error a word for machines, and the metric's `reason`.
   * @param message a whole sentence for people, without anything of the request.
   */
  constructor(
    readonly status: number,
    readonly error: string,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** The refusal of events for trouble of our own, whatever it is: Braze sends them again. */
export function cannotTakeEvents(reason: string): Refusal {
  return new Refusal(503, reason, 'The bridge cannot take events right now; send them again later.', {
    'retry-after': '10',
  });
}
