import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where what takes minutes to build is kept between clones and runs: `$XDG_CACHE_HOME/bedplate`, by default
 * `~/.cache/bedplate`, on a Mac `~/Library/Caches/bedplate`.
 */
export function cacheFolder(): string {
  const own = process.platform === "darwin" ? "Library/Caches" : ".cache";
  return join(process.env.XDG_CACHE_HOME || join(homedir(), own), "bedplate");
}

/** Name of what a Go module of ours builds: it changes with the pinned modules, and with how they are built. */
export async function buildKey(moduleFolder: string, ...how: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) hash.update(await readFile(join(moduleFolder, file)));
  for (const part of [process.platform, process.arch, ...how]) hash.update(`\0${part}`);
  return hash.digest("hex").slice(0, 16);
}
