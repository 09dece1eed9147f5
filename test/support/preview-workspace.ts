import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, ensureProvider, startCluster } from "@bedplate/tools/cluster";
import { findEngine } from "@bedplate/tools/engine";
import { type EngineWorkspace, openEngineWorkspace, repository } from "../engine/engine-workspace.ts";
import { writeEmptyCharts } from "./empty-charts.ts";
import { platformValues } from "./platform-values.ts";

/** A cluster that platforms are previewed on; nothing is made in it. */
export interface PreviewCluster {
  /** What is to be known about the provider. */
  readonly note: string;
  /** The repository's program as a committed platform stack, which has no state yet. */
  open(stack: "dev-kubernetes" | "prod-kubernetes"): Promise<EngineWorkspace>;
  close(): Promise<void>;
}

/** Starts the real control plane, with the real provider and charts that have nothing in them. */
export async function openPreviewCluster(): Promise<PreviewCluster> {
  const { home } = await findEngine();
  const { note } = await ensureProvider(home, (message) => process.stderr.write(`${message}\n`));
  const folder = await mkdtemp(join(tmpdir(), "bedplate-preview-"));
  const closers: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    writeEmptyCharts(folder);
    const cluster: Cluster = await startCluster();
    closers.push(cluster.stop);
    const open = async (stack: "dev-kubernetes" | "prod-kubernetes") => {
      const workspace = await openEngineWorkspace(repository.program, stack);
      closers.push(() => rm(workspace.folder, { recursive: true, force: true }));
      await workspace.configure(
        platformValues(stack, {
          "bedplate:cluster": { kubeconfig: cluster.kubeconfig },
          "bedplate:chartMirror": folder,
        }),
      );
      return workspace;
    };
    return { note, open, close };
  } catch (error) {
    await close();
    throw error;
  }
}
