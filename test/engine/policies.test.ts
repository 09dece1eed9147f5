import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixture, freePort, openEngineWorkspace, repository } from "./engine-workspace.ts";

test.each([
  ["secret-in-environment", "secrets-no-plaintext-environment", "environment.ADMIN_TOKEN"],
  ["open-listener", "network-loopback-unless-tls", "0.0.0.0 port 8080"],
  ["unowned-resource", "ownership-owner-and-environment", "bedplate.dev/owner is missing"],
])("the program %s breaks %s, so up makes nothing", async (program, rule, message) => {
  const workspace = await openEngineWorkspace(fixture(program));
  try {
    const port = await freePort();
    await workspace.configure({ [`${program}:folder`]: workspace.folder, [`${program}:port`]: port });
    const { exitCode, output } = await workspace.run("up", "--yes", "--policy-pack", repository.policies);
    expect(exitCode).not.toBe(0);
    expect(output).toContain(rule);
    expect(output).toContain(message);
    expect(output).toContain("mandatory");
    expect(output).not.toContain("not-so-secret");
    expect(existsSync(join(workspace.folder, "marker"))).toBe(false);
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow();
  } finally {
    await workspace.close();
  }
});

test("policy check says the same of a preview that was made without the pack", async () => {
  const workspace = await openEngineWorkspace(fixture("unowned-resource"));
  try {
    await workspace.configure({ "unowned-resource:folder": workspace.folder });
    const { output } = await workspace.run("preview", "--json");
    const file = join(workspace.folder, "preview.json");
    writeFileSync(file, output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1));
    const bedplate = join(repository.program, "cli/bin/bedplate.js");
    const args = [bedplate, "policy", "check", "--file", file, "--format", "json"];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(JSON.parse(stdout)).toMatchObject([
      { rule: "ownership-owner-and-environment", level: "mandatory" },
    ]);
    expect(status).toBe(1);
  } finally {
    await workspace.close();
  }
});
