import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFolder } from "./folder-lock.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const module = JSON.stringify(new URL("./folder-lock.ts", import.meta.url).href);
const program = (after: string) => [
  "-e",
  `import(${module}).then((m) => { m.lockFolder(process.argv[1]); ${after} })`,
  folder,
];

test("a second process is refused with the first one's number until the first closes", async () => {
  const lock = lockFolder(folder);
  const run = promisify(execFile)(process.execPath, program(""));
  await expect(run).rejects.toThrow(`in use by the process ${process.pid}`);
  lock.close();
  await promisify(execFile)(process.execPath, program(""));
});

test("a killed owner leaves no lock behind", async () => {
  const owner = spawn(process.execPath, program("console.log('locked'); setInterval(() => {}, 1000)"));
  await once(owner.stdout, "data");
  expect(() => lockFolder(folder)).toThrow(`in use by the process ${owner.pid}`);
  owner.kill("SIGKILL");
  await once(owner, "exit");
  lockFolder(folder).close();
});
