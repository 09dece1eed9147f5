import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../tools/peers/free-port.ts";
import { type EngineWorkspace, fixture, openEngineWorkspace, repository } from "./engine-workspace.ts";

let workspace: EngineWorkspace | undefined;
afterEach(() => workspace?.close());

/** A stack of one of the programs that break a rule. */
async function open(program: string): Promise<{ stack: EngineWorkspace; port: number }> {
  const stack = await openEngineWorkspace(fixture(program));
  workspace = stack;
  const port = await freePort();
  await stack.configure({ [`${program}:folder`]: stack.folder, [`${program}:port`]: port });
  return { stack, port };
}

test.each([
  ["secret-in-environment", "secrets-no-plaintext-environment", "environment.ADMIN_TOKEN"],
  ["open-listener", "network-loopback-unless-tls", "0.0.0.0 port 8080"],
  ["unowned-resource", "ownership-owner-and-environment", "bedplate.dev/owner is missing"],
])("the program %s breaks %s, so up makes nothing", async (program, rule, message) => {
  const { stack, port } = await open(program);
  const { exitCode, output } = await stack.run("up", "--yes", "--policy-pack", repository.policies);
  expect(exitCode).not.toBe(0);
  expect(output).toContain(rule);
  expect(output).toContain(message);
  expect(output).toContain("mandatory");
  expect(output).not.toContain("not-so-secret");
  expect(existsSync(join(stack.folder, "marker"))).toBe(false);
  await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow();
});

test("an exemption lets a rule be broken until its last day, and policy check judges a preview without the pack", async () => {
  const { stack } = await open("unowned-resource");
  const file = join(stack.folder, "policies.json");
  const preview = async (expires: string) => {
    const exemption = { resource: "*", reason: "shown here", owner: "ops", expires };
    const rule = { enforcementLevel: "mandatory", exemptions: [exemption] };
    writeFileSync(file, JSON.stringify({ all: "mandatory", "ownership-owner-and-environment": rule }));
    return await stack.run("preview", "--policy-pack", repository.policies, "--policy-pack-config", file);
  };
  const held = await preview("9999-12-31");
  expect(held.exitCode, held.output).toBe(0);
  const expired = await preview("2020-01-31");
  expect(expired.exitCode).not.toBe(0);
  expect(expired.output).toContain("the exemption that ops answers for expired on 2020-01-31");

  const { output } = await stack.run("preview", "--json");
  const saved = join(stack.folder, "preview.json");
  writeFileSync(saved, output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1));
  const bedplate = join(repository.program, "cli/bin/bedplate.js");
  const args = [bedplate, "policy", "check", "--file", saved, "--format", "json"];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(JSON.parse(stdout)).toMatchObject([{ rule: "ownership-owner-and-environment", level: "mandatory" }]);
  expect(status).toBe(1);
});
