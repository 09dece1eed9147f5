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
  /** Waits until it does no more by itself: some servers answer while half of their processes still start. */
  readonly settle: () => Promise<void>;
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
  return {
    name,
    pid,
    url,
    headers,
    coldStartMs,
    memory: () => memoryOf(pid),
    settle: () => settle(pid),
    stop,
  };
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

const settleTimeoutMs = 60_000;
const settleWindowMs = 2_000;
const idleShare = 0.1;
const ticksPerSecond = 100;

async function settle(group: number): Promise<void> {
  const deadline = performance.now() + settleTimeoutMs;
  let [used, share] = [ticksOf(group), 1];
  while (share > idleShare && performance.now() < deadline) {
    await wait(settleWindowMs);
    const now = ticksOf(group);
    share = ((now - used) / ticksPerSecond) * (1_000 / settleWindowMs);
    used = now;
  }
}

/** Processor time of all its processes. */
const ticksOf = (group: number): number =>
  membersOf(group).reduce((sum, pid) => sum + (statOf(pid)?.ticks ?? 0), 0);

function memoryOf(group: number): number {
  return membersOf(group).reduce((sum, pid) => sum + proportionalSet(pid), 0);
}

const membersOf = (group: number): readonly string[] =>
  readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && statOf(entry)?.group === group);

/** Its process group and the processor time that it has used; https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statOf(pid: string): { readonly group: number; readonly ticks: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { group: Number(fields[2]), ticks: Number(fields[11]) + Number(fields[12]) };
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
