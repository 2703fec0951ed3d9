/** A resource's tags as Pulumi has them. */
export type Tags = Readonly<Record<string, string>>;

/** As most services want them. */
export function tagList(tags: Tags = {}): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Of most services' answer; undefined of none. */
export function tagsOf(list: readonly { Key?: string; Value?: string }[] = []): Tags | undefined {
  return list.length === 0 ? undefined : Object.fromEntries(list.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Makes the old tags the new ones, by as many calls as that takes. */
export async function changeTags(
  news: Tags = {},
  olds: Tags = {},
  calls: { set: (tags: Tags) => Promise<unknown>; remove: (keys: string[]) => Promise<unknown> },
): Promise<void> {
  const removed = Object.keys(olds).filter((key) => !(key in news));
  const set = Object.entries(news).filter(([key, value]) => olds[key] !== value);
  if (removed.length > 0) await calls.remove(removed);
  if (set.length > 0) await calls.set(Object.fromEntries(set));
}
