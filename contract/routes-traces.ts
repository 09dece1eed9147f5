import type { Route } from "./route.ts";

/** MLflow serves each address twice: `/api` for SDKs, `/ajax-api` for its page. */
function twice(
  method: Route["method"],
  paths: readonly string[],
  summary: string,
  rest: Partial<Route> = {},
) {
  const [path = "", ...also] = paths.flatMap((each) => [`/api${each}`, `/ajax-api${each}`]);
  return {
    method,
    path,
    also,
    scope: method === "GET" ? "tracking:read" : "tracking:write",
    dialect: "mlflow",
    body: method === "GET" ? "none" : "json",
    idempotent: method !== "POST",
    summary,
    ...rest,
  } satisfies Route;
}

const v2 = "/2.0/mlflow/traces";
const v3 = "/3.0/mlflow/traces";
const ofTrace = ["trace:params.traceId"] as const;
const reads = { scope: "tracking:read", idempotent: true } as const;

/** Traces as MLflow's clients know them, in the words of both versions of its API, and as OpenTelemetry sends them. */
export const traceRoutes = {
  receiveSpans: {
    method: "POST",
    path: "/v1/traces",
    scope: "tracking:write",
    about: ["experiment:headers.x-mlflow-experiment-id", "run:headers.x-mlflow-run-id"],
    dialect: "mlflow",
    body: "stream",
    idempotent: true,
    summary: "Spans from any OpenTelemetry exporter (OTLP over HTTP)",
  },

  startTrace: twice("POST", [v3], "Writes what a trace is about, once it has ended", {
    idempotent: true,
    about: [
      "experiment:body.trace.trace_info.trace_location.mlflow_experiment.experiment_id",
      "maybe trace:body.trace.trace_info.trace_id",
    ],
  }),
  getTraceInfo: twice("GET", [`${v3}/:traceId`], "What a trace is about", { about: ofTrace }),
  getTrace: twice("GET", [`${v3}/get`], "One trace with its spans", { about: ["trace:query.trace_id"] }),
  batchGetTraces: twice("GET", [`${v3}/batchGet`], "Several traces with their spans", {
    about: ["maybe trace:query.trace_ids"],
  }),
  batchGetTraceInfos: twice("POST", [`${v3}/batchGetInfos`], "What several traces are about", {
    ...reads,
    about: ["maybe trace:body.trace_ids"],
  }),
  searchTraces: twice("POST", [`${v3}/search`], "Traces that match a filter", { ...reads, about: "caller" }),
  getTraceArtifact: twice(
    "GET",
    ["/2.0/mlflow/get-trace-artifact", "/3.0/mlflow/get-trace-artifact"],
    "A trace's spans as a file, or a file that is attached to them",
    { about: ["trace:query.request_id"] },
  ),

  deleteTraces: twice(
    "POST",
    [`${v2}/delete-traces`, `${v3}/delete-traces`],
    "Deletes traces by time or id",
    { about: ["experiment:body.experiment_id"] },
  ),
  setTraceTag: twice("PATCH", [`${v2}/:traceId/tags`, `${v3}/:traceId/tags`], "Sets a tag of a trace", {
    about: ofTrace,
  }),
  deleteTraceTag: twice(
    "DELETE",
    [`${v2}/:traceId/tags`, `${v3}/:traceId/tags`],
    "Removes a tag of a trace",
    { about: ofTrace },
  ),
  linkTracesToRun: twice("POST", [`${v2}/link-to-run`], "Says that traces belong to a run", {
    idempotent: true,
    about: ["run:body.run_id", "maybe trace:body.trace_ids"],
  }),

  createAssessment: twice("POST", [`${v3}/:traceId/assessments`], "Adds feedback or an expectation", {
    about: ofTrace,
  }),
  getAssessment: twice("GET", [`${v3}/:traceId/assessments/:assessmentId`], "One assessment of a trace", {
    about: ofTrace,
  }),
  updateAssessment: twice("PATCH", [`${v3}/:traceId/assessments/:assessmentId`], "Changes an assessment", {
    about: ofTrace,
  }),
  deleteAssessment: twice("DELETE", [`${v3}/:traceId/assessments/:assessmentId`], "Removes an assessment", {
    about: ofTrace,
  }),

  beginTraceV2: twice("POST", [v2], "Begins a trace (clients before 3.0)", {
    about: ["experiment:body.experiment_id"],
  }),
  endTraceV2: twice("PATCH", [`${v2}/:traceId`], "Ends a trace (clients before 3.0)", { about: ofTrace }),
  getTraceInfoV2: twice("GET", [`${v2}/:traceId/info`], "What a trace is about (clients before 3.0)", {
    about: ofTrace,
  }),
  searchTracesV2: twice("GET", [v2], "Traces that match a filter (clients before 3.0)", { about: "caller" }),
} as const satisfies Record<string, Route>;
