import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTicksOf } from "./process-identity.ts";
import {
  type ProcessSettings,
  type ProcessState,
  processSupervisor as supervisor,
} from "./process-supervisor.ts";

const server = `
const http = require("node:http");
http.createServer((q, r) => r.end(JSON.stringify(process.env))).listen(Number(process.argv[1]), "127.0.0.1");
console.log("ready");
`;
const deaf = `process.on("SIGTERM", () => {}); ${server}`;

let folder: string;
let port: number;
const states: ProcessState[] = [];
const spawned: ChildProcess[] = [];

function settings(changes: Partial<ProcessSettings> = {}, program = server): ProcessSettings {
  return {
    name: "it",
    command: [process.execPath, "-e", program, String(port)],
    workingDirectory: folder,
    environment: { GREETING: "hello" },
    listeners: [{ host: "127.0.0.1", port, tls: false }],
    healthUrl: `http://127.0.0.1:${port}/`,
    startTimeoutMs: 15_000,
    stopTimeoutMs: 1_000,
    logPath: join(folder, "logs", "it.log"),
    logLimitBytes: 1_000_000,
    recordPath: join(folder, "run", "it.json"),
    childRecordsPath: join(folder, "training"),
    labels: { owner: "me" },
    ...changes,
  };
}

async function create(given: ProcessSettings): Promise<ProcessState> {
  const { state } = await supervisor.create(given);
  states.push(state);
  return state;
}

async function kill(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  while (startTicksOf(pid) !== undefined) await sleep(20);
}

async function occupy(): Promise<() => Promise<unknown>> {
  const occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(port, "127.0.0.1", resolve));
  return () => new Promise((resolve) => occupant.close(resolve));
}

function sleeper(): ChildProcess & { pid: number } {
  const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  spawned.push(child);
  if (child.pid === undefined) throw new Error("sleep did not start");
  return child as ChildProcess & { pid: number };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "bedplate-process-"));
  port = await new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
});
afterEach(async () => {
  for (const state of states.splice(0)) await supervisor.delete(state);
  for (const child of spawned.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

describe("a supervised process", () => {
  test("runs healthy, is recorded, and is unchanged while it runs", async () => {
    const state = await create(settings());
    expect(JSON.parse(readFileSync(state.recordPath, "utf8"))).toEqual({
      pid: state.pid,
      startTicks: state.startTicks,
    });
    expect(await supervisor.read(state)).toEqual(state);
    expect(await supervisor.diff(state, settings())).toBe(false);
    expect(await supervisor.check(state, settings())).toEqual([]);
    expect(readFileSync(state.logPath, "utf8")).toContain("ready");
  });

  test("inherits nothing but the five variables that programs need", async () => {
    process.env.SOME_SECRET = "of the caller";
    const state = await create(settings());
    delete process.env.SOME_SECRET;
    const environment = Object.keys((await (await fetch(state.healthUrl)).json()) as object);
    const allowed = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "GREETING"];
    expect(environment.filter((name) => !allowed.includes(name) && !name.startsWith("__"))).toEqual([]);
  });

  test("that has died is gone, and an update is due", async () => {
    const state = await create(settings());
    await kill(state.pid);
    expect(await supervisor.read(state)).toBeUndefined();
    expect(await supervisor.diff(state, settings())).toBe(true);
  });

  test("restarts with new settings", async () => {
    const state = await create(settings());
    const changed = settings({ environment: { GREETING: "good morning" } });
    expect(await supervisor.diff(state, changed)).toBe(true);
    const next = await supervisor.update(state, changed);
    states.push(next);
    expect(startTicksOf(state.pid)).toBeUndefined();
    expect(await (await fetch(next.healthUrl)).json()).toMatchObject({ GREETING: "good morning" });
  });

  test("whose state was lost is ended before a new one takes its place", async () => {
    const state = await create(settings());
    expect(await supervisor.check({}, settings())).toEqual([]);
    const next = await create(settings());
    expect(startTicksOf(state.pid)).toBeUndefined();
    expect(startTicksOf(next.pid)).toBe(next.startTicks);
  });

  test("leaves no process, port or record when it is deleted, even if it does not listen to SIGTERM", async () => {
    const state = await create(settings({ stopTimeoutMs: 200 }, deaf));
    await supervisor.delete(state);
    expect(startTicksOf(state.pid)).toBeUndefined();
    expect(existsSync(state.recordPath)).toBe(false);
    await expect(fetch(state.healthUrl)).rejects.toThrow();
  });

  test("takes its recorded children with it, and no process that only has the number of one", async () => {
    const state = await create(settings());
    const [child, grandchild, stranger] = [sleeper(), sleeper(), sleeper()];
    const records = {
      one: { pid: child.pid, startTicks: startTicksOf(child.pid), attempt: 1 },
      two: {
        pid: 2 ** 30,
        startTicks: "1",
        child: { pid: grandchild.pid, startTicks: startTicksOf(grandchild.pid) },
      },
      three: { pid: stranger.pid, startTicks: "1" },
      four: "no record",
    };
    for (const [name, record] of Object.entries(records)) {
      await mkdir(join(folder, "training", name), { recursive: true });
      await writeFile(join(folder, "training", name, "process.json"), JSON.stringify(record));
    }
    await supervisor.delete(state);
    expect(startTicksOf(child.pid)).toBeUndefined();
    expect(startTicksOf(grandchild.pid)).toBeUndefined();
    expect(startTicksOf(stranger.pid)).toBeDefined();
  });
});

describe("a process that cannot start", () => {
  test("is refused while its port is in use, with the port and what to do", async () => {
    const leave = await occupy();
    const [failure] = await supervisor.check({}, settings());
    expect(failure?.property).toBe("listeners");
    expect(failure?.reason).toContain(`port ${port} on 127.0.0.1`);
    expect(failure?.reason).toContain("pulumi config set bedplate:port");
    await expect(create(settings())).rejects.toThrow("is in use by another process");
    await leave();
  });

  test("because it exits is reported with its last lines and leaves nothing", async () => {
    const failing = settings({}, 'console.error("no such disk"); process.exit(3)');
    await expect(create(failing)).rejects.toThrow(
      /it did not start: it ended with exit code 3.*\n.*no such disk/s,
    );
    expect(existsSync(failing.recordPath)).toBe(false);
  });

  test("in time is ended again", async () => {
    const silent = settings(
      { startTimeoutMs: 400 },
      "console.log(process.pid); setTimeout(() => {}, 60_000)",
    );
    await expect(create(silent)).rejects.toThrow("did not answer within 400 ms");
    const pid = Number(readFileSync(silent.logPath, "utf8").trim());
    if (pid > 0) expect(startTicksOf(pid)).toBeUndefined();
  });

  test("because its program is missing says so", async () => {
    await expect(create(settings({ command: ["/no/such/program"] }))).rejects.toThrow(
      "/no/such/program cannot be started (ENOENT)",
    );
  });

  test("moves a log that is too large aside", async () => {
    await mkdir(join(folder, "logs"));
    await writeFile(join(folder, "logs", "it.log"), "x".repeat(100));
    const state = await create(settings({ logLimitBytes: 50 }));
    expect(readFileSync(`${state.logPath}.1`, "utf8")).toBe("x".repeat(100));
    expect(readFileSync(state.logPath, "utf8")).not.toContain("xxx");
  });

  test("settings that are not known yet are not judged", async () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const given = { ...settings(), listeners: unknown } as unknown as ProcessSettings;
    expect(await supervisor.check({}, given)).toEqual([]);
  });
});
