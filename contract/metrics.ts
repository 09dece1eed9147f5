/** Every metric that the runtime exposes at `/metrics`; dashboards and alerts import these names. */
export const metrics = {
  httpRequestSeconds: {
    name: "bedplate_http_request_seconds",
    type: "histogram",
    help: "Time from the request's arrival to the end of the answer, in seconds.",
    labels: ["route", "method", "status"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  grpcCallSeconds: {
    name: "bedplate_grpc_call_seconds",
    type: "histogram",
    help: "Time from a gRPC call's arrival to its end, in seconds, by status.",
    labels: ["method", "code"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  inferenceSeconds: {
    name: "bedplate_inference_seconds",
    type: "histogram",
    help: "Time that a model ran for one request, in seconds.",
    labels: ["model", "version"],
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
  inferenceRefusedTotal: {
    name: "bedplate_inference_refused_total",
    type: "counter",
    help: "Inference requests that were refused, by error code.",
    labels: ["model", "code"],
  },
  inferenceDroppedTotal: {
    name: "bedplate_inference_dropped_total",
    type: "counter",
    help:
      "Inference requests that a model had no time or room for, by reason: requests, rows, bytes, wait, deadline, " +
      "cancelled, broken.",
    labels: ["model", "reason"],
  },
  inferenceQueueSeconds: {
    name: "bedplate_inference_queue_seconds",
    type: "histogram",
    help: "Time that a request waited for its batch, in seconds.",
    labels: ["model", "version"],
    buckets: [0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  inferenceBatchRows: {
    name: "bedplate_inference_batch_rows",
    type: "histogram",
    help: "Rows of a batch.",
    labels: ["model", "version"],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  },
  inferenceExecutorSeconds: {
    name: "bedplate_inference_executor_seconds",
    type: "histogram",
    help: "Time of one batch in the executor, the way to its process and back included, in seconds.",
    labels: ["model", "version"],
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
  predictionsLoggedTotal: {
    name: "bedplate_predictions_logged_total",
    type: "counter",
    help: "Predictions that were kept, by where they were written to: parquet or events.",
    labels: ["sink"],
  },
  predictionsLostTotal: {
    name: "bedplate_predictions_lost_total",
    type: "counter",
    help: "Predictions that should have been kept and were not, by where to and why: full, too_large, failed.",
    labels: ["sink", "reason"],
  },
  spansSentTotal: {
    name: "bedplate_spans_sent_total",
    type: "counter",
    help: "Spans of predictions that were sent to the collector.",
    labels: [],
  },
  spansLostTotal: {
    name: "bedplate_spans_lost_total",
    type: "counter",
    help: "Spans of predictions that should have been sent and were not, by reason: full, failed.",
    labels: ["reason"],
  },
  servedModels: {
    name: "bedplate_served_models",
    type: "gauge",
    help: "Models that are loaded and answer predictions.",
    labels: [],
  },
  modelsPutOutTotal: {
    name: "bedplate_models_put_out_total",
    type: "counter",
    help: "Models that were put out of memory to make room for others.",
    labels: [],
  },
  trainingJobs: {
    name: "bedplate_training_jobs",
    type: "gauge",
    help: "Training jobs by state.",
    labels: ["state"],
  },
  artifactsCollectedTotal: {
    name: "bedplate_artifacts_collected_total",
    type: "counter",
    help: "Objects that nothing referred to any more and that were removed.",
    labels: [],
  },
  artifactsCollectedBytesTotal: {
    name: "bedplate_artifacts_collected_bytes_total",
    type: "counter",
    help: "Bytes that the removal of objects gave back.",
    labels: [],
  },
  artifactCollectionFailuresTotal: {
    name: "bedplate_artifact_collection_failures_total",
    type: "counter",
    help: "Collections of artifacts that broke off.",
    labels: [],
  },
  eventsPending: {
    name: "bedplate_events_pending",
    type: "gauge",
    help: "Events in the outbox that are not delivered yet.",
    labels: [],
  },
  webhookAttemptsTotal: {
    name: "bedplate_webhook_attempts_total",
    type: "counter",
    help: "Attempts to deliver an event to a webhook, by outcome: delivered, failed or dead.",
    labels: ["outcome"],
  },
  webhookDeliveriesPending: {
    name: "bedplate_webhook_deliveries_pending",
    type: "gauge",
    help: "Events on their way to a webhook.",
    labels: [],
  },
} as const satisfies Record<
  string,
  {
    name: `bedplate_${string}`;
    type: "counter" | "gauge" | "histogram";
    help: string;
    labels: readonly string[];
    buckets?: readonly number[];
  }
>;

export type MetricName = keyof typeof metrics;

const ofVersion = ["model", "version"] as const;
const sum = (name: `nv_${string}`, help: string) =>
  ({ name, type: "counter", help, labels: ofVersion }) as const;

/**
 * Triton's names for what each version in memory has done, so that its dashboards show ours. Durations are sums in
 * microseconds. Source: Triton Inference Server, "Metrics", inference request metrics.
 */
export const tritonMetrics = {
  success: sum("nv_inference_request_success", "Requests that were answered."),
  count: sum("nv_inference_count", "Rows that were predicted."),
  executions: sum("nv_inference_exec_count", "Batches that were run."),
  request: sum(
    "nv_inference_request_duration_us",
    "Time of answered requests, waiting included, in microseconds.",
  ),
  queue: sum("nv_inference_queue_duration_us", "Time that requests waited for their batch, in microseconds."),
  computeInput: sum(
    "nv_inference_compute_input_duration_us",
    "Time to put batches together, in microseconds.",
  ),
  computeInfer: sum("nv_inference_compute_infer_duration_us", "Time that models ran, in microseconds."),
  computeOutput: sum(
    "nv_inference_compute_output_duration_us",
    "Time to take batches apart, in microseconds.",
  ),
  pending: {
    name: "nv_inference_pending_request_count",
    type: "gauge",
    help: "Requests that wait for their batch.",
    labels: ofVersion,
  },
  failure: {
    name: "nv_inference_request_failure",
    type: "counter",
    help: "Requests that were not answered, by reason: REJECTED, CANCELED, BACKEND, OTHER.",
    labels: [...ofVersion, "reason"],
  },
} as const;

export type TritonMetricName = keyof typeof tritonMetrics;
