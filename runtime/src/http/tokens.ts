import { newTokenAnswer, tokenList, tokenRequest } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const page = z.strictObject({
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** Personal tokens. The secret is in one answer only, which nobody may keep on the way. */
export function serveTokens(app: FastifyInstance, { tokens }: Ports): void {
  const creation = { body: tokenRequest, response: { 201: newTokenAnswer } };
  serve(app, "createToken", creation, async ({ body, identity }, reply) => {
    reply.code(201).header("cache-control", "no-store");
    return await tokens.create(body, identity);
  });
  serve(app, "listTokens", { querystring: page, response: { 200: tokenList } }, ({ query, identity }) =>
    tokens.list(identity, query),
  );
  const params = z.object({ id: z.string().max(100) });
  serve(
    app,
    "revokeToken",
    { params, response: { 200: z.strictObject({}) } },
    async ({ params, identity }) => {
      await tokens.revoke(params.id, identity);
      return {};
    },
  );
}
