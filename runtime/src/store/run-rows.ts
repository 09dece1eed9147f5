import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";
import type { Tag } from "./tags.ts";

/** A metric's value; NaN is kept as a mark, because the database orders it above everything. */
export interface MetricValue {
  readonly key: string;
  readonly value: number;
  readonly step: number;
  readonly timestamp: number;
}

export interface Dataset {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string | undefined;
  readonly profile?: string | undefined;
}

export interface RunInput {
  readonly dataset: Dataset;
  readonly tags: readonly Tag[];
}

interface RunModel {
  readonly modelId: string;
  readonly step: number;
}

/** What a run reads or makes. */
export interface LogModels {
  readonly datasets: readonly RunInput[];
  readonly models: readonly RunModel[];
  readonly direction: "input" | "output";
}

export type RunInfo = Selectable<Tables["runs"]>;

/** A run with all that was logged to it; of metrics the latest values. */
export interface Run extends RunInfo {
  readonly metrics: readonly MetricValue[];
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
  readonly inputs: readonly RunInput[];
  readonly modelInputs: readonly RunModel[];
  readonly modelOutputs: readonly RunModel[];
}

/**
 * A run whose belongings are JSON already, as MLflow's clients read it: a page of a thousand runs has ten thousand of
 * them, and the database writes them faster than we could read and write them again.
 */
export interface WrittenRun extends RunInfo {
  readonly metrics: string;
  readonly params: string;
  readonly tags: string;
  readonly inputs: string;
  readonly model_inputs: string;
  readonly model_outputs: string;
}

export const toMetric = (row: MetricValue & { is_nan: boolean }): MetricValue => ({
  key: row.key,
  value: row.is_nan ? Number.NaN : row.value,
  step: row.step,
  timestamp: row.timestamp,
});

const list = (elements: RawBuilder<unknown>) =>
  sql`(select coalesce('[' || string_agg(${elements}, ',') || ']', '[]')`;
const tagList = (
  table: string,
) => sql`${list(sql`'{"key":' || to_json(x.key) || ',"value":' || to_json(x.value) || '}'`)}
  from (select key, value from ${sql.table(table)} where run_id = p.run_id order by key) as x)`;
const metricList = sql`${list(sql`'{"key":' || to_json(x.key) || ',"value":'
    || case when x.is_nan then '"NaN"' else x.value::text end
    || ',"timestamp":' || x.timestamp || ',"step":' || x.step || '}'`)}
  from (select * from run_latest_metrics where run_id = p.run_id order by key) as x)`;
const inputList = sql`${list(sql`'{"dataset":' || x.dataset::text || ',"tags":' || x.tags::text || '}'`)}
  from (select dataset, tags from run_inputs where run_id = p.run_id order by dataset_name) as x)`;
const modelList = (direction: "input" | "output") => sql`${list(sql`'{"model_id":' || to_json(x.model_id)
    || case when x.direction = 'output' then ',"step":' || x.step else '' end || '}'`)}
  from (select * from run_models where run_id = p.run_id and direction = ${direction} order by step) as x)`;

/** Runs with their belongings, in one statement; `page` selects rows of runs, with their place in the answer. */
export async function readRuns(db: Database, page: RawBuilder<unknown>): Promise<readonly WrittenRun[]> {
  const { rows } = await sql<WrittenRun>`
    select p.run_id, p.experiment_id, p.name, p.user_id, p.status, p.start_time, p.end_time, p.lifecycle_stage,
      p.artifact_uri, ${tagList("run_tags")} as tags, ${tagList("run_params")} as params, ${metricList} as metrics,
      ${inputList} as inputs, ${modelList("input")} as model_inputs, ${modelList("output")} as model_outputs
    from (${page}) as p order by p.place`.execute(db);
  return rows;
}

/** A run as values. */
export function parseRun(run: WrittenRun): Run {
  const { model_inputs, model_outputs, ...info } = run;
  const models = (text: string) =>
    (JSON.parse(text) as { model_id: string; step?: number }[]).map(({ model_id, step = 0 }) => ({
      modelId: model_id,
      step,
    }));
  return {
    ...info,
    metrics: (JSON.parse(run.metrics) as (MetricValue & { value: number | "NaN" })[]).map((metric) => ({
      ...metric,
      value: Number(metric.value),
    })),
    params: JSON.parse(run.params) as Tag[],
    tags: JSON.parse(run.tags) as Tag[],
    inputs: JSON.parse(run.inputs) as RunInput[],
    modelInputs: models(model_inputs),
    modelOutputs: models(model_outputs),
  };
}
