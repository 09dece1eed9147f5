import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type TrainingJobSpecInput, type TrainingState, trainingJobSpec } from "@bedplate/contract";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import type { Database } from "../store/database.ts";
import { createTrainingStore, type TrainingStore } from "../store/training-store.ts";
import { type Dispatcher, openDispatcher } from "./dispatcher.ts";
import { isRunning } from "./process-identity.ts";

let folder: string;
let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;
let store: TrainingStore;
let dispatcher: Dispatcher;
let tokens: Set<string>;

const defaults = {
  concurrency: 2,
  queueLimit: 5,
  pollIntervalMs: 50,
  defaultTimeoutMs: 20_000,
  maxTimeoutMs: 60_000,
  maxAttempts: 3,
  logLimitBytes: 10_000,
  killGraceMs: 300,
  cluster: {
    timeoutMs: 1_000,
    answerLimitBytes: 1_000_000,
    pageSize: 10,
    waitMs: 60_000,
    retentionMs: 60_000,
  },
};

async function open(settings: object = {}): Promise<Dispatcher> {
  dispatcher = await openDispatcher({
    store,
    identities: {
      issueJobToken: async (jobId) => {
        tokens.add(jobId);
        return `token-of-${jobId}`;
      },
      revokeJobTokens: async (jobId) => {
        tokens.delete(jobId);
      },
    },
    connection: { kind: "process", path: join(folder, "training"), programRoot: join(folder, "root") },
    settings: { ...defaults, ...settings },
    clock: Date.now,
    log: { error: (fields) => console.error(fields) },
  });
  await dispatcher.start("http://127.0.0.1:1");
  return dispatcher;
}

beforeAll(async () => {
  database = await openTestDatabase();
  db = database.db;
  store = createTrainingStore(db, Date.now);
});
afterAll(() => database.close());

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "bedplate-dispatch-")));
  await mkdir(join(folder, "root"));
  tokens = new Set();
});

afterEach(async () => {
  await dispatcher.close();
  expect(marked()).toEqual([]);
  await db.deleteFrom("training_jobs").execute();
  await rm(folder, { recursive: true });
});

/** Processes of this test: their command line names its folder. */
function marked(): string[] {
  const all = execFileSync("ps", ["-A", "-o", "stat=,args="], { encoding: "utf8" }).split("\n");
  return all.filter((line) => line.includes(folder) && !line.startsWith("Z"));
}

/** Runs a script of Node's under our marker, so that what is left of it can be found. */
const submit = (script: string, more: Partial<TrainingJobSpecInput> = {}) =>
  dispatcher.submit(
    trainingJobSpec.parse({ name: "job", command: ["node", "-e", `/* ${folder} */ ${script}`], ...more }),
    "tester",
  );

async function reach(id: string, ...states: TrainingState[]) {
  await expect.poll(async () => (await dispatcher.get(id)).state, { timeout: 15_000 }).toBeOneOf(states);
  return await dispatcher.get(id);
}

const logOf = async (id: string, attempt?: number) =>
  await text((await dispatcher.log(id, { attempt })).content);
const forever = 'console.log("up"); setInterval(() => {}, 1000);';
const running = (id: string) => expect.poll(() => logOf(id), { timeout: 15_000 }).toContain("up");
const changes = async (id: string) => {
  const rows = await db
    .selectFrom("events")
    .select("data")
    .where("subject", "=", id)
    .orderBy("sequence")
    .execute();
  return rows.map((row) => row.data.state);
};

describe("a training job", () => {
  test("runs in its folder with its arguments and environment, and its end and log are kept", async () => {
    await open();
    await mkdir(join(folder, "root/work"));
    const script = `console.log(process.cwd(), process.argv.length, JSON.stringify(process.env)); console.error("oops")`;
    const { id } = await submit(script, { workingDirectory: "work", environment: { COLOR: "blue; rm" } });
    const job = await reach(id, "succeeded");
    expect(job).toMatchObject({ attempt: 1, exitCode: 0, reason: null, createdBy: "tester" });
    expect(job.endedAt ?? 0).toBeGreaterThanOrEqual(job.startedAt ?? Number.NaN);
    const log = await logOf(id);
    expect(log).toContain(join(folder, "root/work"));
    expect(log).toContain("oops");
    const environment = JSON.parse(/\{.*\}/.exec(log)?.[0] ?? "{}") as Record<string, string>;
    expect(environment).toMatchObject({
      COLOR: "blue; rm",
      MLFLOW_TRACKING_URI: "http://127.0.0.1:1",
      MLFLOW_TRACKING_TOKEN: `token-of-${id}`,
      BEDPLATE_TOKEN: `token-of-${id}`,
      BEDPLATE_JOB_ID: id,
      BEDPLATE_ATTEMPT: "1",
    });
    expect(environment.VITEST).toBeUndefined();
    expect(tokens).toEqual(new Set());
    expect(await changes(id)).toEqual(["queued", "running", "succeeded"]);
    expect(await readdir(join(folder, "training", id))).toEqual(["1"]);
  });

  test("that fails is tried again, each attempt with its log, until none is left", async () => {
    await open();
    const { id } = await submit('console.log("try", process.env.BEDPLATE_ATTEMPT); process.exit(3)', {
      maxAttempts: 2,
    });
    expect(await reach(id, "failed")).toMatchObject({
      attempt: 2,
      exitCode: 3,
      reason: "Attempt 2 of 2: the command ended with exit code 3.",
    });
    expect(await logOf(id, 1)).toContain("try 1");
    expect(await logOf(id)).toContain("try 2");
    expect(await changes(id)).toEqual(["queued", "running", "queued", "running", "failed"]);
  });

  test("that succeeds at a later attempt has succeeded", async () => {
    await open();
    const { id } = await submit("process.exit(process.env.BEDPLATE_ATTEMPT === '2' ? 0 : 1)", {
      maxAttempts: 3,
    });
    expect(await reach(id, "succeeded")).toMatchObject({ attempt: 2, exitCode: 0 });
  });

  test("that takes too long is ended with its children, even when it does not listen", async () => {
    await open();
    const script = `process.on("SIGTERM", () => {}); require("child_process").spawn("sleep", ["1000"]); ${forever}`;
    const { id } = await submit(script, { timeoutMs: 400 });
    expect(await reach(id, "timed_out")).toMatchObject({ exitCode: null, attempt: 1 });
    expect(marked()).toEqual([]);
  });

  test("that is cancelled while it runs is ended; while it waits it never starts; when it has ended it stays", async () => {
    await open({ concurrency: 1 });
    const first = await submit(forever);
    const second = await submit(forever);
    await running(first.id);
    expect((await dispatcher.cancel(second.id, "me")).state).toBe("cancelled");
    expect(await dispatcher.cancel(first.id, "me")).toMatchObject({ cancelRequested: true });
    await dispatcher.cancel(first.id, "me");
    expect(await reach(first.id, "cancelled")).toMatchObject({ reason: "It was cancelled." });
    expect((await dispatcher.cancel(first.id, "me")).state).toBe("cancelled");
    expect(await changes(second.id)).toEqual(["queued", "cancelled"]);
    const third = await submit("0");
    await reach(third.id, "succeeded");
    await expect(dispatcher.cancel(third.id, "me")).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("has a bounded log that says when something is missing", async () => {
    await open({ logLimitBytes: 1_000 });
    const { id } = await submit('process.stdout.write("x".repeat(1_000_000))');
    await reach(id, "succeeded");
    const log = await logOf(id);
    expect(log).toContain("reached its limit of 1000 bytes");
    expect(log.length).toBeLessThan(1_200);
  });

  test("whose order is wrong is refused with every problem, before anything is made", async () => {
    await open();
    const order = submit("0", {
      command: ["no-such-program"],
      workingDirectory: "..",
      environment: { MLFLOW_TRACKING_TOKEN: "x", BEDPLATE_URL: "y" },
      timeoutMs: 60_001,
      maxAttempts: 4,
    });
    await expect(order).rejects.toMatchObject({ code: "INVALID_REQUEST", problems: { length: 6 } });
    expect(await dispatcher.countActive()).toBe(0);
  });

  test("whose program is gone when it starts fails with the reason", async () => {
    await open({ concurrency: 1 });
    await writeFile(join(folder, "root/tool"), "#!/bin/sh\n", { mode: 0o755 });
    const first = await submit(forever);
    const { id } = await submit("", { command: ["./tool"] });
    await rm(join(folder, "root/tool"));
    await dispatcher.cancel(first.id, "me");
    expect((await reach(id, "failed")).reason).toContain('"./tool" is not an executable file');
  });

  test("that cannot be executed fails with the system's reason", async () => {
    await open();
    await writeFile(join(folder, "root/broken"), "#!/no/such/interpreter\n", { mode: 0o755 });
    const { id } = await submit("", { command: ["./broken"] });
    expect((await reach(id, "failed")).reason).toContain("did not start");
  });
});

describe("the training queue", () => {
  test("runs no more jobs at once than it may, oldest first, and refuses what it cannot keep", async () => {
    await open({ concurrency: 2, queueLimit: 3 });
    const jobs = [];
    for (let n = 0; n < 5; n++) {
      jobs.push(await submit(forever));
      if (n === 1) for (const { id } of jobs) await reach(id, "running");
      else await sleep(2);
    }
    await expect(submit(forever)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    const [first, second, third] = jobs;
    expect(await store.countByState()).toEqual(
      new Map([
        ["running", 2],
        ["queued", 3],
      ]),
    );
    await dispatcher.cancel(second?.id ?? "", "me");
    await reach(third?.id ?? "", "running");
    expect((await dispatcher.get(first?.id ?? "")).state).toBe("running");
    expect((await store.countByState()).get("running")).toBe(2);
  });

  test("pages through jobs, newest first, without losing or doubling one", async () => {
    await open({ concurrency: 1 });
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push((await submit(forever)).id);
    const seen: string[] = [];
    for (let before: string | null | undefined; before !== null; ) {
      const page = await dispatcher.list({ limit: 2, ...(before === undefined ? {} : { before }) });
      seen.push(...page.jobs.map((job) => job.id));
      before = page.next;
    }
    expect([...seen].sort()).toEqual([...ids].sort());
  });

  test("when the service stops, its jobs stop too, are not counted, and run again with the next one", async () => {
    await open();
    const { id } = await submit(`${forever} if (process.env.BEDPLATE_URL.endsWith(":2")) process.exit(0);`);
    await running(id);
    await dispatcher.close();
    expect(marked()).toEqual([]);
    expect(await dispatcher.get(id)).toMatchObject({ state: "queued", attempt: 0 });
    await open();
    await running(id);
    expect(await dispatcher.get(id)).toMatchObject({ state: "running", attempt: 1 });
  });

  test("two services never have the same folder, nor take the same job", async () => {
    await open();
    const mine = dispatcher;
    await expect(open()).rejects.toThrow(/in use/);
    dispatcher = mine;
    for (let n = 0; n < 5; n++) {
      const spec = trainingJobSpec.parse({ name: "j", command: ["true"] });
      await store.submit({ ...spec, timeoutMs: 1 }, "me", 100);
    }
    const taken = await Promise.all(["a", "b", "c"].map((runner) => store.claim(runner, 2)));
    const ids = taken.flat().map((job) => job.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("a shim that was killed takes its command with it, and the attempt is lost", async () => {
    await open();
    const { id } = await submit(forever);
    await running(id);
    const record = JSON.parse(await readFile(join(folder, "training", id, "process.json"), "utf8"));
    expect(isRunning(record)).toBe(true);
    process.kill(record.pid, "SIGKILL");
    expect((await reach(id, "failed")).reason).toContain("not known");
    expect(isRunning(record.child)).toBe(false);
  });
});
