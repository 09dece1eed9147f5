import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "bedplate", "servers");
const startAttempts = 100;

/** The program of a Go module, built once from the Go module proxy and kept in the user's cache folder; needs `go`. */
export function ensureGoServer(module: string, version: string): string {
  const name = basename(module);
  const home = join(cache, `${name}-${version}`);
  const program = join(home, name);
  if (existsSync(program)) return program;
  const building = mkdtempSync(join(tmpdir(), `bedplate-${name}-`));
  try {
    process.stderr.write(`building the server ${module}@${version}, once; this takes minutes\n`);
    execFileSync("go", ["install", `${module}@${version}`], {
      env: { ...process.env, GOBIN: building },
      stdio: ["ignore", "ignore", "inherit"],
    });
    mkdirSync(home, { recursive: true });
    execFileSync("cp", [join(building, name), `${program}.new`]);
    renameSync(`${program}.new`, program);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return program;
}

export async function untilAnswering(endpoint: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await fetch(endpoint);
      return;
    } catch (error) {
      if (attempt === startAttempts) throw error;
      await wait(50);
    }
  }
}
