import { z } from "zod";

/** The ways to provide a capability. `existing` means: bring your own endpoint. */
export const flavors = ["process", "kubernetes", "aws", "gcp", "existing"] as const;
export type Flavor = (typeof flavors)[number];

const path = z.string().min(1).max(4096).startsWith("/", "an absolute path");

/** Folder in the bucket that holds everything; the whole bucket when left out. */
const prefix = z
  .string()
  .max(512)
  .regex(/^([A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$/, "names separated by slashes")
  .default("");

const endpoint = z.url({ protocol: /^https?$/ }).max(2048);

/**
 * Where blobs are kept. `file` is a folder on this machine; `s3` is a bucket behind anything that speaks S3, its keys
 * in a JSON file of mode 0600 (`accessKeyId`, `secretAccessKey`, perhaps `sessionToken`), or, where no file is named,
 * wherever the AWS SDK finds them: instance and pod identities among others. `gcs` is a bucket of Google Cloud Storage
 * with a key file of Google's format and mode 0600, or application default credentials: workload identity among others.
 */
export const objectStoreConnection = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("file"), path }),
  z.strictObject({
    kind: z.literal("s3"),
    /** Address of the server; that of AWS in the region when left out. */
    endpoint: endpoint.optional(),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, "a region such as eu-central-1")
      .default("us-east-1"),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "a bucket's name, 3 to 63 characters"),
    prefix,
    /** Whether the bucket is named in the path, not in the host name: what servers other than AWS expect. */
    pathStyle: z.boolean().default(true),
    credentialsFile: path.optional(),
  }),
  z.strictObject({
    kind: z.literal("gcs"),
    /** Google's when left out. Over plain http no credentials are sent, which only an emulator takes. */
    endpoint: endpoint.optional(),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, "a bucket's name, 3 to 63 characters"),
    prefix,
    credentialsFile: path.optional(),
  }),
]);
export type ObjectStoreConnection = z.infer<typeof objectStoreConnection>;

/** How a runtime process uses a PostgreSQL server. */
export const sqlPool = z.strictObject(
  {
    /** Connections that one runtime process may hold. */
    poolSize: z.int("a whole number").min(1).max(200).default(10),
    /**
     * Statements that each connection keeps parsed and planned. 0 where a pooler gives each transaction another
     * connection (PgBouncer's transaction mode before 1.21, or without `max_prepared_statements`).
     */
    preparedStatements: z.int("a whole number").min(0).max(1_000).default(100),
  },
  "a map of settings",
);

/**
 * Where rows are kept. `pglite` is PostgreSQL inside the runtime's process over a folder that one process owns;
 * `postgres` is any PostgreSQL 15 or later, its connection URL (password included) read from a file of mode 0600.
 */
export const sqlConnection = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pglite"), path }),
  z.strictObject({
    kind: z.literal("postgres"),
    urlFile: path,
    ...sqlPool.shape,
  }),
]);
export type SqlConnection = z.infer<typeof sqlConnection>;
/** As a person gives it: what has a default may be left out. */
export type SqlConnectionInput = z.input<typeof sqlConnection>;

/** Where small hot values are kept. `sql` keeps them in the SQL database. */
export const keyValueConnection = z.strictObject({ kind: z.literal("sql") });
export type KeyValueConnection = z.infer<typeof keyValueConnection>;

/** How events leave the registry. `outbox` is a table written in the caller's transaction, delivered in-process. */
export const eventBusConnection = z.strictObject({ kind: z.literal("outbox") });
export type EventBusConnection = z.infer<typeof eventBusConnection>;

const objectName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "lower-case letters, digits and dashes, at most 63");

/** Where the service account of a pod keeps its credentials (Kubernetes: "Accessing the API from a Pod"). */
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Where training runs. `process` runs bounded child processes on this machine; `kubernetes` makes a Job, TrainJob or
 * RayJob an attempt, in one namespace, through the API server that the service's own pod is given.
 */
export const trainingConnection = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("process"),
    /** Folder that holds one folder a job: log, exit record, process record. */
    path,
    /** Programs may only be started from inside this folder. */
    programRoot: path,
  }),
  z.strictObject({
    kind: z.literal("kubernetes"),
    namespace: objectName,
    /** Name of this installation: on every object that it makes, and in the queue. */
    deployment: objectName,
    /** Address of the service for what runs in the cluster. */
    serviceUrl: z.url({ protocol: /^https?$/ }).max(2048),
    /** Image of jobs that name none; such jobs are refused when it is left out. */
    image: z.string().min(1).max(512).optional(),
    /** Kueue's LocalQueue that admits jobs; without it they are scheduled at once. */
    queue: objectName.optional(),
    server: z
      .url({ protocol: /^https$/ })
      .max(2048)
      .default("https://kubernetes.default.svc"),
    /** The token changes while the service runs, so its file is read again and again. */
    tokenFile: path.default(`${serviceAccount}/token`),
    caFile: path.default(`${serviceAccount}/ca.crt`),
  }),
]);
export type TrainingConnection = z.infer<typeof trainingConnection>;

/** Where predictions are answered. */
export const servingConnection = z.strictObject({
  kind: z.literal("runtime"),
  url: z.url({ protocol: /^https?$/ }),
  /** Host and port of the gRPC surface; null where there is none. */
  grpcAddress: z.string().min(1).nullable(),
  tokenFile: path,
});
export type ServingConnection = z.infer<typeof servingConnection>;

/** What the runtime needs from its surroundings, whatever the flavors. */
export const connections = z.strictObject({
  objectStore: objectStoreConnection,
  sql: sqlConnection,
  keyValue: keyValueConnection,
  eventBus: eventBusConnection,
  training: trainingConnection,
});
export type Connections = z.infer<typeof connections>;

/** The grid: which flavors of a capability can be provided today. The design's other cells come with later releases. */
export const grid = {
  objectStore: ["process", "existing"],
  sql: ["process", "existing"],
  keyValue: ["process"],
  eventBus: ["process"],
  training: ["process"],
  serving: ["process"],
} as const satisfies Record<string, readonly Flavor[]>;
export type Capability = keyof typeof grid;
