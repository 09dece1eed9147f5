import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { trackingLimits } from "../../domain/tracking-limits.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { listOf, required, step, tags, text } from "./fields.ts";

const { inputsInBatch } = trackingLimits;
const dataset = z.object({
  name: required,
  digest: required,
  source_type: text,
  source: text,
  schema: z.string().optional(),
  profile: z.string().optional(),
});
const inputs = z.object({
  run_id: required,
  datasets: listOf(z.object({ dataset, tags }), inputsInBatch).default([]),
  models: z
    .array(z.object({ model_id: required }))
    .max(inputsInBatch)
    .default([]),
});
const outputs = z.object({
  run_id: required,
  models: listOf(z.object({ model_id: required, step }), inputsInBatch),
});

/** What runs read and make. */
export function serveRunInputs(app: FastifyInstance, ports: Ports): void {
  const { runs } = ports.tracking;

  serve(app, "logInputs", { body: inputs }, async ({ body }) => {
    const models = body.models.map(({ model_id }) => ({ modelId: model_id, step: 0 }));
    await runs.logModels(body.run_id, { datasets: body.datasets, models, direction: "input" });
    return {};
  });
  serve(app, "logOutputs", { body: outputs }, async ({ body }) => {
    const models = body.models.map((model) => ({ modelId: model.model_id, step: model.step }));
    await runs.logModels(body.run_id, { datasets: [], models, direction: "output" });
    return {};
  });
  serve(app, "logModel", { body: z.object({ run_id: required, model_json: required }) }, async ({ body }) => {
    await runs.rememberModel(body.run_id, body.model_json);
    return {};
  });
}
