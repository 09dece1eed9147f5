import { elapsed } from "@bedplate/tools/setup/progress.mjs";
import { clearDeadLocks } from "../engine/dead-locks.ts";
import { countChanged } from "../engine/engine-output.ts";
import { runEngine } from "../engine/engine-run.ts";
import {
  type EngineSession,
  lockStack,
  onStack,
  openEngine,
  prepareStack,
  withPolicies,
} from "../engine/session.ts";
import { engineFailure, problems } from "../problem.ts";
import { showProgress } from "../progress.ts";
import { makeDataFolder } from "../stack/data-folder.ts";
import { readStatus } from "../stack/platform.ts";
import { preflight } from "../stack/preflight.ts";
import { runningRuntime } from "../stack/runtime-process.ts";
import { openStack, type Stack, type StackOptions } from "../stack/stack.ts";
import { guide } from "./status.ts";

const terse = ["--suppress-outputs", "--suppress-progress"];

/**
 * Whether a running stack is as its config says, the real machine looked at. A preview alone tells it, in half the time
 * of an update.
 */
async function isUnchanged(stack: Stack, session: EngineSession): Promise<boolean> {
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
  if (await isUnchanged(stack, session)) return 0;
  const args = ["up", "--yes", "--refresh", ...withPolicies(session), ...onStack(stack, session)];
  const { ok, interrupted, changes } = await runEngine(session, [...args, ...terse]);
  if (!ok) throw engineFailure(`The stack ${stack.name} did not come up.`, interrupted);
  return countChanged(changes ?? {});
}

/** `bedplate up`: brings the stack up through the engine, its preview and the mandatory policies first. */
export async function up(options: StackOptions & { readonly guide: boolean }): Promise<void> {
  const started = Date.now();
  const stack = openStack(options);
  const found = await preflight(stack);
  if (found.length > 0) throw problems(found);
  makeDataFolder(stack);
  const session = await openEngine(stack);
  const release = lockStack(stack, "up");
  try {
    await prepareStack(stack, session);
    await clearDeadLocks(stack, session);
    const changed = await update(stack, session);
    const status = await readStatus(stack);
    const time = elapsed(Date.now() - started);
    const what = changed === 1 ? "1 change" : `${changed} changes`;
    console.error(
      changed === 0
        ? `Nothing to change: the stack ${stack.name} is up at ${status.url} (checked in ${time}).`
        : `The stack ${stack.name} is up at ${status.url} (${what} in ${time}).`,
    );
    if (options.guide) console.log(guide(status));
  } finally {
    release();
  }
}
