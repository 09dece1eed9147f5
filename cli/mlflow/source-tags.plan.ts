/** Where a copy came from, as tags of the copy; a copy of a copy keeps only the last. */
const prefix = "bedplate.source.";
export const sourceTags = {
  experiment: `${prefix}experiment`,
  run: `${prefix}run`,
  /** Written last, so that what lacks it is not complete: a digest of all that was copied. */
  runContent: `${prefix}run-content`,
  loggedModel: `${prefix}logged-model`,
  loggedModelContent: `${prefix}logged-model-content`,
  version: `${prefix}version`,
} as const;

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** Tags that go along: all but those that say where the source itself came from. */
export const ownTags = (tags: readonly Tag[]): readonly Tag[] =>
  tags.filter(({ key }) => !key.startsWith(prefix));

export const tagOf = (tags: readonly Tag[] | undefined, key: string): string | undefined =>
  tags?.find((tag) => tag.key === key)?.value;

/** The tags that a copy lacks or has with another value. */
export function missingTags(wanted: readonly Tag[], there: readonly Tag[]): readonly Tag[] {
  const has = new Map(there.map(({ key, value }) => [key, value]));
  return wanted.filter(({ key, value }) => has.get(key) !== value);
}

/** A text as it stands in a filter. MLflow has no way to write one with both kinds of quotes: null. */
export function quoteText(text: string): string | null {
  if (!text.includes("'")) return `'${text}'`;
  return text.includes('"') ? null : `"${text}"`;
}

/** Parts of at most `size`. */
export function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}
