import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import { openDatabase } from "./database.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-sql-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("rows outlive the process, migrations run once, and the embedded database keeps few buffers", async () => {
  const first = await openDatabase({ kind: "pglite", path: folder });
  await first.db
    .insertInto("registered_models")
    .values({ name: "m", description: "", creation_time: 1, last_updated_time: 1, last_version: 0 })
    .execute();
  await first.close();
  const second = await openDatabase({ kind: "pglite", path: folder });
  expect(await second.db.selectFrom("registered_models").select("name").execute()).toEqual([{ name: "m" }]);
  const { rows } = await sql`show shared_buffers`.execute(second.db);
  expect(rows).toEqual([{ shared_buffers: "16MB" }]);
  await second.close();
});

test("a second owner of the folder is refused and the first keeps working", async () => {
  const first = await openDatabase({ kind: "pglite", path: folder });
  await expect(openDatabase({ kind: "pglite", path: folder })).rejects.toThrow("is in use by the process");
  expect(await first.db.selectFrom("experiments").select("name").execute()).toEqual([{ name: "Default" }]);
  await first.close();
});

test("times and counts come back as numbers", async () => {
  const { db, close } = await openTestDatabase();
  const row = await db.selectFrom("experiments").selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({ experiment_id: 0, creation_time: 0 });
  await close();
});
