import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Deployment, deploymentLabel } from "@bedplate/cli/teardown/orphans.plan.ts";
import { type Cluster, ensureProvider, installCrds, startCluster } from "@bedplate/tools/cluster";
import { findEngine } from "@bedplate/tools/engine";
import { type EngineWorkspace, openEngineWorkspace, repository } from "../engine/engine-workspace.ts";
import { missingForPlatform, openClusterPlatform } from "../support/cluster-platform.ts";
import { deploymentsIn, survivorsOf, takeDown } from "../support/take-down.ts";
import { createClosers } from "./closers.ts";
import { type Harness, shownProblems } from "./harness.ts";

const fullRounds = 20;
/** One round in as many is of the production stack, which takes as long as several of the small one. */
const productionEvery = 10;
const finalizer = "bedplate.dev/nobody";
/** How long an audit may take to see what holds a stack back. */
const seenWithinMs = 600_000;
/** Each look asks for every object of every kind. */
const lookEveryMs = 3_000;

/** A stack that comes up and goes, round after round. */
interface Rounds {
  readonly cluster: Cluster;
  readonly workspace: EngineWorkspace;
  readonly up: (...args: string[]) => ReturnType<EngineWorkspace["run"]>;
  /** An object of the stack that is held back in every other round; in none where there is no such object. */
  readonly held?: { readonly kind: string; readonly name: string; readonly namespace: string };
  readonly close: () => Promise<void>;
}

async function smallStack(): Promise<Rounds> {
  const closers = createClosers();
  const { home } = await findEngine();
  await ensureProvider(home, console.warn);
  const cluster = await startCluster();
  closers.add(cluster.stop);
  await installCrds(cluster, ["kueue"]);
  const workspace = await openEngineWorkspace(join(import.meta.dirname, "../cluster/fixtures/small"));
  closers.add(workspace.close);
  await workspace.configure({
    "kubernetes:kubeconfig": cluster.kubeconfig,
    "small:deployment": "teardown",
  });
  const policies = ["--policy-pack", repository.policies];
  const up = (...args: string[]) => workspace.run("up", "--yes", "--skip-preview", ...policies, ...args);
  return { cluster, workspace, up, close: closers.close };
}

/** A committed platform with its charts, operators and their finalizers; what holds data is not kept, so that all goes. */
async function platformStack(stack: "dev-kubernetes" | "prod-kubernetes"): Promise<Rounds> {
  const { cluster, workspace, up, close } = await openClusterPlatform(stack, {
    "bedplate:protectData": false,
  });
  const held = { kind: "database.postgresql.cnpg.io", name: "database-bedplate", namespace: "sql" };
  return { cluster, workspace, up, held, close };
}

/** Which stacks come up, each in a cluster of its own, and how often. */
function seriesOf(full: boolean, cases: number | undefined) {
  if (!full) return [{ stack: "small", rounds: cases ?? 1, open: smallStack }];
  const rounds = cases ?? fullRounds;
  const production = Math.floor(rounds / productionEvery);
  return [
    { stack: "dev-kubernetes", rounds: rounds - production, open: () => platformStack("dev-kubernetes") },
    { stack: "prod-kubernetes", rounds: production, open: () => platformStack("prod-kubernetes") },
  ];
}

/**
 * Teardown: rounds of up, up without a change, destruction phase by phase, and an audit of the real API server that
 * finds nothing left. In short form one round of a small stack; in full 20 of the committed platforms, every tenth of
 * `prod-kubernetes`, and in every other one somebody's finalizer holds a resource back, which the audit must name while
 * the engine waits. The fault leaves an object that an operator might have made, held back by a finalizer that nobody
 * removes.
 */
export const verifyTeardown: Harness = async ({ full, fault, cases }) => {
  const missing = full ? missingForPlatform() : undefined;
  if (missing !== undefined) throw new Error(missing);
  const series = seriesOf(full, cases);
  const rounds = series.reduce((sum, each) => sum + each.rounds, 0);
  const problems: string[] = [];
  const details: Record<string, string> = {};
  let good = 0;
  for (const { stack, rounds: own, open } of series) {
    if (own === 0) continue;
    const done = await runRounds(stack, own, fault, open);
    good += done.filter(({ wrong }) => wrong.length === 0).length;
    problems.push(
      ...done.flatMap(({ wrong }, at) => wrong.map((each) => `${stack}, round ${at + 1}: ${each}`)),
    );
    details[stack] = `${own} rounds, seconds each: ${done.map(({ ms }) => Math.round(ms / 1_000)).join(" ")}`;
  }
  return {
    pass: good === rounds,
    figure: good,
    unit: "rounds",
    goal: `${rounds} of ${rounds}: second up 0 changes, 0 orphans`,
    details,
    problems: problems.slice(0, shownProblems),
  };
};

/** One stack's rounds in one cluster: what was wrong with each, and how long it took. */
async function runRounds(stack: string, rounds: number, fault: boolean, open: () => Promise<Rounds>) {
  const opened = await open();
  const done: { readonly wrong: readonly string[]; readonly ms: number }[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      const started = performance.now();
      const wrong = await oneRound(opened, fault, round % 2 === 0);
      const ms = performance.now() - started;
      done.push({ wrong, ms });
      process.stderr.write(
        `${stack}, round ${round} of ${rounds}: ${Math.round(ms)} ms, ${wrong.length} wrong\n${wrong.join("\n")}`,
      );
    }
  } finally {
    await opened.close();
  }
  return done;
}

async function oneRound(stack: Rounds, fault: boolean, hold: boolean): Promise<string[]> {
  const { cluster, workspace, up, held } = stack;
  const first = await up();
  if (first.exitCode !== 0) return [`up failed: ${first.output}`];
  const known = await deploymentsIn(workspace);
  if (fault) await leaveSomething(cluster, known);
  const again = await up("--expect-no-changes");
  const second = again.exitCode === 0 ? [] : [`the second up changed something: ${again.output}`];
  if (!hold || held === undefined) return [...second, ...(await takeDown(cluster, workspace))];
  const add = [{ op: "add", path: "/metadata/finalizers/-", value: finalizer }];
  const place = [held.kind, held.name, "-n", held.namespace];
  await cluster.kubectl(["patch", ...place, "--type=json", "-p", JSON.stringify(add)]);
  const [stuck, left] = await Promise.all([letGo(cluster, held, known), takeDown(cluster, workspace)]);
  return [...second, ...stuck, ...left];
}

/** Lets go of an object that is held back once an audit has named it and what it waits for. */
async function letGo(
  cluster: Cluster,
  { kind, name, namespace }: NonNullable<Rounds["held"]>,
  known: readonly Deployment[],
): Promise<string[]> {
  try {
    for (const end = Date.now() + seenWithinMs; ; await sleep(lookEveryMs)) {
      const survivors = await survivorsOf(cluster, known);
      if (
        survivors.some(
          ({ object, why }) => object.endsWith(`${namespace}/${name}`) && why.includes(finalizer),
        )
      )
        return [];
      if (Date.now() > end) return [`the audit does not name ${name}, which ${finalizer} holds back`];
    }
  } finally {
    const merge = JSON.stringify({ metadata: { finalizers: null } });
    await cluster.kubectl(["patch", kind, name, "-n", namespace, "--type=merge", "-p", merge]);
  }
}

/** As an operator would: an object of a deployment that is in no state, with a finalizer that nobody removes. */
async function leaveSomething(cluster: Cluster, [deployment]: readonly Deployment[]): Promise<void> {
  await cluster.apply([
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "left-behind",
        namespace: "default",
        labels: { [deploymentLabel]: deployment?.id ?? "" },
        finalizers: [finalizer],
      },
    },
  ]);
}
