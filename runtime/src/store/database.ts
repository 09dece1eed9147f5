import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type SqlConnection, type SqlConnectionInput, sqlConnection } from "@bedplate/contract";
import type { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, PostgresDialect } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { Problem } from "../domain/problem.ts";
import { lockFolder } from "./folder-lock.ts";
import { joinable } from "./joint-transaction.ts";
import { migrations } from "./migrations/index.ts";
import { keepStatements, statementNames } from "./prepared-statements.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;

interface OpenDatabase {
  readonly db: Database;
  readonly close: () => Promise<void>;
}

/** Type id of PostgreSQL's bigint; ours are counts and milliseconds, which a double holds exactly. */
const bigintType = 20;
const connectTimeoutMs = 10_000;
const statementTimeoutMs = 60_000;
/** PostgreSQL 15, as the server numbers its versions. */
const oldestServer = 150_000;

/** Opens the database and brings its tables up to date; safe when several processes start at once. */
export async function openDatabase(given: SqlConnectionInput): Promise<OpenDatabase> {
  const connection = sqlConnection.parse(given);
  const open =
    connection.kind === "pglite" ? await openPglite(connection.path) : await openPostgres(connection);
  try {
    await migrate(open.db);
  } catch (error) {
    await open.close();
    throw error;
  }
  return open;
}

/** The tables in a database that the caller made, and that is gone when closed. */
export async function openMemoryDatabase(pglite: PGlite): Promise<OpenDatabase> {
  const open = over(pglite, () => {});
  await migrate(open.db);
  return open;
}

async function openPglite(path: string): Promise<OpenDatabase> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const lock = lockFolder(path);
  try {
    return over(await embed(join(path, "data")), lock.close);
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * PostgreSQL inside this process. It is loaded only here, so that a service with a server pays no memory for it. Its pages
 * lie in the system's cache too; with PostgreSQL's own 128 MB of buffers the process has 120 MB more.
 */
async function embed(dataDir: string): Promise<PGlite> {
  const { PGlite } = await import("@electric-sql/pglite");
  const startParams = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"];
  return await PGlite.create({ dataDir, startParams });
}

function over(pglite: PGlite, release: () => void): OpenDatabase {
  const db = joinable(new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) }));
  const close = async () => {
    await db.destroy();
    if (!pglite.closed) await pglite.close();
    release();
  };
  return { db, close };
}

async function openPostgres(connection: SqlConnection & { kind: "postgres" }): Promise<OpenDatabase> {
  const pool = new pg.Pool({
    connectionString: await readUrl(connection.urlFile),
    max: connection.poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    types: {
      getTypeParser: (id: number, format?: "text" | "binary") =>
        id === bigintType ? Number : pg.types.getTypeParser(id, format as "text"),
    },
  });
  // A connection that breaks must not end the process, whether idle or between two statements of a transaction: what
  // uses it next fails, and after that another one is opened.
  pool.on("error", () => {});
  const nameOf = statementNames(connection.preparedStatements);
  pool.on("connect", (client) => {
    client.on("error", () => {});
    keepStatements(client, nameOf);
  });
  await greet(pool);
  const db = joinable(new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }));
  return { db, close: () => db.destroy() };
}

async function readUrl(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new Problem(
      "UNAVAILABLE",
      `The file of the database's URL, ${file}, cannot be read (${reasonOf(error)}).`,
    );
  }
}

/** Says in a sentence what is wrong with a server before anything depends on it; the URL and its password stay out. */
async function greet(pool: pg.Pool): Promise<void> {
  try {
    const { rows } = await pool.query<{ version: string }>(
      "select current_setting('server_version_num') as version",
    );
    const version = Number(rows[0]?.version);
    if (version >= oldestServer) return;
    throw new Problem(
      "UNAVAILABLE",
      `PostgreSQL ${Math.floor(version / 10_000)} is too old; 15 or later is needed.`,
    );
  } catch (error) {
    await pool.end();
    if (error instanceof Problem) throw error;
    throw new Problem(
      "UNAVAILABLE",
      `PostgreSQL cannot be used: ${reasonOf(error)}. Check the server and the URL in sqlUrl.`,
    );
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return error.message === "" && "code" in error ? String(error.code) : error.message;
}

async function migrate(db: Database): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
