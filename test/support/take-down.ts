import { setTimeout as sleep } from "node:timers/promises";
import { listClusterObjects } from "@bedplate/cli/teardown/cluster-objects.ts";
import { type Deployment, findSurvivors, type Survivor } from "@bedplate/cli/teardown/orphans.plan.ts";
import { planTeardown, teardownRuns } from "@bedplate/cli/teardown/phases.plan.ts";
import { deploymentsOf, readExport } from "@bedplate/cli/teardown/state-resources.plan.ts";
import type { Cluster } from "@bedplate/tools/cluster";
import type { EngineWorkspace } from "../engine/engine-workspace.ts";

/** Garbage collection goes on after a deletion was answered. */
const goneWithinMs = 60_000;

/** What an audit of the cluster finds of deployments now. */
export async function survivorsOf(cluster: Cluster, known: readonly Deployment[]): Promise<Survivor[]> {
  const objects = await listClusterObjects({ kubeconfig: cluster.kubeconfig, kubectl: cluster.kubectlPath });
  return known.flatMap((each) => findSurvivors(objects, each));
}

/** What a stack's state knows of its deployments. */
export async function deploymentsIn(workspace: EngineWorkspace): Promise<Deployment[]> {
  return deploymentsOf(readExport((await workspace.run("stack", "export")).output));
}

/** Takes a stack down phase by phase and looks for what is left of it. Answers what went wrong, a line each. */
export async function takeDown(cluster: Cluster, workspace: EngineWorkspace): Promise<string[]> {
  const resources = readExport((await workspace.run("stack", "export")).output);
  const known = deploymentsOf(resources);
  for (const args of teardownRuns(planTeardown(resources))) {
    const { exitCode, output } = await workspace.run(...args);
    if (exitCode !== 0) return [`destroy failed: ${output}`];
  }
  for (const end = Date.now() + goneWithinMs; ; await sleep(500)) {
    const survivors = await survivorsOf(cluster, known);
    if (survivors.length === 0 || Date.now() > end)
      return survivors.map(({ object, why }) => `${object} is left: ${why}`);
  }
}
