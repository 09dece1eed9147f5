import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../../ports.ts";
import type { NewMetric } from "../../store/metric-store.ts";
import { serve } from "../serve.ts";
import { int64, listOf, metric, nextPage, pageSize, required, tag, tags, text, texts } from "./fields.ts";
import { toMetric } from "./run-words.ts";

const history = z.object({
  run_id: required,
  metric_key: required,
  max_results: pageSize(25_000, 25_000),
  page_token: z.string().optional(),
});
const interval = z.object({
  run_ids: texts.pipe(z.array(z.string()).min(1).max(100)),
  metric_key: required,
  start_step: int64.optional(),
  end_step: int64.optional(),
  max_results: pageSize(2_500, 2_500),
});

const toNewMetric = (given: z.output<typeof metric>): NewMetric => ({
  key: given.key,
  value: given.value,
  step: given.step,
  timestamp: given.timestamp,
  modelId: given.model_id,
  datasetName: given.dataset_name,
  datasetDigest: given.dataset_digest,
});

/** Logging of metrics and params, and the history of metrics. */
export function serveMetrics(app: FastifyInstance, ports: Ports): void {
  const { metrics } = ports.tracking;

  serve(app, "logMetric", { body: z.object({ run_id: required, ...metric.shape }) }, async ({ body }) => {
    await metrics.log(body.run_id, { metrics: [toNewMetric(body)], params: [], tags: [] });
    return {};
  });
  serve(
    app,
    "logParam",
    { body: z.object({ run_id: required, key: required, value: text }) },
    async ({ body: { run_id, ...param } }) => {
      await metrics.log(run_id, { metrics: [], params: [param], tags: [] });
      return {};
    },
  );
  serve(
    app,
    "logBatch",
    {
      body: z.object({
        run_id: required,
        metrics: listOf(metric).default([]),
        params: listOf(tag).default([]),
        tags,
      }),
    },
    async ({ body }) => {
      await metrics.log(body.run_id, { ...body, metrics: body.metrics.map(toNewMetric) });
      return {};
    },
  );
  serve(app, "metricHistory", { querystring: history }, async ({ query }) => {
    const page = await metrics.history(query.run_id, query.metric_key, query.max_results, query.page_token);
    return { metrics: page.items.map(toMetric), ...nextPage(page.next) };
  });
  serve(app, "metricHistoryBulk", { querystring: interval }, async ({ query }) => {
    const { start_step: start, end_step: end } = query;
    const steps = start === undefined || end === undefined ? null : { start, end };
    const found = await metrics.sampled(query.run_ids, query.metric_key, steps, query.max_results);
    return { metrics: found.map((each) => ({ ...toMetric(each), run_id: each.runId })) };
  });
}
