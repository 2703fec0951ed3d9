/** An event as the Custom HTTP connector sends it; `changes` replace fields of it. */
export function currentsEvent(id: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    event_type: 'users.messages.email.Open',
    id,
    time: Math.floor(Date.now() / 1_000) - 60,
    user: { user_id: `braze-${id}`, external_user_id: `customer-${id}` },
    properties: { campaign_name: 'Autumn', machine_open: 'true' },
    ...changes,
  };
}

export function currentsEvents(count: number, prefix = 'event'): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => currentsEvent(`${prefix}-${index}`));
}
