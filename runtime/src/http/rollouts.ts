import {
  acceptedOutcomes,
  type Rollout,
  rollout,
  rolloutChangeRequest,
  rolloutHistory,
  rolloutList,
  rolloutOutcomes,
  rolloutPromotionRequest,
  rolloutRequest,
  rolloutStatistics,
} from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Problem } from "../domain/problem.ts";
import { candidatesOf } from "../domain/rollout-plan.ts";
import { comparisonsOf, variantsOf } from "../domain/rollout-statistics.ts";
import type { RolloutOrder } from "../domain/rollout-transition.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const byModel = z.object({ name: z.string().min(1).max(512) });
const byRollout = byModel.extend({ id: z.uuid() });
/** `before` is the `next` of the page before. */
const page = z.strictObject({
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
const answer = { 200: rollout };

/** Rollouts of registered models. */
export function serveRollouts(app: FastifyInstance, ports: Ports): void {
  serveReading(app, ports);
  serveStart(app, ports);
  serveOrders(app, ports);
  servePromotion(app, ports);
  serveStatistics(app, ports);
}

function serveReading(app: FastifyInstance, { rollouts, registry }: Ports): void {
  const list = { params: byModel, querystring: page, response: { 200: rolloutList } };
  serve(app, "listRollouts", list, async ({ params, query }) => {
    const found = await rollouts.list(params.name, query);
    if (found.rollouts.length === 0) await registry.get(params.name);
    return found;
  });
  serve(app, "activeRollouts", { response: { 200: rolloutList } }, async ({ identity }) => ({
    rollouts: [...(await rollouts.active(identity.team))],
    next: null,
  }));
  serve(app, "getRollout", { params: byRollout, response: answer }, ({ params }) =>
    rollouts.get({ model: params.name, id: params.id }),
  );
  const history = { params: byRollout, querystring: page, response: { 200: rolloutHistory } };
  serve(app, "rolloutHistory", history, ({ params, query }) =>
    rollouts.history({ model: params.name, id: params.id }, query),
  );
}

/** What is started is taken up by every replica; a candidate that cannot be loaded ends it. */
function serveStart(app: FastifyInstance, { rollouts }: Ports): void {
  const schemas = { params: byModel, body: rolloutRequest, response: { 201: rollout } };
  serve(app, "startRollout", schemas, async ({ params, body, identity }, reply) => {
    reply.code(201);
    const { rollout: spec, comment } = body;
    return await rollouts.start({ model: params.name, spec, actor: identity.name, comment });
  });
}

function serveOrders(app: FastifyInstance, ports: Ports): void {
  const { rollouts, models } = ports;
  const schemas = { params: byRollout, body: rolloutChangeRequest, response: answer };
  const orders = [
    ["pauseRollout", "pause"],
    ["resumeRollout", "resume"],
    ["advanceRollout", "advance"],
    ["abortRollout", "abort"],
  ] as const;
  for (const [route, kind] of orders) {
    serve(app, route, schemas, async ({ params, body, identity }) => {
      const at = { model: params.name, id: params.id };
      const done = await rollouts.command({ ...at, ...body, order: { kind }, actor: identity.name });
      // The champion from before a flip answers when the abort is answered.
      if (kind === "abort") await models.reconcile();
      return done;
    });
  }
}

/** When a promotion is answered with 200, the version is what is served here. */
function servePromotion(app: FastifyInstance, ports: Ports): void {
  const { rollouts, models, registry } = ports;
  const schemas = { params: byRollout, body: rolloutPromotionRequest, response: answer };
  serve(app, "promoteRollout", schemas, async ({ params: { name: model, id }, body, identity }) => {
    const { version, ...rest } = body;
    const wanted = version ?? onlyOf(candidatesOf((await rollouts.get({ model, id })).spec));
    const { artifact_path: artifactPath } = await registry.versions.get(model, wanted);
    await models.check({ model, version: wanted, artifactPath });
    const order: RolloutOrder = { kind: "promote", version };
    const done = await rollouts.command({ ...rest, model, id, order, actor: identity.name });
    await models.reconcile();
    return done;
  });
}

function onlyOf(candidates: readonly number[]): number {
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  throw new Problem("INVALID_REQUEST", `Say which version: ${candidates.join(", ")}.`);
}

function serveStatistics(app: FastifyInstance, { rollouts, rolloutCounts, models }: Ports): void {
  const read = { params: byRollout, response: { 200: rolloutStatistics } };
  serve(app, "rolloutStatistics", read, async ({ params: { name: model, id } }) => {
    const found = await rollouts.get({ model, id });
    const counts = await rolloutCounts.read(id, found.position);
    const { revision, position } = found;
    const isLoaded = (version: number) => models.isLoaded(model, version);
    return {
      ...{ id, revision, position },
      variants: [...variantsOf(found, counts, isLoaded)],
      comparisons: [...comparisonsOf(found, counts)],
    };
  });
  const report = { params: byRollout, body: rolloutOutcomes, response: { 200: acceptedOutcomes } };
  serve(app, "reportOutcomes", report, async ({ params, body: { outcomes } }) => {
    const found = await rollouts.get({ model: params.name, id: params.id });
    requireVersions(found, outcomes);
    const { id: rolloutId, position } = found;
    await rolloutCounts.add(
      [...Map.groupBy(outcomes, ({ version }) => version)].map(([version, own]) => ({
        ...{ rolloutId, position, version, latency: new Map<number, number>() },
        counts: {
          outcomes: own.length,
          outcome_sum: own.reduce((sum, { value }) => sum + value, 0),
          outcome_squares: own.reduce((sum, { value }) => sum + value * value, 0),
        },
      })),
    );
    return { accepted: outcomes.length };
  });
}

function requireVersions(
  { champion, spec }: Rollout,
  outcomes: readonly { readonly version: number }[],
): void {
  const known = [champion, ...candidatesOf(spec)];
  const unknown = [...new Set(outcomes.map(({ version }) => version))].filter((one) => !known.includes(one));
  if (unknown.length === 0) return;
  throw new Problem(
    "INVALID_REQUEST",
    `Versions ${unknown.join(", ")} are not in this rollout; ${known.join(", ")} are.`,
  );
}
