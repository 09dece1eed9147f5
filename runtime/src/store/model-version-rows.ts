import { type Selectable, sql } from "kysely";
import type { Database } from "./database.ts";
import { aliasesOf } from "./registry-summary.ts";
import type { Tables } from "./tables.ts";
import { groupTags, type Tag } from "./tags.ts";

export type ModelVersionRow = Selectable<Tables["model_versions"]>;

/** A version with its tags and the aliases that name it. */
export interface ModelVersion extends ModelVersionRow {
  readonly tags: readonly Tag[];
  readonly aliases: readonly string[];
}

const keyOf = (row: { name: string; version: number }) => `${row.version}/${row.name}`;

/** Fetches what belongs to versions, a query for each kind however many versions there are. */
export async function loadVersions(
  db: Database,
  rows: readonly ModelVersionRow[],
): Promise<readonly ModelVersion[]> {
  if (rows.length === 0) return [];
  const names = rows.map((row) => row.name);
  const versions = rows.map((row) => row.version);
  const [tags, aliases] = await Promise.all([
    sql<Tables["model_version_tags"]>`
      select t.* from model_version_tags t
      join unnest(${names}::text[], ${versions}::integer[]) as wanted(name, version)
        on wanted.name = t.name and wanted.version = t.version
      order by t.key`.execute(db),
    aliasesOf(db, [...new Set(names)]),
  ]);
  const tagsOf = groupTags(tags.rows, keyOf);
  const aliasesByVersion = groupTags(
    aliases.map((alias) => ({ ...alias, key: alias.alias, value: "" })),
    keyOf,
  );
  return rows.map((row) => ({
    ...row,
    tags: tagsOf.get(keyOf(row)) ?? [],
    aliases: (aliasesByVersion.get(keyOf(row)) ?? []).map(({ key }) => key),
  }));
}
