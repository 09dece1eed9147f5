import { type RawBuilder, type SqlBool, sql } from "kysely";
import { foreignPageToken, type Page, readPageMark, toPage, writeCursor } from "../domain/page-token.ts";
import {
  type Condition,
  type Ordering,
  readFilter,
  readOrder,
  type Vocabulary,
} from "../domain/search/vocabulary.ts";
import { traceMetadata } from "../domain/trace-draft.ts";
import { traceTags } from "../domain/trace-limits.ts";
import type { Database } from "./database.ts";
import type { SearchRequest } from "./search-request.ts";
import { compare, conditionSql, orderingSql, type SearchTables } from "./search-sql.ts";
import { seenExperiments } from "./team-sight.ts";
import { readTraces, type TraceInfo } from "./trace-rows.ts";

const id = { column: "trace_id", type: "text" } as const;
const begun = { column: "request_time", type: "number" } as const;
const duration = { column: "execution_duration", type: "number" } as const;
const ended = { column: "end_time", type: "number" } as const;
const state = { column: "state", type: "text" } as const;

const vocabulary: Vocabulary = {
  entities: ["attribute", "tag", "metadata", "span", "feedback", "expectation"],
  attributes: {
    request_id: id,
    trace_id: id,
    timestamp: begun,
    timestamp_ms: begun,
    request_time: begun,
    execution_time: duration,
    execution_time_ms: duration,
    execution_duration: duration,
    end_time: ended,
    end_time_ms: ended,
    status: state,
    state,
    client_request_id: { column: "client_request_id", type: "text" },
    name: { on: "tag", key: traceTags.name, type: "text" },
    run_id: { on: "metadata", key: traceMetadata.run, type: "text" },
    text: { on: "span", key: "content", type: "text" },
  },
};

const join = sql<SqlBool>`x.trace_id = t.trace_id`;
const tables: SearchTables = {
  alias: "t",
  belongings: { tag: { table: "trace_tags", join }, metadata: { table: "trace_metadata", join } },
};

/** Traces of some experiments that match a filter; the newest first unless another order is asked for. */
export async function searchTraces(
  db: Database,
  experimentIds: readonly number[],
  request: SearchRequest,
): Promise<Page<TraceInfo>> {
  const mark = readPageMark(request.pageToken);
  const conditions = readFilter(request.filter, vocabulary);
  const order = readOrder(request.orderBy, vocabulary);
  const ids = await seenExperiments(db, request.sight ?? null, [...new Set(experimentIds)]);
  if (ids.length === 0) return { items: [], next: null };
  const wanted = isWanted(conditions);
  const { limit } = request;
  if (order.length === 0) {
    const rows = await readTraces(db, newest(ids, wanted, limit + 1, mark.after));
    const last = rows[limit - 1];
    if (rows.length <= limit || last === undefined) return { items: rows, next: null };
    return { items: rows.slice(0, limit), next: writeCursor([last.request_time, last.trace_id]) };
  }
  if (mark.after !== null) throw foreignPageToken();
  const rows = await readTraces(db, ordered(ids, wanted, order, limit + 1, mark.offset));
  return toPage(rows, mark.offset, limit);
}

/** Walks along each experiment's index of times from where the page before ended, so that deep pages cost no more. */
function newest(
  ids: readonly number[],
  wanted: RawBuilder<SqlBool>,
  limit: number,
  after: readonly [number, string] | null,
): RawBuilder<unknown> {
  const inOrder = sql`order by request_time desc, trace_id`;
  const beyond =
    after === null
      ? sql`true`
      : sql`t.request_time <= ${after[0]}::bigint and (t.request_time < ${after[0]}::bigint or t.trace_id > ${after[1]}::text)`;
  return sql`
    select trace_id, row_number() over (${inOrder}) as place
    from unnest(${ids}::bigint[]) as e(id) cross join lateral (
      select t.trace_id, t.request_time from traces as t
      where t.experiment_id = e.id and ${beyond} and ${wanted} ${inOrder} limit ${limit}
    ) as found ${inOrder} limit ${limit}`;
}

function ordered(
  ids: readonly number[],
  wanted: RawBuilder<SqlBool>,
  order: readonly Ordering[],
  limit: number,
  offset: number,
): RawBuilder<unknown> {
  const terms = order.map((ordering) => orderingSql(ordering, tables));
  const inOrder = sql`order by ${sql.join([...terms, sql`t.request_time desc`, sql`t.trace_id`])}`;
  return sql`
    select t.trace_id, row_number() over (${inOrder}) as place from traces as t
    where t.experiment_id = any(${ids}::bigint[]) and ${wanted} ${inOrder} limit ${limit} offset ${offset}`;
}

function isWanted(conditions: readonly Condition[]): RawBuilder<SqlBool> {
  const spans = conditions.filter(({ on }) => on === "span");
  const rest = conditions.filter(({ on }) => on !== "span").map(traceSql);
  const all = spans.length === 0 ? rest : [...rest, spansSql(spans)];
  return all.length === 0 ? sql`true` : sql<SqlBool>`${sql.join(all, sql` and `)}`;
}

function traceSql(condition: Condition): RawBuilder<SqlBool> {
  const { on, key, operator, value } = condition;
  if (on === "feedback" || on === "expectation") return assessmentSql(condition);
  const table = tables.belongings[on]?.table;
  if (table === undefined || operator !== "=") return conditionSql(condition, tables);
  // By the beginning of the value the index is used, wherever that reads fewer rows than a walk along the times.
  const held = sql`select x.trace_id from ${sql.table(table)} as x
    where x.key = ${key}::text and left(x.value, 100) = left(${value}::text, 100) and x.value = ${value}::text`;
  if (on !== "metadata" || key !== traceMetadata.run) return sql`t.trace_id in (${held})`;
  return sql`t.trace_id in (${held} union all select trace_id from trace_runs where run_id = ${value}::text)`;
}

function assessmentSql(condition: Condition): RawBuilder<SqlBool> {
  const { on, key, operator, type } = condition;
  const rows = sql`select 1 from trace_assessments as a
    where a.trace_id = t.trace_id and a.kind = ${on}::text and a.name = ${key}::text and a.valid`;
  if (operator === "IS NULL") return sql`not exists (${rows})`;
  if (operator === "IS NOT NULL") return sql`exists (${rows})`;
  const text = sql`a.value #>> '{}'`;
  // What is no number must not be read as one, whatever the planner looks at first.
  const number = sql`case when jsonb_typeof(a.value) = 'number' then (${text})::double precision end`;
  return sql`exists (${rows} and ${compare(type === "number" ? number : text, condition)})`;
}

const columnOf: Readonly<Record<string, RawBuilder<unknown>>> = {
  name: sql`s.name`,
  type: sql`s.type`,
  status: sql`s.status`,
  content: sql`s.span::text`,
};
const attributePrefix = "attributes.";

/**
 * One span meets all of the conditions. What the columns beside the spans tell needs no reading of the spans; a name is
 * found by its index, wherever that reads fewer rows than a walk along the times.
 */
function spansSql(conditions: readonly Condition[]): RawBuilder<SqlBool> {
  const isPlain = conditions.every(({ key }) => key !== "content" && !key.startsWith(attributePrefix));
  const columns = sql`unnest(c.names), unnest(c.types), unnest(c.statuses)`;
  const from = isPlain
    ? sql`rows from (${columns}) as s(name, type, status)`
    : sql`rows from (${columns}, jsonb_array_elements(c.spans)) as s(name, type, status, span)`;
  const met = sql.join(conditions.map(spanSql), sql` and `);
  const named = conditions.find(({ key, operator }) => key === "name" && operator === "=");
  if (named === undefined) {
    return sql`exists (
      select 1 from trace_spans as c cross join lateral ${from} where c.trace_id = t.trace_id and ${met}
    )`;
  }
  return sql`t.trace_id in (
    select c.trace_id from trace_spans as c cross join lateral ${from}
    where c.names @> array[${named.value}::text] and ${met}
  )`;
}

function spanSql(condition: Condition): RawBuilder<SqlBool> {
  if (!condition.key.startsWith(attributePrefix))
    return compare(columnOf[condition.key] ?? sql`null`, condition);
  const key = condition.key.slice(attributePrefix.length);
  const value = sql`coalesce(a.item -> 'value' ->> 'string_value', a.item ->> 'value')`;
  return sql`exists (
    select 1 from jsonb_array_elements(s.span -> 'attributes') as a(item)
    where a.item ->> 'key' = ${key}::text and ${compare(value, condition)}
  )`;
}
