import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../peers/free-port.ts";
import { startPostgres } from "../peers/postgres.ts";
import { ensurePython } from "../peers/python.ts";
import { launch, type ServerProcess } from "./server-process.ts";

/** How to start a server, as often as wanted over the same data. */
export interface Startable {
  readonly name: string;
  readonly start: () => Promise<ServerProcess>;
  readonly close: () => Promise<void>;
}

/** Options of Node, as the local stack starts the service. */
export const nodeOptions = [
  "--disable-warning=ExperimentalWarning",
  "--max-semi-space-size=4",
  "--heap-growing-percent=50",
];
const root = join(import.meta.dirname, "../..");

/** Our service over a PostgreSQL database, or over an embedded one where `databaseUrl` is null; with more variables. */
export async function prepareOurs(
  databaseUrl: string | null,
  more: Readonly<Record<string, string>> = {},
): Promise<Startable> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-bench-"));
  const token = randomBytes(32).toString("base64url");
  await writeFile(join(folder, "token"), token, { mode: 0o600 });
  await writeFile(join(folder, "url"), databaseUrl ?? "", { mode: 0o600 });
  await mkdir(join(folder, "training"));
  const sql =
    databaseUrl === null
      ? { BEDPLATE_CONNECTIONS_SQL_KIND: "pglite", BEDPLATE_CONNECTIONS_SQL_PATH: join(folder, "sql") }
      : {
          BEDPLATE_CONNECTIONS_SQL_KIND: "postgres",
          BEDPLATE_CONNECTIONS_SQL_URL_FILE: join(folder, "url"),
        };
  return {
    name: "bedplate",
    start: async () => {
      const port = await freePort();
      return await launch({
        name: "bedplate",
        command: process.execPath,
        args: [...profiling(), ...nodeOptions, join(root, "runtime/src/main.ts")],
        env: {
          NODE_COMPILE_CACHE: join(folder, "compiled"),
          BEDPLATE_STACK: "bench",
          BEDPLATE_OWNER: "bench",
          BEDPLATE_ENVIRONMENT: "bench",
          BEDPLATE_RELEASE: "0.1.0",
          BEDPLATE_LISTEN_PORT: String(port),
          BEDPLATE_ADMIN_TOKEN_FILE: join(folder, "token"),
          BEDPLATE_CONNECTIONS_OBJECT_STORE_KIND: "file",
          BEDPLATE_CONNECTIONS_OBJECT_STORE_PATH: join(folder, "objects"),
          BEDPLATE_CONNECTIONS_KEY_VALUE_KIND: "sql",
          BEDPLATE_CONNECTIONS_EVENT_BUS_KIND: "outbox",
          BEDPLATE_CONNECTIONS_TRAINING_KIND: "process",
          BEDPLATE_CONNECTIONS_TRAINING_PATH: join(folder, "training"),
          BEDPLATE_CONNECTIONS_TRAINING_PROGRAM_ROOT: folder,
          ...sql,
          ...more,
        },
        url: `http://127.0.0.1:${port}`,
        headers: { authorization: `Bearer ${token}` },
      });
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Measures over a PostgreSQL server of its own: the embedded database works on the service's thread and in its memory. */
export async function onPostgres<Result>(measure: (database: string) => Promise<Result>): Promise<Result> {
  const postgres = await startPostgres();
  try {
    return await measure(await postgres.createDatabase("bench"));
  } finally {
    await postgres.stop();
  }
}

/** `BEDPLATE_BENCH_PROFILE=<folder>` writes a CPU profile of our service for each start. */
function profiling(): readonly string[] {
  const folder = process.env.BEDPLATE_BENCH_PROFILE;
  return folder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

const mlflow = { version: "3.17.2", packages: ["mlflow==3.17.2", "psycopg2-binary==2.9.13"] };

/** The real `mlflow server` from PyPI as its own command starts it, over a PostgreSQL database. */
export async function prepareMlflow(databaseUrl: string): Promise<Startable> {
  const python = await ensurePython(mlflow.packages);
  const folder = await mkdtemp(join(tmpdir(), "bedplate-bench-mlflow-"));
  const name = `mlflow server ${mlflow.version}`;
  return {
    name,
    start: async () => {
      const port = await freePort();
      const where = ["--backend-store-uri", databaseUrl.replace("postgres://", "postgresql+psycopg2://")];
      const artifacts = ["--artifacts-destination", folder];
      const address = ["--host", "127.0.0.1", "--port", String(port)];
      return await launch({
        name,
        command: python,
        args: ["-m", "mlflow", "server", ...where, ...artifacts, ...address],
        env: { MLFLOW_DISABLE_TELEMETRY: "true", DO_NOT_TRACK: "true" },
        url: `http://127.0.0.1:${port}`,
        headers: {},
      });
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
