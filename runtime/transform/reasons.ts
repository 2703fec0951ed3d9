/**
 * Why an event, or a whole request, did not become a RudderStack message. These words are the contract of the
 * metrics' `reason` dimension, of dead letters and of the command line; the README's table is made from them.
 */

/** Left out on purpose: counted, not kept. */
export const SKIP_REASONS = {
  no_external_user_id:
    'The user has no `external_user_id` and `anonymousUsers` is `skip` (what the RudderStack export connector does).',
  no_identity: 'The event names no user at all: neither `external_user_id` nor `user_id`.',
  transform_returned_nothing: 'Your own transform returned null for the event.',
} as const;

/** Cannot be delivered: kept in the dead-letter queue with this reason. */
export const REJECTION_REASONS = {
  not_an_object: 'An entry of `events` is not a JSON object.',
  no_event_type: 'The event has no `event_type`, or a blank one.',
  cloud_storage_shape: "The event has the shape of Currents' cloud-storage files, not of the Custom HTTP connector.",
  invalid_time: '`time` is neither Unix seconds or milliseconds, numeric text, ISO 8601 nor null.',
  transform_failed: 'Your own transform threw, or returned something that is no message.',
  event_too_large: 'The message is larger than the configured `maxEventBytes`.',
  refused_by_rudderstack: 'The data plane answered 400 or 413 to this event alone.',
  forbidden_by_proxy: 'Something in front of the data plane answered 403 to this event, but let others pass.',
  not_a_currents_request: 'The request body was no Currents request; the dead letter holds the body, compressed.',
  not_an_envelope: 'A queue message was not written by the bridge; the dead letter holds its body, compressed.',
} as const;

export type SkipReason = keyof typeof SKIP_REASONS;
export type RejectionReason = keyof typeof REJECTION_REASONS;
