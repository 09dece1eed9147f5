import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Problem } from "../domain/problem.ts";

/**
 * Owns a folder until closed or until the process ends, however it ends: SQLite's exclusive transaction is a lock
 * that the operating system holds for the process, so a crash releases it and no stale lock is ever left.
 * Throws a `Problem` that names the owner when another process has the folder.
 */
export function lockFolder(folder: string): { close: () => void } {
  const ownerFile = join(folder, "owner");
  const lock = new DatabaseSync(join(folder, "lock"));
  try {
    lock.exec("pragma busy_timeout = 0; begin exclusive");
  } catch {
    lock.close();
    throw new Problem("UNAVAILABLE", `${folder} is in use by ${owner(ownerFile)}; stop that one first`);
  }
  writeFileSync(ownerFile, String(process.pid));
  return { close: () => lock.close() };
}

function owner(file: string): string {
  try {
    return `the process ${readFileSync(file, "utf8")}`;
  } catch {
    return "another process";
  }
}
