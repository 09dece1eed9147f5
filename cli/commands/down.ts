import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clearDeadLocks } from "../engine/dead-locks.ts";
import { runEngine } from "../engine/engine-run.ts";
import { lockStack, onStack, openEngine, prepareStack } from "../engine/session.ts";
import { hasResources } from "../engine/state.ts";
import { engineFailure, Problem } from "../problem.ts";
import { isPortTaken, runningRuntime } from "../stack/runtime-process.ts";
import { type LocalStack, openStack, type StackOptions } from "../stack/stack.ts";
import { type ClusterDownOptions, downCluster, showTeardown } from "./down-cluster.ts";

const freedWithinMs = 5_000;

/** Waits a moment for the port; something else may take it meanwhile, so only a runtime of ours is an error. */
async function checkNothingIsLeft(stack: LocalStack): Promise<void> {
  const pid = runningRuntime(stack.dataDir);
  if (pid !== undefined)
    throw new Problem(
      `The stack is destroyed, but its runtime (process ${pid}) still runs: end it with kill ${pid}.`,
    );
  const end = Date.now() + freedWithinMs;
  while (await isPortTaken(stack.config.port)) {
    if (Date.now() > end) {
      console.error(`Port ${stack.config.port} is still taken, by a program that is not of this stack.`);
      return;
    }
    await sleep(100);
  }
}

async function destroy(stack: LocalStack): Promise<void> {
  const session = await openEngine(stack);
  const release = lockStack(stack, "down");
  try {
    await prepareStack(stack, session);
    await clearDeadLocks(stack, session);
    const { ok, interrupted } = await runEngine(session, [
      ...["destroy", "--yes", "--refresh", "--skip-preview", "--suppress-outputs", "--suppress-progress"],
      ...onStack(stack, session),
    ]);
    if (!ok) throw engineFailure(`The stack ${stack.name} could not be destroyed.`, interrupted);
    await checkNothingIsLeft(stack);
    console.error(`The stack ${stack.name} is down; nothing of it runs.`);
  } finally {
    release();
  }
}

/** The folder of data folders goes with the last of them. */
function removeWhenEmpty(folder: string): void {
  if (basename(folder) === ".bedplate" && readdirSync(folder).length === 0) rmdirSync(folder);
}

async function downLocal(stack: LocalStack, purge: boolean): Promise<void> {
  if (hasResources(stack)) await destroy(stack);
  else console.error(`Nothing is running of the stack ${stack.name}.`);
  const ours = existsSync(join(stack.dataDir, "version")) || existsSync(stack.engineDir);
  if (!purge) {
    if (ours) console.error(`Its data stays in ${stack.dataDir}; \`npm stop -- --purge\` removes that too.`);
    return;
  }
  if (!ours) return;
  rmSync(stack.dataDir, { recursive: true, force: true });
  removeWhenEmpty(dirname(stack.dataDir));
  console.error(`The data folder ${stack.dataDir} is removed.`);
}

export interface DownOptions extends StackOptions, ClusterDownOptions {
  /** Only says in which order the stack would go. */
  readonly plan: boolean;
  readonly json: boolean;
}

/** `bedplate down`: destroys the stack; the data stays unless it is to be purged. */
export async function down(options: DownOptions): Promise<void> {
  const { plan, json, purge, unprotect } = options;
  if (json && !plan) throw new Problem("--json is for --plan.", 2);
  const stack = await openStack(options);
  if (plan) await showTeardown(stack, json);
  else await (stack.kind === "local" ? downLocal(stack, purge) : downCluster(stack, { purge, unprotect }));
}
