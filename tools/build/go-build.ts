import { createInterface } from "node:readline";
import { execa } from "execa";

/** Told, in one line for people, what goes on now; called again as that goes on. */
export type OnProgress = (message: string) => void;

const buildWithinMs = 45 * 60_000;

/** There is no Go to build with. */
export class NoGo extends Error {}

/** The Go that is installed, such as `go1.26.8`. Throws `NoGo` where there is none. */
export async function requireGo(): Promise<string> {
  const result = await execa("go", ["env", "GOVERSION"], { reject: false, timeout: 60_000 });
  if (result.exitCode !== 0) throw new NoGo("`go` is not on PATH (https://go.dev/dl, 1.26 or later)");
  return result.stdout.trim();
}

/** What go said last that is not the name of a package. */
function explain(lines: readonly string[]): string {
  return lines
    .filter((line) => !/^[\w./-]+$/.test(line))
    .slice(-5)
    .join(" | ");
}

export interface GoBuild {
  /** What is built, as a person calls it, and how long that takes the first time. */
  readonly what: string;
  /** Folder of the module. */
  readonly folder: string;
  /** Arguments of `go`, with `-v`: go names every package that it compiles. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly onProgress: OnProgress;
}

/** Compiles pinned Go modules, for this machine and without C. Throws with what go said when that fails. */
export async function goBuild({ what, folder, args, env = {}, onProgress }: GoBuild): Promise<void> {
  const child = execa("go", args, {
    cwd: folder,
    env: { CGO_ENABLED: "0", GOOS: "", GOARCH: "", GOWORK: "off", ...env },
    reject: false,
    timeout: buildWithinMs,
    stdin: "ignore",
    buffer: false,
  });
  const lines: string[] = [];
  let fetched = 0;
  let compiled = 0;
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (line.startsWith("go: downloading")) fetched += 1;
    else compiled += 1;
    const done = compiled > 0 ? `${compiled} packages compiled` : `${fetched} modules fetched`;
    onProgress(`building ${what} (${done})`);
  }
  const result = await child;
  if (result.timedOut) throw new Error(`go ${args[0]} took longer than ${buildWithinMs / 60_000} minutes`);
  if (result.exitCode !== 0)
    throw new Error(`go ${args[0]} failed: ${explain(lines) || result.shortMessage}`);
}
