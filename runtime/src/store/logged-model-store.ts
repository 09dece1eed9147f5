import { randomUUID } from "node:crypto";
import { type Selectable, type SqlBool, sql } from "kysely";
import { artifactUri, loggedModelFolder } from "../domain/artifact-uri.ts";
import type { LoggedModelStatus } from "../domain/mlflow-words.ts";
import { type Page, readPageToken, toPage } from "../domain/page-token.ts";
import { Problem } from "../domain/problem.ts";
import { readFilter, readOrder, type Vocabulary } from "../domain/search/vocabulary.ts";
import { checkParam, checkTag } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import type { SearchRequest } from "./experiment-store.ts";
import { type MetricValue, toMetric } from "./run-rows.ts";
import { activeExperiment } from "./run-store.ts";
import { conditionSql, orderingSql, type SearchTables } from "./search-sql.ts";
import type { Tables } from "./tables.ts";
import { groupTags, lastByKey, type Tag } from "./tags.ts";

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

export interface NewLoggedModel {
  readonly experimentId: number;
  readonly name: string;
  readonly modelType: string;
  readonly sourceRunId: string;
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

const createdAt = { column: "creation_time", type: "number" } as const;
const updatedAt = { column: "last_updated_time", type: "number" } as const;
const vocabulary: Vocabulary = {
  entities: ["attribute", "metric", "param", "tag"],
  attributes: {
    name: { column: "name", type: "text" },
    model_id: { column: "model_id", type: "text" },
    model_type: { column: "model_type", type: "text" },
    status: { column: "status", type: "text" },
    source_run_id: { column: "source_run_id", type: "text" },
    creation_timestamp: createdAt,
    creation_time: createdAt,
    last_updated_timestamp: updatedAt,
  },
};
const join = sql<SqlBool>`x.model_id = m.model_id`;
const tables: SearchTables = {
  alias: "m",
  belongings: {
    metric: { table: "logged_model_metrics", join },
    param: { table: "logged_model_params", join },
    tag: { table: "logged_model_tags", join },
  },
};

const missing = (modelId: string) =>
  new Problem("NOT_FOUND", `Logged model with ID '${modelId.slice(0, 100)}' not found.`);

export function createLoggedModelStore(db: Database, clock: () => number) {
  async function load(rows: readonly Row[]): Promise<readonly LoggedModel[]> {
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

  async function get(modelId: string): Promise<LoggedModel> {
    const row = await db
      .selectFrom("logged_models")
      .selectAll()
      .where("model_id", "=", modelId)
      .where("lifecycle_stage", "=", "active")
      .executeTakeFirst();
    const [model] = row === undefined ? [] : await load([row]);
    if (model === undefined) throw missing(modelId);
    return model;
  }

  /** Changes a model in a transaction that also runs `then`, and returns it as it is afterwards. */
  async function change(
    modelId: string,
    set: Partial<Pick<Row, "status" | "lifecycle_stage">>,
    then: (trx: Database) => Promise<unknown> = async () => {},
  ): Promise<void> {
    await db.transaction().execute(async (trx) => {
      const changed = await trx
        .updateTable("logged_models")
        .set({ ...set, last_updated_time: clock() })
        .where("model_id", "=", modelId)
        .where("lifecycle_stage", "=", "active")
        .executeTakeFirst();
      if (changed.numUpdatedRows === 0n) throw missing(modelId);
      await then(trx);
    });
  }

  return {
    get,

    async create(model: NewLoggedModel): Promise<LoggedModel> {
      for (const tag of model.tags) checkTag(tag);
      for (const param of model.params) checkParam(param);
      const modelId = `m-${randomUUID().replaceAll("-", "")}`;
      const now = clock();
      await db.transaction().execute(async (trx) => {
        const location = await activeExperiment(trx, model.experimentId);
        await trx
          .insertInto("logged_models")
          .values({
            model_id: modelId,
            experiment_id: model.experimentId,
            name: model.name || modelId,
            artifact_location: artifactUri(loggedModelFolder(location, modelId)),
            source_run_id: model.sourceRunId,
            status: "LOGGED_MODEL_PENDING",
            model_type: model.modelType,
            creation_time: now,
            last_updated_time: now,
            lifecycle_stage: "active",
          })
          .execute();
        await writeTags(trx, modelId, model.tags);
        await writeParams(trx, modelId, model.params);
      });
      return await get(modelId);
    },

    async finalize(modelId: string, status: LoggedModelStatus): Promise<LoggedModel> {
      await change(modelId, { status });
      return await get(modelId);
    },

    delete: (modelId: string) => change(modelId, { lifecycle_stage: "deleted" }),

    async setTags(modelId: string, tags: readonly Tag[]): Promise<LoggedModel> {
      for (const tag of tags) checkTag(tag);
      await change(modelId, {}, (trx) => writeTags(trx, modelId, tags));
      return await get(modelId);
    },

    deleteTag: (modelId: string, key: string) =>
      change(modelId, {}, (trx) =>
        trx.deleteFrom("logged_model_tags").where("model_id", "=", modelId).where("key", "=", key).execute(),
      ),

    async logParams(modelId: string, params: readonly Tag[]): Promise<void> {
      for (const param of params) checkParam(param);
      await change(modelId, {}, (trx) => writeParams(trx, modelId, params));
    },

    async search(experimentIds: readonly number[], request: SearchRequest): Promise<Page<LoggedModel>> {
      const offset = readPageToken(request.pageToken);
      const conditions = readFilter(request.filter, vocabulary);
      const order = readOrder(request.orderBy, vocabulary);
      if (experimentIds.length === 0) return { items: [], next: null };
      let query = db
        .selectFrom("logged_models as m")
        .selectAll("m")
        .where("m.experiment_id", "in", experimentIds)
        .where("m.lifecycle_stage", "=", "active");
      for (const condition of conditions) query = query.where(conditionSql(condition, tables));
      for (const ordering of order) query = query.orderBy(orderingSql(ordering, tables));
      const rows = await query
        .orderBy("m.creation_time", "desc")
        .orderBy("m.model_id")
        .limit(request.limit + 1)
        .offset(offset)
        .execute();
      const page = toPage(rows, offset, request.limit);
      return { ...page, items: await load(page.items) };
    },
  };
}

async function writeTags(trx: Database, modelId: string, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  await trx
    .insertInto("logged_model_tags")
    .values(lastByKey(tags).map(({ key, value }) => ({ model_id: modelId, key, value })))
    .onConflict((conflict) =>
      conflict.columns(["model_id", "key"]).doUpdateSet({ value: (eb) => eb.ref("excluded.value") }),
    )
    .execute();
}

async function writeParams(trx: Database, modelId: string, params: readonly Tag[]): Promise<void> {
  if (params.length === 0) return;
  await trx
    .insertInto("logged_model_params")
    .values(lastByKey(params).map(({ key, value }) => ({ model_id: modelId, key, value })))
    .onConflict((conflict) =>
      conflict.columns(["model_id", "key"]).doUpdateSet({ value: (eb) => eb.ref("excluded.value") }),
    )
    .execute();
}
