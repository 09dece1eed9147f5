import { type Kysely, sql } from "kysely";

/**
 * Traces. Spans lie many to a row, so that a trace of a thousand spans is a few rows; what searches ask of them most lies
 * beside them, so that a search reads no attributes. An index entry has a limit and values have none, so values are
 * indexed by their beginning.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...traces, ...belongings, ...assessments]) await statement.execute(db);
}

const traces = [
  sql`create table traces (
    trace_id text primary key,
    experiment_id bigint not null references experiments on delete cascade,
    request_time bigint not null,
    execution_duration bigint,
    end_time bigint not null generated always as (request_time + coalesce(execution_duration, 0)) stored,
    state text not null check (state in ('OK', 'ERROR', 'IN_PROGRESS', 'STATE_UNSPECIFIED')),
    client_request_id text,
    request_preview text,
    response_preview text,
    finalized boolean not null,
    span_count integer not null check (span_count >= 0)
  )`,
  sql`create index traces_by_time on traces (experiment_id, request_time desc, trace_id)`,
  sql`create index traces_by_age on traces (request_time)`,
];

const belongings = [
  ...["trace_tags", "trace_metadata"].flatMap((table) => [
    sql`create table ${sql.id(table)} (
      trace_id text not null references traces on delete cascade,
      key text not null,
      value text not null,
      primary key (trace_id, key)
    )`,
    sql`create index ${sql.id(`${table}_by_value`)} on ${sql.id(table)} (key, left(value, 100))`,
  ]),
  sql`create table trace_spans (
    trace_id text not null references traces on delete cascade,
    chunk integer not null,
    spans jsonb not null,
    names text[] not null,
    types text[] not null,
    statuses text[] not null,
    size integer not null,
    primary key (trace_id, chunk)
  )`,
  sql`create index trace_spans_by_name on trace_spans using gin (names)`,
  sql`create table trace_runs (
    run_id text not null references runs on delete cascade,
    trace_id text not null references traces on delete cascade,
    primary key (run_id, trace_id)
  )`,
  sql`create index trace_runs_by_trace on trace_runs (trace_id)`,
];

const assessments = [
  sql`create table trace_assessments (
    assessment_id text primary key,
    trace_id text not null references traces on delete cascade,
    kind text not null check (kind in ('feedback', 'expectation', 'issue')),
    name text not null,
    value jsonb,
    valid boolean not null,
    create_time bigint not null,
    last_update_time bigint not null,
    body jsonb not null
  )`,
  sql`create index trace_assessments_by_trace on trace_assessments (trace_id)`,
];
