import { type RawBuilder, type SqlBool, sql } from "kysely";
import { traceFolder } from "../domain/artifact-uri.ts";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";

/** Which traces of an experiment go: those that began by a time, oldest first, or those with these ids. */
export interface TraceSelection {
  readonly experimentId: number;
  readonly maxTime: number | undefined;
  readonly maxTraces: number | undefined;
  readonly ids: readonly string[];
}

/** Traces that one transaction deletes. */
const batchSize = 1_000;
/** Who deletes when nobody asks for it. */
const scheduler = "schedule";

/** The ends of traces; what is attached to one goes with it. */
export function createTraceDeletion(db: Database, clock: () => number) {
  async function deleteWhere(isDoomed: RawBuilder<SqlBool>, limit: number, actor: string): Promise<number> {
    let deleted = 0;
    while (deleted < limit) {
      const wanted = Math.min(batchSize, limit - deleted);
      const count = await db
        .transaction()
        .execute((trx) => deleteBatch(trx, { isDoomed, limit: wanted, actor, time: clock() }));
      deleted += count;
      if (count < wanted) break;
    }
    return deleted;
  }

  return {
    /** Returns how many it deleted; where that is the limit there may be more. */
    delete(selection: TraceSelection, limit: number, actor: string): Promise<number> {
      checkSelection(selection);
      const { experimentId, maxTime, maxTraces, ids } = selection;
      const which =
        maxTime === undefined ? sql`trace_id = any(${ids}::text[])` : sql`request_time <= ${maxTime}::bigint`;
      const isDoomed = sql<SqlBool>`experiment_id = ${experimentId}::bigint and ${which}`;
      return deleteWhere(isDoomed, Math.min(limit, maxTraces ?? limit), actor);
    },

    /** Deletes traces of every experiment that began before a time, a bounded number of them. */
    deleteOlder: (before: number, limit: number): Promise<number> =>
      deleteWhere(sql<SqlBool>`request_time < ${before}::bigint`, limit, scheduler),
  };
}

function checkSelection({ maxTime, maxTraces, ids }: TraceSelection): void {
  const problems = [];
  if (maxTime === undefined && ids.length === 0) {
    problems.push("Either `max_timestamp_millis` or `request_ids` must be specified.");
  }
  if (maxTime !== undefined && ids.length > 0) {
    problems.push("Only one of `max_timestamp_millis` and `request_ids` can be specified.");
  }
  if (ids.length > 0 && maxTraces !== undefined) {
    problems.push("`max_traces` can't be specified if `request_ids` is specified.");
  }
  if (maxTraces !== undefined && maxTraces <= 0) {
    problems.push(`\`max_traces\` must be a positive integer, received ${maxTraces}.`);
  }
  if (problems.length > 0) throw new Problem("INVALID_REQUEST", problems.join(" "), problems);
}

interface Batch {
  readonly isDoomed: RawBuilder<SqlBool>;
  readonly limit: number;
  readonly actor: string;
  readonly time: number;
}

async function deleteBatch(trx: Database, { isDoomed, limit, actor, time }: Batch): Promise<number> {
  const { rows } = await sql<{ trace_id: string; experiment_id: number; artifact_location: string }>`
    with doomed as (
      select trace_id from traces where ${isDoomed}
      order by request_time, trace_id limit ${limit} for update
    )
    delete from traces as t using doomed, experiments as e
    where t.trace_id = doomed.trace_id and e.experiment_id = t.experiment_id
    returning t.trace_id, t.experiment_id, e.artifact_location`.execute(trx);
  if (rows.length === 0) return 0;
  const folders = rows.map((row) => traceFolder(row.artifact_location, row.trace_id));
  // Paths are ordered by bytes, and `0` follows `/`, so that a folder is one range of the index.
  await sql`
    delete from artifacts using unnest(${folders}::text[]) as f(folder)
    where path >= folder || '/' and path < folder || '0'`.execute(trx);
  for (const [experimentId, traces] of Map.groupBy(rows, (row) => row.experiment_id)) {
    await announce(trx, {
      type: "dev.bedplate.traces.deleted",
      subject: String(experimentId),
      actor,
      time,
      data: { experimentId: String(experimentId), traces: traces.length },
    });
  }
  return rows.length;
}
