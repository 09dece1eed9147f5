import { type Reference, type Route, referenceKinds } from "@bedplate/contract";
import type { Things } from "./s1-things.ts";

type Fields = Record<string, unknown>;

/** What the bodies and queries of MLflow's addresses ask for; each takes what it knows. */
const mlflow: Fields = {
  name: "x",
  new_name: "renamed",
  version: "1",
  key: "k",
  value: "v",
  alias: "a",
  stage: "Staging",
  status: "FINISHED",
  timestamp: 1,
  metric_key: "m",
  model_json: "{}",
  path: "x.txt",
  artifact_file_path: "x.txt",
  source: "runs:/x/y",
};

/** Where an address needs something else, by the name of its route. */
const samples: Readonly<Record<string, Fields>> = {
  createExperiment: { name: "made-by-s1" },
  createRegisteredModel: { name: "made-by-s1" },
  logMetric: { ...mlflow, value: 1 },
  logBatch: { metrics: [{ key: "k", value: 1, timestamp: 1 }] },
  logInputs: { models: [{}] },
  logOutputs: { models: [{}] },
  finalizeLoggedModel: { status: "LOGGED_MODEL_READY" },
  logLoggedModelParams: { params: [] },
  completeMultipartUpload: { path: "x.txt", upload_id: "x", parts: [{ part_number: 1, etag: "x" }] },
  abortMultipartUpload: { path: "x.txt", upload_id: "x" },
  startTrace: {
    trace: {
      trace_info: {
        trace_location: { mlflow_experiment: {} },
        request_time: "2026-01-01T00:00:00Z",
        trace_metadata: {},
        tags: {},
      },
    },
  },
  searchTraces: { locations: [{ mlflow_experiment: { experiment_id: "1" } }] },
  searchDatasets: { experiment_ids: [] },
  searchTracesV2: { experiment_ids: "1" },
  beginTraceV2: { timestamp_ms: 1 },
  endTraceV2: { timestamp_ms: 1, status: "OK" },
  createAssessment: { assessment: { assessment_name: "a", feedback: { value: 1 } } },
  updateAssessment: { assessment: { feedback: { value: 2 } }, update_mask: "feedback" },
  updateWebhook: { name: "renamed" },
  testWebhook: {},
  promoteModel: { version: 1 },
  rollbackModel: {},
  startRollout: { rollout: { strategy: "shadow", candidates: [1] } },
  reportOutcomes: { outcomes: [{ version: 1, value: 1 }] },
  setPromotionPolicy: {},
  giveApproval: { decision: "approve", reason: "S1" },
  writeModelCard: {},
  uploadSignature: {},
  labelPredictions: { labels: [{ id: "x", label: 1 }] },
  replayDeliveries: { from: 0, to: 1 },
};

/** One span, as OpenTelemetry's exporters send it. */
const span = JSON.stringify({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: "0af7651916cd43dd8448eb211c80319c",
              spanId: "b7ad6b7169203331",
              name: "s1",
              startTimeUnixNano: "1",
              endTimeUnixNano: "2",
            },
          ],
        },
      ],
    },
  ],
});

/** Parts of addresses that name nothing of a team's. */
const parts: Readonly<Record<string, string>> = {
  version: "1",
  id: "00000000-0000-4000-8000-000000000000",
  number: "1",
  uploadId: "00000000-0000-4000-8000-000000000000",
};

export interface WalkRequest {
  readonly method: Route["method"];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: Fields | string;
}

/** A request for an address that its schemas let pass, which names the given things at the places of its references. */
export function requestOf(
  name: string,
  route: Route,
  pattern: string,
  things: readonly (readonly [Reference, string])[],
): WalkRequest {
  const made = {
    params: { ...parts, "*": "x" } as Fields,
    query: {} as Fields,
    body: {} as Fields,
    headers: {} as Fields,
  };
  const sample = structuredClone(samples[name] ?? (route.dialect === "mlflow" ? mlflow : {}));
  if (route.body === "json") made.body = sample;
  else made.query = route.dialect === "mlflow" ? sample : {};
  // DELETE of MLflow carries a body as well.
  if (route.method === "DELETE" && route.dialect === "mlflow") made.body = structuredClone(sample);
  for (const [reference, id] of things) {
    const [where = "", ...place] = (reference.split(":")[1] ?? "").split(".");
    if (where === "params" || where === "query" || where === "body" || where === "headers")
      put(made[where], place, id);
  }
  const path = pattern.replace(/:(\w+)|\*/g, (found, param?: string) =>
    encodePath(String(made.params[param ?? found] ?? "x"), param === undefined),
  );
  const query = new URLSearchParams(
    Object.entries(made.query).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const url = query.size === 0 ? path : `${path}?${query}`;
  const headers = Object.fromEntries(
    Object.entries(made.headers).map(([name, value]) => [name, String(value)]),
  );
  if (route.body === "stream") {
    const [type, payload] =
      name === "receiveSpans" ? ["application/json", span] : ["application/octet-stream", "x"];
    return { method: route.method, url, headers: { ...headers, "content-type": type }, payload };
  }
  const hasBody = route.body === "json" || (route.method === "DELETE" && route.dialect === "mlflow");
  return { method: route.method, url, headers, ...(hasBody ? { payload: made.body } : {}) };
}

const encodePath = (text: string, isRest: boolean) =>
  isRest ? text.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(text);

/** A list in the way gets the id in each of its elements. */
function put(fields: Fields, place: readonly string[], id: string): void {
  const [name = "", ...rest] = place;
  if (rest.length === 0) fields[name] = Array.isArray(fields[name]) ? [id] : id;
  else for (const element of [fields[name]].flat()) put(element as Fields, rest, id);
}

/** The thing that a reference names. */
export function thingAt(reference: Reference, things: Things): string {
  const kind = reference.replace(/^(read|maybe) /, "").split(":")[0];
  const known = referenceKinds.find((each) => each === kind);
  if (known === undefined) throw new Error(`no such kind of thing: ${kind}`);
  return things[known];
}
