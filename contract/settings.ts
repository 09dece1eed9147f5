import { z } from "zod";
import { connections } from "./capabilities.ts";
import { leaves, readEnvironment, writeEnvironment } from "./environment.ts";
import { identitySettings } from "./identity.ts";
import { bytes, count, gibibyte, hour, label, mebibyte, milliseconds, path } from "./setting-values.ts";
import { predictionLog, rollouts, serving, tracing } from "./settings-inference.ts";
import { teamPrograms } from "./training-job.ts";

/** Bounds of the HTTP surface. */
const http = z.strictObject({
  bodyLimitBytes: bytes(gibibyte).default(32 * mebibyte),
  /** One artifact's bytes; artifacts are streamed, so this bounds disk, not memory. */
  artifactLimitBytes: bytes(1024 * gibibyte).default(16 * gibibyte),
  /** Time a request may take to arrive whole; uploads of artifacts have `artifactTimeoutMs`. */
  requestTimeoutMs: milliseconds(hour).default(60_000),
  artifactTimeoutMs: milliseconds(24 * hour).default(hour),
  /**
   * Time after SIGTERM in which everything is still answered while readiness says no. Where others send traffic here,
   * they need it to stop doing so; Kubernetes takes endpoints away while it sends the signal, not before.
   */
  drainDelayMs: z.int().min(0).max(hour).default(0),
  /** Time that requests in flight get after that. */
  drainTimeoutMs: milliseconds(hour).default(10_000),
  /**
   * Whether plain predictions that arrive whole are answered before they come to Node's parser, which nearly halves what
   * one of a tiny model costs. Uploads of artifacts take three times the processor time then, so it is for replicas that
   * predict. Not by default.
   */
  directPredictions: z.boolean().default(false),
});

/** Predictions over gRPC, on the host of the HTTP surface and under its bounds of bodies and time. */
const grpc = z.strictObject({
  /** Where it listens, 0 for any free port; there is no gRPC where this is absent. */
  port: z.int().min(0).max(65_535).optional(),
  /** Calls that may be under way at once; the next one is answered RESOURCE_EXHAUSTED before its message is read. */
  callLimit: count(100_000).default(1_024),
});

/** Bounds of sign-in. */
const session = z.strictObject({
  lifetimeMs: milliseconds(30 * 24 * hour).default(12 * hour),
  attemptsPerMinute: count(10_000).default(10),
  limit: count(100_000).default(1_000),
});

/** Bounds of teams and personal tokens. */
const access = z.strictObject({
  teamLimit: count(100_000).default(1_000),
  /** Personal tokens that hold at once; the next one is refused. */
  tokenLimit: count(1_000_000).default(10_000),
  /** How long a personal token holds where nobody says. */
  tokenLifetimeMs: milliseconds(366 * 24 * hour).default(30 * 24 * hour),
  /** The longest that one may hold. */
  tokenLifetimeMaxMs: milliseconds(366 * 24 * hour).default(366 * 24 * hour),
  /** Callers of predictions that are not looked up again, and for how long. */
  recentLimit: count(1_000_000).default(10_000),
  recentMs: milliseconds(60_000).default(1_000),
});

/** What the platform asks of every promotion, and how its audit log is kept. */
const governance = z.strictObject({
  /** Approvals that every version needs before it may become champion; a model's own policy may ask for more. */
  approvals: z.int().min(0).max(10).default(0),
  /** Whether approvals by who registered the version are left out of that count. */
  fourEyes: z.boolean().default(true),
  /** Whether every version must be signed by a trusted key, and have a complete model card, before it may become champion. */
  signature: z.boolean().default(false),
  modelCard: z.boolean().default(false),
  /** How often the end of the audit log is written to the object store, when it has moved. */
  anchorIntervalMs: milliseconds(24 * hour).default(60_000),
  /** Anchors that are kept; the oldest go first. */
  anchorLimit: count(100_000).default(1_000),
});

/** Bounds of training dispatch. */
const dispatch = z.strictObject({
  /**
   * Whether members of teams may submit any job, not only the programs below. A job is a process of the service's own account, which can read all that
   * the service can, so this is for installations whose teams trust each other.
   */
  openToTeams: z.boolean().default(false),
  teamPrograms,
  concurrency: count(1_000).default(2),
  /** Jobs that may wait; the next submission is answered 429. */
  queueLimit: count(1_000_000).default(1_000),
  pollIntervalMs: milliseconds(60_000).default(500),
  defaultTimeoutMs: milliseconds(30 * 24 * hour).default(hour),
  maxTimeoutMs: milliseconds(30 * 24 * hour).default(7 * 24 * hour),
  maxAttempts: count(100).default(10),
  /** Log of one attempt; what comes after is dropped and the log says so. */
  logLimitBytes: bytes(10 * gibibyte).default(64 * mebibyte),
  /** Time between SIGTERM and SIGKILL when a job is cancelled or timed out. */
  killGraceMs: milliseconds(hour).default(5_000),
  /** Bounds of what is asked of a cluster's API server. */
  cluster: z
    .strictObject({
      timeoutMs: milliseconds(300_000).default(10_000),
      /** One page of an answer; there are as many pages as it takes. */
      answerLimitBytes: bytes(gibibyte).default(64 * mebibyte),
      pageSize: count(5_000).default(250),
      /** How long a job may wait for its turn there: its token holds that much longer than its timeout. */
      waitMs: milliseconds(90 * 24 * hour).default(7 * 24 * hour),
      /** How long ended jobs, and with them their logs, stay in the cluster. */
      retentionMs: milliseconds(365 * 24 * hour).default(24 * hour),
    })
    .prefault({}),
});

/** Bounds of what is kept of artifacts, and of uploads in parts. */
const artifacts = z.strictObject({
  /** How often bytes that no artifact refers to are looked for. */
  collectIntervalMs: milliseconds(24 * hour).default(hour),
  /** Bytes that were uploaded or used within this time are left alone. */
  collectAfterMs: milliseconds(365 * 24 * hour).default(24 * hour),
  /** Objects that one collection looks at. */
  collectLimit: count(1_000_000).default(10_000),
  /** Time from the start of an upload in parts to its end. */
  uploadLifetimeMs: milliseconds(7 * 24 * hour).default(24 * hour),
  /** Parts that one upload may have. */
  partLimit: count(10_000).default(10_000),
  /** Uploads in parts that may be under way at once; the next one is answered 429. */
  uploadLimit: count(1_000_000).default(1_000),
  /** Longest life of an address at which a client reaches the object store by itself. */
  addressLifetimeMs: milliseconds(7 * 24 * hour).default(hour),
});

/** Bounds of the calls to an object store that is a bucket: S3, or Google Cloud Storage. */
const buckets = z.strictObject({
  /** Time to open a connection; Google's client has no such bound of its own, there `idleTimeoutMs` holds. */
  connectTimeoutMs: milliseconds(300_000).default(10_000),
  /** Silence after which a call is given up, before the answer or in the midst of its bytes. */
  idleTimeoutMs: milliseconds(hour).default(60_000),
  /** How often a call is made, the first one included, where the store does not answer or says that it cannot now. */
  attempts: count(20).default(4),
  /** Connections to one S3 store; a call above that waits for one. */
  connectionLimit: count(10_000).default(100),
});
export type BucketLimits = z.infer<typeof buckets>;

/** How model versions are signed, and whose signatures count. */
const signing = z.strictObject({
  /** Whether a version without a valid signature is refused when it is promoted or loaded. */
  required: z.boolean().default(false),
  /** The platform's private key, mode 0600; made at the first start. By default beside the administrator's token. */
  keyFile: path.optional(),
  /** Folder of public keys (`*.pem`, `*.pub`) whose signatures count too; none by default. */
  trustedPath: path.optional(),
});

/** Bounds of lineage, and where our own events go. */
const lineage = z.strictObject({
  /** OpenLineage endpoint that gets our own events; they stay here where this is absent. */
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
  /** File of mode 0600 with the endpoint's token. */
  tokenFile: path.optional(),
  bodyLimitBytes: bytes(gibibyte).default(8 * mebibyte),
  /** Most nodes that one graph shows. */
  nodeLimit: count(5_000).default(500),
  pollIntervalMs: milliseconds(hour).default(1_000),
  batchSize: count(10_000).default(100),
  timeoutMs: milliseconds(300_000).default(10_000),
  /** Longest wait between tries; each failure doubles the wait. */
  retryMaxMs: milliseconds(24 * hour).default(60_000),
  /** How long events are kept; the graph that they made stays. */
  retentionMs: milliseconds(3650 * 24 * hour).default(90 * 24 * hour),
});

/** Bounds of traces: what one request may bring, what one trace may hold, and how long it is kept. */
const traces = z.strictObject({
  /** OTLP bodies, unpacked. */
  bodyLimitBytes: bytes(gibibyte).default(16 * mebibyte),
  /** Spans that one request may bring. */
  spanLimit: count(1_000_000).default(10_000),
  /** Spans that one trace may hold; later ones are dropped and the sender is told how many. */
  traceSpanLimit: count(10_000_000).default(100_000),
  /** Attributes of one span, event, link or resource. */
  attributeLimit: count(100_000).default(1_000),
  /** Events, and links, of one span. */
  eventLimit: count(1_000_000).default(10_000),
  /** Bytes of spans that one answer may have; ask for fewer traces at once where they are larger. */
  answerLimitBytes: bytes(gibibyte).default(256 * mebibyte),
  /** Traces that one request deletes at most; it says how many it has deleted. */
  deleteLimit: count(1_000_000).default(10_000),
  /** How long traces are kept after they began; by default 0, which is for ever. */
  retentionMs: z
    .int()
    .min(0)
    .max(3650 * 24 * hour)
    .default(0),
  /** How often traces past their time are looked for. */
  sweepIntervalMs: milliseconds(24 * hour).default(600_000),
});

/** Bounds of what is kept so that retried requests make one thing. */
const idempotency = z.strictObject({
  /** How long a key is good, from the answer on. */
  retentionMs: milliseconds(30 * 24 * hour).default(24 * hour),
  /** Keys that one identity may have at once; a request with one more is answered 429. */
  limit: count(10_000_000).default(50_000),
  /** How long a request waits for another one with its key before it is answered 409. */
  waitMs: milliseconds(60_000).default(2_000),
});

/** Bounds of event delivery. */
const events = z.strictObject({
  pollIntervalMs: milliseconds(60_000).default(500),
  batchSize: count(10_000).default(100),
  retentionMs: milliseconds(365 * 24 * hour).default(30 * 24 * hour),
});

/** Bounds of webhook delivery. */
const webhooks = z.strictObject({
  /** File of mode 0600 with the secret that seals the webhooks' secrets; without it no webhook can have one. */
  sealKeyFile: path.optional(),
  /** Private receivers that may be called: host names, addresses and CIDR ranges, comma-separated; none by default. */
  allowedHosts: z
    .string()
    .max(4096)
    .regex(/^[A-Za-z0-9.,:/_-]*$/, "host names, addresses and CIDR ranges separated by commas")
    .default(""),
  /** Webhooks in all. */
  limit: count(1_000).default(100),
  /** Requests in flight for one webhook; each webhook has its own, so that a slow one delays no other. */
  concurrency: count(100).default(4),
  /** Deliveries that may wait for one webhook; the next event becomes a dead letter at once. */
  queueLimit: count(1_000_000).default(10_000),
  timeoutMs: milliseconds(300_000).default(10_000),
  /** Added to `timeoutMs`: after that another process takes over what one that died was sending. */
  leaseMarginMs: milliseconds(600_000).default(20_000),
  /** What is read of a receiver's answer. */
  responseLimitBytes: bytes(mebibyte).default(16 * 1024),
  maxAttempts: count(100).default(20),
  /** Wait after the first failed attempt; it doubles each time up to the maximum, less a random part. */
  retryBaseMs: milliseconds(hour).default(1_000),
  retryMaxMs: milliseconds(24 * hour).default(hour),
  /** How long finished deliveries can be looked at and replayed. */
  retentionMs: milliseconds(365 * 24 * hour).default(30 * 24 * hour),
});

/**
 * The runtime's environment: everything that the service is told from outside.
 * Each leaf travels as one variable, `BEDPLATE_` plus its path in upper snake case (`http.bodyLimitBytes` is
 * `BEDPLATE_HTTP_BODY_LIMIT_BYTES`); a list is one leaf, as JSON. Secrets never travel here, only the paths of the files that hold them.
 */
export const settings = z.strictObject({
  stack: label,
  owner: label,
  environment: label,
  /** Version of the platform that started the service. */
  release: z.string().regex(/^\d+\.\d+\.\d+/, "a version such as 1.2.3"),
  listen: z.strictObject({
    host: z.string().min(1).max(255).default("127.0.0.1"),
    port: z.int().min(0).max(65_535),
  }),
  /** Host names, beside loopback and the listening address, under which requests are accepted; comma-separated. */
  allowedHosts: z
    .string()
    .max(4096)
    .regex(/^[A-Za-z0-9.,:[\]-]*$/, "host names separated by commas")
    .default(""),
  /** File of mode 0600 that holds the administrator's token. */
  adminTokenFile: path,
  /** Folder of the built console; the console is absent where this is. */
  consolePath: path.optional(),
  connections,
  http: http.prefault({}),
  grpc: grpc.prefault({}),
  session: session.prefault({}),
  access: access.prefault({}),
  identity: identitySettings.prefault({}),
  serving: serving.prefault({}),
  rollouts: rollouts.prefault({}),
  predictionLog: predictionLog.prefault({}),
  tracing: tracing.prefault({}),
  governance: governance.prefault({}),
  dispatch: dispatch.prefault({}),
  signing: signing.prefault({}),
  lineage: lineage.prefault({}),
  idempotency: idempotency.prefault({}),
  events: events.prefault({}),
  artifacts: artifacts.prefault({}),
  buckets: buckets.prefault({}),
  webhooks: webhooks.prefault({}),
  traces: traces.prefault({}),
});
export type Settings = z.infer<typeof settings>;
/** Settings as a person gives them: everything that has a default may be left out. */
export type SettingsInput = z.input<typeof settings>;

const prefix = "BEDPLATE_";

/** All problems of an environment at once, a line each. */
export class SettingsError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `The runtime's settings have ${problems.length} problem(s):\n${problems.map((p) => `  ${p}`).join("\n")}`,
    );
    this.name = "SettingsError";
    this.problems = problems;
  }
}

/** Writes settings as environment variables; the inverse of `parseSettings`. */
export function toEnvironment(value: Settings): Record<string, string> {
  return writeEnvironment(prefix, settings, value);
}

/**
 * Reads settings from environment variables; variables that do not start with `BEDPLATE_` are not looked at.
 * Throws a `SettingsError` that lists every bad, missing and unknown variable.
 */
export function parseSettings(environment: Record<string, string | undefined>): Settings {
  const read = readEnvironment(prefix, settings, environment);
  const result = settings.safeParse(read.value);
  const known = leaves(settings);
  const problems = read.unknown.map((name) => `${name}: no such setting; remove it or correct its name`);
  for (const issue of result.error?.issues ?? []) {
    const leaf = known.find(({ path }) => path.every((part, at) => part === issue.path[at]));
    const name = prefix + (leaf?.name ?? issue.path.join("_").toUpperCase());
    const given = environment[name];
    problems.push(
      given === undefined ? `${name}: missing (${issue.message})` : `${name}="${given}": ${issue.message}`,
    );
  }
  if (!result.success || problems.length > 0) throw new SettingsError(problems);
  return result.data;
}
