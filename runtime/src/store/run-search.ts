import { type SqlBool, sql } from "kysely";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import type { Database } from "./database.ts";
import { type Lifecycle, type SearchRequest, stagesOf } from "./experiment-store.ts";
import { loadRuns, type Run } from "./run-rows.ts";
import { conditionSql, orderingSql, type SearchTables } from "./search-sql.ts";

const startTime = { column: "start_time", type: "number" } as const;
const runName = { column: "name", type: "text" } as const;

const vocabulary: Vocabulary = {
  entities: ["attribute", "metric", "param", "tag", "dataset"],
  attributes: {
    run_id: { column: "run_id", type: "text" },
    run_name: runName,
    "run name": runName,
    status: { column: "status", type: "text" },
    artifact_uri: { column: "artifact_uri", type: "text" },
    user_id: { column: "user_id", type: "text" },
    start_time: startTime,
    created: startTime,
    end_time: { column: "end_time", type: "number" },
  },
};

const join = sql<SqlBool>`x.run_id = r.run_id`;
const tables: SearchTables = {
  alias: "r",
  belongings: {
    metric: { table: "run_latest_metrics", join },
    param: { table: "run_params", join },
    tag: { table: "run_tags", join },
    dataset: { table: "run_inputs", join },
  },
};

/** Runs of some experiments that match a filter; the newest first unless another order is asked for. */
export async function searchRuns(
  db: Database,
  experimentIds: readonly number[],
  view: Lifecycle,
  request: SearchRequest,
): Promise<Page<Run>> {
  const offset = readPageToken(request.pageToken);
  const conditions = readFilter(request.filter, vocabulary);
  const order = readOrder(request.orderBy, vocabulary);
  if (experimentIds.length === 0) return { items: [], next: null };
  let query = db
    .selectFrom("runs as r")
    .selectAll("r")
    .where("r.experiment_id", "in", experimentIds)
    .where("r.lifecycle_stage", "in", stagesOf(view));
  for (const condition of conditions) query = query.where(conditionSql(condition, tables));
  for (const ordering of order) query = query.orderBy(orderingSql(ordering, tables));
  if (!order.some((ordering) => ordering.key === "start_time" && ordering.on === "attribute")) {
    query = query.orderBy("r.start_time", "desc");
  }
  const rows = await query
    .orderBy("r.run_id")
    .limit(request.limit + 1)
    .offset(offset)
    .execute();
  const page = toPage(rows, offset, request.limit);
  return { ...page, items: await loadRuns(db, page.items) };
}
