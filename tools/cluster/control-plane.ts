import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { buildKey, cacheFolder } from "../build/cache.ts";
import { goBuild, type OnProgress, requireGo } from "../build/go-build.ts";
import { publishFolder } from "../build/publish-folder.ts";

/** The Kubernetes that `control-plane/go.mod` pins. */
export const kubernetesVersion = "1.37.2";
const downloadWithinMs = 300_000;

/** A control plane's executables, and what kwok does with nodes, pods and volumes. */
export interface ControlPlane {
  readonly bin: string;
  /** Folder of kwok's own stages. */
  readonly stages: string;
  readonly source: "cache" | "built";
}

const moduleFolder = join(import.meta.dirname, "control-plane");
const kwokModule = "sigs.k8s.io/kwok";
/** Folders of kwok's module: nodes that are healthy, pods that start at once, Jobs that end at once, volumes. */
const stageFolders = ["node/fast", "node/heartbeat-with-lease", "pod/fast", "volume/fast"];

/** Copies the stages that belong to the pinned kwok. */
async function copyStages(folder: string): Promise<void> {
  const { stdout } = await execa("go", ["mod", "download", "-json", kwokModule], {
    cwd: moduleFolder,
    env: { GOWORK: "off" },
    timeout: downloadWithinMs,
  });
  await mkdir(folder);
  for (const part of stageFolders) {
    const from = join(JSON.parse(stdout).Dir, "kustomize/stage", part);
    const files = (await readdir(from)).filter((file) => /(?<!^kustomization)\.yaml$/.test(file));
    for (const file of files) await copyFile(join(from, file), join(folder, file));
  }
}

/** Without these a server says that it is v0.0.0, and clients take it for an ancient one. */
function linkFlags(): string {
  const [major, minor] = kubernetesVersion.split(".");
  const variables = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((module) => [
    `-X ${module}.gitVersion=v${kubernetesVersion}`,
    `-X ${module}.gitMajor=${major}`,
    `-X ${module}.gitMinor=${minor}`,
  ]);
  return ["-s", "-w", ...variables].join(" ");
}

/**
 * kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, etcd, kwok and kwokctl: from the cache, else built
 * there from Go modules, which takes some 16 minutes of processor time once. Throws where there is no Go.
 */
export async function findControlPlane(onProgress: OnProgress): Promise<ControlPlane> {
  const link = linkFlags();
  const place = {
    parent: join(cacheFolder(), "control-plane"),
    name: await buildKey(moduleFolder, link, ...stageFolders),
    proof: "bin/kwokctl",
  };
  const partsOf = (folder: string) => ({ bin: join(folder, "bin"), stages: join(folder, "stages") });
  const cached = join(place.parent, place.name);
  if (existsSync(join(cached, place.proof))) return { ...partsOf(cached), source: "cache" };
  const go = await requireGo();
  const folder = await publishFolder(place, async (fresh) => {
    const bin = join(fresh, "bin");
    await mkdir(bin);
    await goBuild({
      what: `a Kubernetes ${kubernetesVersion} control plane with ${go}, some 16 CPU minutes the first time`,
      folder: moduleFolder,
      args: ["install", "-v", "-trimpath", "-ldflags", link, "tool"],
      env: { GOBIN: bin },
      onProgress,
    });
    // Go names it after its package.
    await rename(join(bin, "server"), join(bin, "etcd"));
    await copyStages(join(fresh, "stages"));
  });
  return { ...partsOf(folder), source: "built" };
}
