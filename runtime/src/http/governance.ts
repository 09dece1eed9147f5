import {
  approval,
  approvalList,
  approvalRequest,
  championAt,
  modelHistory,
  modelPromotionPolicy,
  promotionChecks,
  promotionPolicy,
  promotionResult,
  rollbackRequest,
} from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";
import { serveChampion } from "./promotion.ts";
import { serve } from "./serve.ts";

const name = z.string().min(1).max(512);
const byModel = z.object({ name });
const byVersion = z.object({ name, version: z.coerce.number().int().min(1).max(2_147_483_647) });
const moment = z.coerce.number().int().min(0).max(8_640_000_000_000_000);
/** `before` is the `next` of the page before. */
const page = z.strictObject({
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** History, rollback, approvals and promotion policies of registered models. */
export function serveGovernance(app: FastifyInstance, ports: Ports): void {
  serveHistory(app, ports);
  serveRollback(app, ports);
  serveApprovals(app, ports);
  servePolicies(app, ports);
}

function serveHistory(app: FastifyInstance, { registry, settings, clock }: Ports): void {
  const history = { params: byModel, querystring: page, response: { 200: modelHistory } };
  serve(app, "modelHistory", history, async ({ params, query }) => {
    const found = await registry.history.page(params.name, query);
    if (found.entries.length === 0) await registry.get(params.name);
    return found;
  });
  const champion = {
    params: byModel,
    querystring: z.strictObject({ at: moment.optional() }),
    response: { 200: championAt },
  };
  serve(app, "championAt", champion, async ({ params: { name: model }, query }) => {
    const at = query.at ?? clock();
    const { alias } = settings.serving;
    const change = await registry.history.at(model, alias, at);
    if (change === null) await registry.get(model);
    const version = change?.kind === "alias" ? change.to : null;
    return { model, environment: settings.environment, alias, at, version, change };
  });
}

/** When a rollback is answered with 200, the version that it went back to is what is served. */
function serveRollback(app: FastifyInstance, ports: Ports): void {
  const { registry, models } = ports;
  const schemas = { params: byModel, body: rollbackRequest, response: { 200: promotionResult } };
  serve(app, "rollbackModel", schemas, async ({ params: { name: model }, body, identity }) => {
    const { from, to: version } = await registry.findRollback(model);
    if (body.from !== undefined && body.from !== from) {
      const now = from === null ? "none is" : `version ${from} is`;
      throw new Problem("CONFLICT", `Version ${body.from} is not the champion of "${model}"; ${now}.`);
    }
    const { artifact_path: artifactPath } = await registry.versions.get(model, version);
    await models.check({ model, version, artifactPath });
    await registry.rollBack({ model, from, to: version, actor: identity.name, comment: body.comment });
    return await serveChampion(ports, { model, version, previousVersion: from });
  });
}

function serveApprovals(app: FastifyInstance, { registry: { approvals } }: Ports): void {
  const versionOf = ({ name: model, version }: z.output<typeof byVersion>) => ({ model, version });
  serve(app, "listApprovals", { params: byVersion, response: { 200: approvalList } }, async ({ params }) => ({
    approvals: await approvals.list(versionOf(params)),
  }));
  const give = { params: byVersion, body: approvalRequest, response: { 201: approval } };
  serve(app, "giveApproval", give, async ({ params, body, identity }, reply) => {
    reply.code(201);
    return await approvals.give(versionOf(params), body, identity.name);
  });
  const withdraw = { params: byVersion.extend({ id: z.uuid() }), response: { 200: approval } };
  serve(app, "withdrawApproval", withdraw, ({ params, identity }) =>
    approvals.withdraw(versionOf(params), params.id, identity.name),
  );
}

function servePolicies(app: FastifyInstance, { registry: { policies, get } }: Ports): void {
  const response = { 200: modelPromotionPolicy };
  serve(app, "getPromotionPolicy", { params: byModel, response }, async ({ params }) => {
    await get(params.name);
    return await policies.read(params.name);
  });
  const write = { params: byModel, body: promotionPolicy, response };
  serve(app, "setPromotionPolicy", write, ({ params, body, identity }) =>
    policies.write(params.name, body, identity.name),
  );
  const checks = { params: byVersion, response: { 200: promotionChecks } };
  serve(app, "promotionChecks", checks, ({ params }) =>
    policies.check({ model: params.name, version: params.version }),
  );
}
