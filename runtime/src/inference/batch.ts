import type { InferenceCall, Tensor } from "../domain/tensor.ts";

/** Rows of a call: the first dimension that all of its inputs share; null where they share none. */
export function rowsOf({ inputs }: InferenceCall): number | null {
  let rows: number | null = null;
  for (const { shape } of inputs.values()) {
    const own = shape[0];
    if (own === undefined || (rows !== null && rows !== own)) return null;
    rows = own;
  }
  return rows;
}

/** Whether calls can be one batch: the same outputs, and inputs alike but for their first dimension. */
export function areAlike(one: InferenceCall, other: InferenceCall): boolean {
  if (one.inputs.size !== other.inputs.size || !areEqual(one.outputs, other.outputs, 0)) return false;
  for (const [name, { shape }] of one.inputs) {
    const own = other.inputs.get(name)?.shape;
    if (own === undefined || !areEqual(shape, own, 1)) return false;
  }
  return true;
}

/** Whether two lists are equal from a place on. */
function areEqual<T>(one: readonly T[], other: readonly T[], from: number): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let at = from; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** Calls as one, row after row; the last row is repeated up to `minRows`. All must be alike. */
export function joinCalls(calls: readonly InferenceCall[], minRows: number): InferenceCall {
  const [first, ...others] = calls;
  if (first === undefined) throw new Error("no calls to join");
  const rows = calls.reduce((sum, call) => sum + (rowsOf(call) ?? 0), 0);
  // Without any row there is none to repeat.
  if (others.length === 0 && (rows >= minRows || rows === 0)) return first;
  const inputs = new Map<string, Tensor>();
  for (const [name, tensor] of first.inputs) {
    const parts = calls.map((call) => call.inputs.get(name) ?? tensor);
    inputs.set(name, joinTensors(parts, rows === 0 ? 0 : Math.max(rows, minRows)));
  }
  return { inputs, outputs: first.outputs };
}

function joinTensors(parts: readonly Tensor[], rows: number): Tensor {
  const [first] = parts;
  if (first === undefined) throw new Error("no tensors to join");
  const shape = [rows, ...first.shape.slice(1)];
  const width = shape.slice(1).reduce((product, dimension) => product * dimension, 1);
  if (first.datatype === "BYTES") {
    const data = parts.flatMap((part) => part.data as string[]);
    while (data.length < rows * width) data.push(...data.slice(-width));
    return { datatype: "BYTES", shape, data };
  }
  const make = first.data.constructor as new (size: number) => Float32Array;
  const data = new make(rows * width);
  let at = 0;
  for (const part of parts) {
    data.set(part.data as Float32Array, at);
    at += part.data.length;
  }
  for (; at < data.length && width > 0; at += width) data.copyWithin(at, at - width, at);
  return { datatype: first.datatype, shape, data } as Tensor;
}

/** Some rows of a tensor, without a copy of numbers. */
export function sliceRows(tensor: Tensor, start: number, rows: number): Tensor {
  return slicerOf(tensor)(start, rows);
}

function slicerOf({ datatype, shape, data }: Tensor): (start: number, rows: number) => Tensor {
  const inner = shape.slice(1);
  const width = inner.reduce((product, dimension) => product * dimension, 1);
  return (start, rows) => {
    const [from, to] = [start * width, (start + rows) * width];
    const own = datatype === "BYTES" ? data.slice(from, to) : (data as Float32Array).subarray(from, to);
    return { datatype, shape: [rows, ...inner], data: own } as Tensor;
  };
}

/**
 * A batch's outputs, given back to the calls that it was made of; null where an output has not a row for each row that
 * went in, because then nobody can tell whose is whose.
 */
export function splitOutputs(
  outputs: ReadonlyMap<string, Tensor>,
  counts: readonly number[],
  minRows: number,
): ReadonlyMap<string, Tensor>[] | null {
  const rows = Math.max(
    counts.reduce((sum, count) => sum + count, 0),
    minRows,
  );
  for (const { shape } of outputs.values()) if (shape[0] !== rows) return null;
  const owns = counts.map(() => new Map<string, Tensor>());
  for (const [name, tensor] of outputs) {
    const slice = slicerOf(tensor);
    let start = 0;
    for (const [at, own] of owns.entries()) {
      const count = counts[at] ?? 0;
      own.set(name, count === rows ? tensor : slice(start, count));
      start += count;
    }
  }
  return owns;
}

/** A call cut into calls of at most so many rows. */
export function cutCall(call: InferenceCall, maxRows: number): readonly InferenceCall[] {
  const rows = rowsOf(call);
  if (rows === null || rows <= maxRows) return [call];
  const parts: InferenceCall[] = [];
  for (let start = 0; start < rows; start += maxRows) {
    const count = Math.min(maxRows, rows - start);
    const inputs = new Map([...call.inputs].map(([name, tensor]) => [name, sliceRows(tensor, start, count)]));
    parts.push({ inputs, outputs: call.outputs });
  }
  return parts;
}

/** Outputs of the parts of one call, row after row. */
export function joinOutputs(parts: readonly ReadonlyMap<string, Tensor>[]): ReadonlyMap<string, Tensor> {
  const [first] = parts;
  if (first === undefined) throw new Error("no outputs to join");
  if (parts.length === 1) return first;
  const joined = new Map<string, Tensor>();
  for (const [name, tensor] of first) {
    const tensors = parts.map((part) => part.get(name) ?? tensor);
    const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
    joined.set(name, joinTensors(tensors, rows));
  }
  return joined;
}
