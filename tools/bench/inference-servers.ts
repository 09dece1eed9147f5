import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../peers/free-port.ts";
import { collect } from "../peers/python.ts";
import type { Target } from "./load.ts";
import { nodeOptions } from "./servers.ts";

/** A server whose processor time and memory are watched. */
export interface WatchedServer extends Target {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const service = join(import.meta.dirname, "../../runtime/testing/bench-service.ts");
export const peerScript = join(import.meta.dirname, "inference_peer.py");
const startTimeoutMs = 120_000;
const pollIntervalMs = 50;
/** Clock ticks a second in `/proc`, on every machine for decades. */
const ticksPerSecond = 100;
/** `cores` is a list for `taskset`; null leaves a process where the system puts it. */
export function pinned(cores: string | null, command: string, args: readonly string[]): [string, string[]] {
  return cores === null ? [command, [...args]] : ["taskset", ["-c", cores, command, ...args]];
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(timer);
}

/** Our service with the models of a folder. */
export async function startOurs(folder: string, cores: string | null): Promise<WatchedServer> {
  const child = spawn(...pinned(cores, process.execPath, [...nodeOptions, service, folder]), {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line", { signal: AbortSignal.timeout(startTimeoutMs) })) as [string];
  const { url, token, states } = JSON.parse(line) as {
    url: string;
    token: string;
    states: [string, { state: string }][];
  };
  const refused = states.filter(([, { state }]) => state !== "ready");
  if (refused.length > 0) throw new Error(`not served: ${JSON.stringify(refused)}`);
  return {
    url,
    headers: { authorization: `Bearer ${token}` },
    pid: child.pid ?? 0,
    stop: () => stopChild(child),
  };
}

/** FastAPI with ONNX Runtime under uvicorn, one process. */
export async function startFastapi(
  python: string,
  folder: string,
  cores: string | null,
): Promise<WatchedServer> {
  const port = await freePort();
  const child = spawn(...pinned(cores, python, [peerScript, "serve", folder, String(port)]), {
    stdio: ["ignore", "ignore", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  const begin = performance.now();
  for (;;) {
    const isUp = await fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { url, headers: {}, pid: child.pid ?? 0, stop: () => stopChild(child) };
    if (child.exitCode !== null || performance.now() - begin > startTimeoutMs) {
      await stopChild(child);
      throw new Error("FastAPI did not start");
    }
    await wait(pollIntervalMs);
  }
}

/** Rows by the clock, and by the processor time that they took. */
interface RowRates {
  readonly perSecond: number;
  readonly perProcessorSecond: number;
}

/** ONNX Runtime alone, in a process of its own. */
export async function measureRaw(
  folder: string,
  model: string,
  shape: readonly number[],
  milliseconds: number,
): Promise<RowRates> {
  const args = [...nodeOptions, service, folder, "raw", model, String(milliseconds), ...shape.map(String)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const { status, output } = await collect(child);
  if (status !== 0) throw new Error(`raw session.run failed: ${output}`);
  return JSON.parse(output) as RowRates;
}

/** Processor seconds of a process and its children so far. */
export function processorSecondsOfAll(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Number);
  return children.reduce((sum, child) => sum + processorSeconds(Number(child)), processorSeconds(pid));
}

/** Processor seconds of a process so far. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
