import { deliveryState, webhookDeliveryList, webhookReplay, webhookReplayResult } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const params = z.object({ id: z.string().max(100) });
/** `before` is the `next` of the page before. */
const page = z.strictObject({
  state: deliveryState.optional(),
  before: z.string().max(20).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});

/** What was sent to webhooks, and sending it again. */
export function serveEvents(app: FastifyInstance, ports: Ports): void {
  const { history } = ports.webhooks;
  serve(
    app,
    "listDeliveries",
    { params, querystring: page, response: { 200: webhookDeliveryList } },
    ({ params, query }) => history.list(params.id, query),
  );
  serve(
    app,
    "replayDeliveries",
    { params, body: webhookReplay, response: { 200: webhookReplayResult } },
    async ({ params, body }) => ({ replayed: await history.replay(params.id, body) }),
  );
}
