/** A key with its value: a tag, or a param. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Tags by the thing that they belong to. */
export function groupTags<K, T extends Tag>(
  rows: readonly T[],
  owner: (row: T) => K,
): ReadonlyMap<K, readonly Tag[]> {
  const groups = new Map<K, Tag[]>();
  for (const row of rows) {
    const id = owner(row);
    const group = groups.get(id);
    const tag = { key: row.key, value: row.value };
    if (group === undefined) groups.set(id, [tag]);
    else group.push(tag);
  }
  return groups;
}

/** Tags as keys of an object; the last value of a key counts. */
export const toRecord = (tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(tags.map(({ key, value }) => [key, value]));

/** The last value of each key, in order of keys, so that writers that meet lock rows in one order. */
export function lastByKey<T extends Tag>(tags: readonly T[]): readonly T[] {
  const last = new Map(tags.map((tag) => [tag.key, tag]));
  return [...last.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
