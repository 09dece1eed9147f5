import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, type ProcessIdentity } from "./process-identity.ts";

const pollMs = 50;
/** SIGKILL cannot be refused; a process that survives it this long hangs in the kernel. */
const killTimeoutMs = 5_000;

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended on its own between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function ended(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isRunning(identity)) {
    if (Date.now() >= deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

/**
 * Ends a process: SIGTERM, a wait of `timeoutMs`, then SIGKILL; and what is left of its process group.
 * A process that has ended, or whose number another process has now, is left alone.
 * Throws when it survives SIGKILL or may not be signalled.
 */
export async function endProcess(identity: ProcessIdentity, timeoutMs: number): Promise<void> {
  if (!isRunning(identity)) return;
  signal(identity.pid, "SIGTERM");
  if (!(await ended(identity, timeoutMs))) {
    signal(identity.pid, "SIGKILL");
    if (!(await ended(identity, killTimeoutMs))) {
      throw new Error(`Process ${identity.pid} did not end after SIGKILL; look at it with ps and try again.`);
    }
  }
  signal(-identity.pid, "SIGKILL");
}
