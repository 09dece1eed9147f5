import { problems } from "../problem.ts";
import { showProgress } from "../progress.ts";
import { makeDataFolder } from "../stack/data-folder.ts";
import { preflight } from "../stack/preflight.ts";
import type { Stack } from "../stack/stack.ts";
import { clearDeadLocks } from "./dead-locks.ts";
import { type EngineSession, lockStack, openEngine, prepareStack, type Verb } from "./session.ts";

/** An engine that has what the stack's program needs of plugins. */
async function openEquipped(stack: Stack): Promise<EngineSession> {
  const session = await openEngine(stack);
  if (stack.kind === "local") return session;
  const { findProvider } = await import("@bedplate/tools/cluster");
  await showProgress("looking for the Kubernetes provider of the engine", (tell) =>
    findProvider(session.engine, tell),
  );
  return session;
}

/**
 * Works on a stack with the engine: looks first at what would make it fail, holds the stack's lock, and makes what the
 * engine needs. Throws a `Problem` before anything is made where the machine or the cluster is not ready.
 */
export async function withEngine<T>(
  stack: Stack,
  verb: Verb,
  work: (session: EngineSession) => Promise<T>,
): Promise<T> {
  const found = await preflight(stack);
  if (found.length > 0) throw problems(found);
  makeDataFolder(stack);
  const session = await openEquipped(stack);
  const release = lockStack(stack, verb);
  try {
    await prepareStack(stack, session);
    await clearDeadLocks(stack, session);
    return await work(session);
  } finally {
    release();
  }
}
