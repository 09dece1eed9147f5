import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the kernel started it: field 22 of /proc/<pid>/stat on Linux (clock ticks), the text of `ps -o lstart=` elsewhere. */
  readonly startTicks: string;
}

/** Fields of proc(5)'s stat line from the third on; the second, the program's name, may hold blanks and parentheses. */
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function startTicksOnLinux(pid: number): string | undefined {
  const fields = statFields(pid);
  // A zombie holds no port and no memory; where PID 1 does not reap, it stays for good.
  if (fields === undefined || fields[0] === "Z" || fields[0] === "X") return undefined;
  return fields[19];
}

function startTicksElsewhere(pid: number): string | undefined {
  try {
    const [state, ...started] = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith("Z") ? undefined : started.join(" ");
  } catch {
    return undefined;
  }
}

/** When the process with this number started; undefined when there is none. */
export function startTicksOf(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  return process.platform === "linux" ? startTicksOnLinux(pid) : startTicksElsewhere(pid);
}

/** Whether this very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  const startTicks = startTicksOf(identity.pid);
  return (
    startTicks !== undefined &&
    startTicks.replaceAll(/\s+/g, " ") === identity.startTicks.trim().replaceAll(/\s+/g, " ")
  );
}

function identityIn(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== "object" || value === null || !("pid" in value) || !("startTicks" in value)) {
    return undefined;
  }
  const { pid, startTicks } = value;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  return typeof startTicks === "string" ? { pid, startTicks } : undefined;
}

/** The processes that a record's JSON names: its own first, then the one it looks after (`child`). None for anything else. */
export function parseIdentities(text: string): ProcessIdentity[] {
  try {
    const value: unknown = JSON.parse(text);
    const own = identityIn(value);
    if (own === undefined) return [];
    const child = identityIn((value as { child?: unknown }).child);
    return child === undefined ? [own] : [own, child];
  } catch {
    return [];
  }
}
