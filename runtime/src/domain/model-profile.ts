import { tensorSpec } from "@bedplate/contract";
import { z } from "zod";

/** What was measured of a model before it was served: how it is batched, and where it runs. */
export const modelProfile = z.strictObject({
  inputs: z.array(tensorSpec),
  outputs: z.array(tensorSpec),
  /** Fewest and most rows of a batch; null where batches would change answers or gain nothing. */
  batch: z.strictObject({ minRows: z.int().min(1), maxRows: z.int().min(1) }).nullable(),
  /** Time of one full batch, in milliseconds; null where the model could not be run on made-up values. */
  batchMs: z.number().nullable(),
  /** Memory that the model took, in bytes. */
  memoryBytes: z.int(),
  /** Whether what a run costs follows from its number of rows alone. */
  bounded: z.boolean(),
});
export type ModelProfile = z.infer<typeof modelProfile>;

interface InlineBudget {
  readonly inlineBatchMs: number;
  readonly inlineFileBytes: number;
}

/**
 * Where a model runs. On the service's own thread only when its cost is known and small: each hop to another process
 * costs more than such a run, and a run blocks its thread. So does loading, which takes as long as the file is large.
 */
export function placeOf(
  { batchMs, bounded }: ModelProfile,
  fileBytes: number,
  { inlineBatchMs, inlineFileBytes }: InlineBudget,
): "inline" | "worker" {
  const small = batchMs !== null && batchMs <= inlineBatchMs && fileBytes <= inlineFileBytes;
  return bounded && small ? "inline" : "worker";
}
