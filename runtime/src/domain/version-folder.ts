import { Problem } from "./problem.ts";

/** The part of the artifact store in which registered versions have their files. */
const root = "model-versions";

/** Where the files of a version are pinned; neither part of it is ever given to another version. */
export const versionFolder = (historyId: string, version: number): string =>
  `${root}/${historyId}/${version}`;

/** Whether a path belongs, or could belong, to a registered version. */
export const isPinned = (path: string): boolean => path === root || path.startsWith(`${root}/`);

/** Throws CONFLICT for a path of a registered version: its files never change. */
export function requireUnpinned(path: string): void {
  if (!isPinned(path)) return;
  throw new Problem(
    "CONFLICT",
    `"${path.slice(0, 200)}" belongs to a registered version, whose files never change. Log the files to a run or ` +
      "another folder, and register a new version from there.",
  );
}
