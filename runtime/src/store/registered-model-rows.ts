import type { Selectable } from "kysely";
import type { Database } from "./database.ts";
import { loadVersions, type ModelVersion } from "./model-version-rows.ts";
import { aliasesOf } from "./registry-summary.ts";
import type { Tables } from "./tables.ts";
import { groupTags, type Tag } from "./tags.ts";

type Row = Selectable<Tables["registered_models"]>;

/** A registered model with its tags, aliases, and the newest version of each stage. */
export interface RegisteredModel extends Row {
  readonly tags: readonly Tag[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  readonly latestVersions: readonly ModelVersion[];
}

/** Fetches what belongs to registered models, a query for each kind however many models there are. */
export async function loadModels(db: Database, rows: readonly Row[]): Promise<readonly RegisteredModel[]> {
  const names = rows.map((row) => row.name);
  if (names.length === 0) return [];
  const [tags, aliases, latest] = await Promise.all([
    db.selectFrom("registered_model_tags").selectAll().where("name", "in", names).orderBy("key").execute(),
    aliasesOf(db, names),
    latestOf(db, names),
  ]);
  const tagsOf = groupTags(tags, (row) => row.name);
  return rows.map((row) => ({
    ...row,
    tags: tagsOf.get(row.name) ?? [],
    aliases: aliases
      .filter((alias) => alias.name === row.name)
      .map(({ alias, version }) => ({ alias, version })),
    latestVersions: latest.filter((version) => version.name === row.name),
  }));
}

/** The newest version of each stage of each model. */
async function latestOf(db: Database, names: readonly string[]): Promise<readonly ModelVersion[]> {
  const rows = await db
    .selectFrom("model_versions")
    .distinctOn(["name", "stage"])
    .selectAll()
    .where("name", "in", names)
    .orderBy("name")
    .orderBy("stage")
    .orderBy("version", "desc")
    .execute();
  return await loadVersions(db, rows);
}
