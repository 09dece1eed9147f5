import { predictionLabelResult, predictionLabels, predictionQuery } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const params = z.object({ name: z.string() });
const asItIs = (body: unknown) => String(body);

/** What was kept of a model's predictions, and what turned out to be true of them. */
export function servePredictions(app: FastifyInstance, { predictions }: Ports): void {
  serve(
    app,
    "listPredictions",
    { params, querystring: predictionQuery },
    async ({ params: { name }, query }, reply) => {
      const text = await predictions.page(name, query);
      return reply.type("application/json; charset=utf-8").serializer(asItIs).send(text);
    },
  );
  serve(
    app,
    "labelPredictions",
    { params, body: predictionLabels, response: { 200: predictionLabelResult } },
    async ({ params: { name }, body, identity }) => ({
      changed: await predictions.label(name, body.labels, identity.name),
    }),
  );
}
