import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Problem } from "../problem.ts";
import type { Stack } from "./stack.ts";

/** Makes a folder and what it lies in, one by one: Node's own recursive mkdir never ends inside /proc (Node 24). */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

/** Makes the data folder with the engine's folder in it. Throws a `Problem` where that cannot be. */
export function makeDataFolder(stack: Pick<Stack, "dataDir" | "engineDir" | "backendDir">): void {
  try {
    makeFolder(stack.engineDir);
    makeFolder(stack.backendDir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem(
      `The data folder ${stack.dataDir} cannot be made (${reason}): choose another with --data-dir.`,
    );
  }
}
