import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LockHeld, takeLock, waitForLock } from "./lock.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a lock is held by one, who is named to the other, and free again when given back", () => {
  const path = join(folder, "deep/lock");
  const release = takeLock(path, "The first");
  expect(() => takeLock(path, "The second")).toThrow(
    new RegExp(`The first is already running \\(process ${process.pid}`),
  );
  release();
  takeLock(path, "The second")();
  expect(readdirSync(join(folder, "deep"))).toEqual([]);
});

test("the lock of a process that was killed is taken over", async () => {
  const path = join(folder, "lock");
  const program = `import { takeLock } from ${JSON.stringify(join(import.meta.dirname, "lock.mjs"))};
    takeLock(${JSON.stringify(path)}, "The dead"); console.log("held"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(() => takeLock(path, "Me")).toThrow(LockHeld);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  takeLock(path, "Me")();
  expect(existsSync(path)).toBe(false);
});

test("a pid that another process has now does not hold the lock", () => {
  const path = join(folder, "lock");
  writeFileSync(path, JSON.stringify({ pid: process.pid, born: "0", what: "Long ago", since: "" }));
  takeLock(path, "Me")();
});

test("waiting ends when the lock is given back, and tells for whom it waits", async () => {
  const path = join(folder, "lock");
  const release = takeLock(path, "The first");
  const told: number[] = [];
  setTimeout(release, 100);
  const second = await waitForLock(path, "The second", {
    limitMs: 5_000,
    onWait: ({ pid }) => told.push(pid),
  });
  second();
  expect(told).toContain(process.pid);
});
