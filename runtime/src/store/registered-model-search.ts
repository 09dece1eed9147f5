import { type SqlBool, sql } from "kysely";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import type { Database } from "./database.ts";
import { asksForPrompts, promptTag, registryConditionSql } from "./prompt-condition.ts";
import { loadModels, type RegisteredModel } from "./registered-model-rows.ts";
import type { SearchRequest } from "./search-request.ts";
import { orderingSql, type SearchTables } from "./search-sql.ts";

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
const tables: SearchTables = {
  alias: "m",
  belongings: { tag: { table: "registered_model_tags", join: sql<SqlBool>`x.name = m.name` } },
};

export async function searchModels(db: Database, request: SearchRequest): Promise<Page<RegisteredModel>> {
  const offset = readPageToken(request.pageToken);
  const conditions = readFilter(request.filter, vocabulary);
  const order = readOrder(request.orderBy, vocabulary);
  let query = db.selectFrom("registered_models as m").selectAll("m");
  for (const condition of conditions) query = query.where(registryConditionSql(condition, tables));
  if (!asksForPrompts(conditions)) {
    query = query.where(
      sql<SqlBool>`not exists (select 1 from registered_model_tags x where x.name = m.name and x.key = ${promptTag})`,
    );
  }
  for (const ordering of order) query = query.orderBy(orderingSql(ordering, tables));
  const rows = await query
    .orderBy("m.name")
    .limit(request.limit + 1)
    .offset(offset)
    .execute();
  const page = toPage(rows, offset, request.limit);
  return { ...page, items: await loadModels(db, page.items) };
}
