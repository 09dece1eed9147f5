import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { engineEnvironment, findEngine } from "@bedplate/tools/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EngineWorkspace, fixture, openEngineWorkspace } from "./engine-workspace.ts";

describe("the language host under the engine", () => {
  let workspace: EngineWorkspace;
  const config = { "language-host:list": [1, 2], "language-host:word": "hush" };

  beforeAll(async () => {
    workspace = await openEngineWorkspace(fixture("language-host"));
  });
  afterAll(() => workspace.close());

  test("carries config, stack and the kind of run to the program, and its outputs back", async () => {
    await workspace.configure(config);
    const run = await workspace.run("up", "--yes");
    expect(run.output).toContain("Outputs:");
    expect(run.exitCode).toBe(0);
    expect(await workspace.outputs()).toMatchObject({ plain: [1, 2], stack: "test", preview: false });
  });

  test("a program that throws is reported once, with its own words", async () => {
    await workspace.configure({ ...config, "language-host:ending": "throw" });
    const { exitCode, output } = await workspace.run("preview");
    expect(exitCode).not.toBe(0);
    expect(output.match(/Error: the program threw this/g)).toHaveLength(1);
    expect(output).not.toContain("the program ended with");
  });

  test("a program that ends by itself is reported with its exit status", async () => {
    await workspace.configure({ ...config, "language-host:ending": "exit" });
    const { exitCode, output } = await workspace.run("preview");
    expect(exitCode).not.toBe(0);
    expect(output).toContain("exit status 3");
  });

  test("a program that hangs is ended when the engine is interrupted", async () => {
    const engine = await findEngine();
    await workspace.configure({ ...config, "language-host:ending": "hang" });
    const environment = engineEnvironment({
      ...engine,
      backendDir: workspace.folder,
      passphraseFile: join(workspace.folder, "passphrase"),
    });
    const file = join(workspace.folder, "Pulumi.test.yaml");
    const args = [
      "preview",
      "--stack",
      "test",
      "--config-file",
      file,
      "--non-interactive",
      "--color",
      "never",
    ];
    const child = spawn(engine.command, args, {
      cwd: fixture("language-host"),
      env: { ...process.env, ...environment },
    });
    const ended = once(child, "close");
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes("the program hangs")) child.kill("SIGINT");
    }
    const [status] = await ended;
    expect(status).not.toBe(0);
  });
});
