import { toEventText } from '../runtime/transform/event-text';
import { transformEvents, type TransformOptions } from '../runtime/transform/transform';
import type { SelectedRequest } from './requests';

/** What became of events, by `message`, or by the reason for which they are none. */
export type Outcomes = Map<string, number>;

/** The messages that the processor would send for archived events under some settings, one JSON text each. */
export async function* messagesOf(
  requests: AsyncIterable<SelectedRequest>,
  options: TransformOptions,
  outcomes: Outcomes,
): AsyncGenerator<string> {
  for await (const { receivedAt, selected } of requests) {
    for (const outcome of transformEvents(selected.map(toEventText), receivedAt, options)) {
      const name = outcome.outcome === 'message' ? 'message' : `${outcome.outcome}: ${outcome.reason}`;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
      if (outcome.outcome === 'message') yield outcome.text;
    }
  }
}
