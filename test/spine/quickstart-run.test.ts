import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settings as schema } from "@bedplate/contract";
import pino from "pino";
import { afterEach, expect, test } from "vitest";
import { openService } from "../../runtime/src/service.ts";

const root = join(import.meta.dirname, "../..");
const token = randomBytes(32).toString("base64url");
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
});

/** The real service over a folder of its own, on a free port; jobs may be started from below `programRoot`. */
async function startService(programRoot?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-quickstart-"));
  closers.push(() => rm(folder, { recursive: true }));
  const adminTokenFile = join(folder, "admin-token");
  await writeFile(adminTokenFile, token, { mode: 0o600 });
  const settings = schema.parse({
    stack: "test",
    owner: "tester",
    environment: "test",
    release: "0.0.0",
    listen: { port: 0 },
    adminTokenFile,
    connections: {
      objectStore: { kind: "file", path: join(folder, "objects") },
      sql: { kind: "pglite", path: join(folder, "sql") },
      keyValue: { kind: "sql" },
      eventBus: { kind: "outbox" },
      training: { kind: "process", path: join(folder, "training"), programRoot: programRoot ?? folder },
    },
  });
  const service = await openService(settings, pino({ level: "silent" }));
  closers.push(service.close);
  return service.url;
}

/** Runs the example as a newcomer does, from the repository's root. */
async function quickstart(url: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, ["examples/quickstart/main.ts", ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, BEDPLATE_URL: url, BEDPLATE_TOKEN: token },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, output };
}

async function countJobs(url: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/api/bedplate/v1/training/jobs`, { headers });
  return ((await answer.json()) as { jobs: unknown[] }).jobs.length;
}

test("the quickstart trains, promotes and predicts; again it changes nothing; --retrain makes a version", async () => {
  const url = await startService(root);
  const first = await quickstart(url);
  expect(first).toMatchObject({ status: 0 });
  expect(first.output).toContain("Registered penguins version 1 and promoted it");
  expect(first.output).toContain("85 of 86 right (98.8 %)");

  const second = await quickstart(url);
  expect(second).toMatchObject({ status: 0 });
  expect(second.output).toContain("penguins version 1 is served already: nothing changed");
  expect(second.output).toContain("85 of 86 right (98.8 %)");
  expect(await countJobs(url)).toBe(1);

  const third = await quickstart(url, "--retrain");
  expect(third).toMatchObject({ status: 0 });
  expect(third.output).toContain("Registered penguins version 2 and promoted it");
});

test("a job that fails makes the quickstart fail, with the end of the job's log", async () => {
  const { status, output } = await quickstart(await startService());
  expect(status).toBe(1);
  expect(output).toMatch(/Job \S+ failed: /);
  expect(output).toMatch(/The end of its log:\n.*Cannot find module/s);
});
