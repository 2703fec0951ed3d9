/**
 * The fields of Currents events that hold personal data, and what the example transform `personal-data` does with
 * each: `hash` what identifies a user or a device, so that it can still be joined on, `remove` the rest.
 *
 * They are the names that Braze sends: those of `properties`, and `device_id` of `user`. The user's own ids
 * (`user_id`, `external_user_id`) are personal data too, but without them RudderStack refuses the event.
 */
export const PERSONAL_DATA: ReadonlyMap<string, 'hash' | 'remove'> = new Map([
  // Marked [PII] in Braze's Currents event glossary and SQL table reference (August 2026).
  ['email_address', 'hash'],
  ['phone_number', 'hash'],
  ['to_phone_number', 'hash'],
  ['user_phone_number', 'hash'],
  ['channel_identifier', 'hash'],
  ['native_line_id', 'hash'],
  ['ad_id', 'hash'],
  ['ip', 'remove'],
  ['first_name', 'remove'],
  ['last_name', 'remove'],
  ['dob', 'remove'],
  ['gender', 'remove'],
  ['language', 'remove'],
  ['country', 'remove'],
  ['home_city', 'remove'],
  ['latitude', 'remove'],
  ['longitude', 'remove'],
  ['altitude', 'remove'],
  ['message_body', 'remove'],
  ['message_extras', 'remove'],
  ['flow_response_json', 'remove'],
  ['template_name', 'remove'],
  ['abort_log', 'remove'],
  ['bounce_reason', 'remove'],
  ['input', 'remove'],
  ['output', 'remove'],

  // Not marked, but they tell as much: ids of a user or a device, what a user wrote, logs that may quote a user.
  ['bsuid', 'hash'],
  ['device_id', 'hash'],
  ['push_token_device_id', 'hash'],
  ['push_token', 'remove'],
  ['push_to_start_token', 'remove'],
  ['update_token', 'remove'],
  ['web_push_token_public_key', 'remove'],
  ['web_push_token_user_auth', 'remove'],
  ['user_agent', 'remove'],
  ['media_urls', 'remove'],
  ['quick_reply_text', 'remove'],
  ['custom_attributes', 'remove'],
  ['tool_arguments', 'remove'],
  ['deferral_reason', 'remove'],
  ['retry_log', 'remove'],
  ['raw_response', 'remove'],
]);
