import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";
import type { TraceTables } from "./trace-tables.ts";

/** An assessment of a trace. */
export interface Assessment {
  readonly assessment_id: string;
  readonly trace_id: string;
  readonly name: string;
  readonly valid: boolean;
  readonly create_time: number;
  readonly last_update_time: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a trace is about, without its spans. */
export interface TraceInfo
  extends Pick<
    TraceTables["traces"],
    | "trace_id"
    | "experiment_id"
    | "request_time"
    | "execution_duration"
    | "state"
    | "client_request_id"
    | "request_preview"
    | "response_preview"
    | "span_count"
  > {
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly assessments: readonly Assessment[];
}

const record = (table: string) => sql`(
  select coalesce(jsonb_object_agg(x.key, x.value), '{}') from ${sql.table(table)} as x where x.trace_id = t.trace_id
)`;

/** The traces whose ids a query gives, in the order of its column `place`, in one statement. */
export async function readTraces(db: Database, found: RawBuilder<unknown>): Promise<readonly TraceInfo[]> {
  const { rows } = await sql<TraceInfo>`
    select t.trace_id, t.experiment_id, t.request_time, t.execution_duration, t.state, t.client_request_id,
      t.request_preview, t.response_preview, t.span_count,
      ${record("trace_tags")} as tags, ${record("trace_metadata")} as metadata,
      (
        select coalesce(jsonb_agg(to_jsonb(a) order by a.create_time, a.assessment_id), '[]')
        from trace_assessments as a where a.trace_id = t.trace_id
      ) as assessments
    from (${found}) as found join traces as t on t.trace_id = found.trace_id
    order by found.place`.execute(db);
  return rows;
}

/** The traces with these ids, in their order; what is not there is left out. */
export const readTracesById = (db: Database, ids: readonly string[]) =>
  readTraces(
    db,
    sql`select id as trace_id, min(at) as place
      from unnest(${ids}::text[]) with ordinality as given(id, at) group by id`,
  );
