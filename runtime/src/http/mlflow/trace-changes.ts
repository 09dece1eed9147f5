import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { parseExperimentId } from "../../domain/mlflow-words.ts";
import { traceLimits } from "../../domain/trace-limits.ts";
import type { Ports } from "../../ports.ts";
import { serve } from "../serve.ts";
import { int64, nextPage, required, search, tags, text, texts, toSearch } from "./fields.ts";
import { toTraceInfoV2 } from "./trace-words.ts";

const ofTrace = z.object({ traceId: required });
const selection = z.object({
  experiment_id: required,
  max_timestamp_millis: int64.optional(),
  max_traces: int64.optional(),
  request_ids: texts.pipe(z.array(z.string()).max(traceLimits.tagsInRequest)),
});

/** Tags, deletion, and the run that traces belong to: the same in the words of both versions. */
export function serveTraceChanges(app: FastifyInstance, { tracking, settings }: Ports): void {
  const { traces } = tracking;

  serve(
    app,
    "setTraceTag",
    { params: ofTrace, body: z.object({ key: required, value: text }) },
    async ({ params, body }) => {
      await traces.setTag(params.traceId, body.key, body.value);
      return {};
    },
  );
  serve(
    app,
    "deleteTraceTag",
    { params: ofTrace, body: z.object({ key: required }) },
    async ({ params, body }) => {
      await traces.deleteTag(params.traceId, body.key);
      return {};
    },
  );
  serve(app, "deleteTraces", { body: selection }, async ({ body, identity }) => {
    const which = {
      experimentId: parseExperimentId(body.experiment_id),
      maxTime: body.max_timestamp_millis,
      maxTraces: body.max_traces,
      ids: body.request_ids,
    };
    return { traces_deleted: await traces.delete(which, settings.traces.deleteLimit, identity.name) };
  });
  serve(
    app,
    "linkTracesToRun",
    {
      body: z.object({
        trace_ids: texts.pipe(z.array(required).max(traceLimits.linksInRequest)),
        run_id: required,
      }),
    },
    async ({ body }) => {
      await tracking.runs.get(body.run_id);
      await traces.link(body.run_id, body.trace_ids);
      return {};
    },
  );
}

const described = { request_metadata: tags, tags };
const toValues = (pairs: readonly { key: string; value: string }[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
const states = {
  TRACE_STATUS_UNSPECIFIED: "STATE_UNSPECIFIED",
  OK: "OK",
  ERROR: "ERROR",
  IN_PROGRESS: "IN_PROGRESS",
} as const;

/** Traces in the words of MLflow 2, whose clients keep the spans as an artifact. */
export function serveTracesV2(app: FastifyInstance, { tracking: { traces } }: Ports): void {
  serve(
    app,
    "beginTraceV2",
    { body: z.object({ experiment_id: z.string().default("0"), timestamp_ms: int64, ...described }) },
    async ({ body }) => ({
      trace_info: toTraceInfoV2(
        await traces.begin({
          experimentId: parseExperimentId(body.experiment_id),
          requestTime: body.timestamp_ms,
          tags: toValues(body.tags),
          metadata: toValues(body.request_metadata),
        }),
      ),
    }),
  );
  serve(
    app,
    "endTraceV2",
    {
      params: ofTrace,
      body: z.object({
        timestamp_ms: int64,
        status: z.enum(Object.keys(states) as (keyof typeof states)[]).default("TRACE_STATUS_UNSPECIFIED"),
        ...described,
      }),
    },
    async ({ params, body }) => ({
      trace_info: toTraceInfoV2(
        await traces.end(params.traceId, {
          state: states[body.status],
          endTime: body.timestamp_ms,
          tags: toValues(body.tags),
          metadata: toValues(body.request_metadata),
        }),
      ),
    }),
  );
  serve(app, "getTraceInfoV2", { params: ofTrace }, async ({ params }) => ({
    trace_info: toTraceInfoV2(await traces.get(params.traceId)),
  }));
  serve(
    app,
    "searchTracesV2",
    {
      querystring: z.object({
        ...search(100, traceLimits.batch),
        experiment_ids: texts.pipe(z.array(required).min(1)),
      }),
    },
    async ({ query, identity }) => {
      const page = await traces.search(
        query.experiment_ids.map(parseExperimentId),
        toSearch(query, identity),
      );
      return { traces: page.items.map(toTraceInfoV2), ...nextPage(page.next) };
    },
  );
}
