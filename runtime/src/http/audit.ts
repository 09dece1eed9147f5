import { Readable } from "node:stream";
import { type AuditEntry, auditEnds, auditPage } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const jsonLines = "application/x-ndjson";
const text = z.string().min(1).max(512).optional();
/** `after` is the `next` of the page before. JSON Lines go on to the end, and `limit` is how many are read at a time. */
const query = z.strictObject({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  subject: text,
  actor: text,
  type: text,
});

/** The audit log, to be read; it is written by what it tells of. */
export function serveAudit(app: FastifyInstance, { audit }: Ports): void {
  serve(
    app,
    "auditLog",
    { querystring: query, response: { 200: auditPage } },
    async ({ query, request }, reply) => {
      if (!(request.headers.accept ?? "").includes(jsonLines)) return await audit.log.page(query);
      return reply.type(jsonLines).send(Readable.from(lines(audit.log.entries(query))));
    },
  );
  serve(app, "auditEnds", { response: { 200: auditEnds } }, async () => ({
    head: await audit.log.head(),
    anchors: await audit.anchors.list(),
  }));
}

async function* lines(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}
