import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { askEngine, runEngine } from "../engine/engine-run.ts";
import { type EngineSession, onStack, openEngine } from "../engine/session.ts";
import { hasResources, hasState } from "../engine/state.ts";
import { withEngine } from "../engine/with-engine.ts";
import { engineFailure, Problem } from "../problem.ts";
import type { ClusterStack, Stack } from "../stack/stack.ts";
import { hasKubectl, listClusterObjects } from "../teardown/cluster-objects.ts";
import { type Deployment, findSurvivors, type Survivor } from "../teardown/orphans.plan.ts";
import {
  planTeardown,
  type StateResource,
  type TeardownPlan,
  teardownRuns,
} from "../teardown/phases.plan.ts";
import { deploymentsOf, readExport } from "../teardown/state-resources.plan.ts";

export interface ClusterDownOptions {
  /** Takes away what keeps resources from being deleted; what is kept by policy stays in the cluster all the same. */
  readonly unprotect: boolean;
  /** Forgets the stack too. */
  readonly purge: boolean;
}

/** Garbage collection goes on after a deletion was answered. */
const goneWithinMs = 30_000;
const shownNames = 10;
const nameOf = (urn: string) => urn.split("::").slice(2).join(" ").replace(/^.*\$/, "");

async function readResources(stack: Stack, session: EngineSession): Promise<StateResource[]> {
  return readExport(await askEngine(session, ["stack", "export", "--stack", stack.name]));
}

function describe({ phases, keeps, isProtected }: TeardownPlan): string {
  const list = (title: string, urns: readonly string[]) => [
    `${title}: ${urns.length}`,
    ...urns.map((urn) => `  ${nameOf(urn)}`),
  ];
  return [
    ...phases.flatMap(({ name, title, deletes }, index) => list(`${index + 1}. ${name} (${title})`, deletes)),
    ...list("kept by policy, only forgotten", keeps),
    ...list("protected: `down` refuses until --unprotect", isProtected),
  ].join("\n");
}

/** `bedplate down --plan`: the phases in which a stack would go. Changes nothing, and asks no cluster. */
export async function showTeardown(stack: Stack, json: boolean): Promise<void> {
  const plan = hasState(stack)
    ? planTeardown(await readResources(stack, await openEngine(stack)))
    : planTeardown([]);
  console.log(json ? JSON.stringify({ stack: stack.name, ...plan }) : describe(plan));
}

async function unprotect(stack: ClusterStack, session: EngineSession, plan: TeardownPlan, wanted: boolean) {
  const { isProtected } = plan;
  if (isProtected.length === 0) return;
  if (!wanted) {
    const names = isProtected.slice(0, shownNames).map((urn) => `  ${nameOf(urn)}`);
    throw new Problem(
      [
        `The stack ${stack.name} has ${isProtected.length} protected resources, and nothing was deleted:`,
        ...names,
        ...(isProtected.length > shownNames ? ["  ..."] : []),
        "`--unprotect` lets the stack go; what holds data then stays in the cluster (`bedplate down --plan` says what).",
      ].join("\n"),
    );
  }
  await askEngine(session, ["state", "unprotect", "--all", "--yes", "--stack", stack.name]);
}

async function untilGone(stack: ClusterStack, known: readonly Deployment[]): Promise<Survivor[]> {
  for (const end = Date.now() + goneWithinMs; ; await sleep(1_000)) {
    const objects = await listClusterObjects(stack.access);
    const survivors = known.flatMap((each) => findSurvivors(objects, each));
    if (survivors.length === 0 || Date.now() > end) return survivors;
  }
}

async function audit(stack: ClusterStack, known: readonly Deployment[]): Promise<string> {
  if (!(await hasKubectl()))
    return "whether anything of it is left was not looked at, because there is no kubectl on PATH";
  const survivors = await untilGone(stack, known);
  if (survivors.length === 0) return "nothing of it is left in the cluster but what is kept by policy";
  throw new Problem(
    [
      `The stack ${stack.name} is destroyed, but ${survivors.length} objects of it are left:`,
      ...survivors.map(({ object, why }) => `  ${object}: ${why}`),
    ].join("\n"),
  );
}

async function destroy(
  stack: ClusterStack,
  session: EngineSession,
  options: ClusterDownOptions,
): Promise<void> {
  const resources = await readResources(stack, session);
  const plan = planTeardown(resources);
  await unprotect(stack, session, plan, options.unprotect);
  for (const args of teardownRuns(plan)) {
    const all = [...args, "--suppress-outputs", "--suppress-progress", ...onStack(stack, session)];
    const { ok, interrupted } = await runEngine(session, all);
    if (!ok) throw engineFailure(`The stack ${stack.name} could not be destroyed.`, interrupted);
  }
  console.error(`The stack ${stack.name} is down; ${await audit(stack, deploymentsOf(resources))}.`);
}

/** Takes the stack out of the state; the committed config stays. */
async function forget(stack: ClusterStack): Promise<void> {
  if (hasState(stack))
    await askEngine(await openEngine(stack), [
      "stack",
      "rm",
      "--yes",
      "--preserve-config",
      "--stack",
      stack.name,
    ]);
  rmSync(stack.engineDir, { recursive: true, force: true });
  console.error(`The stack ${stack.name} is forgotten: ${stack.engineDir} is removed.`);
}

/** `bedplate down` of a stack in a cluster: phase by phase, then an audit of what is left. */
export async function downCluster(stack: ClusterStack, options: ClusterDownOptions): Promise<void> {
  if (hasResources(stack)) await withEngine(stack, "down", (session) => destroy(stack, session, options));
  else console.error(`Nothing is there of the stack ${stack.name}.`);
  if (options.purge) await forget(stack);
}
