import type { Stats } from "node:fs";

const othersMask = 0o007;
const groupMask = 0o070;
const groupWrites = 0o020;
const root = 0;

/**
 * Whether only the service can read a file, apart from the machine's administrator: nobody but its owner may, or the owner
 * is root and the group may read it, which is how a cluster hands secrets to a pod's own group.
 */
export function isPrivate({ mode, uid }: Pick<Stats, "mode" | "uid">): boolean {
  if ((mode & othersMask) !== 0) return false;
  return (mode & groupMask) === 0 || (uid === root && (mode & groupWrites) === 0);
}
