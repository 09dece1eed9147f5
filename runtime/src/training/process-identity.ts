import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { z } from "zod";

/** A process that cannot be mistaken for a later one with the same number. */
const processIdentity = z.object({
  pid: z.int().min(1),
  /** When the kernel started it: field 22 of proc(5)'s stat on Linux, the text of `ps -o lstart=` elsewhere. */
  startTicks: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** A shim's `process.json`: the shim itself, the attempt it runs, and the command that it has started. */
export const processRecord = processIdentity.extend({
  attempt: z.int().min(1),
  child: processIdentity.optional(),
});
export type ProcessRecord = z.infer<typeof processRecord>;

/** When the process with this number started; null when there is none, or only what is left of one. */
export function startTicksOf(pid: number): string | null {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

export function isRunning({ pid, startTicks }: ProcessIdentity): boolean {
  return startTicksOf(pid) === startTicks;
}

/** Sends a signal to a process group; one that is gone is fine. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Sends a signal to exactly this process; one that is gone is fine. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function fromProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold anything; the fields after it start with the third, the state.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}

function fromPs(pid: number): string | null {
  try {
    const text = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [state = "Z", ...started] = text.trim().split(/\s+/);
    return state.startsWith("Z") ? null : started.join(" ");
  } catch {
    return null;
  }
}
