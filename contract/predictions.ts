import { z } from "zod";

/** Tag of a registered model that says which share of its predictions is kept: a number above 0, up to 1. */
export const predictionLogTag = "bedplate.prediction-log";

/** Source: KServe's payload logger, which gives these CloudEvents types to what went in and what came out. */
export const predictionEventTypes = {
  request: "org.kubeflow.serving.inference.request",
  response: "org.kubeflow.serving.inference.response",
} as const;

const requestId = z.string().min(1).max(256);
const labelLimit = 1_000;
const labelCharacters = 4_096;

/** What turned out to be true of one prediction, by the id of its request. */
export const predictionLabel = z.strictObject({
  id: requestId,
  /** Any JSON value that is not null. */
  label: z
    .json()
    .refine((value) => value !== null, "any JSON value but null")
    .refine(
      (value) => JSON.stringify(value).length <= labelCharacters,
      `at most ${labelCharacters} characters`,
    ),
  /** When it was observed, in milliseconds since 1970; now when left out. */
  observedAt: z.int().min(0).optional(),
});
export type PredictionLabel = z.infer<typeof predictionLabel>;

export const predictionLabels = z.strictObject({
  labels: z.array(predictionLabel).min(1).max(labelLimit),
});

export const predictionLabelResult = z.strictObject({
  /** Labels that are new or say something else than before. */
  changed: z.int().min(0),
});

/** Which logged predictions are read: from `from` up to but without `to`, in milliseconds since 1970; all when left out. */
export const predictionQuery = z
  .strictObject({
    from: z.coerce.number<string>().int().min(0).default(0),
    to: z.coerce.number<string>().int().min(0).default(Number.MAX_SAFE_INTEGER),
    /** Only those that have a label. */
    labelled: z.enum(["true", "false"]).default("false"),
    /** The `next` of the answer before. */
    after: z.string().max(200).optional(),
  })
  .refine(({ from, to }) => from < to, "`from` must be before `to`");
export type PredictionQuery = z.infer<typeof predictionQuery>;
