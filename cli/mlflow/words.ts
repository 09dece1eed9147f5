import { z } from "zod";

/** MLflow's things as its REST API words them; only what is copied is named, and what an old server lacks is empty. */
const list = <T extends z.ZodType>(of: T) => z.array(of).default([]);
const text = z.string().default("");
const tag = z.object({ key: z.string(), value: text });
/** A double; NaN and infinities travel as text. */
const double = z.union([z.number(), z.string()]);
const int64 = z.coerce.number();

export const experiment = z.object({
  experiment_id: z.string(),
  name: z.string(),
  lifecycle_stage: text,
  tags: list(tag),
});
export type Experiment = z.infer<typeof experiment>;

export const metric = z.object({
  key: z.string(),
  value: double,
  timestamp: int64,
  step: int64.default(0),
  run_id: z.string().optional(),
  dataset_name: z.string().optional(),
  dataset_digest: z.string().optional(),
});

const dataset = z.object({
  name: z.string(),
  digest: z.string(),
  source_type: text,
  source: text,
  schema: z.string().optional(),
  profile: z.string().optional(),
});
const modelInput = z.object({ model_id: z.string() });
const modelOutput = z.object({ model_id: z.string(), step: int64.default(0) });

export const run = z.object({
  info: z.object({
    run_id: z.string(),
    run_name: text,
    experiment_id: z.string(),
    user_id: text,
    status: text,
    start_time: int64.optional(),
    end_time: int64.optional(),
    artifact_uri: text,
    lifecycle_stage: text,
  }),
  data: z
    .object({ metrics: list(metric), params: list(tag), tags: list(tag) })
    .default({ metrics: [], params: [], tags: [] }),
  inputs: z
    .object({ dataset_inputs: list(z.object({ tags: list(tag), dataset })), model_inputs: list(modelInput) })
    .default({ dataset_inputs: [], model_inputs: [] }),
  outputs: z.object({ model_outputs: list(modelOutput) }).default({ model_outputs: [] }),
});
export type Run = z.infer<typeof run>;

export const loggedModel = z.object({
  info: z.object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: text,
    artifact_uri: text,
    status: z.union([z.string(), z.number()]).default("LOGGED_MODEL_READY"),
    model_type: text,
    source_run_id: text,
    tags: list(tag),
  }),
  data: z.object({ params: list(tag), metrics: list(metric) }).default({ params: [], metrics: [] }),
});
export type LoggedModel = z.infer<typeof loggedModel>;

export const modelVersion = z.object({
  name: z.string(),
  version: z.string(),
  creation_timestamp: int64.default(0),
  source: text,
  run_id: text,
  run_link: text,
  description: text,
  current_stage: text,
  model_id: text,
  tags: list(tag),
});
export type ModelVersion = z.infer<typeof modelVersion>;

export const registeredModel = z.object({
  name: z.string(),
  description: text,
  tags: list(tag),
  aliases: list(z.object({ alias: z.string(), version: z.string() })),
});
export type RegisteredModel = z.infer<typeof registeredModel>;

export const file = z.object({
  path: z.string(),
  is_dir: z.boolean().default(false),
  file_size: int64.default(0),
});
export type File = z.infer<typeof file>;
