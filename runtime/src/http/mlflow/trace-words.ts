import { z } from "zod";
import type { Assessment, TraceInfo } from "../../store/trace-rows.ts";

/** Milliseconds of the year 9999, the last that protobuf's timestamps have. */
const latest = 253_402_300_799_999;

/** A time of protobuf's JSON, as milliseconds since 1970. */
export const timestamp = z
  .string()
  .max(64)
  .transform((text) => (/^\d{4}-\d{2}-\d{2}T/.test(text) ? Math.floor(Date.parse(text)) : Number.NaN))
  .pipe(z.number("a time such as 2026-01-31T12:00:00.123Z").int().min(0).max(latest));
/** A duration of protobuf's JSON, as milliseconds. */
export const duration = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,9})?s$/, "a duration such as 1.5s")
  .transform((text) => Math.round(Number(text.slice(0, -1)) * 1_000));

export const writeTimestamp = (ms: number): string => new Date(ms).toISOString();
const writeDuration = (ms: number): string => `${(ms / 1_000).toFixed(3)}s`;

const unlessNull = (name: string, value: string | null) => (value === null ? {} : { [name]: value });

/** An assessment in MLflow's words. */
export const toAssessment = (assessment: Assessment) => ({
  ...assessment.body,
  assessment_id: assessment.assessment_id,
  assessment_name: assessment.name,
  trace_id: assessment.trace_id,
  create_time: writeTimestamp(assessment.create_time),
  last_update_time: writeTimestamp(assessment.last_update_time),
  valid: assessment.valid,
});

/** What a trace is about, in the words of MLflow 3. */
export const toTraceInfo = (trace: TraceInfo) => ({
  trace_id: trace.trace_id,
  ...unlessNull("client_request_id", trace.client_request_id),
  trace_location: {
    type: "MLFLOW_EXPERIMENT",
    mlflow_experiment: { experiment_id: String(trace.experiment_id) },
  },
  ...unlessNull("request_preview", trace.request_preview),
  ...unlessNull("response_preview", trace.response_preview),
  request_time: writeTimestamp(trace.request_time),
  ...(trace.execution_duration === null
    ? {}
    : { execution_duration: writeDuration(trace.execution_duration) }),
  state: trace.state,
  trace_metadata: trace.metadata,
  tags: trace.tags,
  assessments: trace.assessments.map(toAssessment),
});

const toPairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }));

/** The same in the words of MLflow 2. */
export const toTraceInfoV2 = (trace: TraceInfo) => ({
  request_id: trace.trace_id,
  experiment_id: String(trace.experiment_id),
  timestamp_ms: trace.request_time,
  ...(trace.execution_duration === null ? {} : { execution_time_ms: trace.execution_duration }),
  status: trace.state === "STATE_UNSPECIFIED" ? "TRACE_STATUS_UNSPECIFIED" : trace.state,
  request_metadata: toPairs(trace.metadata),
  tags: toPairs(trace.tags),
});
