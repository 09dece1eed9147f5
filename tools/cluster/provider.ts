import { existsSync } from "node:fs";
import { chmod, copyFile, lstat, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { execa } from "execa";
import { buildKey, cacheFolder } from "../build/cache.ts";
import { goBuild, type OnProgress, requireGo } from "../build/go-build.ts";
import { publishFolder } from "../build/publish-folder.ts";
import { checkReachable } from "../engine/download-engine.ts";
import type { Engine } from "../engine/engine.ts";

/** The Pulumi provider for Kubernetes, where an engine finds it. */
export interface Provider {
  /** Version under which it is installed: the SDK's. */
  readonly version: string;
  readonly source: "installed" | "built";
  /** What is to be known about it, for people. */
  readonly note: string;
}

const module = "github.com/pulumi/pulumi-kubernetes/provider/v4";
const executable = "pulumi-resource-kubernetes";
const installWithinMs = 600_000;
const moduleFolder = join(import.meta.dirname, "provider");
/** The checksum database has no entry for this module and one that it needs; go.sum pins them all the same. */
const outsideSumDatabase = { GONOSUMDB: "github.com/pulumi/*" };

/** Version of the SDK that programs use. */
function sdkVersion(): string {
  const version: unknown = createRequire(import.meta.url)("@pulumi/kubernetes/package.json").version;
  return String(version);
}

const pluginFolder = (home: string, version: string) =>
  join(home, "plugins", `resource-kubernetes-v${version}`);

/** The version of the module that is built, which carries its date. */
async function pinnedVersion(): Promise<string> {
  const modules = await readFile(join(moduleFolder, "go.mod"), "utf8");
  return new RegExp(`^require ${module} (\\S+)$`, "m").exec(modules)?.[1] ?? "";
}

/** A folder with the module of ours and the two files that its package embeds, which come with the pinned module. */
async function prepareSource(folder: string, version: string): Promise<void> {
  for (const file of ["go.mod", "go.sum", "main.go"]) {
    await copyFile(join(moduleFolder, file), join(folder, file));
  }
  const downloaded = await execa("go", ["mod", "download", "-json", module], {
    cwd: folder,
    env: { ...outsideSumDatabase, GOWORK: "off" },
    timeout: 300_000,
  });
  const source = join(JSON.parse(downloaded.stdout).Dir, "cmd", executable);
  const schema = JSON.parse(await readFile(join(source, "schema.json"), "utf8"));
  await writeFile(join(folder, "schema.json"), JSON.stringify({ ...schema, version }));
  await copyFile(join(source, "terraform-mapping.json"), join(folder, "terraform-mapping.json"));
}

async function build(version: string, onProgress: OnProgress): Promise<string> {
  const link = `-s -w -X ${module}/pkg/version.Version=${version}`;
  const place = {
    parent: join(cacheFolder(), "kubernetes-provider"),
    name: await buildKey(moduleFolder, link, await readFile(join(moduleFolder, "main.go"), "utf8")),
    proof: executable,
  };
  const cached = join(place.parent, place.name, executable);
  if (existsSync(cached)) return cached;
  const go = await requireGo();
  const what = `the Kubernetes provider for Pulumi with ${go}, some 17 CPU minutes the first time`;
  const folder = await publishFolder(place, async (fresh) => {
    const source = join(fresh, "source");
    await mkdir(source);
    await prepareSource(source, version);
    const args = ["build", "-v", "-trimpath", "-ldflags", link, "-o", join(fresh, executable), "."];
    await goBuild({ what, folder: source, args, env: outsideSumDatabase, onProgress });
    await rm(source, { recursive: true });
    await chmod(join(fresh, executable), 0o755);
  });
  return join(folder, executable);
}

/** Whether somebody else put a provider there: the official one, which is left alone. */
async function isForeign(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found !== null && !found.isSymbolicLink();
}

/** What `bedplate` runs a platform's program with: one that is there, else the official download, else a build. */
export async function findProvider(engine: Engine, onProgress: OnProgress): Promise<void> {
  const version = sdkVersion();
  if (existsSync(join(pluginFolder(engine.home, version), executable))) return;
  try {
    await checkReachable();
    onProgress(`downloading the Kubernetes provider ${version} for Pulumi`);
    await execa(engine.command, ["plugin", "install", "resource", "kubernetes", version], {
      env: { PULUMI_HOME: engine.home, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: installWithinMs,
      stdin: "ignore",
    });
  } catch {
    await ensureProvider(engine.home, onProgress);
  }
}

/**
 * Makes the provider known to engines with this `PULUMI_HOME`: an official one of the SDK's version is kept, else the
 * newest one that Go modules give is built and installed under the SDK's version.
 */
export async function ensureProvider(home: string, onProgress: OnProgress): Promise<Provider> {
  const version = sdkVersion();
  const folder = pluginFolder(home, version);
  const path = join(folder, executable);
  if (await isForeign(path))
    return { version, source: "installed", note: `the installed provider ${version}` };
  const built = await build(version, onProgress);
  await mkdir(folder, { recursive: true });
  await rm(path, { force: true });
  await symlink(built, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const date = /-(\d{4})(\d{2})(\d{2})\d{6}-/.exec(await pinnedVersion());
  const note = `a provider of ${date?.slice(1).join("-")} under the SDK ${version}: newer ones are not published as Go modules`;
  return { version, source: "built", note };
}
