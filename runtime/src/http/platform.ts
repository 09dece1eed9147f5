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
    role: identity.role,
    team: identity.team,
  }));
  serve(app, "platform", { response: { 200: platformInfo } }, async ({ identity: { team } }) => {
    const { release, stack, owner, environment, serving } = ports.settings;
    const [tracking, models, activeJobs, champions] = await Promise.all([
      ports.tracking.count(team),
      ports.registry.count(team),
      ports.training.countActive(team),
      ports.registry.aliased(serving.alias, team),
    ]);
    const served = champions.filter(({ model }) => ports.models.status(model).state === "ready");
    return {
      release,
      stack,
      owner,
      environment,
      startedAt,
      counts: { ...tracking, models, servedModels: served.length, activeJobs },
    };
  });
}
