import { z } from "zod";

/** The ways to provide a capability. `existing` means: bring your own endpoint. */
export const flavors = ["process", "kubernetes", "aws", "gcp", "existing"] as const;
export type Flavor = (typeof flavors)[number];

const path = z.string().min(1).max(4096).startsWith("/", "an absolute path");

/** Where blobs are kept. `file` is a folder on this machine. */
export const objectStoreConnection = z.strictObject({ kind: z.literal("file"), path });
export type ObjectStoreConnection = z.infer<typeof objectStoreConnection>;

/**
 * Where rows are kept. `pglite` is PostgreSQL inside the runtime's process over a folder that one process owns;
 * `postgres` is any PostgreSQL 15 or later, its connection URL (password included) read from a file of mode 0600.
 */
export const sqlConnection = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("pglite"), path }),
  z.strictObject({
    kind: z.literal("postgres"),
    urlFile: path,
    /** Connections that one runtime process may hold. */
    poolSize: z.int().min(1).max(200).default(10),
  }),
]);
export type SqlConnection = z.infer<typeof sqlConnection>;

/** Where small hot values are kept. `sql` keeps them in the SQL database. */
export const keyValueConnection = z.strictObject({ kind: z.literal("sql") });
export type KeyValueConnection = z.infer<typeof keyValueConnection>;

/** How events leave the registry. `outbox` is a table written in the caller's transaction, delivered in-process. */
export const eventBusConnection = z.strictObject({ kind: z.literal("outbox") });
export type EventBusConnection = z.infer<typeof eventBusConnection>;

/** Where training runs. `process` runs bounded child processes on this machine. */
export const trainingConnection = z.strictObject({
  kind: z.literal("process"),
  /** Folder that holds one folder a job: log, exit record, process record. */
  path,
  /** Programs may only be started from inside this folder. */
  programRoot: path,
});
export type TrainingConnection = z.infer<typeof trainingConnection>;

/** Where predictions are answered. */
export const servingConnection = z.strictObject({
  kind: z.literal("runtime"),
  url: z.url({ protocol: /^https?$/ }),
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
  objectStore: ["process"],
  sql: ["process", "existing"],
  keyValue: ["process"],
  eventBus: ["process"],
  training: ["process"],
  serving: ["process"],
} as const satisfies Record<string, readonly Flavor[]>;
export type Capability = keyof typeof grid;
