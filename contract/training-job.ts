import { z } from "zod";

/**
 * `queued` waits for a free place; `running` has a process, or an object in the cluster; the rest are final. A failed or timed-out attempt goes
 * back to `queued` while attempts are left.
 */
export const trainingStates = ["queued", "running", "succeeded", "failed", "cancelled", "timed_out"] as const;
export const trainingState = z.enum(trainingStates);
export type TrainingState = z.infer<typeof trainingState>;

/**
 * What members of teams may run: the beginnings of commands, `["node", "jobs/train.ts"]`. What stands behind it is
 * theirs to choose, so an entry ends with the program or script that the platform trusts, never with an interpreter.
 */
export const teamPrograms = z
  .array(
    z.array(z.string().min(1).max(4096), "a command as a list: program, script").min(1).max(100),
    "a list of commands",
  )
  .max(1_000)
  .default([]);

/** Amounts as Kubernetes writes them (resource.Quantity), such as `500m` or `16Gi`. */
const quantity = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,3})?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/, "an amount such as 500m, 4 or 16Gi");
const objectName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "lower-case letters, digits and dashes, at most 63");

/** The kinds of object that a job becomes in a cluster. */
export const clusterJobKinds = ["Job", "TrainJob", "RayJob"] as const;
export type ClusterJobKind = (typeof clusterJobKinds)[number];

/** How a job runs in a cluster; amounts are those of each of its nodes. */
export const clusterJob = z.strictObject({
  kind: z.enum(clusterJobKinds).default("Job"),
  /** The installation's own image when left out. */
  image: z.string().max(512).regex(/^\S+$/, "an image's name, without spaces").optional(),
  cpu: quantity.default("1"),
  memory: quantity.default("2Gi"),
  gpus: z.int().min(0).max(1_024).default(0),
  /** Pods that work together; of a RayJob, the workers beside its head. */
  nodes: z.int().min(1).max(1_000).default(1),
  /** Name of the ClusterTrainingRuntime of a TrainJob. */
  runtime: objectName.default("torch-distributed"),
});
export type ClusterJob = z.infer<typeof clusterJob>;

/** What a caller asks for. */
export const trainingJobSpec = z.strictObject({
  name: z.string().min(1).max(128),
  /**
   * Program and arguments, without a shell. A process's program is looked up on the service's PATH, or below the
   * program root; in a cluster it is the image's.
   */
  command: z.array(z.string().max(4096)).min(1).max(100),
  /** Folder to run in: relative to the program root and inside it; in a cluster absolute, or the image's own. */
  workingDirectory: z.string().max(1024).default("."),
  /** Added to the job's environment; names that start with BEDPLATE_ or MLFLOW_ are the platform's. */
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/), z.string().max(32_768))
    .default({}),
  /** Time that one attempt may take; the service's default when left out. */
  timeoutMs: z.int().min(1).optional(),
  /** Attempts in all; one when left out. */
  maxAttempts: z.int().min(1).default(1),
  /** Only where training runs in a cluster; its defaults there when left out. */
  cluster: clusterJob.optional(),
});
export type TrainingJobSpec = z.infer<typeof trainingJobSpec>;
export type TrainingJobSpecInput = z.input<typeof trainingJobSpec>;

/** A job as the API shows it. Times are milliseconds since 1970. */
export const trainingJob = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: trainingState,
  command: z.array(z.string()),
  workingDirectory: z.string(),
  timeoutMs: z.int(),
  attempt: z.int().min(0),
  maxAttempts: z.int().min(1),
  createdBy: z.string(),
  createdAt: z.int(),
  startedAt: z.int().nullable(),
  endedAt: z.int().nullable(),
  /** Exit code of the last attempt; null while it runs or when a signal ended it. */
  exitCode: z.int().nullable(),
  /** Why it did not succeed; while it runs in a cluster, what it waits for. A sentence. */
  reason: z.string().nullable(),
  cancelRequested: z.boolean(),
  /** How it runs in a cluster; null for a process. */
  cluster: clusterJob.nullable(),
});
export type TrainingJob = z.infer<typeof trainingJob>;

export const trainingJobList = z.strictObject({
  jobs: z.array(trainingJob),
  /** Give this as `before` to get the next page; null on the last one. */
  next: z.string().nullable(),
});
export type TrainingJobList = z.infer<typeof trainingJobList>;

/** Header of a job's log: bytes of it that come before what is given. */
export const logSkippedHeader = "bedplate-log-skipped";
