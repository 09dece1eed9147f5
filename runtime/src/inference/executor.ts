import type { ModelProfile } from "../domain/model-profile.ts";
import type { InferenceCall, Signature, Tensor } from "../domain/tensor.ts";

/** A model file that can be read as often as it is needed. */
export interface ModelFile {
  /** SHA-256 of its bytes, in hex. */
  readonly digest: string;
  readonly size: number;
  /** The bytes; what opens them looks first whether they are an ONNX model that needs no other file. */
  readonly read: () => Promise<Uint8Array>;
}

/** A model in memory, ready to run. */
export interface OnnxModel extends Signature {
  /**
   * Runs once. Throws INPUT_INVALID when the graph itself refuses the values, and UNAVAILABLE when what ran it broke.
   */
  readonly run: (call: InferenceCall) => Promise<ReadonlyMap<string, Tensor>>;
  /** Gives its memory back; no run may be under way. */
  readonly release: () => Promise<void>;
}

/** A model in memory, and how to make best use of it. */
export interface LoadedModel extends OnnxModel {
  readonly profile: ModelProfile;
  /** Runs that may be under way at once. */
  readonly slots: number;
  /** How many of them are worked on at once; the others wait where they will run. */
  readonly parallel: number;
  /** What it takes, in every process that holds it. */
  readonly memoryBytes: number;
}

/** Where models run. */
export interface Executor {
  /** Throws MODEL_NOT_ONNX, MODEL_EXTERNAL_DATA or MODEL_UNSUPPORTED when the model cannot be loaded. */
  readonly load: (file: ModelFile) => Promise<LoadedModel>;
}
