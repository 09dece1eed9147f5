import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EngineWorkspace, openEngineWorkspace, repository } from "./engine-workspace.ts";

let workspace: EngineWorkspace;
const good = { "bedplate:kind": "local", "bedplate:owner": "me", "bedplate:environment": "test" };

beforeAll(async () => {
  workspace = await openEngineWorkspace(repository.program, "local");
});
afterAll(() => workspace.close());

test("a wrong config is refused at preview with all its problems and no stack trace", async () => {
  await workspace.configure({
    "bedplate:kind": "laptop",
    "bedplate:onwer": "me",
    "bedplate:environment": "Test",
    "bedplate:port": 0,
    "bedplate:flavors": { objectStore: "aws" },
  });
  const { exitCode, output, wallMs } = await workspace.run("preview");
  console.info(`preview of a wrong config: ${wallMs} ms`);
  expect(exitCode).not.toBe(0);
  expect(output).toContain("6 problems");
  for (const key of ["kind", "onwer", "owner", "environment", "port", "flavors.objectStore"]) {
    expect(output).toContain(`bedplate:${key} = `);
  }
  expect(output).toContain("did you mean bedplate:owner?");
  expect(output).not.toMatch(/^\s+at /m);
});

test.each([
  ["a data folder with another layout version", "has layout version", "7\n"],
  ["a data folder that holds other things", "holds other things", undefined],
])("%s is refused at preview and left as it is", async (_what, message, version) => {
  const dataDir = join(workspace.folder, version === undefined ? "foreign" : "newer");
  await mkdir(dataDir);
  await writeFile(join(dataDir, version === undefined ? "holiday.jpg" : "version"), version ?? "");
  await workspace.configure({ ...good, "bedplate:dataDir": dataDir });
  const { exitCode, output } = await workspace.run("up", "--yes");
  expect(exitCode).not.toBe(0);
  expect(output).toContain(message);
  expect(existsSync(join(dataDir, "secrets"))).toBe(false);
});

test("an unreadable token file is refused at preview in one sentence", async () => {
  const dataDir = join(workspace.folder, "odd-token");
  await mkdir(join(dataDir, "secrets", "admin-token"), { recursive: true });
  await workspace.configure({ ...good, "bedplate:dataDir": dataDir });
  const { exitCode, output } = await workspace.run("up", "--yes");
  expect(exitCode).not.toBe(0);
  expect(output).toContain("admin-token is not a file");
  expect(existsSync(join(dataDir, "version"))).toBe(false);
});
