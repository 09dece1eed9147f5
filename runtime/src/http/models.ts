import { modelList, modelSummary, promotion, promotionResult } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../ports.ts";
import { serveChampion } from "./promotion.ts";
import { serve } from "./serve.ts";

const params = z.object({ name: z.string().min(1).max(512) });
/** `after` is the `next` of the page before. */
const page = z.strictObject({
  after: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** Registered models with what is served of them, and promotion. */
export function serveModels(app: FastifyInstance, ports: Ports): void {
  const { registry, models } = ports;
  serve(
    app,
    "listModels",
    { querystring: page, response: { 200: modelList } },
    async ({ query, identity }) => {
      const { models: found, next } = await registry.list({ ...query, sight: identity.team });
      return { models: found.map((model) => ({ ...model, serving: models.status(model.name) })), next };
    },
  );
  serve(app, "getModel", { params, response: { 200: modelSummary } }, async ({ params }) => {
    const model = await registry.get(params.name);
    return { ...model, serving: models.status(model.name) };
  });
  servePromotion(app, ports);
}

/** When a promotion is answered with 200, the version is what is served. */
function servePromotion(app: FastifyInstance, ports: Ports): void {
  const { registry, models, settings } = ports;
  const schemas = { params, body: promotion, response: { 200: promotionResult } };
  serve(app, "promoteModel", schemas, async ({ params: { name: model }, body, identity }) => {
    const { version, comment } = body;
    const { artifact_path: artifactPath } = await registry.versions.get(model, version);
    await registry.policies.require({ model, version });
    await models.check({ model, version, artifactPath });
    const { alias } = settings.serving;
    const change = { model, alias, version, actor: identity.name, comment };
    const { previousVersion } = await registry.setAlias(change);
    return await serveChampion(ports, { model, version, previousVersion });
  });
}
