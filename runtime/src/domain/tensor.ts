import type { TensorSpec } from "@bedplate/contract";

/** How the values of each datatype are kept in memory; those of FP16 as their bits. */
export interface TensorDataTypes {
  BOOL: Uint8Array;
  UINT8: Uint8Array;
  UINT16: Uint16Array;
  UINT32: Uint32Array;
  UINT64: BigUint64Array;
  INT8: Int8Array;
  INT16: Int16Array;
  INT32: Int32Array;
  INT64: BigInt64Array;
  FP16: Uint16Array;
  FP32: Float32Array;
  FP64: Float64Array;
  BYTES: string[];
}

/** A datatype of the Open Inference Protocol whose values we can hold. */
export type Datatype = keyof TensorDataTypes;

/** Values in row-major order with their shape. */
export type Tensor = {
  [D in Datatype]: {
    readonly datatype: D;
    readonly shape: readonly number[];
    readonly data: TensorDataTypes[D];
  };
}[Datatype];

/** What a loaded version takes and gives. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** One prediction to make: inputs by name, and which outputs are wanted, in that order. */
export interface InferenceCall {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: readonly string[];
}

/** A call as a client words it: with what the answer needs beside the outputs. */
export interface InferenceRequest extends InferenceCall {
  readonly id?: string;
  /** Outputs that travel in binary. */
  readonly binary: ReadonlySet<string>;
  /** How long the caller is willing to wait, in milliseconds. */
  readonly timeoutMs?: number;
  /** What else the caller says; a rollout may be told to keep a caller with one version by it. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** Most dimensions that a tensor may have; nothing real comes near. */
export const rankLimit = 32;

/** The number of values that a shape holds; null when it cannot be counted exactly. */
export function sizeOf(shape: readonly number[]): number | null {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return shape.includes(0) ? 0 : Number.isSafeInteger(size) ? size : null;
}
