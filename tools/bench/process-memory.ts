import { readFileSync } from "node:fs";
import { setInterval } from "node:timers";

const sampleMs = 50;
const kibibyte = 1024;

/** Children of a process, by every thread that made some; none where there is no `/proc`. Source: proc(5). */
export function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .split(" ")
      .map(Number)
      .filter((one) => one > 0);
  } catch {
    return [];
  }
}

/** Resident memory of a process in bytes; 0 for one that is gone. */
export function residentBytes(pid: number): number {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kibibytes ?? 0) * kibibyte;
  } catch {
    return 0;
  }
}

/** Ticks a second in `/proc`, on every machine for decades. */
const ticksPerSecond = 100;

/** Processor time of a process so far; 0 for one that is gone. Source: proc(5). */
export function workedSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
}

/** The most that a process, and the largest of its children, were seen to take. */
export function watchMemory(pid: number) {
  const most = { own: residentBytes(pid), child: 0 };
  const timer = setInterval(() => {
    most.own = Math.max(most.own, residentBytes(pid));
    for (const child of childrenOf(pid)) most.child = Math.max(most.child, residentBytes(child));
  }, sampleMs);
  return { most, close: () => clearInterval(timer) };
}
