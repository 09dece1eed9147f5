import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Condition, Entity, Ordering } from "../domain/search/vocabulary.ts";
import type { Database } from "./database.ts";
import { compare, conditionSql, orderKeySql, type SearchTables } from "./search-sql.ts";

/** How conditions and orders on runs read their tables, for the run that a column names. */
function tablesOf(run: "r.run_id" | "m.run_id"): SearchTables {
  const join = sql<SqlBool>`x.run_id = ${sql.ref(run)}`;
  return {
    alias: "r",
    isProbed: true,
    belongings: {
      metric: { table: "run_latest_metrics", join },
      param: { table: "run_params", join },
      tag: { table: "run_tags", join },
      dataset: { table: "run_inputs", join },
    },
  };
}

const runTables = tablesOf("r.run_id");
const metricTables = tablesOf("m.run_id");

/** What a search asks of the database. */
export interface RunQuery {
  readonly experimentIds: readonly number[];
  readonly stages: readonly string[];
  readonly conditions: readonly Condition[];
  readonly order: readonly Ordering[];
  readonly limit: number;
  readonly offset: number;
  /** Start and id of the run that the page before ended with, where runs come newest first. */
  readonly after: readonly [number, string] | null;
}

/** Longer values of params and tags are in no index; see the migration. */
const indexedCharacters = 250;
/** More matches than this are never gathered before they are put in order. */
const mostGathered = 10_000;

const indexed: Readonly<
  Partial<Record<Entity, { readonly table: string; readonly operators: readonly string[] }>>
> = {
  metric: { table: "run_latest_metrics", operators: ["=", "<", "<=", ">", ">="] },
  param: { table: "run_params", operators: ["=", "IN"] },
  tag: { table: "run_tags", operators: ["=", "IN"] },
};

/**
 * The ids of at most so many runs that meet a condition, by its index; null where no index serves it. In the index's
 * order, because the planner, which knows nothing of the values of one metric, would else read the whole table in the
 * hope of finding enough at its beginning.
 */
function matches(
  condition: Condition,
  experimentIds: readonly number[],
  most: number,
): RawBuilder<unknown> | null {
  const index = indexed[condition.on];
  if (index === undefined || !index.operators.includes(condition.operator)) return null;
  const isText = condition.on !== "metric";
  if (
    isText &&
    [condition.value].flat().some((value) => Array.from(String(value)).length > indexedCharacters)
  )
    return null;
  const isIndexed = isText ? sql`char_length(x.value) <= ${sql.lit(indexedCharacters)}` : sql`not x.is_nan`;
  const value = compare(sql.ref("x.value"), condition);
  return sql`select m.run_id from unnest(${experimentIds}::bigint[]) as e(id) cross join lateral (
      select x.run_id from ${sql.table(index.table)} as x
      where x.experiment_id = e.id and x.key = ${condition.key}::text and ${isIndexed} and ${value}
      order by x.value limit ${most}
    ) as m`;
}

/** A condition by the ids of the runs that meet it, and what they have to meet beside it. */
interface RareCondition {
  readonly ids: RawBuilder<unknown>;
  readonly others: readonly Condition[];
}

/**
 * The rarest of the conditions, when gathering all that meets it costs less than walking through the runs in the order
 * that is asked for until the page is full: with `m` matches among `t` runs a page of `n` is found after about
 * `n * t / m` runs, so the two cost the same at `m = sqrt(n * t)`. Null when walking is cheaper.
 */
export async function findRareCondition(db: Database, query: RunQuery): Promise<RareCondition | null> {
  const isServed = query.conditions.some(({ on }) => indexed[on] !== undefined);
  if (!isServed) return null;
  const wanted = query.offset + query.limit + 1;
  const total = await estimateRuns(db, query.experimentIds);
  const worth = Math.min(mostGathered, Math.ceil(Math.sqrt(wanted * total)));
  const found = query.conditions.flatMap((condition) => {
    const ids = matches(condition, query.experimentIds, worth + 1);
    const others = query.conditions.filter((other) => other !== condition);
    return ids === null ? [] : [{ ids, others }];
  });
  if (found.length === 0) return null;
  const counts = found.map(({ ids }) => sql`(select count(*) from (${ids} limit ${worth + 1}) as counted)`);
  const { rows } = await sql<{ counts: readonly (number | string)[] }>`
    select array[${sql.join(counts)}]::int[] as counts`.execute(db);
  const [rarest] = (rows[0]?.counts ?? [])
    .map((count, at) => ({ count: Number(count), at }))
    .sort((a, b) => a.count - b.count);
  return rarest !== undefined && rarest.count <= worth ? (found[rarest.at] ?? null) : null;
}

/** How many runs some experiments have, as the database's planner estimates it from its statistics. */
async function estimateRuns(db: Database, experimentIds: readonly number[]): Promise<number> {
  const { rows } = await sql<{
    "QUERY PLAN": readonly { readonly Plan: { readonly "Plan Rows": number } }[];
  }>`
    explain (format json) select 1 from runs where experiment_id = any(${experimentIds}::bigint[])`.execute(
    db,
  );
  return rows[0]?.["QUERY PLAN"][0]?.Plan["Plan Rows"] ?? 1;
}

/** The order of a page; runs that nothing else tells apart come newest first. */
const inOrder = (order: readonly Column[]) =>
  sql`order by ${sql.join([...order.map(({ byName }) => byName), sql`r.start_time desc`, sql`r.run_id`])}`;

function isWanted({ stages, conditions, after }: RunQuery): RawBuilder<SqlBool> {
  const all = conditions.map((condition) => conditionSql(condition, runTables));
  if (after !== null) {
    const [start, id] = after;
    all.push(
      sql`r.start_time <= ${start}::bigint and (r.start_time < ${start}::bigint or r.run_id > ${id}::text)`,
    );
  }
  return sql<SqlBool>`${sql.join([sql`r.lifecycle_stage = any(${stages}::text[])`, ...all], sql` and `)}`;
}

/** One row more than the page holds tells whether there is a next one. */
const pageOf = ({ limit, offset }: RunQuery) => sql`limit ${limit + 1} offset ${offset}`;

/** The page out of gathered runs: each is looked up by its id, however many the planner expects. */
export function gathered(query: RunQuery, ids: RawBuilder<unknown>): RawBuilder<unknown> {
  const order = ordered(query.order);
  return sql`select r.*, row_number() over (${inOrder(order)}) as place
    from (${ids}) as found cross join lateral (
      select r.* ${columns(order)} from runs as r where r.run_id = found.run_id and ${isWanted(query)} offset 0
    ) as r ${inOrder(order)} ${pageOf(query)}`;
}

/** The page by a walk through each experiment's runs in the order that is asked for. */
export function walked(query: RunQuery): RawBuilder<unknown> {
  const order = ordered(query.order);
  const rows = sql`select r.* ${columns(order)} from runs as r
    where r.experiment_id = e.id and ${isWanted(query)}`;
  return overExperiments(query, rows, order);
}

/**
 * The page by a walk along the values of the metric that comes first in the order. It holds runs that have the metric as
 * a number only; the others come after them, so a page that is not full has to be read in another way.
 */
export function walkedByMetric(query: RunQuery, first: Ordering): RawBuilder<unknown> {
  const order = [
    { key: sql`m.value`, name: sql.id("o0"), byName: sql`o0 ${first.descending ? sql`desc` : sql`asc`}` },
    ...ordered(query.order.slice(1), 1),
  ];
  // What was logged is looked at first: the run itself is read only where that fits.
  const ofRun = query.conditions.filter(({ on }) => on === "attribute");
  const logged = query.conditions.filter(({ on }) => on !== "attribute");
  const fits = logged.map((condition) => sql`and ${conditionSql(condition, metricTables)}`);
  const rows = sql`select r.* ${columns(order)} from run_latest_metrics as m cross join lateral (
      select * from runs as r where r.run_id = m.run_id and ${isWanted({ ...query, conditions: ofRun })} offset 0
    ) as r where m.experiment_id = e.id and m.key = ${first.key}::text and not m.is_nan ${sql.join(fits, sql` `)}`;
  return overExperiments(query, rows, order);
}

/** What runs are put in order by, computed once a run. */
interface Column {
  readonly key: RawBuilder<unknown>;
  readonly name: RawBuilder<unknown>;
  /** The column in an `order by`, with its direction. */
  readonly byName: RawBuilder<unknown>;
}

const columns = (order: readonly Column[]) =>
  sql.join([sql``, ...order.map(({ key, name }) => sql`${key} as ${name}`)], sql`, `);

/** Columns for an order, numbered from `start`. */
const ordered = (order: readonly Ordering[], start = 0): readonly Column[] =>
  order.map((ordering, at) => ({ key: orderKeySql(ordering, runTables), ...term(ordering, start + at) }));

function term(ordering: Ordering, at: number) {
  const name = sql.id(`o${at}`);
  // Indexes hold no `nulls last`; only where there may be nulls does it matter.
  const hasNulls = ordering.on !== "attribute" || ordering.key === "end_time";
  const nulls = hasNulls ? sql` nulls last` : sql``;
  return { name, byName: sql`${name} ${ordering.descending ? sql`desc` : sql`asc`}${nulls}` };
}

/** Takes what one page could need from each experiment, and the page from all of that. */
function overExperiments(
  query: RunQuery,
  rows: RawBuilder<unknown>,
  order: readonly Column[],
): RawBuilder<unknown> {
  const most = query.offset + query.limit + 1;
  return sql`select r.*, row_number() over (${inOrder(order)}) as place
    from unnest(${query.experimentIds}::bigint[]) as e(id) cross join lateral (
      ${rows} ${inOrder(order)} limit ${most}
    ) as r ${inOrder(order)} ${pageOf(query)}`;
}
