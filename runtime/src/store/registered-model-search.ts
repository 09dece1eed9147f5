import { type SqlBool, sql } from "kysely";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import type { Vocabulary } from "../domain/search/vocabulary.ts";
import type { Database } from "./database.ts";
import { loadModels, type RegisteredModel } from "./registered-model-rows.ts";
import { searchRegistry } from "./registry-search.ts";
import type { SearchRequest } from "./search-request.ts";
import { isSeen } from "./team-sight.ts";

const updatedAt = { column: "last_updated_time", type: "number" } as const;
const createdAt = { column: "creation_time", type: "number" } as const;
const vocabulary: Vocabulary = {
  entities: ["attribute", "tag"],
  attributes: {
    name: { column: "name", type: "text" },
    last_updated_timestamp: updatedAt,
    timestamp: updatedAt,
    creation_timestamp: createdAt,
  },
};
const tables = {
  alias: "m",
  belongings: { tag: { table: "registered_model_tags", join: sql<SqlBool>`x.name = m.name` } },
};

export async function searchModels(db: Database, request: SearchRequest): Promise<Page<RegisteredModel>> {
  const offset = readPageToken(request.pageToken);
  const all = db
    .selectFrom("registered_models as m")
    .selectAll("m")
    .where(isSeen(request.sight ?? null, "m.team"));
  const query = searchRegistry(all, request, { vocabulary, tables });
  const rows = await query
    .orderBy("m.name")
    .limit(request.limit + 1)
    .offset(offset)
    .execute();
  const page = toPage(rows, offset, request.limit);
  return { ...page, items: await loadModels(db, page.items) };
}
