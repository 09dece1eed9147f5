import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Target } from "./load.ts";

/** A server under measurement, as a process group of its own. */
export interface ServerProcess extends Target {
  readonly name: string;
  readonly pid: number;
  /** From the start of the process to its first answer that needed the database. */
  readonly coldStartMs: number;
  /** Resident memory of all its processes in bytes, pages that they share counted once. */
  readonly memory: () => number;
  readonly stop: () => Promise<void>;
}

interface Launch extends Target {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const startTimeoutMs = 180_000;
const killGraceMs = 15_000;
const pollIntervalMs = 10;
const firstCall = "/api/2.0/mlflow/experiments/search?max_results=1";

/** Starts a server and waits for its first answer. Throws with the end of its log when it does not come up. */
export async function launch({ name, command, args, env, url, headers }: Launch): Promise<ServerProcess> {
  const began = performance.now();
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      log = `${log}${chunk.toString()}`.slice(-4_000);
    });
  }
  const exited = once(child, "exit");
  const kill = () => signal(child, "SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    signal(child, "SIGTERM");
    const timer = setTimeout(kill, killGraceMs);
    if (child.exitCode === null && child.signalCode === null) await exited;
    clearTimeout(timer);
    kill();
    process.off("exit", kill);
  };
  try {
    while (!(await answers(url, headers))) {
      if (child.exitCode !== null) throw new Error("its process ended");
      if (performance.now() - began > startTimeoutMs) throw new Error(`no answer in ${startTimeoutMs} ms`);
      await wait(pollIntervalMs);
    }
  } catch (error) {
    await stop();
    throw new Error(`${name} did not start: ${String(error)}\n${log}`);
  }
  const coldStartMs = performance.now() - began;
  const pid = child.pid ?? 0;
  return { name, pid, url, headers, coldStartMs, memory: () => memoryOf(pid), stop };
}

/** To the whole group: a server's workers are its own processes. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is gone.
  }
}

const answers = (url: string, headers: Target["headers"]): Promise<boolean> =>
  fetch(`${url}${firstCall}`, { headers }).then(
    async (answer) => {
      await answer.text();
      return answer.ok;
    },
    () => false,
  );

function memoryOf(group: number): number {
  const members = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && groupOf(entry) === group);
  return members.reduce((sum, pid) => sum + proportionalSet(pid), 0);
}

function groupOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
  } catch {
    return null;
  }
}

function proportionalSet(pid: string): number {
  try {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
