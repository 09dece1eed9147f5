import type { InferenceCall, Signature, Tensor } from "../domain/tensor.ts";

/** A model in memory, ready to run. */
export interface LoadedModel extends Signature {
  /** Runs once. Throws INPUT_INVALID when the graph itself refuses the values. */
  readonly run: (call: InferenceCall) => Promise<ReadonlyMap<string, Tensor>>;
  /** Gives its memory back; no run may be under way. */
  readonly release: () => Promise<void>;
}

/** Where models run: on this thread today, on supervised workers where a model is heavy. */
export interface Executor {
  /** Throws a `Problem` with code MODEL_UNSUPPORTED when the model cannot be loaded. */
  readonly load: (bytes: Uint8Array) => Promise<LoadedModel>;
}
