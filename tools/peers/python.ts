import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "bedplate", "clients");
const progressIntervalMs = 10_000;

/**
 * A Python with exactly these packages. It is made once and kept in the user's cache folder, under a name that changes
 * with the packages. `alone` come without what they say that they need. Needs `python3` with `venv` and a package index.
 */
export async function ensurePython(
  packages: readonly string[],
  alone: readonly string[] = [],
): Promise<string> {
  const digest = createHash("sha256")
    .update([...packages, ...alone].join("\n"))
    .digest("hex")
    .slice(0, 16);
  const home = join(cache, digest);
  const python = join(home, "bin", "python");
  const complete = join(home, "complete");
  if (existsSync(complete)) return python;
  await rm(home, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  const started = Date.now();
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1_000);
    process.stderr.write(`still installing ${packages.join(" ")} (${seconds} s)\n`);
  }, progressIntervalMs);
  try {
    await run("python3", ["-m", "venv", home]);
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(python, [...install, ...packages]);
    if (alone.length > 0) await run(python, [...install, "--no-deps", ...alone]);
    await mkdir(`${complete}.new`);
    await rename(`${complete}.new`, complete);
  } finally {
    clearInterval(progress);
  }
  return python;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { status, output } = await collect(spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] }));
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${output.slice(-4_000)}`);
}

/** Waits for the end of a process; `output` is all that it printed. */
export async function collect(child: ChildProcess): Promise<{ status: number | null; output: string }> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [status] = (await once(child, "close")) as [number | null];
  return { status, output };
}
