import { PERSONAL_DATA } from 'currents-bridge/transform/personal-data';
import type { UserTransform } from 'currents-bridge/transform/transform';

/** Marks a message with what the consumer's own transform knows of it. */
const marked: UserTransform = (message) => ({
  ...message,
  properties: { ...message.properties, mark: 'of the consumer', personal: PERSONAL_DATA.has('email_address') },
});

export default marked;
