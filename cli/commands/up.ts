import { elapsed } from "@bedplate/tools/setup/progress.mjs";
import { readClusterOutputs } from "../cluster/cluster-outputs.ts";
import { countChanged, readChanges } from "../engine/engine-output.ts";
import { runEngine } from "../engine/engine-run.ts";
import { type EngineSession, onStack, withPolicies } from "../engine/session.ts";
import { withEngine } from "../engine/with-engine.ts";
import { engineFailure } from "../problem.ts";
import { showProgress } from "../progress.ts";
import { readStatus } from "../stack/platform.ts";
import { runningRuntime } from "../stack/runtime-process.ts";
import {
  type ClusterStack,
  type LocalStack,
  openStack,
  type Stack,
  type StackOptions,
} from "../stack/stack.ts";
import { guide } from "./status.ts";

const terse = ["--suppress-outputs", "--suppress-progress"];

/**
 * Whether a running stack is as its config says, the real machine looked at. A preview alone tells it, in half the time
 * of an update.
 */
async function isUnchanged(stack: LocalStack, session: EngineSession): Promise<boolean> {
  if (runningRuntime(stack.dataDir) === undefined) return false;
  const args = [
    "preview",
    "--refresh",
    "--expect-no-changes",
    ...withPolicies(session),
    ...onStack(stack, session),
  ];
  return showProgress("comparing the running stack with its config", async () => {
    const { ok, interrupted } = await runEngine(session, [...args, ...terse], { quiet: true });
    if (interrupted) throw engineFailure("", true);
    return ok;
  });
}

/** Brings the stack up. Answers how many resources were made, changed or removed. */
async function update(stack: Stack, session: EngineSession): Promise<number> {
  const args = ["up", "--yes", "--refresh", ...withPolicies(session), ...onStack(stack, session)];
  const { ok, interrupted, eventLog } = await runEngine(session, [...args, ...terse]);
  if (!ok) throw engineFailure(`The stack ${stack.name} did not come up.`, interrupted);
  return countChanged(readChanges(eventLog) ?? {});
}

function sayUp({ name }: Stack, where: string, changed: number, started: number): void {
  const time = elapsed(Date.now() - started);
  const what = changed === 1 ? "1 change" : `${changed} changes`;
  console.error(
    changed === 0
      ? `Nothing to change: the stack ${name} is up ${where} (checked in ${time}).`
      : `The stack ${name} is up ${where} (${what} in ${time}).`,
  );
}

async function upLocal(stack: LocalStack, session: EngineSession, withGuide: boolean): Promise<void> {
  const started = Date.now();
  const changed = (await isUnchanged(stack, session)) ? 0 : await update(stack, session);
  const status = await readStatus(stack);
  sayUp(stack, `at ${status.url}`, changed, started);
  if (withGuide) console.log(guide(status));
}

async function upCluster(stack: ClusterStack, session: EngineSession): Promise<void> {
  const started = Date.now();
  const changed = await update(stack, session);
  const outputs = await readClusterOutputs(stack);
  const where =
    "team" in outputs
      ? `in the namespace ${outputs.namespace}`
      : outputs.connections.runtime === undefined
        ? "in its cluster"
        : `at ${outputs.connections.runtime.url}`;
  sayUp(stack, where, changed, started);
}

/** `bedplate up`: brings the stack up through the engine, its preview and the mandatory policies first. */
export async function up(options: StackOptions & { readonly guide: boolean }): Promise<void> {
  const stack = await openStack(options);
  await withEngine(stack, "up", (session) =>
    stack.kind === "local" ? upLocal(stack, session, options.guide) : upCluster(stack, session),
  );
}
