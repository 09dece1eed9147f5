import { identityInfo, platformInfo } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

/** Who the caller is, and what this installation is. */
export function servePlatform(app: FastifyInstance, ports: Ports): void {
  const startedAt = ports.clock();
  serve(app, "whoami", { response: { 200: identityInfo } }, ({ identity }) => ({
    name: identity.name,
    scopes: [...identity.scopes],
  }));
  serve(app, "platform", { response: { 200: platformInfo } }, async () => {
    const { release, stack, owner, environment } = ports.settings;
    const [tracking, models, activeJobs] = await Promise.all([
      ports.tracking.count(),
      ports.registry.count(),
      ports.training.countActive(),
    ]);
    const servedModels = ports.models.countReady();
    return {
      release,
      stack,
      owner,
      environment,
      startedAt,
      counts: { ...tracking, models, servedModels, activeJobs },
    };
  });
}
