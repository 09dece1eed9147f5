import { z } from "zod";
import { bytes, count, gibibyte, hour, label, mebibyte, milliseconds, path } from "./setting-values.ts";

/** Bounds of inference. */
export const serving = z.strictObject({
  /** The registered-model alias whose version is served. */
  alias: label.default("champion"),
  /** Models that are served, in memory or not. */
  modelLimit: count(100_000).default(2_000),
  modelLimitBytes: bytes(64 * gibibyte).default(2 * gibibyte),
  /** Memory for models; what was not used for longest makes room for what is asked for. */
  memoryBytes: bytes(1024 * gibibyte).default(4 * gibibyte),
  /** Names of models that are never put out of memory; comma-separated. */
  pinned: z.string().max(65_536).default(""),
  /** Requests per model that may wait or run; the next one is answered 429. */
  queueLimit: count(1_000_000).default(256),
  /** Rows and bytes per model, and of all models together, that may be in the service at once. */
  queueRowsLimit: count(1_000_000_000).default(65_536),
  queueBytesLimit: bytes(64 * gibibyte).default(256 * mebibyte),
  totalRowsLimit: count(1_000_000_000).default(262_144),
  totalBytesLimit: bytes(64 * gibibyte).default(512 * mebibyte),
  /**
   * Longest time that the rows before a request may be expected to take; the next request is answered 429, and told when
   * to try again. What can be under way at once is always let in.
   */
  waitLimitMs: milliseconds(hour).default(1_000),
  /** Longest time that a request waits for its turn; its own `timeout` may be shorter. */
  timeoutMs: milliseconds(hour).default(30_000),
  /** Most rows of a batch; what a model gains from is measured. */
  batchRows: count(4_096).default(64),
  /** A model whose full batch takes at most this long runs on the service's own thread. */
  inlineBatchMicroseconds: count(1_000_000).default(300),
  /** Processes for all other models, which give way to the service itself; 0 is as many as there are cores. */
  workers: z.int().min(0).max(256).default(0),
  /** Longest time of one batch; after it the process that runs it is replaced. */
  runTimeoutMs: milliseconds(hour).default(30_000),
  /** Memory of each such process, and of the one that examines a model first. */
  processMemoryBytes: bytes(1024 * gibibyte).default(8 * gibibyte),
  /** Longest time to load a model for the first time, and again to run it on made-up values. */
  examineTimeoutMs: milliseconds(hour).default(60_000),
  /** Every replica compares what it serves with the registry this often. */
  reconcileIntervalMs: milliseconds(hour).default(1_000),
  loadTimeoutMs: milliseconds(hour).default(60_000),
});

/** Bounds of rollouts. */
export const rollouts = z.strictObject({
  /** Rollouts that may be under way at once; the next one is answered 429. */
  limit: count(1_000).default(100),
  /** Every replica looks this often for changes of rollouts. */
  pollIntervalMs: milliseconds(60_000).default(250),
  /** Every replica adds its counts, and looks whether a rollout must go on or end, this often. */
  decideIntervalMs: milliseconds(60_000).default(500),
  /** Requests, and their bytes, that may wait for shadows of all models on one replica; more are dropped. */
  shadowQueueLimit: count(1_000_000).default(256),
  shadowQueueBytes: bytes(64 * gibibyte).default(64 * mebibyte),
  /** A request that has waited for a shadow longer is dropped. */
  shadowMaxAgeMs: milliseconds(hour).default(10_000),
  /** Share of one core's time that shadows may have while requests are under way, in percent. */
  shadowDutyPercent: count(100).default(5),
});

/**
 * What is kept of predictions: a share of those of each model that has the tag `bedplate.prediction-log`, so nothing
 * where nobody asks for it.
 */
export const predictionLog = z.strictObject({
  /** False keeps nothing, whatever models ask for. */
  enabled: z.boolean().default(true),
  /** Receiver of CloudEvents, besides the files; none by default. */
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
  /** File of mode 0600 with the receiver's bearer token. */
  tokenFile: path.optional(),
  timeoutMs: milliseconds(300_000).default(5_000),
  /** Predictions, and their bytes, that may wait to be written, for the files and again for the receiver. */
  queueLimit: count(1_000_000).default(10_000),
  queueBytesLimit: bytes(64 * gibibyte).default(64 * mebibyte),
  /** A larger prediction is not kept. */
  recordLimitBytes: bytes(gibibyte).default(mebibyte),
  /** A file is written when it has so many rows, or so many bytes, or after so long. */
  fileRows: count(1_000_000).default(1_000),
  fileBytes: bytes(gibibyte).default(8 * mebibyte),
  fileIntervalMs: milliseconds(hour).default(60_000),
  /** How often the models' tags are read. */
  reconcileIntervalMs: milliseconds(hour).default(5_000),
  /** How long files and labels are kept. */
  retentionMs: milliseconds(3650 * 24 * hour).default(30 * 24 * hour),
  sweepIntervalMs: milliseconds(24 * hour).default(hour),
  /** Files that one answer reads. */
  readFilesLimit: count(1_000).default(4),
});

/** Where spans of predictions go whose callers keep a trace: a `traceparent` with the sampled flag. Off by default. */
export const tracing = z.strictObject({
  /** OTLP over HTTP with its path, such as `http://collector:4318/v1/traces`; the service's own takes them too. */
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
  /** File of mode 0600 with the receiver's bearer token. */
  tokenFile: path.optional(),
  /** Experiment that they are kept under where the receiver is an MLflow server or a Bedplate. */
  experimentId: z.string().min(1).max(64).optional(),
  timeoutMs: milliseconds(300_000).default(5_000),
  /** Spans, and their bytes, that may wait to be sent; more are dropped and counted. */
  queueLimit: count(1_000_000).default(10_000),
  queueBytesLimit: bytes(gibibyte).default(8 * mebibyte),
  /** They are sent when there are so many, or after so long. */
  batchSize: count(10_000).default(512),
  intervalMs: milliseconds(hour).default(1_000),
});
