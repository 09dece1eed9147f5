import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { engineEnvironment, findEngine, repositoryRoot } from "@bedplate/tools/engine";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EngineWorkspace, fixture, openEngineWorkspace } from "./engine-workspace.ts";

const main = join(repositoryRoot, "tools/engine/language-host/main.ts");

describe("the language host by itself", () => {
  test("prints its port first, tells its version, and ends when it is asked to", async () => {
    const host = spawn(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      main,
      "--flag",
      "127.0.0.1:1",
    ]);
    const ended = once(host, "close");
    const [port] = await once(createInterface({ input: host.stdout }), "line");
    const client = new languageGrpc.LanguageRuntimeClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const version = await new Promise((resolve, reject) => {
      client.getPluginInfo(new empty.Empty(), (error: ServiceError | null, info: { getVersion(): string }) =>
        error ? reject(error) : resolve(info.getVersion()),
      );
    });
    client.close();
    expect(version).toMatch(/^3\.\d+\.\d+$/);
    host.kill("SIGTERM");
    await ended;
  });

  test("says what starts it when a person does", async () => {
    const host = spawn(process.execPath, [main]);
    const [line] = await once(createInterface({ input: host.stderr }), "line");
    const [status] = await once(host, "close");
    expect(line).toContain("the Pulumi engine starts this program");
    expect(status).toBe(1);
  });
});

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
