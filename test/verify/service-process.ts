import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type SettingsInput, settings, toEnvironment } from "@bedplate/contract";
import { type Database, openDatabase } from "../../runtime/src/store/database.ts";
import { freePort } from "../../tools/peers/free-port.ts";

const root = join(import.meta.dirname, "../..");
const startTimeoutMs = 300_000;
const callTimeoutMs = 10_000;
const poolSize = 10;

/** Where the services under test live, and how they are called. */
export interface ServiceHome {
  readonly folder: string;
  readonly token: string;
  readonly sql: { kind: "pglite"; path: string } | { kind: "postgres"; urlFile: string; poolSize: number };
  readonly close: () => Promise<void>;
}

export async function openHome(databaseUrl: string | null): Promise<ServiceHome> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-verify-"));
  const token = randomBytes(32).toString("base64url");
  const secret = (name: string, text: string) => writeFile(join(folder, name), text, { mode: 0o600 });
  await secret("admin-token", token);
  await secret("seal-key", randomBytes(32).toString("base64url"));
  const urlFile = join(folder, "sql-url");
  if (databaseUrl !== null) await secret("sql-url", databaseUrl);
  return {
    folder,
    token,
    sql:
      databaseUrl === null
        ? { kind: "pglite", path: join(folder, "sql") }
        : { kind: "postgres", urlFile, poolSize },
    close: () => rm(folder, { recursive: true }),
  };
}

/** Works on a home's database while no service has it. */
export async function withDatabase<T>(home: ServiceHome, work: (db: Database) => Promise<T>): Promise<T> {
  const { db, close } = await openDatabase(home.sql);
  try {
    return await work(db);
  } finally {
    await close();
  }
}

/** What a harness sets differently. */
export type ReplicaSettings = Pick<SettingsInput, "idempotency" | "consolePath" | "serving">;

/** One process of the service that is killed and started again at the same port. */
export interface Replica {
  readonly url: string;
  /** Of the process that runs now. */
  readonly pid: () => number | undefined;
  readonly start: () => Promise<void>;
  /** Waits until it can do its work; throws when the process is gone. */
  readonly ready: () => Promise<void>;
  /** SIGKILL, and back when the process is gone. */
  readonly kill: () => Promise<void>;
  readonly call: (method: string, path: string, body?: object) => Promise<Answer>;
}

/** `status` is 0 where no answer came. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export async function createReplica(
  home: ServiceHome,
  name: string,
  changes: ReplicaSettings = {},
  /** A command in front of the service's own that becomes it, such as a tracer. */
  before: readonly string[] = [],
  /** Folder of the program. */
  program: string = root,
): Promise<Replica> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const training = join(home.folder, `training-${name}`);
  await mkdir(training);
  const environment = toEnvironment(
    settings.parse({
      stack: "verify",
      owner: "tester",
      environment: "test",
      release: "0.0.0",
      listen: { port },
      adminTokenFile: join(home.folder, "admin-token"),
      connections: {
        objectStore: { kind: "file", path: join(home.folder, "objects") },
        sql: home.sql,
        keyValue: { kind: "sql" },
        eventBus: { kind: "outbox" },
        training: { kind: "process", path: training, programRoot: home.folder },
      },
      events: { pollIntervalMs: 50 },
      webhooks: {
        sealKeyFile: join(home.folder, "seal-key"),
        allowedHosts: "127.0.0.1",
        timeoutMs: 1_000,
        leaseMarginMs: 3_000,
        retryBaseMs: 20,
        retryMaxMs: 500,
        maxAttempts: 100,
      },
      ...changes,
    }),
  );
  let child: ChildProcess | null = null;
  let log = "";
  // Whatever ends this process, no service outlives it.
  process.once("exit", () => child?.kill("SIGKILL"));

  async function call(method: string, path: string, body?: object): Promise<Answer> {
    try {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${home.token}`, "content-type": "application/json" },
        signal: AbortSignal.timeout(callTimeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get("content-type")?.includes("json") === true;
      return { status: answer.status, body: isJson ? JSON.parse(text) : text };
    } catch {
      return { status: 0, body: null };
    }
  }

  async function start(): Promise<void> {
    const args = ["--disable-warning=ExperimentalWarning", join(program, "runtime/src/main.ts")];
    const compiled = join(home.folder, "compiled");
    const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: compiled, ...environment };
    const [command = process.execPath, ...rest] = [...before, process.execPath, ...args];
    const started = spawn(command, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.on("data", (part: Buffer) => {
        log = `${log}${part.toString()}`.slice(-5_000);
      });
    }
    await ready();
  }

  async function ready(): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    while ((await call("GET", "/readyz")).status !== 200) {
      const gone = child === null || child.exitCode !== null || child.signalCode !== null;
      if (gone || Date.now() > deadline) throw new Error(`The service is not ready:\n${log}`);
      await wait(50);
    }
  }

  async function kill(): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  return { url, pid: () => child?.pid, start, ready, kill, call };
}
