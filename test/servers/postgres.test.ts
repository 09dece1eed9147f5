import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Problem } from "../../runtime/src/domain/problem.ts";
import { openDatabase } from "../../runtime/src/store/database.ts";
import { migrations } from "../../runtime/src/store/migrations/index.ts";
import { type PostgresServer, startPostgres } from "../../tools/peers/postgres.ts";

let server: PostgresServer;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-url-"));
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function connectionTo(database: string) {
  const urlFile = join(folder, database);
  await writeFile(urlFile, `${await server.createDatabase(database)}\n`, { mode: 0o600 });
  return { kind: "postgres", urlFile, poolSize: 3 } as const;
}

test("ten processes may start at once on an empty database", async () => {
  const connection = await connectionTo("crowd");
  const opened = await Promise.all(Array.from({ length: 10 }, () => openDatabase(connection)));
  const [first] = opened;
  const done = await first?.db
    .selectFrom("kysely_migration" as "runs")
    .selectAll()
    .execute();
  expect(done).toHaveLength(Object.keys(migrations).length);
  await Promise.all(opened.map(({ close }) => close()));
});

test("bigint columns come back as numbers, as from the embedded database", async () => {
  const { db, close } = await openDatabase(await connectionTo("numbers"));
  const row = await db.selectFrom("experiments").selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({ experiment_id: 0, creation_time: 0 });
  await close();
});

test.each([
  { preparedStatements: 2, kept: 2 },
  { preparedStatements: 0, kept: 0 },
])("a connection keeps $kept statements that write where it may keep $preparedStatements", async (given) => {
  const connection = await connectionTo(`kept_${given.preparedStatements}`);
  const { preparedStatements, kept } = given;
  const { db, close } = await openDatabase({ ...connection, poolSize: 1, preparedStatements });
  for (let at = 0; at < 4; at++) {
    await db
      .insertInto("experiment_tags")
      .values({ experiment_id: 0, key: `k${at}`, value: "v" })
      .execute();
    await db
      .updateTable("experiments")
      .set({ last_update_time: at })
      .where("experiment_id", "=", 0)
      .execute();
    await db
      .deleteFrom("experiment_tags")
      .where("key", "=", `k${at - 1}`)
      .execute();
    await db.selectFrom("experiment_tags").selectAll().where("experiment_id", "=", 0).execute();
  }
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db);
  expect(rows).toHaveLength(kept);
  for (const { statement } of rows) expect(statement).toMatch(/^(insert into|update) /);
  expect(await db.selectFrom("experiment_tags").select("key").execute()).toEqual([{ key: "k3" }]);
  await close();
});

test("a connection that breaks inside a transaction fails that transaction and nothing else", async () => {
  const { db, close } = await openDatabase(await connectionTo("broken"));
  const broken = db.transaction().execute(async (trx) => {
    await trx.selectFrom("experiments").selectAll().execute();
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where state = 'idle in transaction' and datname = 'broken'`.execute(db);
    await wait(100);
    await trx.selectFrom("experiments").selectAll().execute();
  });
  await expect(broken).rejects.toThrow();
  expect(await db.selectFrom("experiments").selectAll().execute()).toHaveLength(1);
  await close();
});

test("a server that is away, a wrong password and a missing file are a sentence each, without the password", async () => {
  const urlFile = join(folder, "away");
  const open = async (url: string) => {
    await writeFile(urlFile, url, { mode: 0o600 });
    return await openDatabase({ kind: "postgres", urlFile, poolSize: 1 }).then(
      () => "opened",
      (error: unknown) => (error instanceof Problem ? error.message : error),
    );
  };
  expect(await open("postgres://me:hunter2-secret@127.0.0.1:1/none")).toMatch(
    /^PostgreSQL cannot be used: .*ECONNREFUSED/,
  );
  const right = await server.createDatabase("guarded");
  const wrong = await open(right.replace("test-password", "hunter2-secret"));
  expect(wrong).toMatch(/^PostgreSQL cannot be used: password authentication failed/);
  expect(wrong).not.toContain("hunter2");
  const missing = openDatabase({ kind: "postgres", urlFile: join(folder, "nowhere"), poolSize: 1 });
  await expect(missing).rejects.toThrow(/nowhere, cannot be read/);
});
