import { PGlite } from "@electric-sql/pglite";
import { Kysely, PGliteDialect, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { expect, test } from "vitest";
import { migrations } from "./migrations/index.ts";
import { contentDigest } from "./promotion-gate.ts";
import type { Tables } from "./tables.ts";

const digest = (letter: string) => letter.repeat(64);

test("versions that were there before files were pinned are pinned, and their approvals go on counting", async () => {
  const pglite = await PGlite.create();
  const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const before = Object.keys(migrations).filter((name) => name < "0014");
    expect((await migrator.migrateTo(before.at(-1) ?? "")).error).toBeUndefined();
    for (const statement of [
      sql`insert into registered_models values ('m', '', 1, 1, 3)`,
      sql`insert into model_versions select 'm', n, '', 'ann', 's', folder, '', '', 'READY', 'None', '', 1, 1
        from (values (1, '0/a'), (2, '0/a'), (3, '0/empty')) as made (n, folder)`,
      sql`insert into artifacts values ('0/a/x', ${digest("a")}, 1, 1), ('0/a/sub/y', ${digest("b")}, 2, 1),
        ('0/ab', ${digest("c")}, 3, 1)`,
      sql`insert into version_approvals select id, 'm', n, 'approve', 'ok', 'bob', 1, case when n = 1 then
        encode(sha256(convert_to('0/a/sub/y ' || ${digest("b")} || chr(10) || '0/a/x ' || ${digest("a")}, 'UTF8')), 'hex')
        else 'stale' end from (values ('1', 1), ('2', 2)) as given (id, n)`,
    ]) {
      await statement.execute(db);
    }
    expect((await migrator.migrateToLatest()).error).toBeUndefined();
    const versions = await db
      .selectFrom("model_versions")
      .select(["version", "artifact_path", "source_path"])
      .orderBy("version")
      .execute();
    const { history_id } = await db
      .selectFrom("registered_models")
      .select("history_id")
      .executeTakeFirstOrThrow();
    const [first = { artifact_path: "" }] = versions;
    expect(versions).toEqual([
      { version: 1, artifact_path: `model-versions/${history_id}/1`, source_path: "0/a" },
      { version: 2, artifact_path: `model-versions/${history_id}/2`, source_path: "0/a" },
      { version: 3, artifact_path: "0/empty", source_path: "0/empty" },
    ]);
    const kept = await db.selectFrom("artifacts").select(["path", "digest"]).orderBy("path").execute();
    expect(kept.filter(({ path }) => path.startsWith(first.artifact_path))).toEqual([
      { path: `${first.artifact_path}/sub/y`, digest: digest("b") },
      { path: `${first.artifact_path}/x`, digest: digest("a") },
    ]);
    const approvals = await db.selectFrom("version_approvals").select("content").orderBy("version").execute();
    expect(approvals.map(({ content }) => content)).toEqual([
      await contentDigest(db, first.artifact_path),
      "stale",
    ]);
    await expect(db.deleteFrom("artifacts").where("path", "like", "model-%").execute()).rejects.toThrow(
      "never changed",
    );
    await db.deleteFrom("model_versions").where("version", "=", 1).execute();
    expect(
      await db.selectFrom("artifacts").select("path").where("path", "like", "model-%/1/%").execute(),
    ).toEqual([]);
  } finally {
    await db.destroy();
    if (!pglite.closed) await pglite.close();
  }
});
