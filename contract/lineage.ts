import { z } from "zod";

const text = z.string().min(1).max(2_000);
const facets = z.record(z.string().max(200), z.looseObject({})).nullish();
const datasetLimit = 1_000;

/** Nothing that OpenLineage allows is refused: facets and fields of later versions are kept as they came. */
const base = {
  eventTime: z.iso.datetime({ offset: true, local: true }),
  producer: z.string().min(1).max(2_000),
  schemaURL: z.string().min(1).max(2_000).optional(),
};
const dataset = z.looseObject({ namespace: text, name: text, facets });
const inputs = z.array(dataset).max(datasetLimit).nullish();
const outputs = z.array(dataset).max(datasetLimit).nullish();
const job = z.looseObject({ namespace: text, name: text, facets });

export const lineageEventTypes = ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"] as const;

/** A state of a run. Source: OpenLineage 2.0.2, `RunEvent`. */
export const lineageRunEvent = z.looseObject({
  ...base,
  eventType: z.enum(lineageEventTypes).nullish(),
  run: z.looseObject({ runId: z.guid(), facets }),
  job,
  inputs,
  outputs,
});
export type LineageRunEvent = z.infer<typeof lineageRunEvent>;

/** What is known of a job without a run, or of a data set. Source: OpenLineage 2.0.2, `JobEvent`, `DatasetEvent`. */
const lineageJobEvent = z.looseObject({ ...base, run: z.undefined().optional(), job, inputs, outputs });
const lineageDatasetEvent = z.looseObject({ ...base, job: z.undefined().optional(), dataset });

export const lineageEvent = z.union([lineageRunEvent, lineageJobEvent, lineageDatasetEvent]);
export type LineageEvent = z.infer<typeof lineageEvent>;

/** Most events of one batch. */
export const lineageBatchLimit = 1_000;
/** Events are read one by one, so that one bad event does not take the others with it. */
export const lineageBatch = z.array(z.unknown()).min(1).max(lineageBatchLimit);

export const lineageBatchResult = z.strictObject({
  status: z.enum(["success", "partial_success", "failure"]),
  summary: z.strictObject({ received: z.int(), successful: z.int(), failed: z.int() }),
  failed_events: z.array(z.strictObject({ index: z.int(), reason: z.string(), retriable: z.boolean() })),
});
export type LineageBatchResult = z.infer<typeof lineageBatchResult>;

export const lineageNodeKinds = ["dataset", "job", "run", "model-version", "alias"] as const;

/** A thing of the lineage graph. */
export const lineageNode = z.strictObject({
  /** `dataset:…`, `job:…`, `run:…`, `model-version:…` or `alias:…`. */
  id: z.string(),
  kind: z.enum(lineageNodeKinds),
  /** What a person reads. */
  label: z.string(),
  /** What else is known of it: a run's state, an alias's model. */
  facts: z.record(z.string(), z.string()),
});
export type LineageNode = z.infer<typeof lineageNode>;

/** `from` came first: a data set is read by a run, a run makes a version, an alias names it. */
export const lineageEdge = z.strictObject({ from: z.string(), to: z.string() });
export type LineageEdge = z.infer<typeof lineageEdge>;

export const lineageGraph = z.strictObject({
  node: z.string(),
  depth: z.int(),
  nodes: z.array(lineageNode),
  edges: z.array(lineageEdge),
  /** Whether there is more, left out by `depth` or by the limit of nodes. */
  truncated: z.boolean(),
});
export type LineageGraph = z.infer<typeof lineageGraph>;

export const lineageDirections = ["both", "upstream", "downstream"] as const;

/** `depth` counts edges. */
export const lineageQuery = z.strictObject({
  node: z.string().min(1).max(5_000),
  depth: z.coerce.number().int().min(1).max(20).default(10),
  direction: z.enum(lineageDirections).default("both"),
});
