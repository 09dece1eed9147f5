import { logSkippedHeader, trainingJob, trainingJobList, trainingJobSpec } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { homeOf } from "../domain/identity.ts";
import { requireProgram } from "../domain/team-programs.ts";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const params = z.object({ id: z.string().max(100) });
const page = z.strictObject({
  before: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
const logTailLimit = 16 * 1024 * 1024;
/** Which attempt's log, the last one's when left out; `tail` asks for whole lines of its end, at most so many bytes. */
const logQuery = z.strictObject({
  attempt: z.coerce.number().int().min(1).max(1_000).optional(),
  tail: z.coerce.number().int().min(1).max(logTailLimit).optional(),
});

/** Training jobs over HTTP. */
export function serveTraining(app: FastifyInstance, ports: Ports): void {
  const { training } = ports;
  serve(
    app,
    "submitJob",
    { body: trainingJobSpec, response: { 201: trainingJob } },
    async ({ body, identity }, reply) => {
      requireProgram(body, identity, ports.settings.dispatch);
      reply.code(201);
      return await training.submit(body, identity.name, homeOf(identity));
    },
  );
  serve(app, "listJobs", { querystring: page, response: { 200: trainingJobList } }, ({ query, identity }) =>
    training.list({ ...query, sight: identity.team }),
  );
  serve(app, "getJob", { params, response: { 200: trainingJob } }, ({ params }) => training.get(params.id));
  serve(app, "jobLog", { params, querystring: logQuery }, async ({ params, query }, reply) => {
    const { content, skipped } = await training.log(params.id, query);
    return reply.type("text/plain; charset=utf-8").header(logSkippedHeader, skipped).send(content);
  });
  serve(app, "cancelJob", { params, response: { 200: trainingJob } }, ({ params, identity }) =>
    training.cancel(params.id, identity.name),
  );
}
