import { type RawBuilder, sql } from "kysely";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { Problem } from "../domain/problem.ts";
import { checkBatch, checkKey, checkParam, checkTag } from "../domain/tracking-limits.ts";
import { numberArray, textArray } from "./array-literal.ts";
import type { Database } from "./database.ts";
import { type MetricValue, toMetric } from "./run-rows.ts";
import { lockActiveRun, noRun, type RunAddress, requireActive, writeRunTags } from "./run-tag-store.ts";
import { lastByKey, type Tag } from "./tags.ts";
import { isTaken } from "./unique.ts";

/** A metric as it is logged; it may also be about a logged model and a data set. */
export interface NewMetric extends MetricValue {
  readonly modelId?: string | undefined;
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

/** What one log-batch writes. */
export interface Batch {
  readonly metrics: readonly NewMetric[];
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

/** MLflow keeps infinities as the largest doubles. */
const clamp = (value: number): number => Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);

type RunMetric = MetricValue & { readonly runId: string };

/** Logging to runs, and the history of metrics. */
export function createMetricStore(db: Database) {
  return {
    /** Writes metrics, params and tags of an active run, all or none. */
    async log(runId: string, { metrics, params, tags }: Batch): Promise<void> {
      checkBatch(metrics.length, params.length, tags.length);
      for (const { key } of metrics) checkKey("metric", key);
      for (const param of params) checkParam(param);
      for (const tag of tags) checkTag(tag);
      checkUniqueParams(params);
      const isPlain =
        params.length === 0 && tags.length === 0 && metrics.every(({ modelId = "" }) => modelId === "");
      if (isPlain) return await writeMetricsAlone(db, runId, metrics);
      await db.transaction().execute(async (trx) => {
        const run = await lockActiveRun(trx, runId);
        if (metrics.length > 0) await writeMetrics(trx, runId, metrics, sql`on conflict do nothing`);
        const ofModels = metrics.filter(({ modelId = "" }) => modelId !== "");
        if (ofModels.length > 0) await writeModelMetrics(trx, runId, ofModels);
        if (params.length > 0) await writeParams(trx, run, params);
        await writeRunTags(trx, run, tags);
      });
    },

    /** All values of a metric, oldest first. */
    async history(
      runId: string,
      key: string,
      limit: number,
      pageToken: string | undefined,
    ): Promise<Page<MetricValue>> {
      const offset = readPageToken(pageToken);
      const run = await db.selectFrom("runs").select("run_id").where("run_id", "=", runId).executeTakeFirst();
      if (run === undefined) throw noRun(runId);
      const rows = await db
        .selectFrom("run_metrics")
        .select(["key", "value", "is_nan", "step", "timestamp"])
        .where("run_id", "=", runId)
        .where("key", "=", key)
        .orderBy("timestamp")
        .orderBy("step")
        .orderBy("value")
        .limit(limit + 1)
        .offset(offset)
        .execute();
      return toPage(rows.map(toMetric), offset, limit);
    },

    /** The first values of a metric of several runs, run by run, oldest first. */
    async histories(runIds: readonly string[], key: string, limit: number): Promise<readonly RunMetric[]> {
      const rows = await db
        .selectFrom("run_metrics")
        .select(["run_id", "key", "value", "is_nan", "step", "timestamp"])
        .where("run_id", "in", runIds)
        .where("key", "=", key)
        .orderBy("run_id")
        .orderBy("timestamp")
        .orderBy("step")
        .orderBy("value")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...toMetric(row), runId: row.run_id }));
    },

    /** Values of a metric of several runs between two steps, thinned out evenly to at most `limit` steps a run, ends included. */
    async sampled(
      runIds: readonly string[],
      key: string,
      steps: { readonly start: number; readonly end: number } | null,
      limit: number,
    ): Promise<readonly RunMetric[]> {
      const { start, end } = steps ?? { start: Number.MIN_SAFE_INTEGER, end: Number.MAX_SAFE_INTEGER };
      const { rows } = await sql<MetricValue & { run_id: string; is_nan: boolean }>`
        with chosen as (
          select m.*,
            dense_rank() over (partition by run_id order by step) - 1 as place,
            (select count(distinct s.step) from run_metrics s where s.run_id = m.run_id and s.key = m.key
              and s.step between ${start}::bigint and ${end}::bigint) as total
          from run_metrics m
          where run_id = any(${runIds}::text[]) and key = ${key}::text
            and step between ${start}::bigint and ${end}::bigint
        )
        select run_id, key, value, is_nan, step, timestamp from chosen
        where total <= ${limit}::bigint or place = total - 1
          or place % greatest(ceil(total::double precision / ${limit}::double precision)::bigint, 1) = 0
        order by run_id, step, timestamp, value`.execute(db);
      return rows.map((row) => ({ ...toMetric(row), runId: row.run_id }));
    },
  };
}

/**
 * The metrics of a batch as a table in SQL: one array a column, so that the statement's text is always the same. NaN
 * travels as itself and is kept as 0 with a mark.
 */
function metricRows(metrics: readonly NewMetric[], more: readonly Column[] = []): RawBuilder<unknown> {
  const columns = [
    sql`${textArray(metrics.map(({ key }) => key))}::text[]`,
    sql`${numberArray(metrics.map(({ value }) => clamp(value)))}::double precision[]`,
    sql`${numberArray(metrics.map(({ step }) => step))}::bigint[]`,
    sql`${numberArray(metrics.map(({ timestamp }) => timestamp))}::bigint[]`,
    ...more.map(({ of }) => sql`${textArray(metrics.map(of))}::text[]`),
  ];
  const names = ["key", "logged", "step", "timestamp", ...more.map(({ name }) => name)];
  return sql`(
    select sent.*, logged = 'NaN' as is_nan, case when logged = 'NaN' then 0 else logged end as value
    from unnest(${sql.join(columns)}) as sent(${sql.join(names.map((name) => sql.ref(name)))})
  ) as n`;
}

interface Column {
  readonly name: string;
  readonly of: (metric: NewMetric) => string;
}

/** What a metric may say of a logged model. */
const modelColumns: readonly Column[] = [
  { name: "model_id", of: ({ modelId = "" }) => modelId },
  { name: "dataset_name", of: ({ datasetName = "" }) => datasetName },
  { name: "dataset_digest", of: ({ datasetDigest = "" }) => datasetDigest },
];

/**
 * Values that are there already are rare, and to expect one at each row costs PostgreSQL as much again as to write it:
 * so none is expected first, and they are left out where there was one. Outside of a transaction, which the first
 * attempt would have ended.
 */
async function writeMetricsAlone(db: Database, runId: string, metrics: readonly NewMetric[]): Promise<void> {
  try {
    await writeMetrics(db, runId, metrics, sql``);
  } catch (error) {
    if (!isTaken(error)) throw error;
    await writeMetrics(db, runId, metrics, sql`on conflict do nothing`);
  }
}

/** In one statement, so that nobody waits for a second one: nothing is written when the run takes nothing. */
async function writeMetrics(
  db: Database,
  runId: string,
  metrics: readonly NewMetric[],
  ifThere: RawBuilder<unknown>,
): Promise<void> {
  const { rows } = await sql<{ lifecycle_stage: string }>`
    with run as materialized (
      select experiment_id, lifecycle_stage from runs where run_id = ${runId}::text for key share
    ),
    n as materialized (
      select n.key, n.value, n.is_nan, n.step, n.timestamp, run.experiment_id from run cross join ${metricRows(metrics)} where run.lifecycle_stage = 'active'
    ),
    history as (
      insert into run_metrics (run_id, key, value, is_nan, step, timestamp)
      select ${runId}::text, key, value, is_nan, step, timestamp from n
      order by key, timestamp, step, value, is_nan
      ${ifThere}
    ),
    latest as (
      insert into run_latest_metrics as latest (run_id, experiment_id, key, value, is_nan, step, timestamp)
      select distinct on (key) ${runId}::text, experiment_id, key, value, is_nan, step, timestamp from n
      order by key, step desc, timestamp desc, value desc
      on conflict (run_id, key) do update
        set value = excluded.value, is_nan = excluded.is_nan, step = excluded.step, timestamp = excluded.timestamp
        where (excluded.step, excluded.timestamp, excluded.value) > (latest.step, latest.timestamp, latest.value)
    )
    select lifecycle_stage from run`.execute(db);
  requireActive(runId, rows[0]);
}

/** A model that is gone keeps nobody from logging the run's metric. */
async function writeModelMetrics(trx: Database, runId: string, metrics: readonly NewMetric[]): Promise<void> {
  await sql`
    insert into logged_model_metrics as latest
      (model_id, run_id, key, dataset_name, dataset_digest, value, is_nan, step, timestamp)
    select distinct on (n.model_id, key, dataset_name, dataset_digest)
      n.model_id, ${runId}::text, key, dataset_name, dataset_digest, value, is_nan, step, timestamp
    from ${metricRows(metrics, modelColumns)} join logged_models m on m.model_id = n.model_id
    order by n.model_id, key, dataset_name, dataset_digest, step desc, timestamp desc, value desc
    on conflict (model_id, key, dataset_name, dataset_digest, run_id) do update
      set value = excluded.value, is_nan = excluded.is_nan, step = excluded.step, timestamp = excluded.timestamp
      where (excluded.step, excluded.timestamp, excluded.value) > (latest.step, latest.timestamp, latest.value)
  `.execute(trx);
}

/** Params are written once: the same value again is fine, another one is refused. */
async function writeParams(
  trx: Database,
  { runId, experimentId }: RunAddress,
  params: readonly Tag[],
): Promise<void> {
  const rows = lastByKey(params);
  const keys = rows.map(({ key }) => key);
  await trx
    .insertInto("run_params")
    .values(rows.map(({ key, value }) => ({ run_id: runId, experiment_id: experimentId, key, value })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stored = await trx
    .selectFrom("run_params")
    .select(["key", "value"])
    .where("run_id", "=", runId)
    .where("key", "in", keys)
    .execute();
  const given = new Map(rows.map(({ key, value }) => [key, value]));
  const changed = stored.filter(({ key, value }) => given.get(key) !== value);
  if (changed.length === 0) return;
  const problems = changed.map(
    ({ key, value }) =>
      `Param with key='${key}' was already logged with value='${value}' for run ID='${runId}'. Attempted logging new value '${given.get(key)}'.`,
  );
  throw new Problem(
    "INVALID_REQUEST",
    `Changing param values is not allowed. ${problems.join(" ")}`,
    problems,
  );
}

function checkUniqueParams(params: readonly Tag[]): void {
  const given = new Map<string, string>();
  const twice = new Set<string>();
  for (const { key, value } of params) {
    if (given.has(key) && given.get(key) !== value) twice.add(key);
    given.set(key, value);
  }
  if (twice.size > 0) {
    const keys = [...twice].map((key) => `'${key}'`).join(", ");
    throw new Problem(
      "INVALID_REQUEST",
      `Duplicate parameter keys have been submitted: [${keys}]. Please ensure the request contains only one param value per param key.`,
    );
  }
}
