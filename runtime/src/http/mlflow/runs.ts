import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { parseExperimentId, runStatuses } from "../../domain/mlflow-words.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { int64, required, search, tags, text, texts, toSearch, viewType } from "./fields.ts";
import { toRun, toRunInfo, writeRun } from "./run-words.ts";

const byId = z.object({ run_id: required });
const newRun = z.object({
  experiment_id: z.string().default("0"),
  user_id: text,
  run_name: text,
  start_time: int64.optional(),
  tags,
});
const change = z.object({
  run_id: required,
  status: z.enum(runStatuses).optional(),
  end_time: int64.optional(),
  run_name: z.string().optional(),
});
const searchFields = z.object({
  ...search(1_000, 50_000),
  experiment_ids: texts,
  run_view_type: viewType,
});

/** Runs and their tags; metrics and params are logged in metrics.ts. */
export function serveRuns(app: FastifyInstance, ports: Ports): void {
  const { runs } = ports.tracking;

  serve(app, "createRun", { body: newRun }, async ({ body, identity }) => ({
    run: toRun(
      await runs.create({
        experimentId: parseExperimentId(body.experiment_id),
        name: body.run_name,
        userId: body.user_id,
        startTime: body.start_time,
        tags: body.tags,
        actor: identity.name,
      }),
    ),
  }));
  serve(app, "getRun", { querystring: byId }, async ({ query }) => ({
    run: toRun(await runs.get(query.run_id)),
  }));
  serve(app, "updateRun", { body: change }, async ({ body, identity }) => ({
    run_info: toRunInfo(
      await runs.update(body.run_id, {
        status: body.status,
        endTime: body.end_time,
        name: body.run_name,
        actor: identity.name,
      }),
    ),
  }));
  serve(app, "deleteRun", { body: byId }, async ({ body }) => {
    await runs.delete(body.run_id);
    return {};
  });
  serve(app, "restoreRun", { body: byId }, async ({ body }) => {
    await runs.restore(body.run_id);
    return {};
  });
  serve(app, "searchRuns", { body: searchFields }, async ({ body, identity }, reply) => {
    const experimentIds = body.experiment_ids.map(parseExperimentId);
    const page = await runs.search(experimentIds, body.run_view_type, toSearch(body, identity));
    const next = page.next === null ? "" : `,"next_page_token":${JSON.stringify(page.next)}`;
    return reply.type("application/json").send(`{"runs":[${page.items.map(writeRun).join(",")}]${next}}`);
  });
  serve(
    app,
    "setRunTag",
    { body: z.object({ run_id: required, key: required, value: text }) },
    async ({ body: { run_id, ...tag } }) => {
      await runs.setTag(run_id, tag);
      return {};
    },
  );
  serve(app, "deleteRunTag", { body: z.object({ run_id: required, key: required }) }, async ({ body }) => {
    await runs.deleteTag(body.run_id, body.key);
    return {};
  });
}
