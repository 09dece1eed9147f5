import { z } from "zod";
import { type ErrorCode, errorCodes } from "./errors.ts";

/** An input or output of a served model, in the words of the Open Inference Protocol; -1 is a dimension of any size. */
export const tensorSpec = z.strictObject({
  name: z.string(),
  datatype: z.enum([
    "BOOL",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
  ]),
  shape: z.array(z.int()),
});
export type TensorSpec = z.infer<typeof tensorSpec>;

const errorCode = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]);

/** What the service does with a model's champion. */
export const servingStatus = z.discriminatedUnion("state", [
  /** No version has the serving alias. */
  z.strictObject({ state: z.literal("none") }),
  z.strictObject({ state: z.literal("loading"), version: z.int() }),
  z.strictObject({
    state: z.literal("ready"),
    version: z.int(),
    /** SHA-256 of the ONNX file, in hex. */
    digest: z.string(),
    loadedAt: z.int(),
    inputs: z.array(tensorSpec),
    outputs: z.array(tensorSpec),
  }),
  z.strictObject({ state: z.literal("refused"), version: z.int(), code: errorCode, detail: z.string() }),
]);
export type ServingStatus = z.infer<typeof servingStatus>;

/** One version of a registered model, as the console lists it. */
export const modelVersionSummary = z.strictObject({
  version: z.int(),
  createdAt: z.int(),
  runId: z.string().nullable(),
  aliases: z.array(z.string()),
});
export type ModelVersionSummary = z.infer<typeof modelVersionSummary>;

/** A registered model with what is served of it. */
export const modelSummary = z.strictObject({
  name: z.string(),
  description: z.string(),
  createdAt: z.int(),
  updatedAt: z.int(),
  /** Newest first, at most 100. */
  versions: z.array(modelVersionSummary),
  serving: servingStatus,
});
export type ModelSummary = z.infer<typeof modelSummary>;

export const modelList = z.strictObject({ models: z.array(modelSummary), next: z.string().nullable() });
export type ModelList = z.infer<typeof modelList>;

/** Makes a version the champion: what is served from then on. Refused, and nothing changed, when it cannot be served. */
export const promotion = z.strictObject({
  version: z.int().min(1),
  comment: z.string().max(1000).optional(),
});
export type Promotion = z.infer<typeof promotion>;

export const promotionResult = z.strictObject({
  model: z.string(),
  version: z.int(),
  previousVersion: z.int().nullable(),
  serving: servingStatus,
});
export type PromotionResult = z.infer<typeof promotionResult>;
