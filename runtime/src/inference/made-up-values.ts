import type { TensorSpec } from "@bedplate/contract";
import type { InferenceCall, Signature, Tensor, TensorDataTypes } from "../domain/tensor.ts";

/** Size of dimensions that a model leaves open, the first one aside. */
const openDimension = 4;
/** More values than this are not made up. */
const sizeLimit = 64 * 1024 * 1024;

/** Numbers from 0 up to 1, the same ones each time. Source: mulberry32, a public-domain generator. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Fill = {
  readonly [D in keyof TensorDataTypes]: (size: number, next: () => number) => TensorDataTypes[D];
};

const integers = (next: () => number) => (next() < 0.5 ? 0 : 1);
const floats = (next: () => number) => next() * 2 - 1;

/** Whole numbers are 0 or 1, because many models take them for positions in a table. */
const fills: Fill = {
  BOOL: (size, next) => Uint8Array.from({ length: size }, () => integers(next)),
  UINT8: (size, next) => Uint8Array.from({ length: size }, () => integers(next)),
  UINT16: (size, next) => Uint16Array.from({ length: size }, () => integers(next)),
  UINT32: (size, next) => Uint32Array.from({ length: size }, () => integers(next)),
  UINT64: (size, next) => BigUint64Array.from({ length: size }, () => BigInt(integers(next))),
  INT8: (size, next) => Int8Array.from({ length: size }, () => integers(next)),
  INT16: (size, next) => Int16Array.from({ length: size }, () => integers(next)),
  INT32: (size, next) => Int32Array.from({ length: size }, () => integers(next)),
  INT64: (size, next) => BigInt64Array.from({ length: size }, () => BigInt(integers(next))),
  // Bits of numbers from 0.5 up to 1.
  FP16: (size, next) => Uint16Array.from({ length: size }, () => 0x3800 + Math.floor(next() * 0x400)),
  FP32: (size, next) => Float32Array.from({ length: size }, () => floats(next)),
  FP64: (size, next) => Float64Array.from({ length: size }, () => floats(next)),
  BYTES: (size, next) => Array.from({ length: size }, () => `word ${Math.floor(next() * 10)}`),
};

/** Inputs of a model for so many rows, made up; null where a shape is too large for that. */
export function madeUpCall({ inputs, outputs }: Signature, rows: number): InferenceCall | null {
  const made = new Map<string, Tensor>();
  for (const [at, spec] of inputs.entries()) {
    const tensor = madeUpTensor(spec, rows, at + 1);
    if (tensor === null) return null;
    made.set(spec.name, tensor);
  }
  return { inputs: made, outputs: outputs.map(({ name }) => name) };
}

function madeUpTensor({ datatype, shape }: TensorSpec, rows: number, seed: number): Tensor | null {
  const full = shape.map((dimension, at) => (dimension !== -1 ? dimension : at === 0 ? rows : openDimension));
  const size = full.reduce((product, dimension) => product * dimension, 1);
  if (size > sizeLimit) return null;
  return { datatype, shape: full, data: fills[datatype](size, randomNumbers(seed)) } as Tensor;
}
