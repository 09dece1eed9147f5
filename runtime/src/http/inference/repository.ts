import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Problem } from "../../domain/problem.ts";
import type { Ports } from "../../ports.ts";
import { sightOf } from "../../sight.ts";
import { serve } from "../serve.ts";
import { modelParams } from "./metadata.ts";

const empty = z.strictObject({}).nullish();
const indexBody = z.strictObject({ ready: z.boolean().optional() }).nullish();
const loadBody = z.strictObject({ parameters: empty }).nullish();
const unloadBody = z
  .strictObject({ parameters: z.strictObject({ unload_dependents: z.boolean().optional() }).nullish() })
  .nullish();

/**
 * The models of this service. Source: Triton Inference Server, "Model Repository Extension". Loading takes no files and
 * no configuration: what is served is what was promoted, and these addresses only bring it into memory or out of it.
 */
export function serveRepository(app: FastifyInstance, ports: Ports): void {
  const { models } = ports;
  serve(app, "repositoryIndex", { body: indexBody }, async ({ body, identity }) => {
    const seen = models.list().filter(await sightOf(ports, identity));
    return seen
      .filter(({ state }) => body?.ready !== true || state === "READY")
      .map(({ name, version, state, reason }) => ({ name, version: String(version), state, reason }));
  });
  serve(app, "repositoryLoad", { params: modelParams, body: loadBody }, async ({ params }) => {
    await models.load(params.model);
    return {};
  });
  serve(app, "repositoryUnload", { params: modelParams, body: unloadBody }, async ({ params }) => {
    await models.unload(params.model);
    return {};
  });
  serve(app, "modelsStatistics", {}, async ({ identity }) => ({
    model_stats: models.statistics().filter(await sightOf(ports, identity)),
  }));
  serve(app, "modelStatistics", { params: modelParams }, ({ params: { model, version } }) => {
    models.served(model, version);
    const stats = models.statistics().filter((one) => one.name === model);
    if (stats.length === 0) throw new Problem("MODEL_NOT_SERVED", `"${model}" is not in memory.`);
    return { model_stats: stats };
  });
}
