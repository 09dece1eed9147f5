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
const reads = { scope: "tracking:read", idempotent: true } as const;

/** Traces as MLflow's clients know them, in the words of both versions of its API, and as OpenTelemetry sends them. */
export const traceRoutes = {
  receiveSpans: {
    method: "POST",
    path: "/v1/traces",
    scope: "tracking:write",
    dialect: "mlflow",
    body: "stream",
    idempotent: true,
    summary: "Spans from any OpenTelemetry exporter (OTLP over HTTP)",
  },

  startTrace: twice("POST", [v3], "Writes what a trace is about, once it has ended", { idempotent: true }),
  getTraceInfo: twice("GET", [`${v3}/:traceId`], "What a trace is about"),
  getTrace: twice("GET", [`${v3}/get`], "One trace with its spans"),
  batchGetTraces: twice("GET", [`${v3}/batchGet`], "Several traces with their spans"),
  batchGetTraceInfos: twice("POST", [`${v3}/batchGetInfos`], "What several traces are about", reads),
  searchTraces: twice("POST", [`${v3}/search`], "Traces that match a filter", reads),
  getTraceArtifact: twice(
    "GET",
    ["/2.0/mlflow/get-trace-artifact", "/3.0/mlflow/get-trace-artifact"],
    "A trace's spans as a file, or a file that is attached to them",
  ),

  deleteTraces: twice("POST", [`${v2}/delete-traces`, `${v3}/delete-traces`], "Deletes traces by time or id"),
  setTraceTag: twice("PATCH", [`${v2}/:traceId/tags`, `${v3}/:traceId/tags`], "Sets a tag of a trace"),
  deleteTraceTag: twice("DELETE", [`${v2}/:traceId/tags`, `${v3}/:traceId/tags`], "Removes a tag of a trace"),
  linkTracesToRun: twice("POST", [`${v2}/link-to-run`], "Says that traces belong to a run", {
    idempotent: true,
  }),

  createAssessment: twice("POST", [`${v3}/:traceId/assessments`], "Adds feedback or an expectation"),
  getAssessment: twice("GET", [`${v3}/:traceId/assessments/:assessmentId`], "One assessment of a trace"),
  updateAssessment: twice("PATCH", [`${v3}/:traceId/assessments/:assessmentId`], "Changes an assessment"),
  deleteAssessment: twice("DELETE", [`${v3}/:traceId/assessments/:assessmentId`], "Removes an assessment"),

  beginTraceV2: twice("POST", [v2], "Begins a trace (clients before 3.0)"),
  endTraceV2: twice("PATCH", [`${v2}/:traceId`], "Ends a trace (clients before 3.0)"),
  getTraceInfoV2: twice("GET", [`${v2}/:traceId/info`], "What a trace is about (clients before 3.0)"),
  searchTracesV2: twice("GET", [v2], "Traces that match a filter (clients before 3.0)"),
} as const satisfies Record<string, Route>;
