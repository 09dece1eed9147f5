import type { Selectable } from "kysely";
import type { Database } from "./database.ts";
import { type MetricValue, toMetric } from "./run-rows.ts";
import type { Tables } from "./tables.ts";
import { groupTags, type Tag } from "./tags.ts";

type Row = Selectable<Tables["logged_models"]>;

interface ModelMetric extends MetricValue {
  readonly runId: string;
  readonly datasetName: string;
  readonly datasetDigest: string;
}

/** A model that a run logged, before anybody registered it. */
export interface LoggedModel extends Row {
  readonly tags: readonly Tag[];
  readonly params: readonly Tag[];
  readonly metrics: readonly ModelMetric[];
}

/** Fetches what belongs to logged models, a query for each kind however many models there are. */
export async function loadLoggedModels(db: Database, rows: readonly Row[]): Promise<readonly LoggedModel[]> {
  const ids = rows.map((row) => row.model_id);
  if (ids.length === 0) return [];
  const [tags, params, metrics] = await Promise.all([
    db.selectFrom("logged_model_tags").selectAll().where("model_id", "in", ids).orderBy("key").execute(),
    db.selectFrom("logged_model_params").selectAll().where("model_id", "in", ids).orderBy("key").execute(),
    db.selectFrom("logged_model_metrics").selectAll().where("model_id", "in", ids).orderBy("key").execute(),
  ]);
  const tagsOf = groupTags(tags, (row) => row.model_id);
  const paramsOf = groupTags(params, (row) => row.model_id);
  return rows.map((row) => ({
    ...row,
    tags: tagsOf.get(row.model_id) ?? [],
    params: paramsOf.get(row.model_id) ?? [],
    metrics: metrics
      .filter((metric) => metric.model_id === row.model_id)
      .map((metric) => ({
        ...toMetric(metric),
        runId: metric.run_id,
        datasetName: metric.dataset_name,
        datasetDigest: metric.dataset_digest,
      })),
  }));
}
