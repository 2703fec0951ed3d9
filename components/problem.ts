/** A value that a command line can give. */
export type Scalar = string | number | boolean;

/** A value, or an entry of it, that is to be set. */
export interface Entry {
  /** The entry of a list or an object, as `[0]` or `["key"]`; empty for the whole value. */
  at: string;
  /** Undefined where removing it is what helps. */
  value: Scalar | undefined;
}

/** What puts a setting right. */
export interface Fix<Key extends string> extends Entry {
  key: Key;
  /** In which case, where there is a choice. */
  when?: string;
}

/** A mistake in settings, as a whole sentence. */
export interface Problem<Key extends string> {
  /** The setting at fault. */
  key: Key;
  message: string;
  fixes: Fix<Key>[];
}

/** What a setting is called where the reader of a message sets it: its path in the args, or its key in the config. */
export type NameOf<Key extends string> = (key: Key) => string;
