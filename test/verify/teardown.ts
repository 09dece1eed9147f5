import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { listClusterObjects } from "@bedplate/cli/teardown/cluster-objects.ts";
import { type Deployment, findSurvivors, type Survivor } from "@bedplate/cli/teardown/orphans.plan.ts";
import { planTeardown, teardownRuns } from "@bedplate/cli/teardown/phases.plan.ts";
import { deploymentsOf, readExport } from "@bedplate/cli/teardown/state-resources.plan.ts";
import { type Cluster, ensureProvider, installCrds, startCluster } from "@bedplate/tools/cluster";
import { findEngine } from "@bedplate/tools/engine";
import { type EngineWorkspace, openEngineWorkspace, repository } from "../engine/engine-workspace.ts";
import { createClosers } from "./closers.ts";
import { type Harness, shownProblems } from "./harness.ts";

const program = join(import.meta.dirname, "../cluster/fixtures/small");
const deployment = "teardown";
const briefRounds = 1;
const fullRounds = 20;
/** Garbage collection goes on after a deletion was answered. */
const goneWithinMs = 30_000;

/**
 * Teardown: rounds of up, up without a change, destruction phase by phase, and an audit of the real API server that
 * finds nothing left. The fault leaves an object that an operator might have made, held back by its finalizer.
 */
export const verifyTeardown: Harness = async ({ full, fault }) => {
  const closers = createClosers();
  const problems: string[] = [];
  const rounds = full ? fullRounds : briefRounds;
  let good = 0;
  try {
    const { home } = await findEngine();
    const provider = await ensureProvider(home, (message) => process.stderr.write(`${message}\n`));
    const cluster = await startCluster();
    closers.add(cluster.stop);
    await installCrds(cluster, ["kueue", "strimzi-kafka-operator"]);
    const workspace = await openEngineWorkspace(program);
    closers.add(workspace.close);
    await workspace.configure({
      "kubernetes:kubeconfig": cluster.kubeconfig,
      "small:deployment": deployment,
    });
    for (let round = 1; round <= rounds; round++) {
      const wrong = await oneRound(cluster, workspace, fault);
      if (wrong.length === 0) good++;
      problems.push(...wrong.map((each) => `round ${round}: ${each}`));
    }
    const details = { provider: provider.note, clusterReadyMs: cluster.readyMs };
    return {
      pass: good === rounds,
      figure: good,
      unit: "rounds",
      goal: `${rounds} of ${rounds}: second up 0 changes, 0 orphans`,
      details,
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await closers.close();
  }
};

async function oneRound(cluster: Cluster, workspace: EngineWorkspace, fault: boolean): Promise<string[]> {
  const policies = ["--policy-pack", repository.policies];
  const up = await workspace.run("up", "--yes", "--skip-preview", ...policies);
  if (up.exitCode !== 0) return [`up failed: ${up.output}`];
  if (fault) await leaveSomething(cluster);
  const again = await workspace.run("up", "--yes", "--skip-preview", "--expect-no-changes", ...policies);
  const resources = readExport((await workspace.run("stack", "export")).output);
  const known = deploymentsOf(resources);
  for (const args of teardownRuns(planTeardown(resources))) {
    const { exitCode, output } = await workspace.run(...args);
    if (exitCode !== 0) return [`destroy failed: ${output}`];
  }
  const survivors = await auditUntilGone(cluster, known);
  return [
    ...(again.exitCode === 0 ? [] : [`the second up changed something: ${again.output}`]),
    ...survivors.map(({ object, why }) => `${object} is left: ${why}`),
  ];
}

/** As an operator would: an object of our deployment that is in no state, with a finalizer that nobody removes. */
async function leaveSomething(cluster: Cluster): Promise<void> {
  await cluster.apply([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "left-behind",
        namespace: "default",
        labels: { "bedplate.dev/deployment": deployment },
        finalizers: ["bedplate.dev/nobody"],
      },
    },
  ]);
}

async function auditUntilGone(cluster: Cluster, known: readonly Deployment[]): Promise<Survivor[]> {
  for (const end = Date.now() + goneWithinMs; ; await sleep(500)) {
    const objects = await listClusterObjects({
      kubeconfig: cluster.kubeconfig,
      kubectl: cluster.kubectlPath,
    });
    const survivors = known.flatMap((each) => findSurvivors(objects, each));
    if (survivors.length === 0 || Date.now() > end) return survivors;
  }
}
