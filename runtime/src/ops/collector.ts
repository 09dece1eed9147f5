import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options: {
  readonly type: "minor" | "major";
  readonly execution?: "sync";
  readonly flavor?: "last-resort";
}) => void;

let found: Collect | null = null;

/** Node offers the collector to contexts that are made while this flag is set. */
export function collector(): Collect {
  if (found !== null) return found;
  setFlagsFromString("--expose-gc");
  found = runInNewContext("gc") as Collect;
  setFlagsFromString("--no-expose-gc");
  return found;
}

/**
 * Gives back what a start needed and nothing needs again, a tenth of a process that then waits for its first request; V8
 * would keep it until the heap has grown. Takes a tenth of a second, once.
 */
export const collectStart = (): void =>
  collector()({ type: "major", execution: "sync", flavor: "last-resort" });
