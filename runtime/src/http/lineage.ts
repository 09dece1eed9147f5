import {
  type LineageBatchResult,
  type LineageEvent,
  lineageBatch,
  lineageBatchResult,
  lineageEvent,
  lineageGraph,
  lineageQuery,
} from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { homeOf } from "../domain/identity.ts";
import { Problem } from "../domain/problem.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";
import { unpack } from "./unpack.ts";

/** OpenLineage events in, and the lineage graph. */
export async function serveLineage(app: FastifyInstance, ports: Ports): Promise<void> {
  const { bodyLimitBytes, nodeLimit } = ports.settings.lineage;
  const limits = { bodyLimitBytes };
  await app.register(async (scope) => {
    scope.addHook("preParsing", async (request, _reply, payload) => unpack(request, payload, bodyLimitBytes));
    serve(
      scope,
      "receiveLineage",
      { body: lineageEvent, response: { 200: z.strictObject({}) } },
      async ({ body, identity }) => {
        await ports.lineage.receive(body, homeOf(identity));
        return {};
      },
      limits,
    );
    serve(
      scope,
      "receiveLineageBatch",
      { body: lineageBatch, response: { 200: lineageBatchResult } },
      ({ body, identity }) => receiveAll(body, (event) => ports.lineage.receive(event, homeOf(identity))),
      limits,
    );
  });
  serve(
    app,
    "lineageGraph",
    { querystring: lineageQuery, response: { 200: lineageGraph } },
    ({ query, identity: { team: sight } }) =>
      ports.lineage.graph({ ...query, nodeLimit, servingAlias: ports.settings.serving.alias, sight }),
  );
}

/** Takes what can be taken; only an event that could go well another time is worth sending again. */
async function receiveAll(
  events: readonly unknown[],
  receive: (event: LineageEvent) => Promise<void>,
): Promise<LineageBatchResult> {
  const failed: LineageBatchResult["failed_events"] = [];
  for (const [index, given] of events.entries()) {
    const event = lineageEvent.safeParse(given);
    if (!event.success) {
      failed.push({ index, reason: reasonOf(event.error), retriable: false });
      continue;
    }
    try {
      await receive(event.data);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failed.push({ index, reason: error.message, retriable: error.status >= 500 });
    }
  }
  const successful = events.length - failed.length;
  const status = failed.length === 0 ? "success" : successful === 0 ? "failure" : "partial_success";
  return {
    status,
    summary: { received: events.length, successful, failed: failed.length },
    failed_events: failed,
  };
}

const reasonsLimit = 5;

function reasonOf(error: z.ZodError): string {
  return error.issues
    .slice(0, reasonsLimit)
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`))
    .join("; ");
}
