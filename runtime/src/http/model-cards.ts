import { modelCard, modelCardSections } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { writeMarkdown } from "../domain/model-card-markdown.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";
import { versionParams } from "./version-params.ts";

const query = z.strictObject({ format: z.enum(["json", "markdown"]).optional() });

/** Model cards as JSON, or as Markdown for who asks for it. */
export function serveModelCards(app: FastifyInstance, { cards }: Ports): void {
  serve(
    app,
    "modelCard",
    { params: versionParams, querystring: query, response: { 200: modelCard } },
    async ({ params: { name, version }, query: { format }, request }, reply) => {
      const card = await cards.read(name, version);
      reply.header("vary", "accept");
      if ((format ?? preferred(request.headers.accept)) === "json") return card;
      return reply
        .type("text/markdown; charset=utf-8")
        .serializer((body: unknown) => String(body))
        .send(writeMarkdown(card));
    },
  );
  serve(
    app,
    "writeModelCard",
    { params: versionParams, body: modelCardSections, response: { 200: modelCard } },
    async ({ params: { name, version }, body, identity }) => {
      await cards.write(name, version, body, identity.name);
      return await cards.read(name, version);
    },
  );
}

/** Markdown only for who names it before JSON. */
function preferred(accept: string | undefined): "json" | "markdown" {
  const markdown = accept?.indexOf("text/markdown") ?? -1;
  const json = accept?.indexOf("application/json") ?? -1;
  return markdown >= 0 && (json < 0 || markdown < json) ? "markdown" : "json";
}
