import { type SqlBool, sql } from "kysely";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import type { Database } from "./database.ts";
import { type Experiment, experimentColumns, loadExperiments } from "./experiment-rows.ts";
import { type Lifecycle, type SearchRequest, stagesOf } from "./search-request.ts";
import { conditionSql, orderingSql, type SearchTables } from "./search-sql.ts";
import { isSeen } from "./team-sight.ts";

const vocabulary: Vocabulary = {
  entities: ["attribute", "tag"],
  attributes: {
    name: { column: "name", type: "text" },
    experiment_id: { column: "experiment_id", type: "number" },
    creation_time: { column: "creation_time", type: "number" },
    last_update_time: { column: "last_update_time", type: "number" },
    lifecycle_stage: { column: "lifecycle_stage", type: "text" },
  },
};

const tables: SearchTables = {
  alias: "e",
  belongings: {
    tag: { table: "experiment_tags", join: sql<SqlBool>`x.experiment_id = e.experiment_id` },
  },
};

export async function searchExperiments(
  db: Database,
  view: Lifecycle,
  request: SearchRequest,
): Promise<Page<Experiment>> {
  const offset = readPageToken(request.pageToken);
  const conditions = readFilter(request.filter, vocabulary);
  const order = readOrder(request.orderBy, vocabulary);
  let query = db
    .selectFrom("experiments as e")
    .select(experimentColumns.map((column) => `e.${column}` as const))
    .where("e.lifecycle_stage", "in", stagesOf(view))
    .where(isSeen(request.sight ?? null, "e.team"));
  for (const condition of conditions) query = query.where(conditionSql(condition, tables));
  for (const ordering of order) query = query.orderBy(orderingSql(ordering, tables));
  if (order.length === 0) query = query.orderBy("e.creation_time", "desc");
  const rows = await query
    .orderBy("e.experiment_id", "desc")
    .limit(request.limit + 1)
    .offset(offset)
    .execute();
  const page = toPage(rows, offset, request.limit);
  return { ...page, items: await loadExperiments(db, page.items) };
}
