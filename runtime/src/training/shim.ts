/**
 * Runs one attempt of a training job: `node shim.ts <process.json> <attempt>`, and the order on its standard input.
 * It is a process of its own so that the command's timeout, log limit and end are kept even while the service is
 * dead. It says `ready` once its record is written; only then is the order sent, so that no command runs unrecorded.
 * SIGTERM makes it end the command.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { AttemptOutcome } from "./outcome.ts";
import { type ProcessIdentity, signalGroup, startTicksOf } from "./process-identity.ts";
import type { ShimOrder } from "./shim-order.ts";

/** Longest time that one timer can wait, in milliseconds. */
const timerLimitMs = 2 ** 31 - 1;
/** Time that the log's pipes get to empty after the command has ended. */
const pipeTimeoutMs = 1_000;

function writeWhole(path: string, value: unknown): void {
  const file = openSync(`${path}.new`, "w", 0o600);
  writeSync(file, `${JSON.stringify(value)}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
}

function identify(pid: number): ProcessIdentity {
  return { pid, startTicks: startTicksOf(pid) ?? "gone" };
}

/** Appends to the log until its limit; says once that the rest is missing. */
function openLog(path: string, limitBytes: number): { write: (chunk: Buffer) => void; close: () => void } {
  const file = openSync(path, "a", 0o600);
  let left = limitBytes;
  return {
    write(chunk) {
      if (left <= 0) return;
      const kept = chunk.subarray(0, left);
      left -= chunk.length;
      try {
        writeSync(file, kept);
        if (left < 0)
          writeSync(file, `\n[The log reached its limit of ${limitBytes} bytes; the rest is dropped.]\n`);
      } catch {
        // A full disk takes the log, not the job.
      }
    },
    close: () => closeSync(file),
  };
}

async function run(order: ShimOrder, recordPath: string, attempt: number): Promise<AttemptOutcome> {
  const log = openLog(order.logPath, order.logLimitBytes);
  const [program = "", ...args] = order.command;
  const options = { cwd: order.workingDirectory, env: order.environment, detached: true } as const;
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", log.write);
  child.stderr.on("data", log.write);
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const ended = new Promise<AttemptOutcome>((resolve) => {
    child.once("error", (error) =>
      resolve({ kind: "not_started", reason: `it did not start: ${error.message}.` }),
    );
    child.once("exit", (code, signal) =>
      resolve(code === null ? { kind: "signalled", signal: signal ?? "a signal" } : { kind: "exited", code }),
    );
  });
  if (child.pid !== undefined) {
    writeWhole(recordPath, { ...identify(process.pid), attempt, child: identify(child.pid) });
  }
  const outcome = await supervise(child, ended, order);
  // What the command left behind in its group ends with it.
  if (child.pid !== undefined) {
    signalGroup(child.pid, "SIGKILL");
    await Promise.race([closed, sleep(pipeTimeoutMs)]);
  }
  log.close();
  return outcome;
}

/** Ends the command when its time is over or when asked; the first reason is the one that counts. */
async function supervise(
  child: ChildProcess,
  ended: Promise<AttemptOutcome>,
  order: ShimOrder,
): Promise<AttemptOutcome> {
  let reason: AttemptOutcome | undefined;
  const timers = new Set<NodeJS.Timeout>();
  const after = (milliseconds: number, then: () => void) => {
    const step = Math.min(milliseconds, timerLimitMs);
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (step < milliseconds) after(milliseconds - step, then);
      else then();
    }, step);
    timers.add(timer);
  };
  const end = (why: AttemptOutcome) => {
    if (reason !== undefined || child.pid === undefined) return;
    const { pid } = child;
    reason = why;
    signalGroup(pid, "SIGTERM");
    after(order.killGraceMs, () => signalGroup(pid, "SIGKILL"));
  };
  stop = () => end({ kind: "stopped" });
  if (stopped) stop();
  after(order.timeoutMs, () => end({ kind: "timed_out" }));
  const outcome = await ended;
  for (const timer of timers) clearTimeout(timer);
  return outcome.kind === "not_started" ? outcome : (reason ?? outcome);
}

let stopped = false;
let stop = () => {};
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopped = true;
    stop();
  });
}

const [recordPath = "", attemptText = ""] = process.argv.slice(2);
const attempt = Number(attemptText);
writeWhole(recordPath, { ...identify(process.pid), attempt });
writeFileSync(1, "ready\n");
const order = JSON.parse((await text(process.stdin)) || "null") as ShimOrder | null;
// The service was gone before it gave the order; nothing has begun.
if (order === null) process.exit(0);
const outcome = stopped ? ({ kind: "stopped" } as const) : await run(order, recordPath, attempt);
writeWhole(order.exitPath, outcome);
process.exit(0);
