import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { JobPaths } from "./job-folder.ts";
import type { ShimOrder } from "./shim-order.ts";

const shimPath = fileURLToPath(new URL("./shim.ts", import.meta.url));
const startTimeoutMs = 30_000;

/**
 * Starts the process that runs one attempt, apart from the service, and gives it its order.
 * Throws when it does not come up; then nothing of it is left.
 */
export async function launchShim(paths: JobPaths, attempt: number, order: ShimOrder): Promise<ChildProcess> {
  await rm(paths.folder, { recursive: true, force: true });
  await mkdir(paths.folder, { recursive: true, mode: 0o700 });
  const shim = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", shimPath, paths.process, String(attempt)],
    { cwd: paths.job, detached: true, env: {}, stdio: ["pipe", "pipe", "ignore"] },
  );
  // It may be gone before it reads; its end is what tells.
  shim.stdin.on("error", () => {});
  try {
    await ready(shim);
  } catch (error) {
    shim.kill("SIGKILL");
    throw error;
  }
  shim.stdin.end(JSON.stringify(order));
  shim.stdout?.destroy();
  shim.unref();
  return shim;
}

function ready(shim: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new Error("the job's process did not come up in time")),
      startTimeoutMs,
    );
    shim.once("error", fail);
    shim.once("exit", () => fail(new Error("the job's process ended before it was ready")));
    shim.stdout?.once("data", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
