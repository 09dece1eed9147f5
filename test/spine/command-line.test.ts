import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort } from "../../tools/peers/free-port.ts";

const root = join(import.meta.dirname, "..", "..");
let folder = "";
let dataDir = "";
let port = 0;

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly all: string;
  readonly wallMs: number;
}

async function node(program: string, args: readonly string[], environment = {}): Promise<Run> {
  const started = performance.now();
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [join(root, program), ...args], { cwd: root, env });
  const run = { out: "", all: "" };
  child.stdout.on("data", (chunk) => {
    run.out += chunk;
    run.all += chunk;
  });
  child.stderr.on("data", (chunk) => {
    run.all += chunk;
  });
  const [code] = await once(child, "close");
  return { ...run, code, wallMs: performance.now() - started };
}

const bedplate = (command: string, ...args: string[]) =>
  node("cli/bin/bedplate.js", [command, "--data-dir", dataDir, ...args]);
const up = (...args: string[]) => bedplate("up", "-c", `port=${port}`, "--no-guide", ...args);

interface Status {
  readonly url: string;
  readonly tokenFile: string;
  readonly pid: number;
}
const status = async (): Promise<Status> => JSON.parse((await bedplate("status", "--json")).out);

async function call(path: string, body?: unknown): Promise<{ code: number; json: unknown }> {
  const { url, tokenFile } = await status();
  const answer = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${readFileSync(tokenFile, "utf8").trim()}`,
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { code: answer.status, json: await answer.json() };
}

/** A process that has ended is still counted until its parent, here the system's first process, has noticed. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-spine-"));
  dataDir = join(folder, "data");
  port = await freePort();
});
afterAll(async () => {
  await bedplate("down", "--purge");
  rmSync(folder, { recursive: true, force: true });
});

const penguin = {
  inputs: [{ name: "features", datatype: "FP32", shape: [1, 4], data: [39.1, 18.7, 181, 3750] }],
};

describe("what keeps a stack from coming up is said in a sentence, and nothing is made", () => {
  test("a port in use", async () => {
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    const run = await up();
    other.close();
    expect(run.code).toBe(1);
    expect(run.all.trim()).toMatch(new RegExp(`^Port ${port} is in use by another program: .*$`));
    expect(existsSync(dataDir)).toBe(false);
  });

  test("a wrong config: every key with its value and what is allowed, before an engine is started", async () => {
    const run = await up("-c", "kind=nothing", "-c", "porrt=1", "-c", 'training={"concurrency":0}');
    expect(run.code).toBe(1);
    expect(run.all).toContain('bedplate:kind = "nothing": allowed is');
    expect(run.all).toContain("bedplate:porrt = 1: ");
    expect(run.all).toContain("bedplate:training.concurrency = 0: allowed is a whole number from 1 to 1000");
    expect(run.wallMs).toBeLessThan(10_000);
    expect(existsSync(dataDir)).toBe(false);
  });

  test("a data folder that is a file", async () => {
    writeFileSync(join(folder, "file"), "");
    const run = await node("cli/bin/bedplate.js", [
      "up",
      "--data-dir",
      join(folder, "file"),
      "-c",
      `port=${port}`,
    ]);
    expect(run.code).toBe(1);
    expect(run.all.trim().split("\n")).toHaveLength(1);
    expect(run.all).toContain("is a file");
  });
});

describe("a stack from the first start to the last trace", () => {
  test("it comes up, and the quickstart trains, registers, promotes and predicts", async () => {
    const run = await up();
    expect(run.all).toContain(`is up at http://127.0.0.1:${port} (`);
    expect(run.code).toBe(0);
    const { url, tokenFile } = await status();
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    const example = await node("examples/quickstart/main.ts", [], {
      BEDPLATE_URL: url,
      BEDPLATE_TOKEN_FILE: tokenFile,
    });
    expect(example.all).toContain("Registered penguins version 1 and promoted it");
    expect(example.code).toBe(0);
    expect((await call("/v2/models/penguins/infer", penguin)).json).toMatchObject({ model_name: "penguins" });
  });

  test("a second start changes nothing and says so", async () => {
    const before = await status();
    const run = await up();
    expect(run.all).toContain("Nothing to change");
    expect((await status()).pid).toBe(before.pid);
  });

  test("the runtime, killed outright, comes back with all its data", async () => {
    const created = await call("/api/2.0/mlflow/runs/create", {
      experiment_id: "0",
      run_name: "before the crash",
    });
    expect(created.code).toBe(200);
    const before = await status();
    process.kill(before.pid, "SIGKILL");
    expect(readdirSync(join(dataDir, "run", "compiled"))).not.toEqual([]);
    const down = await bedplate("status");
    expect(down.code).toBe(1);
    expect((await up()).code).toBe(0);
    expect((await status()).pid).not.toBe(before.pid);
    const runs = await call("/api/2.0/mlflow/runs/search", { experiment_ids: ["0"] });
    expect(runs.json).toMatchObject({ runs: [{ info: { run_name: "before the crash" } }] });
    expect((await call("/v2/models/penguins/infer", penguin)).code).toBe(200);
  });

  test("a changed setting restarts the runtime", async () => {
    const before = await status();
    expect((await up("-c", 'training={"concurrency":3}')).code).toBe(0);
    expect((await status()).pid).not.toBe(before.pid);
  });

  test("no secret is in the engine's state, the runtime's environment, its arguments or its log", async () => {
    const { tokenFile, pid } = await status();
    const token = readFileSync(tokenFile, "utf8").trim();
    const files = readdirSync(join(dataDir, "engine"), { recursive: true, withFileTypes: true });
    const state = files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name)));
    expect(state.length).toBeGreaterThan(2);
    const log = readFileSync(join(dataDir, "logs", "runtime.log"));
    const process = ["environ", "cmdline"].map((name) => readFileSync(`/proc/${pid}/${name}`));
    for (const content of [...state, log, ...process]) expect(content.includes(token)).toBe(false);
  });

  test("it goes down and leaves only the data folder, and the purge not even that", async () => {
    const { pid } = await status();
    const run = await bedplate("down");
    expect(run.code).toBe(0);
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 5_000);
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow();
    expect(readdirSync(join(dataDir, "run"))).toEqual(["compiled"]);
    expect((await bedplate("down", "--purge")).code).toBe(0);
    expect(existsSync(dataDir)).toBe(false);
    expect((await bedplate("down")).code).toBe(0);
  });
});

test("a data folder of another layout is refused and left as it is", async () => {
  const foreign = mkdtempSync(join(folder, "foreign-"));
  writeFileSync(join(foreign, "version"), "999\n");
  const run = await node("cli/bin/bedplate.js", ["up", "--data-dir", foreign, "-c", `port=${port}`]);
  expect(run.code).toBe(1);
  expect(run.all).toContain('has layout version "999"');
  expect(readdirSync(foreign)).toEqual(["version"]);
});
