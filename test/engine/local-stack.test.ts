import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startTicksOf } from "@bedplate/components/providers";
import { type PlatformOutputs, platformOutputs } from "@bedplate/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../tools/peers/free-port.ts";
import { type EngineWorkspace, openEngineWorkspace, repository } from "./engine-workspace.ts";

let workspace: EngineWorkspace;
let dataDir: string;
const policies = ["--policy-pack", repository.policies];

const outputs = async (): Promise<PlatformOutputs> => platformOutputs.parse(await workspace.outputs());

/** Whether the platform answers the administrator. */
async function answers({ url, tokenFile }: PlatformOutputs): Promise<boolean> {
  const token = (await readFile(tokenFile, "utf8")).trim();
  const response = await fetch(`${url}/api/bedplate/v1/platform`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return response.ok;
}

beforeAll(async () => {
  workspace = await openEngineWorkspace(repository.program, "local");
  dataDir = join(workspace.folder, "data");
  await workspace.configure({
    "bedplate:kind": "local",
    "bedplate:owner": "me",
    "bedplate:environment": "test",
    "bedplate:dataDir": dataDir,
    "bedplate:port": await freePort(),
    "bedplate:grpcPort": await freePort(),
  });
});
afterAll(() => workspace.close());

describe("the local stack", () => {
  test("comes up under every policy and answers its administrator", async () => {
    const { exitCode, output, wallMs } = await workspace.run("up", "--yes", ...policies);
    console.info(`up of the local stack: ${wallMs} ms`);
    expect(exitCode, output).toBe(0);
    const platform = await outputs();
    expect(platform).toMatchObject({ stack: "local", dataDir });
    expect(await answers(platform)).toBe(true);
    expect((await stat(platform.tokenFile)).mode & 0o777).toBe(0o600);
  });

  test("is then as its config says, the machine looked at", async () => {
    const { exitCode, output } = await workspace.run(
      "preview",
      "--refresh",
      "--expect-no-changes",
      ...policies,
    );
    expect(exitCode, output).toBe(0);
  });

  test("comes back with its data after kill -9", async () => {
    const before = await outputs();
    process.kill(before.pid, "SIGKILL");
    while (startTicksOf(before.pid) !== undefined) await sleep(20);
    const { exitCode, output } = await workspace.run(
      "up",
      "--yes",
      "--refresh",
      "--skip-preview",
      ...policies,
    );
    expect(exitCode, output).toBe(0);
    const after = await outputs();
    expect(after).toEqual({ ...before, pid: after.pid });
    expect(after.pid).not.toBe(before.pid);
    expect(await answers(after)).toBe(true);
  });

  test("is destroyed to its data", async () => {
    const { pid, url } = await outputs();
    const { exitCode, output, wallMs } = await workspace.run("destroy", "--yes", "--skip-preview");
    console.info(`destroy of the local stack: ${wallMs} ms`);
    expect(exitCode, output).toBe(0);
    expect(startTicksOf(pid)).toBeUndefined();
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
    // Compiled modules only make the next start quicker; they are kept with the data.
    expect(await readdir(join(dataDir, "run"))).toEqual(["compiled"]);
    expect(existsSync(join(dataDir, "sql"))).toBe(true);
  });
});
