import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRunning, type ProcessIdentity, parseIdentity } from "./process-identity.ts";

/** The process that a record names; undefined when there is no record or it cannot be read. */
export function readRecord(path: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** The process that a record names, if it still runs. */
export function recordedProcess(path: string): ProcessIdentity | undefined {
  const identity = readRecord(path);
  return identity !== undefined && isRunning(identity) ? identity : undefined;
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

/** Running processes that left a `process.json` in a folder directly below this one. */
export function childProcesses(folder: string): ProcessIdentity[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((entry) => recordedProcess(join(folder, entry, "process.json")) ?? []);
}
