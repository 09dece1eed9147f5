import type { TensorSpec } from "@bedplate/contract";
import {
  describe,
  type Fault,
  type Fields,
  isFields,
  list,
  quote,
  reportUnknownKeys,
  shapeText,
} from "./inference-faults.ts";
import { type Datatype, rankLimit, sizeOf, type Tensor } from "./tensor.ts";
import { readBytes } from "./tensor-bytes.ts";
import { isJsonDatatype, readValues } from "./tensor-values.ts";

const inputKeys = ["name", "shape", "datatype", "parameters", "data"];

/** The bytes behind a request's JSON; each input that says how many are its own takes the next ones. */
export interface BinaryPart {
  readonly bytes: Uint8Array;
}

/** An input's values as bytes, once it is known of which datatype and how many they must be; or what is wrong with them. */
type BytesOf = (datatype: Datatype, size: number) => Uint8Array | string;

/** Stands in an input's "data" where an encoding other than JSON has values of its own. No JSON can say it. */
export class TensorBytes {
  readonly read: BytesOf;

  constructor(read: BytesOf) {
    this.read = read;
  }

  static of(bytes: Uint8Array): TensorBytes {
    return new TensorBytes(() => bytes);
  }
}

/** A binary part that is being handed out, input by input. */
class Supply {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  take(size: number): Uint8Array {
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}

/** Reads the inputs of a request, in JSON or in binary, and reports everything that does not fit the model. */
export function readInputs(
  given: unknown,
  specs: readonly TensorSpec[],
  part: BinaryPart | null,
  faults: Fault[],
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const seen = new Set<string>();
  if (!Array.isArray(given)) {
    faults.push({
      code: "INVALID_REQUEST",
      text: `"inputs" must be an array; the model takes ${list(specs)}.`,
    });
    return tensors;
  }
  const supply = part === null ? null : new Supply(part.bytes);
  for (const [at, input] of given.entries()) {
    if (!isFields(input) || typeof input.name !== "string") {
      faults.push({ code: "INVALID_REQUEST", text: `inputs[${at}] must be an object with a "name".` });
      continue;
    }
    const name = input.name;
    const bytes = takeBytes(input, supply, faults);
    const spec = specs.find((one) => one.name === name);
    if (spec === undefined) {
      const text = `The model has no input ${quote(name)}; it takes ${list(specs)}.`;
      faults.push({ code: "INPUT_UNKNOWN", text });
    } else if (seen.has(name)) {
      faults.push({ code: "INPUT_INVALID", text: `Input ${quote(name)} is given twice.` });
    } else if (bytes !== undefined) {
      const tensor = readInput(input, spec, bytes, faults);
      if (tensor !== null) tensors.set(name, tensor);
    }
    seen.add(name);
  }
  for (const spec of specs.filter((one) => !seen.has(one.name))) {
    faults.push({ code: "INPUT_MISSING", text: `Input ${describe(spec)} is missing.` });
  }
  if (supply !== null && supply.left > 0 && faults.length === 0) {
    const text = `${supply.left} bytes behind the JSON belong to no input ("binary_data_size").`;
    faults.push({ code: "INVALID_REQUEST", text });
  }
  return tensors;
}

/** An input's own bytes; null where its values are in JSON, undefined where what it says cannot be so. */
function takeBytes(input: Fields, supply: Supply | null, faults: Fault[]): BytesOf | null | undefined {
  const { parameters, data } = input;
  const given = data instanceof TensorBytes ? data.read : null;
  if (parameters === undefined) return given;
  const invalid = (text: string): undefined => {
    faults.push({ code: "INPUT_INVALID", text: `Input ${quote(input.name)}: ${text}` });
  };
  if (!isFields(parameters)) return invalid('"parameters" must be an object.');
  if ("shared_memory_region" in parameters) return invalid("shared memory is not offered; send the values.");
  if (given !== null || !Object.hasOwn(parameters, "binary_data_size")) return given;
  const size = parameters.binary_data_size;
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    return invalid(`"binary_data_size" must be a whole number from 0, not ${quote(size)}.`);
  }
  if (supply === null) {
    return invalid('"binary_data_size" needs the header Inference-Header-Content-Length.');
  }
  if (size > supply.left) {
    return invalid(`"binary_data_size" is ${size}; ${supply.left} bytes are left behind the JSON.`);
  }
  const taken = supply.take(size);
  return () => taken;
}

function readInput(input: Fields, spec: TensorSpec, bytes: BytesOf | null, faults: Fault[]): Tensor | null {
  const before = faults.length;
  const invalid = (text: string) => {
    faults.push({ code: "INPUT_INVALID", text: `Input ${quote(spec.name)}: ${text}` });
    return null;
  };
  reportUnknownKeys(input, inputKeys, "it", invalid);
  const { datatype, shape, data } = input;
  if (bytes !== null && data !== undefined && !(data instanceof TensorBytes))
    invalid('it has both "data" and "binary_data_size".');
  if (bytes === null && spec.datatype === "FP16") {
    return invalid("JSON cannot carry FP16; send it in binary, or use a model with an FP32 input.");
  }
  if (datatype !== spec.datatype) invalid(`datatype must be ${spec.datatype}, not ${quote(datatype)}.`);
  const wrongShape = shapeFault(shape, spec);
  if (wrongShape !== null) invalid(wrongShape);
  if (bytes === null && !Array.isArray(data)) {
    invalid("data must be an array, flat or nested as the shape says.");
  }
  const size = isShape(shape) ? sizeOf(shape) : null;
  if (faults.length > before || !isShape(shape) || size === null) return null;
  if (bytes !== null) {
    const own = bytes(spec.datatype, size);
    const tensor = typeof own === "string" ? own : readBytes(spec.datatype, shape, size, own);
    return typeof tensor === "string" ? invalid(tensor) : tensor;
  }
  if (!Array.isArray(data) || !isJsonDatatype(spec.datatype)) return null;
  const values = flatten(data, shape);
  if (typeof values === "string") return invalid(values);
  const read = readValues(spec.datatype, shape, values);
  if ("tensor" in read) return read.tensor;
  return invalid(
    `value ${read.bad.at} is ${quote(read.bad.value)}; ${spec.datatype} takes ${read.bad.allowed}.`,
  );
}

function isShape(shape: unknown): shape is number[] {
  return Array.isArray(shape) && shape.every((one) => Number.isSafeInteger(one) && one >= 0);
}

function shapeFault(shape: unknown, spec: TensorSpec): string | null {
  const allowed = shapeText(spec.shape);
  if (!isShape(shape)) {
    return `shape must be an array of whole numbers from 0, here ${allowed}; it is ${quote(shape)}.`;
  }
  const fits =
    shape.length === spec.shape.length &&
    spec.shape.every((wanted, at) => wanted === -1 || wanted === shape[at]);
  if (!fits)
    return `shape must be ${allowed}, not ${quote(shape)}${spec.shape.includes(-1) ? " (-1 is any)" : ""}.`;
  return shape.length > rankLimit || sizeOf(shape) === null ? `shape ${quote(shape)} is too large.` : null;
}

/** The values in row-major order, from a flat array or one nested exactly as the shape says; else what is wrong. */
function flatten(data: readonly unknown[], shape: readonly number[]): readonly unknown[] | string {
  const size = sizeOf(shape);
  if (!data.some(Array.isArray)) {
    if (data.length === size) return data;
    // Without values there is nothing to nest: [] and [[], []] say the same.
    return `shape ${quote(shape)} holds ${size} value${size === 1 ? "" : "s"}, data has ${data.length}.`;
  }
  let level: readonly unknown[] = [data];
  for (const [depth, length] of shape.entries()) {
    const next: unknown[] = [];
    for (const row of level) {
      if (!Array.isArray(row) || row.length !== length) {
        const found = Array.isArray(row) ? `${row.length} entries` : "a single value";
        return `nested data must follow shape ${quote(shape)}: at depth ${depth} ${found} instead of ${length}.`;
      }
      for (const value of row) next.push(value);
    }
    level = next;
  }
  return level.length === size ? level : `nested data does not follow shape ${quote(shape)}.`;
}
