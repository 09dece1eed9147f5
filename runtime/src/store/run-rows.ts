import type { Selectable } from "kysely";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";
import { groupTags, type Tag } from "./tags.ts";

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

export const toMetric = (row: MetricValue & { is_nan: boolean }): MetricValue => ({
  key: row.key,
  value: row.is_nan ? Number.NaN : row.value,
  step: row.step,
  timestamp: row.timestamp,
});

function groupBy<T extends { run_id: string }>(rows: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.run_id);
    if (group === undefined) groups.set(row.run_id, [row]);
    else group.push(row);
  }
  return groups;
}

/** Fetches what belongs to runs, a query for each kind however many runs there are. */
export async function loadRuns(db: Database, rows: readonly RunInfo[]): Promise<readonly Run[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.run_id);
  const of = <T extends "run_tags" | "run_params">(table: T) =>
    db
      .selectFrom<"run_tags" | "run_params">(table)
      .select(["run_id", "key", "value"])
      .where("run_id", "in", ids)
      .orderBy("key")
      .execute();
  const [tags, params, metrics, inputs, models] = await Promise.all([
    of("run_tags"),
    of("run_params"),
    db.selectFrom("run_latest_metrics").selectAll().where("run_id", "in", ids).orderBy("key").execute(),
    db.selectFrom("run_inputs").selectAll().where("run_id", "in", ids).orderBy("dataset_name").execute(),
    db.selectFrom("run_models").selectAll().where("run_id", "in", ids).orderBy("step").execute(),
  ]);
  const tagsOf = groupTags(tags, (row) => row.run_id);
  const paramsOf = groupTags(params, (row) => row.run_id);
  const [metricsOf, inputsOf, modelsOf] = [groupBy(metrics), groupBy(inputs), groupBy(models)];
  const modelsIn = (runId: string, direction: "input" | "output") =>
    (modelsOf.get(runId) ?? [])
      .filter((row) => row.direction === direction)
      .map((row) => ({ modelId: row.model_id, step: row.step }));
  return rows.map((row) => ({
    ...row,
    metrics: (metricsOf.get(row.run_id) ?? []).map(toMetric),
    params: paramsOf.get(row.run_id) ?? [],
    tags: tagsOf.get(row.run_id) ?? [],
    inputs: (inputsOf.get(row.run_id) ?? []).map(toInput),
    modelInputs: modelsIn(row.run_id, "input"),
    modelOutputs: modelsIn(row.run_id, "output"),
  }));
}

const toInput = (row: Selectable<Tables["run_inputs"]>): RunInput => ({
  dataset: row.dataset as unknown as Dataset,
  tags: row.tags,
});
