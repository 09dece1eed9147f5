import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { wrapperScript } from "./wrapper.plan.ts";

const folder = mkdtempSync(join(tmpdir(), "it's a folder "));
const echo = join(folder, "engine");
const script = join(folder, "pulumi");
writeFileSync(echo, '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
writeFileSync(script, wrapperScript(echo, "local", "/data/it's.yaml"), { mode: 0o755 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): string[] {
  const env = { ...process.env, PULUMI_STACK: "local" };
  return execFileSync(script, args, { encoding: "utf8", env }).trimEnd().split("\n");
}

test("commands that read the stack's config get the effective one", () => {
  const expected = ["--config-file", "/data/it's.yaml"];
  expect(run("up", "--yes").slice(-2)).toEqual(expected);
  expect(run("up", "--refresh", "-s", "local").slice(-2)).toEqual(expected);
  expect(run("preview", "--stack=local").slice(-2)).toEqual(expected);
});

test("other commands, other stacks and a config file that is given stay as they are", () => {
  expect(run("config", "set", "a b", "c")).toEqual(["config", "set", "a b", "c"]);
  expect(run("up", "-s", "other")).toEqual(["up", "-s", "other"]);
  expect(run("up", "--config-file", "x")).toEqual(["up", "--config-file", "x"]);
});
