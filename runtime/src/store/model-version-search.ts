import { type SqlBool, sql } from "kysely";
import { type Stage, stages } from "../domain/mlflow-words.ts";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import type { Vocabulary } from "../domain/search/vocabulary.ts";
import type { Database } from "./database.ts";
import { loadVersions, type ModelVersion } from "./model-version-rows.ts";
import { searchRegistry } from "./registry-search.ts";
import { noModel } from "./registry-summary.ts";
import type { SearchRequest } from "./search-request.ts";
import { isModelSeen } from "./team-sight.ts";

const createdAt = { column: "creation_time", type: "number" } as const;
const updatedAt = { column: "last_updated_time", type: "number" } as const;
const version = { column: "version", type: "number" } as const;
const vocabulary: Vocabulary = {
  entities: ["attribute", "tag"],
  attributes: {
    name: { column: "name", type: "text" },
    version_number: version,
    version,
    run_id: { column: "run_id", type: "text" },
    source_path: { column: "source", type: "text" },
    source: { column: "source", type: "text" },
    model_id: { column: "model_id", type: "text" },
    creation_timestamp: createdAt,
    last_updated_timestamp: updatedAt,
    timestamp: updatedAt,
  },
};
const tables = {
  alias: "v",
  belongings: {
    tag: { table: "model_version_tags", join: sql<SqlBool>`x.name = v.name and x.version = v.version` },
  },
};

/** The newest version of each of the stages; of all stages that have one when none is named. */
export async function latestVersions(
  db: Database,
  name: string,
  wanted: readonly Stage[],
): Promise<readonly ModelVersion[]> {
  const model = await db
    .selectFrom("registered_models")
    .select("name")
    .where("name", "=", name)
    .executeTakeFirst();
  if (model === undefined) throw noModel(name);
  const rows = await db
    .selectFrom("model_versions")
    .distinctOn("stage")
    .selectAll()
    .where("name", "=", name)
    .where("stage", "in", wanted.length === 0 ? stages : wanted)
    .orderBy("stage")
    .orderBy("version", "desc")
    .execute();
  return await loadVersions(db, rows);
}

export async function searchVersions(db: Database, request: SearchRequest): Promise<Page<ModelVersion>> {
  const offset = readPageToken(request.pageToken);
  const all = db
    .selectFrom("model_versions as v")
    .selectAll("v")
    .where(isModelSeen(request.sight ?? null, "v.name"));
  const query = searchRegistry(all, request, { vocabulary, tables, newestBy: "last_updated_time" });
  const rows = await query
    .orderBy("v.name")
    .orderBy("v.version", "desc")
    .limit(request.limit + 1)
    .offset(offset)
    .execute();
  const page = toPage(rows, offset, request.limit);
  return { ...page, items: await loadVersions(db, page.items) };
}
