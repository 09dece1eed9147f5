import { sql } from "kysely";
import { artifactUri, traceFolder } from "../domain/artifact-uri.ts";
import type { TraceDraft } from "../domain/trace-draft.ts";
import { traceTags } from "../domain/trace-limits.ts";
import type { Database } from "./database.ts";

export type KeyTable = "trace_tags" | "trace_metadata";
type Records = readonly { readonly traceId: string; readonly values: Readonly<Record<string, string>> }[];

/** Writes tags or metadata; values that are there already are replaced, or left where `keep` says so. */
export async function writeValues(
  trx: Database,
  table: KeyTable,
  records: Records,
  keep = false,
): Promise<void> {
  const rows = records.flatMap(({ traceId, values }) =>
    Object.entries(values).map(([key, value]) => ({ traceId, key, value })),
  );
  if (rows.length === 0) return;
  const conflict = keep ? sql`nothing` : sql`update set value = excluded.value`;
  await sql`
    insert into ${sql.table(table)} (trace_id, key, value)
    select * from unnest(
      ${rows.map(({ traceId }) => traceId)}::text[], ${rows.map(({ key }) => key)}::text[],
      ${rows.map(({ value }) => value)}::text[]
    ) as n(trace_id, key, value) order by n.trace_id, n.key
    on conflict (trace_id, key) do ${conflict}`.execute(trx);
}

/** Tags that the platform sets on every trace of an experiment. */
export const ownTags = (location: string, traceId: string, hasSpans: boolean): Record<string, string> => ({
  [traceTags.artifacts]: artifactUri(traceFolder(location, traceId)),
  ...(hasSpans ? { [traceTags.spans]: "TRACKING_STORE" } : {}),
});

/**
 * Makes the traces that spans belong to, or brings them up to date with what the spans tell; what its maker said of a
 * trace stands. Afterwards the rows are locked. Returns how many spans each trace has with the new ones, which may be
 * more than it keeps.
 */
export async function mergeDrafts(
  trx: Database,
  experimentId: number,
  drafts: readonly TraceDraft[],
): Promise<ReadonlyMap<string, number>> {
  const rows = drafts.map((draft) => ({
    trace_id: draft.traceId,
    request_time: draft.startMs,
    execution_duration: draft.endMs === null ? null : Math.max(0, draft.endMs - draft.startMs),
    state: draft.state,
    request_preview: draft.requestPreview,
    response_preview: draft.responsePreview,
    span_count: draft.spans.length,
  }));
  const result = await sql<{ trace_id: string; span_count: number }>`
    insert into traces as t (trace_id, experiment_id, request_time, execution_duration, state, request_preview,
      response_preview, finalized, span_count)
    select n.trace_id, ${experimentId}::bigint, n.request_time, n.execution_duration, n.state, n.request_preview,
      n.response_preview, false, n.span_count
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n(
      trace_id text, request_time bigint, execution_duration bigint, state text, request_preview text,
      response_preview text, span_count integer
    ) order by n.trace_id
    on conflict (trace_id) do update set
      request_time = case when t.finalized then t.request_time else least(t.request_time, excluded.request_time) end,
      execution_duration = case when t.finalized then t.execution_duration else
        greatest(t.request_time + t.execution_duration, excluded.request_time + excluded.execution_duration)
          - least(t.request_time, excluded.request_time) end,
      state = case when t.state in ('IN_PROGRESS', 'STATE_UNSPECIFIED') then excluded.state else t.state end,
      request_preview = coalesce(t.request_preview, excluded.request_preview),
      response_preview = coalesce(t.response_preview, excluded.response_preview),
      span_count = t.span_count + excluded.span_count
    returning trace_id, span_count`.execute(trx);
  return new Map(result.rows.map(({ trace_id, span_count }) => [trace_id, span_count]));
}
