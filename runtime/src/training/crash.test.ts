import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TrainingJob } from "@bedplate/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isRunning } from "./process-identity.ts";

const program = fileURLToPath(new URL("../../testing/dispatching-process.ts", import.meta.url));

let folder: string;
let service: ChildProcess | null = null;
let jobs: readonly TrainingJob[] = [];

async function startService(): Promise<void> {
  const started = spawn(process.execPath, [program, folder], { stdio: ["pipe", "pipe", "inherit"] });
  service = started;
  jobs = [];
  createInterface({ input: started.stdout }).on("line", (line) => {
    if (service === started) jobs = JSON.parse(line) as TrainingJob[];
  });
}

async function endService(signal: NodeJS.Signals): Promise<void> {
  const ending = service;
  if (ending === null || ending.exitCode !== null) return;
  const gone = new Promise((resolve) => ending.once("exit", resolve));
  ending.kill(signal);
  await gone;
  service = null;
}

function submit(name: string, script: string, more: object = {}): void {
  const command = ["node", "-e", script];
  service?.stdin?.write(`${JSON.stringify({ name, command, ...more })}\n`);
}

const job = (name: string) => jobs.find((one) => one.name === name);
const see = (name: string, part: Partial<TrainingJob>) =>
  expect.poll(() => job(name), { timeout: 60_000 }).toMatchObject(part);
const record = async (name: string) =>
  JSON.parse(await readFile(join(folder, "training", job(name)?.id ?? "", "process.json"), "utf8"));
const logOf = (name: string) =>
  readFile(join(folder, "training", job(name)?.id ?? "", "1", "log.txt"), "utf8").catch(() => "");

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "bedplate-crash-")));
});
afterEach(async () => {
  await endService("SIGTERM");
  await rm(folder, { recursive: true });
});

test("a killed service leaves its jobs running; the next one takes up what runs and settles what has ended", async () => {
  await startService();
  const until = (file: string) =>
    `console.log("up"); setInterval(() => require("fs").existsSync("${join(folder, file)}") && process.exit(0), 20)`;
  submit("runs on", until("never"), { maxAttempts: 2 });
  submit("is lost", 'console.log("up"); setInterval(() => {}, 1000)');
  for (const name of ["runs on", "is lost"]) {
    await expect.poll(() => logOf(name), { timeout: 60_000 }).toContain("up");
  }
  const before = await record("runs on");
  const lost = await record("is lost");
  // What ends by itself comes last, and nothing is waited for but that it runs: a busy machine takes its time.
  submit("ends meanwhile", "setTimeout(() => process.exit(0), 2000)");
  submit("fails meanwhile", "setTimeout(() => process.exit(7), 2000)");
  submit("is too slow", "setInterval(() => {}, 1000)", { timeoutMs: 6_000 });
  for (const name of ["ends meanwhile", "fails meanwhile"]) {
    await expect.poll(() => job(name)?.state, { timeout: 60_000 }).toMatch(/running|succeeded|failed/);
  }
  await see("is too slow", { state: "running" });
  const slow = await vi.waitFor(() => record("is too slow"), { timeout: 60_000, interval: 20 });
  await endService("SIGKILL");
  expect(isRunning(before)).toBe(true);
  process.kill(lost.pid, "SIGKILL");
  await expect.poll(() => isRunning(slow), { timeout: 60_000 }).toBe(false);

  await startService();
  await see("runs on", { state: "running", attempt: 1 });
  expect((await record("runs on")).pid).toBe(before.pid);
  await see("ends meanwhile", { state: "succeeded", exitCode: 0 });
  await see("fails meanwhile", { state: "failed", exitCode: 7 });
  await see("is too slow", { state: "timed_out" });
  await see("is lost", { state: "failed" });
  expect(isRunning(lost.child)).toBe(false);

  await endService("SIGKILL");
  // What destroys the stack while the service is dead: it ends the processes that the records name.
  process.kill(before.pid, "SIGTERM");
  await expect.poll(() => isRunning(before), { timeout: 60_000 }).toBe(false);
  expect(isRunning(before.child)).toBe(false);

  await startService();
  await see("runs on", { state: "running", attempt: 1 });
  // The log has an "up" of the first process already, so the second is known by its record.
  const second = await vi.waitFor(
    async () => {
      const found = await record("runs on");
      expect(found.pid).not.toBe(before.pid);
      expect(found.child).toBeDefined();
      return found;
    },
    { timeout: 60_000, interval: 20 },
  );
  await endService("SIGTERM");
  expect(isRunning(second)).toBe(false);
  expect(isRunning(second.child)).toBe(false);
}, 180_000);
