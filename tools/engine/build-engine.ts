import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { goBuild, type OnProgress, requireGo } from "../build/go-build.ts";
import { repositoryRoot } from "./environment.ts";
import { type PublishedEngine, publishEngine } from "./publish-engine.ts";
import { builtVersion } from "./version.ts";

const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** Compiles the pinned modules. */
async function compile(bin: string, onProgress: OnProgress): Promise<void> {
  const link = `-s -w -X ${versionVariable}=v${builtVersion}`;
  await goBuild({
    what: `Pulumi ${builtVersion} from Go modules, some 6 minutes the first time`,
    folder: join(repositoryRoot, "tools/engine"),
    args: ["install", "-v", "-trimpath", "-tags", "osusergo,grpcnotrace", "-ldflags", link, "tool"],
    env: { GOBIN: bin },
    onProgress,
  });
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
