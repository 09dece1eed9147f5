import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { preflight } from "./preflight.ts";
import { type LocalStack, openLocalStack } from "./stack.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-preflight-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A stack with a free port, so that only what a test does can be wrong. */
async function stackAt(dataDir: string): Promise<LocalStack> {
  const stack = openLocalStack({ stack: "local", dataDir });
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return { ...stack, config: { ...stack.config, port } };
}

test("a data folder that is not there yet has no problem, and is not made", async () => {
  expect(await preflight(await stackAt(join(folder, "a/b")))).toEqual([]);
});

test("a path through a file is refused", async () => {
  writeFileSync(join(folder, "file"), "");
  const [problem] = await preflight(await stackAt(join(folder, "file/x")));
  expect(problem).toContain(`${join(folder, "file")} is a file`);
});

test("a foreign layout version and an empty token file are told together", async () => {
  writeFileSync(join(folder, "version"), "7\n");
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets/admin-token"), "");
  const found = await preflight(await stackAt(folder));
  expect(found).toHaveLength(2);
  expect(found[0]).toContain('layout version "7"');
  expect(found[1]).toContain("admin-token is empty");
});

test("a port that another program uses is refused", async () => {
  const stack = await stackAt(folder);
  const server = createServer().listen(stack.config.port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const [problem] = await preflight(stack);
  await new Promise((resolve) => server.close(resolve));
  expect(problem).toContain(`Port ${stack.config.port} is in use`);
});

test("a stack that is not configured is refused with those that are", () => {
  expect(() => openLocalStack({ stack: "nowhere" })).toThrow(/no stack "nowhere": configured are .*local/);
});
