import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endProcess } from "./process-ending.ts";
import { type ProcessIdentity, startTicksOf } from "./process-identity.ts";
import { removeRecord, writeRecord } from "./process-record.ts";

/** What is needed to start a process. */
export interface ProcessStart {
  /** What people call it. */
  readonly name: string;
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  readonly workingDirectory: string;
  /** Added to PATH, HOME, LANG, TZ and TMPDIR; nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 2xx once the process is ready. */
  readonly healthUrl: string;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Standard output and error are appended here. */
  readonly logPath: string;
  /** The log moves to `<logPath>.1` at a start that finds it larger than this. */
  readonly logLimitBytes: number;
  readonly recordPath: string;
}

const inherited = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];
const pollMs = 100;
const probeTimeoutMs = 2_000;
const tailLines = 20;
const tailBytes = 8_192;

function environmentOf(start: ProcessStart): Record<string, string> {
  const base = inherited.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(base), ...start.environment };
}

/** Opens the log for appending and says where this start's lines begin. */
function openLog(path: string, limitBytes: number): { descriptor: number; begins: number } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(path) && statSync(path).size > limitBytes) renameSync(path, `${path}.1`);
  const descriptor = openSync(path, "a", 0o600);
  return { descriptor, begins: statSync(path).size };
}

function lastLines(path: string, begins: number): string {
  const written = readFileSync(path).subarray(begins);
  const lines = written.subarray(-tailBytes).toString("utf8").trimEnd().split("\n").slice(-tailLines);
  return lines.join("\n") || "(it wrote nothing)";
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Waits for health; resolves to why it will not come, or undefined once it is there. */
async function unhealthy(child: ChildProcess, start: ProcessStart): Promise<string | undefined> {
  const deadline = Date.now() + start.startTimeoutMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) return `it ended with exit code ${child.exitCode}`;
    if (child.signalCode !== null) return `it was ended by ${child.signalCode}`;
    if (await answers(start.healthUrl)) return undefined;
    await sleep(pollMs);
  }
  return `${start.healthUrl} did not answer within ${start.startTimeoutMs} ms`;
}

function spawned(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(new Error(`${program} cannot be started (${error.code ?? error.message}).`)),
    );
  });
}

/**
 * Starts a process that outlives this one and waits until it is healthy.
 * Throws, after ending it again, with the reason and the last lines of its log.
 */
export async function startProcess(start: ProcessStart): Promise<ProcessIdentity> {
  const [program = "", ...rest] = start.command;
  const log = openLog(start.logPath, start.logLimitBytes);
  const child = spawn(program, rest, {
    cwd: start.workingDirectory,
    env: environmentOf(start),
    detached: true,
    stdio: ["ignore", log.descriptor, log.descriptor],
  });
  try {
    await spawned(child, program);
  } finally {
    closeSync(log.descriptor);
  }
  const pid = child.pid ?? 0;
  const identity = { pid, startTicks: startTicksOf(pid) ?? "" };
  await writeRecord(start.recordPath, identity);
  const reason = await unhealthy(child, start);
  child.unref();
  if (reason === undefined) return identity;
  await endProcess(identity, start.stopTimeoutMs);
  removeRecord(start.recordPath);
  throw new Error(
    `${start.name} did not start: ${reason}. The last lines of ${start.logPath}:\n${lastLines(start.logPath, log.begins)}`,
  );
}
