import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startTicksOf } from "@bedplate/components/providers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../tools/peers/free-port.ts";
import { type EngineWorkspace, fixture, openEngineWorkspace } from "./engine-workspace.ts";

let workspace: EngineWorkspace;
let port: number;

const configure = (greeting: string) =>
  workspace.configure({
    "process-fixture:folder": workspace.folder,
    "process-fixture:port": port,
    "process-fixture:greeting": greeting,
  });

async function up(...args: string[]): Promise<string> {
  const { exitCode, output } = await workspace.run("up", "--yes", "--skip-preview", ...args);
  expect(exitCode, output).toBe(0);
  return output;
}

const pidOf = async () => Number((await workspace.outputs()).pid);
const environmentOf = async (): Promise<Record<string, string>> =>
  (await fetch(`http://127.0.0.1:${port}/`)).json() as Promise<Record<string, string>>;

async function killed(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  while (startTicksOf(pid) !== undefined) await sleep(20);
}

beforeAll(async () => {
  workspace = await openEngineWorkspace(fixture("process"));
  port = await freePort();
  await configure("hello");
});
afterAll(() => workspace.close());

describe("a process of this machine, by the real engine", () => {
  test("a port in use stops the up before anything is made", async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(port, "127.0.0.1", resolve));
    const { exitCode, output } = await workspace.run("up", "--yes");
    await new Promise((resolve) => occupant.close(resolve));
    expect(exitCode).not.toBe(0);
    expect(output).toContain(`port ${port} on 127.0.0.1`);
    expect(output).toContain("is in use by another process");
    expect(existsSync(join(workspace.folder, "marker"))).toBe(false);
  });

  test("up starts it healthy and passes on nothing of the caller's environment", async () => {
    await up();
    const environment = await environmentOf();
    expect(environment.GREETING).toBe("hello");
    expect(Object.keys(environment).filter((name) => /PULUMI|PASSPHRASE|NODE_/.test(name))).toEqual([]);
    expect(startTicksOf(await pidOf())).toBeDefined();
  });

  test("a second up, and one with a refresh, change nothing", async () => {
    const pid = await pidOf();
    for (const args of [[], ["--refresh"]]) {
      expect(await up(...args)).toContain("4 unchanged");
      expect(await pidOf()).toBe(pid);
    }
  });

  test("after kill -9 a refresh finds it gone and starts it again", async () => {
    const pid = await pidOf();
    await killed(pid);
    await up("--refresh");
    expect(await pidOf()).not.toBe(pid);
    expect((await environmentOf()).GREETING).toBe("hello");
  });

  test("after kill -9 an up without a refresh starts it again too", async () => {
    const pid = await pidOf();
    await killed(pid);
    await up();
    expect(await pidOf()).not.toBe(pid);
    expect((await environmentOf()).GREETING).toBe("hello");
  });

  test("a change of its settings restarts it", async () => {
    const pid = await pidOf();
    await configure("good morning");
    await up();
    expect(startTicksOf(pid)).toBeUndefined();
    expect((await environmentOf()).GREETING).toBe("good morning");
  });

  test("destroy leaves no process, no port, no record and none of its children", async () => {
    const pid = await pidOf();
    const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    child.unref();
    const record = join(workspace.folder, "training", "job-1");
    await mkdir(record, { recursive: true });
    await writeFile(
      join(record, "process.json"),
      JSON.stringify({ pid: child.pid, startTicks: startTicksOf(child.pid ?? 0) }),
    );
    const { exitCode, output } = await workspace.run("destroy", "--yes", "--skip-preview");
    expect(exitCode, output).toBe(0);
    expect(startTicksOf(pid)).toBeUndefined();
    expect(startTicksOf(child.pid ?? 0)).toBeUndefined();
    expect(existsSync(join(workspace.folder, "run", "stand-in.json"))).toBe(false);
    await expect(environmentOf()).rejects.toThrow();
    expect(await readFile(join(workspace.folder, "logs", "stand-in.log"), "utf8")).toContain("listens on");
  });
});
