import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { loggedModelStatuses, parseExperimentId } from "../../domain/mlflow-words.ts";
import type { Ports } from "../../ports.ts";
import type { LoggedModel } from "../../store/logged-model-rows.ts";
import { serve } from "../serve.ts";
import { listOf, nextPage, pageSize, required, tags, text, texts, toSearch } from "./fields.ts";
import { toMetric } from "./run-words.ts";

const byId = z.object({ modelId: required });
const newModel = z.object({
  experiment_id: required,
  name: text,
  model_type: text,
  source_run_id: text,
  params: tags,
  tags,
});
const searchFields = z.object({
  experiment_ids: texts,
  filter: text,
  max_results: pageSize(50, 1_000),
  order_by: listOf(z.object({ field_name: required, ascending: z.boolean().default(true) })).default([]),
  page_token: z.string().optional(),
});

const toLoggedModel = (model: LoggedModel) => ({
  info: {
    model_id: model.model_id,
    experiment_id: String(model.experiment_id),
    name: model.name,
    creation_timestamp_ms: model.creation_time,
    last_updated_timestamp_ms: model.last_updated_time,
    artifact_uri: model.artifact_location,
    status: model.status,
    model_type: model.model_type,
    source_run_id: model.source_run_id,
    tags: model.tags,
  },
  data: {
    params: model.params,
    metrics: model.metrics.map((metric) => ({
      ...toMetric(metric),
      model_id: model.model_id,
      run_id: metric.runId,
      ...(metric.datasetName === "" ? {} : { dataset_name: metric.datasetName }),
      ...(metric.datasetDigest === "" ? {} : { dataset_digest: metric.datasetDigest }),
    })),
  },
});

/** Models that runs logged; clients of MLflow 3 make one for every `log_model`. */
export function serveLoggedModels(app: FastifyInstance, ports: Ports): void {
  const { loggedModels } = ports.tracking;

  serve(app, "createLoggedModel", { body: newModel }, async ({ body }) => ({
    model: toLoggedModel(
      await loggedModels.create({
        experimentId: parseExperimentId(body.experiment_id),
        name: body.name,
        modelType: body.model_type,
        sourceRunId: body.source_run_id,
        params: body.params,
        tags: body.tags,
      }),
    ),
  }));
  serve(app, "getLoggedModel", { params: byId }, async ({ params }) => ({
    model: toLoggedModel(await loggedModels.get(params.modelId)),
  }));
  serve(
    app,
    "finalizeLoggedModel",
    { params: byId, body: z.object({ status: z.enum(loggedModelStatuses) }) },
    async ({ params, body }) => ({
      model: toLoggedModel(await loggedModels.finalize(params.modelId, body.status)),
    }),
  );
  serve(app, "deleteLoggedModel", { params: byId }, async ({ params }) => {
    await loggedModels.delete(params.modelId);
    return {};
  });
  serve(app, "setLoggedModelTags", { params: byId, body: z.object({ tags }) }, async ({ params, body }) => ({
    model: toLoggedModel(await loggedModels.setTags(params.modelId, body.tags)),
  }));
  serve(
    app,
    "deleteLoggedModelTag",
    { params: z.object({ modelId: required, key: required }) },
    async ({ params }) => {
      await loggedModels.deleteTag(params.modelId, params.key);
      return {};
    },
  );
  serve(
    app,
    "logLoggedModelParams",
    { params: byId, body: z.object({ params: tags }) },
    async ({ params, body }) => {
      await loggedModels.logParams(params.modelId, body.params);
      return {};
    },
  );
  serve(app, "searchLoggedModels", { body: searchFields }, async ({ body, identity }) => {
    const order_by = body.order_by.map((each) => `${each.field_name} ${each.ascending ? "ASC" : "DESC"}`);
    const experimentIds = body.experiment_ids.map(parseExperimentId);
    const page = await loggedModels.search(experimentIds, toSearch({ ...body, order_by }, identity));
    return { models: page.items.map(toLoggedModel), ...nextPage(page.next) };
  });
}
