import { birthOf } from "@bedplate/tools/setup/process-birth.mjs";
import { Problem } from "../problem.ts";
import type { Stack } from "../stack/stack.ts";
import { askEngine } from "./engine-run.ts";
import type { EngineSession } from "./session.ts";
import { stateLocks } from "./state.ts";

/** Gives back the locks of engines that died on this stack. Throws a `Problem` where a living one holds a lock. */
export async function clearDeadLocks(stack: Stack, session: EngineSession): Promise<void> {
  const locks = stateLocks(stack);
  const alive = locks.find((pid) => birthOf(pid) !== undefined);
  if (alive !== undefined) {
    throw new Problem(
      `An engine (process ${alive}) is at work on the stack ${stack.name}; wait until it has ended.`,
    );
  }
  if (locks.length > 0) await askEngine(session, ["cancel", "--yes", "--stack", stack.name]);
}
