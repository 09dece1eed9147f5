import { type SqlBool, sql } from "kysely";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import type { Database } from "./database.ts";
import { type LoggedModel, loadLoggedModels } from "./logged-model-rows.ts";
import type { SearchRequest } from "./search-request.ts";
import { conditionSql, orderingSql, type SearchTables } from "./search-sql.ts";
import { isExperimentSeen } from "./team-sight.ts";

const createdAt = { column: "creation_time", type: "number" } as const;
const updatedAt = { column: "last_updated_time", type: "number" } as const;
const vocabulary: Vocabulary = {
  entities: ["attribute", "metric", "param", "tag"],
  attributes: {
    name: { column: "name", type: "text" },
    model_id: { column: "model_id", type: "text" },
    model_type: { column: "model_type", type: "text" },
    status: { column: "status", type: "text" },
    source_run_id: { column: "source_run_id", type: "text" },
    creation_timestamp: createdAt,
    creation_time: createdAt,
    last_updated_timestamp: updatedAt,
  },
};
const join = sql<SqlBool>`x.model_id = m.model_id`;
const tables: SearchTables = {
  alias: "m",
  belongings: {
    metric: { table: "logged_model_metrics", join },
    param: { table: "logged_model_params", join },
    tag: { table: "logged_model_tags", join },
  },
};

export async function searchLoggedModels(
  db: Database,
  experimentIds: readonly number[],
  request: SearchRequest,
): Promise<Page<LoggedModel>> {
  const offset = readPageToken(request.pageToken);
  const conditions = readFilter(request.filter, vocabulary);
  const order = readOrder(request.orderBy, vocabulary);
  if (experimentIds.length === 0) return { items: [], next: null };
  let query = db
    .selectFrom("logged_models as m")
    .selectAll("m")
    .where("m.experiment_id", "in", experimentIds)
    .where(isExperimentSeen(request.sight ?? null, "m.experiment_id"))
    .where("m.lifecycle_stage", "=", "active");
  for (const condition of conditions) query = query.where(conditionSql(condition, tables));
  for (const ordering of order) query = query.orderBy(orderingSql(ordering, tables));
  const rows = await query
    .orderBy("m.creation_time", "desc")
    .orderBy("m.model_id")
    .limit(request.limit + 1)
    .offset(offset)
    .execute();
  const page = toPage(rows, offset, request.limit);
  return { ...page, items: await loadLoggedModels(db, page.items) };
}
