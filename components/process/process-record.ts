import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRunning, type ProcessIdentity, parseIdentities } from "./process-identity.ts";

/** The processes that a record names; none when there is no record or it cannot be read. */
function readRecord(path: string): ProcessIdentity[] {
  try {
    return parseIdentities(readFileSync(path, "utf8"));
  } catch {
    return [];
  }
}

/** The process that a record names, if it still runs. */
export function recordedProcess(path: string): ProcessIdentity | undefined {
  return readRecord(path).slice(0, 1).find(isRunning);
}

/** Writes a record whole or not at all. */
export async function writeRecord(path: string, identity: ProcessIdentity): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, `${JSON.stringify(identity)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export function removeRecord(path: string): void {
  rmSync(path, { force: true });
}

/** What the `process.json` of each folder directly below this one names and still runs, a list a record, in its order. */
export function childProcesses(folder: string): ProcessIdentity[][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((entry) => readRecord(join(folder, entry, "process.json")).filter(isRunning))
    .filter((processes) => processes.length > 0);
}
