import { randomUUID } from "node:crypto";
import { artifactUri, loggedModelFolder } from "../domain/artifact-uri.ts";
import type { LoggedModelStatus } from "../domain/mlflow-words.ts";
import { Problem } from "../domain/problem.ts";
import { checkParam, checkTag } from "../domain/tracking-limits.ts";
import type { Database } from "./database.ts";
import { type LoggedModel, loadLoggedModels } from "./logged-model-rows.ts";
import { searchLoggedModels } from "./logged-model-search.ts";
import { activeExperiment } from "./run-store.ts";
import { lastByKey, type Tag } from "./tags.ts";

export interface NewLoggedModel {
  readonly experimentId: number;
  readonly name: string;
  readonly modelType: string;
  readonly sourceRunId: string;
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

export const missingLoggedModel = (modelId: string) =>
  new Problem("NOT_FOUND", `Logged model with ID '${modelId.slice(0, 100)}' not found.`);

export function createLoggedModelStore(db: Database, clock: () => number) {
  async function get(modelId: string): Promise<LoggedModel> {
    const row = await db
      .selectFrom("logged_models")
      .selectAll()
      .where("model_id", "=", modelId)
      .where("lifecycle_stage", "=", "active")
      .executeTakeFirst();
    const [model] = row === undefined ? [] : await loadLoggedModels(db, [row]);
    if (model === undefined) throw missingLoggedModel(modelId);
    return model;
  }

  /** Changes a model in a transaction that also runs `then`, and returns it as it is afterwards. */
  async function change(
    modelId: string,
    set: Partial<Pick<LoggedModel, "status" | "lifecycle_stage">>,
    then: (trx: Database) => Promise<unknown> = async () => {},
  ): Promise<void> {
    await db.transaction().execute(async (trx) => {
      const changed = await trx
        .updateTable("logged_models")
        .set({ ...set, last_updated_time: clock() })
        .where("model_id", "=", modelId)
        .where("lifecycle_stage", "=", "active")
        .executeTakeFirst();
      if (changed.numUpdatedRows === 0n) throw missingLoggedModel(modelId);
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

    search: searchLoggedModels.bind(null, db),

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
