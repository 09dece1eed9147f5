/** A change of one alias, as far as going back is concerned. */
interface AliasStep {
  readonly action: "set" | "rolled-back" | "deleted";
  readonly to: number | null;
}

/**
 * The version to go back to: the champion before the present one, or the last one when there is none now. Versions
 * that a rollback left behind do not come back, so that going back twice goes back two steps. Null when nothing is left.
 * `steps` are oldest first; `exists` says whether a version can still be named.
 */
export function championBefore(
  steps: readonly AliasStep[],
  exists: (version: number) => boolean,
): number | null {
  const champions: number[] = [];
  let current: number | null = null;
  for (const { action, to } of steps) {
    if (action === "rolled-back") {
      while (champions.length > 0 && champions.at(-1) !== to) champions.pop();
    }
    if (to !== null && champions.at(-1) !== to) champions.push(to);
    current = to;
  }
  const left = champions.filter((version) => exists(version) || version === current);
  while (left.length > 0 && left.at(-1) === current) left.pop();
  return left.at(-1) ?? null;
}
