import { encodeEvents, encodeRequest, type DeadLetter } from '../../runtime/queue/envelope';
import type { RejectionReason } from '../../runtime/transform/reasons';
import { currentsEvents } from '../support/events';

const RECEIVED_AT = '2026-11-01T12:00:00.000Z';

/** A dead letter that the bridge wrote, some milliseconds ago. */
export function letter(
  reason: RejectionReason,
  { events = 1, ago = 0, ...more }: Partial<DeadLetter> & { events?: number; ago?: number } = {},
): string {
  const deadLetter = { reason, at: new Date(Date.now() - ago).toISOString(), ...more };
  return encodeEvents(RECEIVED_AT, textsOf(events, reason), deadLetter);
}

/** A message as it was in the event queue: what SQS itself moves. */
export function message(events = 1, name = 'moved'): string {
  return encodeEvents(RECEIVED_AT, textsOf(events, name));
}

/** A dead letter that holds a request body. */
export function requestLetter(body: string): string {
  return encodeRequest(RECEIVED_AT, body, { reason: 'not_a_currents_request', at: new Date().toISOString() });
}

/** Dead letters that can be told apart. */
export function letters(count: number, reason: RejectionReason = 'invalid_time'): string[] {
  return Array.from({ length: count }, (_, index) => letter(reason, { answer: `letter ${index}` }));
}

let count = 0;

function textsOf(events: number, name: string): string[] {
  count += 1;
  return currentsEvents(events, `${name}-${count}`).map((event) =>
    JSON.stringify({
      ...event,
      properties: { email_address: 'lena@example.com', nothing: null, custom_properties: { 'lena@home': 7 } },
    }),
  );
}
