import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { parseExperimentId } from "../../domain/mlflow-words.ts";
import { Problem } from "../../domain/problem.ts";
import { traceLimits } from "../../domain/trace-limits.ts";
import type { Ports } from "../../ports.ts";
import type { TraceInfo } from "../../store/trace-rows.ts";
import { serve } from "../serve.ts";
import { listOf, nextPage, required, search, texts, toSearch } from "./fields.ts";
import { assessment, toNewAssessment } from "./trace-assessments.ts";
import { duration, timestamp, toTraceInfo } from "./trace-words.ts";

const values = z.record(z.string(), z.string()).default({});
const location = z.object({ mlflow_experiment: z.object({ experiment_id: required }) });
const traceInfo = z.object({
  trace_id: required,
  client_request_id: z.string().max(traceLimits.idLength).optional(),
  trace_location: location,
  request_preview: z.string().optional(),
  response_preview: z.string().optional(),
  request_time: timestamp,
  execution_duration: duration.optional(),
  state: z.enum(["STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"]).default("STATE_UNSPECIFIED"),
  trace_metadata: values.refine(isShort),
  tags: values.refine(isShort),
  assessments: listOf(assessment, traceLimits.assessments).default([]),
});
const ids = texts.pipe(z.array(required).min(1).max(traceLimits.batch));
const batch = { trace_ids: ids, experiment_ids: texts.optional() };
const truth = z
  .union([z.boolean(), z.enum(["true", "True", "1", "false", "False", "0"])])
  .transform((value) => value === true || value === "true" || value === "True" || value === "1");

function isShort(given: Readonly<Record<string, string>>): boolean {
  return Object.keys(given).length <= traceLimits.tagsInRequest;
}

/** Traces in the words of MLflow 3. */
export function serveTraces(app: FastifyInstance, ports: Ports): void {
  const { traces } = ports.tracking;

  serve(
    app,
    "startTrace",
    { body: z.object({ trace: z.object({ trace_info: traceInfo }) }) },
    async ({ body }) => {
      const { trace_info: given } = body.trace;
      const trace = await traces.start({
        traceId: given.trace_id,
        experimentId: parseExperimentId(given.trace_location.mlflow_experiment.experiment_id),
        requestTime: given.request_time,
        executionDuration: given.execution_duration ?? null,
        state: given.state,
        clientRequestId: given.client_request_id ?? null,
        requestPreview: given.request_preview ?? null,
        responsePreview: given.response_preview ?? null,
        tags: given.tags,
        metadata: given.trace_metadata,
        assessments: given.assessments.map(toNewAssessment),
      });
      return { trace: { trace_info: toTraceInfo(trace) } };
    },
  );
  serve(app, "getTraceInfo", { params: z.object({ traceId: required }) }, async ({ params }) => ({
    trace: { trace_info: toTraceInfo(await traces.get(params.traceId)) },
  }));
  serve(
    app,
    "searchTraces",
    {
      body: z.object({
        ...search(100, traceLimits.batch),
        locations: listOf(location).refine((given) => given.length > 0, "at least one"),
      }),
    },
    async ({ body, identity }) => {
      const experimentIds = body.locations.map((each) =>
        parseExperimentId(each.mlflow_experiment.experiment_id),
      );
      const page = await traces.search(experimentIds, toSearch(body, identity));
      return { traces: page.items.map(toTraceInfo), ...nextPage(page.next) };
    },
  );
  serve(app, "batchGetTraceInfos", { body: z.object(batch) }, async ({ body }) => ({
    trace_infos: ofExperiments(await traces.list(body.trace_ids), body.experiment_ids).map(toTraceInfo),
  }));
  serveSpansOfTraces(app, ports);
}

/** Traces with their spans. These are stored as JSON, and go out as they are. */
function serveSpansOfTraces(app: FastifyInstance, { tracking: { traces }, settings }: Ports): void {
  const { answerLimitBytes } = settings.traces;
  const read = async (found: readonly TraceInfo[]) => {
    const ids = found.filter((trace) => trace.span_count > 0).map((trace) => trace.trace_id);
    const spans = ids.length === 0 ? new Map<string, Spans>() : await traces.spans(ids, answerLimitBytes);
    return found.flatMap((trace) => {
      const held = spans.get(trace.trace_id);
      return held === undefined ? [] : [{ trace, spans: held }];
    });
  };

  serve(
    app,
    "getTrace",
    { querystring: z.object({ trace_id: required, allow_partial: truth.default(false) }) },
    async ({ query }, reply) => {
      for (let tries = 1; ; tries += 1) {
        const [held] = await read([await traces.get(query.trace_id)]);
        if (held !== undefined && (query.allow_partial || isComplete(held))) {
          return reply.type("application/json").send(`{"trace":${writeTrace(held)}}`);
        }
        if (tries === readTries || query.allow_partial) throw incomplete(query.trace_id);
        await wait(readPauseMs);
      }
    },
  );
  serve(app, "batchGetTraces", { querystring: z.object(batch) }, async ({ query }, reply) => {
    const found = ofExperiments(await traces.list(query.trace_ids), query.experiment_ids);
    const complete = (await read(found)).filter(isComplete);
    return reply.type("application/json").send(`{"traces":[${complete.map(writeTrace).join(",")}]}`);
  });
}

/** Clients send spans and what the trace is about side by side, so the last spans may be on their way. */
const readTries = 4;
const readPauseMs = 700;

interface Spans {
  readonly spans: string;
  readonly count: number;
}

interface HeldTrace {
  readonly trace: TraceInfo;
  readonly spans: Spans;
}

const writeTrace = ({ trace, spans }: HeldTrace): string =>
  `{"trace_info":${JSON.stringify(toTraceInfo(trace))},"spans":${spans.spans}}`;

/** Metadata in which a trace's maker says how many spans it has, as JSON. */
const sizeMetadata = "mlflow.trace.sizeStats";

/** Whether all spans are here of which the trace's maker said that there are. */
function isComplete({ trace, spans }: HeldTrace): boolean {
  const expected = /"num_spans": ?(\d{1,9})\b/.exec(trace.metadata[sizeMetadata] ?? "")?.[1];
  return expected === undefined || spans.count >= Number(expected);
}

const incomplete = (traceId: string) =>
  new Problem(
    "NOT_FOUND",
    `Trace with ID ${traceId.slice(0, 100)} is not fully exported yet, or its spans are kept as an artifact.`,
  );

function ofExperiments(
  found: readonly TraceInfo[],
  experimentIds: readonly string[] | undefined,
): readonly TraceInfo[] {
  if (experimentIds === undefined || experimentIds.length === 0) return found;
  const wanted = new Set(experimentIds.map(parseExperimentId));
  return found.filter((trace) => wanted.has(trace.experiment_id));
}
