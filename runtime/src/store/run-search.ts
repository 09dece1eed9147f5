import { foreignPageToken, type Page, readPageMark, toPage, writeCursor } from "../domain/page-token.ts";
import { type Ordering, readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import type { Database } from "./database.ts";
import { findRareCondition, gathered, type RunQuery, walked, walkedByMetric } from "./run-access.ts";
import { readRuns, type WrittenRun } from "./run-rows.ts";
import { type Lifecycle, type SearchRequest, stagesOf } from "./search-request.ts";
import { seenExperiments } from "./team-sight.ts";

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

/** Runs of some experiments that match a filter; the newest first unless another order is asked for. */
export async function searchRuns(
  db: Database,
  experimentIds: readonly number[],
  view: Lifecycle,
  request: SearchRequest,
): Promise<Page<WrittenRun>> {
  const { offset, after } = readPageMark(request.pageToken);
  const order = readOrder(request.orderBy, vocabulary);
  if (after !== null && !isNewestFirst(order)) throw foreignPageToken();
  const seen = await seenExperiments(db, request.sight ?? null, [...new Set(experimentIds)]);
  const query = {
    experimentIds: seen,
    stages: stagesOf(view),
    conditions: readFilter(request.filter, vocabulary),
    order,
    limit: request.limit,
    offset,
    after,
  };
  if (seen.length === 0) return { items: [], next: null };
  const page = toPage(await findPage(db, query), offset, request.limit);
  const last = page.items.at(-1);
  if (page.next === null || last === undefined || !isNewestFirst(order)) return page;
  return { ...page, next: writeCursor([last.start_time, last.run_id]) };
}

/** Whether a page can start at the run with which the one before ended, so that a deep page costs no more. */
function isNewestFirst(order: readonly Ordering[]): boolean {
  const [first, ...rest] = order;
  if (first === undefined) return true;
  return rest.length === 0 && first.on === "attribute" && first.key === "start_time" && first.descending;
}

/** Reads the page in the way that looks at the fewest rows. */
async function findPage(db: Database, query: RunQuery): Promise<readonly WrittenRun[]> {
  const rare = await findRareCondition(db, query);
  if (rare !== null) return await readRuns(db, gathered({ ...query, conditions: rare.others }, rare.ids));
  const [first] = query.order;
  if (first?.on === "metric") {
    const rows = await readRuns(db, walkedByMetric(query, first));
    if (rows.length > query.limit) return rows;
  }
  return await readRuns(db, walked(query));
}
