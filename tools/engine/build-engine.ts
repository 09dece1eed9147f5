import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import type { OnProgress } from "./engine.ts";
import { repositoryRoot } from "./environment.ts";
import { type PublishedEngine, publishEngine } from "./publish-engine.ts";
import { builtVersion } from "./version.ts";

const buildWithinMs = 45 * 60_000;
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

async function requireGo(): Promise<string> {
  const result = await execa("go", ["env", "GOVERSION"], { reject: false, timeout: 60_000 });
  if (result.exitCode !== 0) throw new Error("`go` is not on PATH (https://go.dev/dl, 1.26 or later)");
  return result.stdout.trim();
}

/** What go said last that is not the name of a package. */
function explain(lines: readonly string[]): string {
  return lines
    .filter((line) => !/^[\w./-]+$/.test(line))
    .slice(-5)
    .join(" | ");
}

/** Compiles the pinned modules; go names every package that it compiles, and every module that it fetches. */
async function compile(bin: string, onProgress: OnProgress): Promise<void> {
  const link = `-s -w -X ${versionVariable}=v${builtVersion}`;
  const build = ["install", "-v", "-trimpath", "-tags", "osusergo,grpcnotrace", "-ldflags", link, "tool"];
  const child = execa("go", build, {
    cwd: join(repositoryRoot, "tools/engine"),
    env: { CGO_ENABLED: "0", GOBIN: bin, GOOS: "", GOARCH: "" },
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
    onProgress(`building Pulumi ${builtVersion} from Go modules, some 6 minutes the first time (${done})`);
  }
  const result = await child;
  if (result.timedOut) throw new Error(`go install took longer than ${buildWithinMs / 60_000} minutes`);
  if (result.exitCode !== 0) throw new Error(`go install failed: ${explain(lines) || result.shortMessage}`);
}

/** Builds the engine from the Go modules that `go.mod` pins. Throws where there is no Go, or the build fails. */
export async function buildEngine(versions: string, onProgress: OnProgress): Promise<PublishedEngine> {
  const go = await requireGo();
  onProgress(`building Pulumi ${builtVersion} from Go modules with ${go}, some 6 minutes the first time`);
  return publishEngine(versions, builtVersion, async (folder) => {
    const bin = join(folder, "bin");
    await mkdir(bin);
    await compile(bin, onProgress);
  });
}
