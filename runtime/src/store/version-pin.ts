import { sql } from "kysely";
import { versionFolder } from "../domain/version-folder.ts";
import type { LockedModel } from "./alias-history-store.ts";
import type { Database } from "./database.ts";

/**
 * Pins the files that a version has by now: their paths and digests are written down in a folder of its own, which the
 * database itself keeps from changing, and the version names that folder from then on. No bytes are copied. A version
 * that has no files yet keeps the folder that it was registered from, and is asked again when it is first named by an
 * alias, approved or signed. Returns the version's folder; call it with the model locked.
 */
export async function pinFiles(
  trx: Database,
  model: LockedModel,
  { version, artifact_path: from }: { readonly version: number; readonly artifact_path: string },
): Promise<string> {
  const to = versionFolder(model.history_id, version);
  if (from === to) return to;
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto("artifacts")
    .columns(["path", "digest", "size", "created_at"])
    .expression(
      // The bytes are held against collection until the commit, in one order everywhere.
      trx
        .selectFrom("artifacts as a")
        .innerJoin("blobs", "blobs.digest", "a.digest")
        .select([
          sql<string>`${to}::text || substr(a.path, ${[...from].length + 1}::integer)`.as("path"),
          "a.digest",
          "a.size",
          "a.created_at",
        ])
        .where(({ or, and, eb }) =>
          or([eb("a.path", "=", from), and([eb("a.path", ">=", `${from}/`), eb("a.path", "<", `${from}0`)])]),
        )
        .orderBy("blobs.digest")
        .forShare("blobs"),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === undefined || numInsertedOrUpdatedRows === 0n) return from;
  await trx
    .updateTable("model_versions")
    .set({ artifact_path: to })
    .where("name", "=", model.name)
    .where("version", "=", version)
    .execute();
  return to;
}
